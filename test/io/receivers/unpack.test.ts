import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createZstdCompress, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { PackedFormat } from "../../../src/io/receivers/packed-claims.ts";
import { ownReceiverLimits } from "../../../src/io/receivers/receiver-limits.ts";
import type { Unpacked } from "../../../src/io/receivers/unpack.ts";
import { Unpacker } from "../../../src/io/receivers/unpack.ts";

const MIB = 1024 * 1024;
const MAX_BYTES = 4 * MIB;
const SMALL = Buffer.from("spans ".repeat(100));
/** Too large to be unpacked at once, and not the same throughout. */
const LARGE = Buffer.from(Array.from({ length: 150_000 }, (_, index) => `span ${index} `).join(""));

for (const [format, pack] of [
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
  ["deflate", deflateSync],
] as const) {
  describe(`a body packed with ${format}`, () => {
    test("comes out as it went in, whatever its size", async () => {
      for (const body of [Buffer.alloc(0), SMALL, LARGE, Buffer.alloc(MAX_BYTES)]) {
        assertRead(await unpack(pack(body), format), body);
      }
    });

    test("is too large from one byte beyond the limit", async () => {
      assert.equal((await unpack(pack(Buffer.alloc(MAX_BYTES + 1)), format)).kind, "too_large");
    });

    test("is corrupt when it is cut off or damaged", async () => {
      for (const body of [SMALL, LARGE]) {
        const packed = pack(body);
        assert.equal((await unpack(packed.subarray(0, packed.length - 9), format)).kind, "corrupt");
        assert.equal((await unpack(damaged(packed), format)).kind, "corrupt");
      }
      assert.equal((await unpack(Buffer.alloc(0), format)).kind, "corrupt");
      assert.equal((await unpack(Buffer.alloc(100), format)).kind, "corrupt");
    });
  });
}

test("gzip data may come in several members, of which each tells its own size", async () => {
  const parts = [LARGE, SMALL, LARGE];
  assertRead(await unpack(Buffer.concat(parts.map((part) => gzipSync(part))), "gzip"), Buffer.concat(parts));
  const tooMany = Buffer.concat(Array.from({ length: 5 }, () => gzipSync(Buffer.alloc(MIB))));
  assert.equal((await unpack(tooMany, "gzip")).kind, "too_large");
});

test("zstd data of several frames is refused rather than read in part", async () => {
  for (const body of [SMALL, LARGE]) {
    const packed = zstdCompressSync(body);
    assert.equal((await unpack(Buffer.concat([packed, packed]), "zstd")).kind, "corrupt");
  }
});

test("a claim to be small gets no gzip bomb past the limit", async () => {
  const bomb = gzipSync(Buffer.alloc(2 * MAX_BYTES));
  bomb.writeUInt32LE(10, bomb.length - 4);
  assert.equal((await unpack(bomb, "gzip")).kind, "too_large");
});

test("a claim to be large does not take the room that it asks for", async () => {
  const boast = gzipSync(SMALL);
  boast.writeUInt32LE(MAX_BYTES, boast.length - 4);
  assert.equal((await unpack(boast, "gzip")).kind, "corrupt");
  const unpacked = await unpack(Buffer.concat([gzipSync(SMALL), gzipSync(LARGE)]), "gzip");
  assert.equal(unpacked.kind === "read" && unpacked.bytes.buffer.byteLength, SMALL.length + LARGE.length);
});

test("zstd data need not tell its size", async () => {
  assertRead(await unpack(await packedAsStream(LARGE), "zstd"), LARGE);
  assert.equal((await unpack(await packedAsStream(Buffer.alloc(MAX_BYTES + 1)), "zstd")).kind, "too_large");
});

test("large bodies are unpacked one at a time, and turned away when too many wait", async () => {
  const unpacker = new Unpacker(ownReceiverLimits());
  const packed = zstdCompressSync(LARGE);
  const all = await Promise.all(Array.from({ length: 70 }, () => unpacker.unpack(packed, "zstd", MAX_BYTES)));
  // One has its turn, and 64 wait for theirs.
  const kinds = all.map(({ kind }) => kind);
  assert.deepEqual(kinds, [...Array<string>(65).fill("read"), ...Array<string>(5).fill("crowded")]);
  assert.equal((await unpacker.unpack(packed, "zstd", MAX_BYTES)).kind, "read");
});

test("large bodies may not wait in numbers that small ones may", async () => {
  const unpacker = new Unpacker(ownReceiverLimits());
  const corrupt = Buffer.alloc(40 * MIB);
  const all = await Promise.all(Array.from({ length: 4 }, () => unpacker.unpack(corrupt, "zstd", MAX_BYTES)));
  assert.deepEqual(
    all.map(({ kind }) => kind),
    ["corrupt", "corrupt", "crowded", "crowded"],
  );
});

function unpack(bytes: Uint8Array, format: PackedFormat): Promise<Unpacked> {
  return new Unpacker(ownReceiverLimits()).unpack(bytes, format, MAX_BYTES);
}

function assertRead(unpacked: Unpacked, expected: Uint8Array): void {
  assert.ok(unpacked.kind === "read", unpacked.kind);
  assert.equal(Buffer.compare(unpacked.bytes, expected), 0);
}

function damaged(packed: Uint8Array): Uint8Array {
  const copy = Buffer.from(packed);
  const middle = copy.length >> 1;
  copy.fill(0xff, middle, middle + 8);
  return copy;
}

/** Whoever writes a stream does not know at its beginning how long it will be. */
async function packedAsStream(body: Uint8Array): Promise<Buffer> {
  const stream = createZstdCompress();
  for (let start = 0; start < body.length; start += MIB) stream.write(body.subarray(start, start + MIB));
  stream.end();
  return Buffer.concat(await stream.toArray());
}
