import assert from "node:assert/strict";
import { test } from "node:test";
import { dedupKeyOf, fingerprintOf } from "../../../src/core/alerts/fingerprint.ts";
import { fc } from "../../support/properties.ts";

test("fingerprints are as they have always been", () => {
  assert.equal(fingerprintOf({}), "cbf29ce484222325");
  assert.equal(fingerprintOf({ service: "auth" }), "7ecb7a0686aa2d5c");
  assert.equal(fingerprintOf({ env: "prod", service: "auth", method: "POST", route: "/login" }), "0ab29b0471639a04");
  assert.equal(fingerprintOf({ service: "café", route: "/日本/{}" }), "69e4e0b09b01a7cd");
  assert.equal(fingerprintOf({ a: "", b: "x" }), "c5a5302263c79c50");
});

test("the order of the fields does not matter, their borders do", () => {
  assert.equal(fingerprintOf({ service: "auth", route: "/a" }), fingerprintOf({ route: "/a", service: "auth" }));
  assert.notEqual(fingerprintOf({ ab: "c" }), fingerprintOf({ a: "bc" }));
});

test("a fingerprint agrees with FNV-1a in arbitrary precision", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string({ unit: "grapheme" })), (fields) => {
      assert.equal(fingerprintOf(fields), fingerprintInBigInts(fields));
    }),
  );
});

test("a dedup key names rule and series and never passes 255 characters", () => {
  assert.equal(dedupKeyOf("login-401", "0ab29b0471639a04"), "authspike/login-401/0ab29b0471639a04");
  const long = "x".repeat(300);
  assert.equal(dedupKeyOf(long, "0ab29b0471639a04").length, 255);
  assert.notEqual(dedupKeyOf(`${long}a`, "0ab29b0471639a04"), dedupKeyOf(`${long}b`, "0ab29b0471639a04"));
});

function fingerprintInBigInts(fields: Readonly<Record<string, string>>): string {
  let hash = 0xcbf29ce484222325n;
  for (const name of Object.keys(fields).sort()) {
    for (const text of [name, fields[name] ?? ""]) {
      for (const byte of [...new TextEncoder().encode(text), 0xff]) {
        hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
      }
    }
  }
  return hash.toString(16).padStart(16, "0");
}
