import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { configReference } from "../../src/config/config-reference.ts";
import { configSchema } from "../../src/config/config-schema.ts";
import { SETTING_ROWS } from "../../src/config/setting-rows.ts";
import { isSecret } from "../../src/config/setting-shapes.ts";
import { ConfigWorld } from "./config-world.ts";

const manual = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");

test("the reference in the manual is the one that this version makes", () => {
  assert.ok(
    manual.endsWith(`\n${configReference()}\n`),
    "replace the end of docs/configuration.md by what `authspike print-config --format markdown` prints",
  );
});

test("the first file of the manual works", () => {
  const [, text = ""] = /```yaml\n([\s\S]*?)```/.exec(manual) ?? [];
  using world = new ConfigWorld();
  assert.deepEqual(world.texts({ files: { "a.yaml": text }, environment: { BACKEND_TOKEN: "abc" } }), []);
});

test("every setting has names of its own", () => {
  for (const name of ["path", "variable", "flag"] as const) {
    const names = SETTING_ROWS.flatMap((row) => row[name] ?? []);
    assert.equal(new Set(names).size, names.length, name);
  }
});

test("secrets have no flags, since everyone can read arguments", () => {
  const secrets = SETTING_ROWS.filter(({ shape }) => isSecret(shape));
  assert.deepEqual(
    secrets.map(({ path, flag }) => [path, flag]),
    [
      ["receivers.grpc.auth.bearer_tokens", null],
      ["receivers.http.auth.bearer_tokens", null],
      ["exporters.<name>.headers", null],
      ["api.auth.bearer_tokens", null],
      ["telemetry.headers", null],
    ],
  );
});

test("the schema knows the settings, their defaults and which of them are secret", () => {
  assert.partialDeepStrictEqual(configSchema(), {
    additionalProperties: false,
    properties: {
      storage: { properties: { directory: { default: "./data" } } },
      api: { properties: { auth: { properties: { bearer_tokens: { writeOnly: true } } } } },
    },
  });
});
