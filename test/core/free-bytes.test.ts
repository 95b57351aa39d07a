import assert from "node:assert/strict";
import { test } from "node:test";
import { freeBytes } from "../../src/core/free-bytes.ts";

const LARGE_BYTES = 1024 * 1024;

test("large bytes are gone once they are freed, and may be freed again", () => {
  const bytes = Buffer.alloc(LARGE_BYTES, 1);
  freeBytes(bytes);
  freeBytes(bytes);
  assert.equal(bytes.length, 0);
});

test("bytes that may share their buffer with others are left alone", () => {
  const small = Buffer.from("pooled");
  const part = Buffer.alloc(3 * LARGE_BYTES, 1).subarray(0, LARGE_BYTES);
  const shared = new Uint8Array(new SharedArrayBuffer(LARGE_BYTES));
  for (const bytes of [small, part, shared]) freeBytes(bytes);
  assert.equal(small.toString(), "pooled");
  assert.equal(part.length, LARGE_BYTES);
  assert.equal(shared.length, LARGE_BYTES);
});
