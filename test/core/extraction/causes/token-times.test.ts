import assert from "node:assert/strict";
import { test } from "node:test";
import { readTokenTimes } from "../../../../src/core/extraction/causes/token-times.ts";
import { fc } from "../../../support/properties.ts";

function timesOf(payload: unknown, text = JSON.stringify(payload)) {
  const token = `eyJhbGciOiJub25lIn0.${Buffer.from(text).toString("base64url")}.c2ln`;
  return readTokenTimes(Buffer.from(token), 0, token.length);
}

const NONE = { expiresAt: Number.NaN, notBefore: Number.NaN, issuedAt: Number.NaN };

test("a token's times are those of its outermost object", () => {
  const payload = {
    sub: 'exp":1',
    act: { exp: 5 },
    list: [{ iat: 6 }],
    exp: 1_700_000_000,
    iat: 1_600_000_000.5,
    nbf: 7,
  };
  assert.deepEqual(timesOf(payload), { expiresAt: 1_700_000_000_000, notBefore: 7000, issuedAt: 1_600_000_000_000 });
  assert.equal(timesOf(null, '{ "exp" : 12 , "a":"\\"" }').expiresAt, 12_000);
});

test("what is no plain number is no time", () => {
  assert.deepEqual(timesOf({ exp: "1700000000", nbf: null, iat: [1] }), NONE);
  assert.deepEqual(timesOf(null, '{"exp":1e9,"nbf":-5,"iat":'), NONE);
});

test("anything that is no token has no times", () => {
  for (const text of ["", "abc", "a.b", "..", "a..b", "[REDACTED]", "a.!!!.b"]) {
    assert.deepEqual(readTokenTimes(Buffer.from(text), 0, text.length), NONE);
  }
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void readTokenTimes(bytes, 0, bytes.length)));
});

test("a payload of any JSON gives the expiry that a JSON parser finds", () => {
  const rest = fc.dictionary(fc.constantFrom("nbf", "iat", 'q"uote', "back\\slash", "exp "), fc.jsonValue());
  fc.assert(
    fc.property(rest, fc.option(fc.nat()), (payload, exp) => {
      const { expiresAt } = timesOf(exp === null ? payload : { ...payload, exp });
      assert.equal(expiresAt, exp === null ? Number.NaN : exp * 1000);
    }),
  );
});
