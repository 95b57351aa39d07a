import assert from "node:assert/strict";
import { test } from "node:test";
import { parseChallenges } from "../../../../src/core/extraction/causes/challenge.ts";
import { fc } from "../../../support/properties.ts";

const schemes = (field: string) => parseChallenges(field).map(({ scheme }) => scheme);
const first = (field: string) => parseChallenges(field)[0];

test("one field may hold several challenges, whose parameters are separated by commas too", () => {
  const field = 'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"';
  assert.deepEqual(schemes(field), ["newauth", "basic"]);
  assert.deepEqual(schemes("Negotiate, NTLM"), ["negotiate", "ntlm"]);
  assert.deepEqual(schemes('Negotiate oYG2MIGzoAMKAQChCwYJ==, Bearer realm="x"'), ["negotiate", "bearer"]);
  assert.deepEqual(schemes(' , Basic realm="a" ,,  Digest realm="b", stale=true'), ["basic", "digest"]);
});

test("codes and descriptions are read, quoted or not, whatever they hold", () => {
  const field =
    'Bearer realm="a, Basic b", error="invalid_token", error_description="Jwt expired at 2026-01-01, \\"now\\""';
  assert.deepEqual(parseChallenges(field), [
    { scheme: "bearer", error: "invalid_token", errorDescription: 'Jwt expired at 2026-01-01, "now"', stale: "" },
  ]);
  assert.equal(first("BEARER error = invalid_token")?.error, "invalid_token");
  assert.equal(first('Digest realm="r", STALE=TRUE')?.stale, "true");
});

test("what cannot be read is skipped, and the rest is kept", () => {
  assert.deepEqual(schemes('Bearer realm="never closed'), ["bearer"]);
  assert.deepEqual(schemes('Bearer error=@, error_description="x"'), ["bearer"]);
  assert.equal(first('Bearer error=@, error_description="x"')?.errorDescription, "x");
  assert.deepEqual(schemes('realm="x", Basic realm="y"'), ["basic"]);
  for (const redacted of ["[REDACTED]", "REDACTED", "****", "<masked>", ""]) assert.deepEqual(schemes(redacted), []);
});

test("any text is read in time, and gives at most eight challenges", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 5000 }), (field) => {
      assert.ok(parseChallenges(field).length <= 8);
    }),
  );
  assert.equal(parseChallenges("Basic,".repeat(5000)).length, 8);
});
