import assert from "node:assert/strict";
import { test } from "node:test";
import { zstdCompressSync } from "node:zlib";
import { ownReceiverLimits } from "../../../src/io/receivers/receiver-limits.ts";
import { Unpacker } from "../../../src/io/receivers/unpack.ts";

const MAX_BYTES = 10_000;

test("what is packed is unpacked a few at a time, and turned away when too many wait", async () => {
  const unpacker = new Unpacker(ownReceiverLimits());
  const packed = zstdCompressSync(Buffer.alloc(MAX_BYTES));
  const all = await Promise.all(Array.from({ length: 70 }, () => unpacker.unpack(packed, "zstd", MAX_BYTES)));
  // Two have their turn, and 64 wait for theirs.
  const kinds = all.map(({ kind }) => kind);
  assert.deepEqual(kinds, [...Array<string>(66).fill("read"), ...Array<string>(4).fill("crowded")]);
  assert.equal((await unpacker.unpack(packed, "zstd", MAX_BYTES)).kind, "read");
});

test("large bodies may not wait in numbers that small ones may", async () => {
  const unpacker = new Unpacker(ownReceiverLimits());
  const damaged = Buffer.alloc(40 * 1024 * 1024);
  const all = await Promise.all(Array.from({ length: 4 }, () => unpacker.unpack(damaged, "zstd", MAX_BYTES)));
  assert.deepEqual(
    all.map(({ kind }) => kind),
    ["corrupt", "corrupt", "corrupt", "crowded"],
  );
});
