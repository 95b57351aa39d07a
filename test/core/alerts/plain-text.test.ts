import assert from "node:assert/strict";
import { test } from "node:test";
import { plainLine, truncate } from "../../../src/core/alerts/plain-text.ts";
import { fc } from "../../support/properties.ts";

test("line breaks, controls and direction marks become blanks", () => {
  assert.equal(plainLine("POST /a\r\nCRITICAL: forged\u0000\u001b[31m", 100), "POST /a CRITICAL: forged [31m");
  assert.equal(plainLine("a\u202eb\u2066c\u200fd", 100), "a b c d");
});

test("letters of every script stay", () => {
  assert.equal(plainLine("/日本/é/👩‍👩‍👧/ع", 100), "/日本/é/👩‍👩‍👧/ع");
});

test("length is counted in code points and a cut is shown", () => {
  assert.equal(truncate("👍👍👍", 3), "👍👍👍");
  assert.equal(truncate("👍👍👍👍", 3), "👍👍…");
});

test("a line is well formed, short enough and harmless whatever comes in", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), fc.integer({ min: 1, max: 40 }), (text, max) => {
      const line = plainLine(text, max);
      assert.ok(line.isWellFormed());
      assert.ok([...line].length <= max);
      assert.doesNotMatch(line, /[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
    }),
  );
});
