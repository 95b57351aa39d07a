import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ConfigWorld } from "./config-world.ts";

test("the examples of the manuals read as they say", () => {
  using world = new ConfigWorld();
  const { clients, redaction } = world.config({ files: { "authspike.yaml": examplesOf("privacy.md").join("\n") } });
  assert.deepEqual(redaction, {
    blockedKeys: ["x-internal-auth"],
    blockedPrefixes: ["acme_live_"],
    ignoredKeys: ["design.token"],
    allowedValues: ["not-a-real-token"],
  });
  assert.deepEqual([clients.shown, clients.trustedProxies.map(({ prefixBits }) => prefixBits)], ["hashed", [8, 48]]);
  const { sampling } = world.config({ files: { "authspike.yaml": examplesOf("sampling.md").join("\n") } });
  assert.deepEqual(
    sampling.map(({ accepts, ratio }) => [accepts("checkout"), accepts("shop-eu"), ratio]),
    [
      [true, false, 0.1],
      [false, true, 0.25],
    ],
  );
});

test("redaction can be switched off", () => {
  using world = new ConfigWorld();
  assert.equal(world.config({ environment: { AUTHSPIKE_REDACTION_ENABLED: "false" } }).redaction, null);
});

test("every mistake has its place and what was meant", () => {
  using world = new ConfigWorld();
  const text = `redaction: {blocked_key: [a], blocked_keys: ["a b"], blocked_prefixes: [a]}
clients: {shown: hash, trusted_proxies: [10.0.0.0/33]}
sampling: [{service: shop, ratio: 0%}, {ratio: 10}]
`;
  const texts = world.texts({ files: { "a.yaml": text } }).join("\n");
  for (const wanted of [
    /a\.yaml:1:13: error AS104: unknown field "blocked_key" under "redaction"; did you mean "blocked_keys"\?/,
    /a\.yaml:1:46: error AS202: a name has 3/,
    /a\.yaml:1:73: error AS202: the beginning of a token/,
    /a\.yaml:2:18: error \w+: .*"hashed"/,
    /a\.yaml:2:42: error AS202: expected an address or a range such as 10\.0\.0\.0\/8, not "10\.0\.0\.0\/33"/,
    /a\.yaml:3:35: error AS203: 0% is below/,
    /a\.yaml:3:48: error AS201: .*did you mean "10%"/,
    /a\.yaml:3:40: error AS105: "service" is missing/,
  ]) {
    assert.match(texts, wanted);
  }
});

function examplesOf(manual: string): readonly string[] {
  const text = readFileSync(new URL(`../../docs/${manual}`, import.meta.url), "utf8");
  return Array.from(text.matchAll(/```yaml\n([\s\S]*?)```/g), ([, example = ""]) => example);
}
