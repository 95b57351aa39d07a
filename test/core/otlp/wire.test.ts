import assert from "node:assert/strict";
import { describe, test } from "node:test";
import protobuf from "protobufjs";
import {
  cursor,
  equalBytes,
  hashBytes,
  MALFORMED,
  readDouble,
  readDoubleText,
  readInt64,
  readText,
  readUnixMillis,
  readVarint32,
  skipVarint,
  varintSize,
  writeDouble,
  writeVarint,
} from "../../../src/core/otlp/wire.ts";
import { fc } from "../../support/properties.ts";

describe("varints", () => {
  test("of up to 32 bits are read as they were written, and the cursor follows", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        const bytes = protobuf.Writer.create().uint32(value).finish();
        assert.equal(readVarint32(bytes, 0, bytes.length), value);
        assert.equal(cursor.position, bytes.length);
        assert.equal(skipVarint(bytes, 0, bytes.length), bytes.length);
        assert.equal(readVarint32(bytes, 0, bytes.length - 1), MALFORMED);
      }),
    );
  });

  test("that are longer than they need to be are read all the same", () => {
    assert.equal(readVarint32(Uint8Array.of(0x81, 0x80, 0x00), 0, 3), 1);
    assert.equal(cursor.position, 3);
  });

  test("of 64 bits are read as the nearest double, with their sign", () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
        const bytes = varint64(value);
        assert.equal(readInt64(bytes, 0, bytes.length), Number(value));
        assert.equal(cursor.position, bytes.length);
        assert.equal(readInt64(bytes, 0, bytes.length - 1), Number.NaN);
      }),
    );
  });

  test("are written in the fewest bytes, up to 2^53", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(53), (large, bits) => {
        const value = Math.floor(large / 2 ** bits);
        const target = new Uint8Array(10);
        const end = writeVarint(target, 0, value);
        assert.equal(end, varintSize(value));
        assert.deepEqual(target.subarray(0, end), varint64(BigInt(value)));
      }),
    );
  });
});

test("doubles survive writing and reading, and their bytes are little-endian", () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      const target = new Uint8Array(9);
      writeDouble(target, 1, value);
      assert.equal(readDouble(target, 1), value);
      assert.equal(new DataView(target.buffer).getFloat64(1, true), value);
    }),
  );
});

test("nanoseconds are read as milliseconds to a fraction of a microsecond", () => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, 1_760_000_000_123_456_789n, true);
  assert.ok(Math.abs(readUnixMillis(bytes, 0) - 1_760_000_000_123.4568) < 0.0005);
});

describe("text", () => {
  test("is read as the standard decoder reads it, bytes that are not UTF-8 included", () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => Uint8Array.from(Buffer.from(text))),
    );
    fc.assert(
      fc.property(anyBytes, (content) => {
        const bytes = Uint8Array.of(0x41, ...content, 0x42);
        const expected = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
        assert.equal(readText(bytes, 1, 1 + content.length), expected);
      }),
    );
  });

  test("is read as a number only where all of it is a decimal number", () => {
    const numbers: Readonly<Record<string, number>> = {
      "401": 401,
      "0": 0,
      "-1": -1,
      "+2": 2,
      "12.5": 12.5,
      ".5": 0.5,
      "1e3": 1000,
      "12345678901234567000": 12345678901234567000,
      "": Number.NaN,
      " 401": Number.NaN,
      "4o1": Number.NaN,
      "0x10": Number.NaN,
      Infinity: Number.NaN,
      "1.2.3": Number.NaN,
      "-": Number.NaN,
      "４０１": Number.NaN,
    };
    for (const [text, expected] of Object.entries(numbers)) {
      const bytes = Buffer.from(text);
      assert.equal(readDoubleText(bytes, 0, bytes.length), expected, text);
    }
  });
});

test("the hash of bytes depends on all of them and on the seed, not on their place", () => {
  const bytes = Buffer.from("xservice.name");
  const hash = hashBytes(bytes, 1, bytes.length, 0);
  assert.equal(hashBytes(Buffer.from("service.name"), 0, 12, 0), hash);
  assert.notEqual(hashBytes(bytes, 1, bytes.length, 1), hash);
  const hashes = new Set(
    Array.from({ length: 4096 }, (_, index) => hashBytes(Buffer.from(`key${index}`), 0, 7, 0) & 0xffff),
  );
  // With 4096 keys in 65536 places, about 3970 places are expected.
  assert.ok(hashes.size > 3900, `${hashes.size} places`);
});

test("a range of bytes equals other bytes only when it has their length and content", () => {
  const bytes = Buffer.from("abcabd");
  assert.equal(equalBytes(bytes, 3, 5, Buffer.from("ab")), true);
  assert.equal(equalBytes(bytes, 3, 6, Buffer.from("ab")), false);
  assert.equal(equalBytes(bytes, 3, 6, Buffer.from("abc")), false);
});

function varint64(value: bigint): Uint8Array {
  const bits = BigInt.asUintN(64, value);
  const long = { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: true };
  return Uint8Array.from(
    protobuf.Writer.create()
      .uint64(long as never)
      .finish(),
  );
}
