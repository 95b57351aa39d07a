import assert from "node:assert/strict";
import { test } from "node:test";
import { effectiveSettings, settingsJson, settingsYaml } from "../../src/config/effective-settings.ts";
import type { Given } from "./config-world.ts";
import { ConfigWorld } from "./config-world.ts";

function effective(given: Given) {
  using world = new ConfigWorld();
  const outcome = world.load(given);
  assert.equal(outcome.kind, "ok");
  return effectiveSettings(
    outcome.tree,
    outcome.sources.map(({ path }) => path),
  );
}

const GIVEN: Given = {
  files: {
    "a.yaml": `
exporters:
  my.backend:
    endpoint: "https://backend:4317"
    headers: {authorization: "\${env:TOKEN}"}
telemetry: {endpoint: "https://user:s3cret@collector:4318"}
receivers: {http: {cors: {allowed_origins: ["*"]}}}
`,
  },
  environment: { AUTHSPIKE_LOG_LEVEL: "debug", TOKEN: "s3cret" },
  flags: { "drain-timeout": "1s" },
};

test("every value is shown with its origin", () => {
  const settings = effective(GIVEN);
  const originOf = (path: string) => settings.find((setting) => setting.path.join(".") === path)?.origin;
  assert.equal(originOf("exporters.my.backend.endpoint"), "a.yaml:4");
  assert.equal(originOf("exporters.my.backend.timeout"), "default");
  assert.equal(originOf("log.level"), "AUTHSPIKE_LOG_LEVEL");
  assert.equal(originOf("drain_timeout"), "--drain-timeout");
  assert.equal(originOf("receivers.http.cors.allowed_headers"), "default");
});

test("groups that were not given are not made up", () => {
  const paths = effective({}).map(({ path }) => path.join("."));
  assert.deepEqual(
    paths.filter((path) => path.includes("tls") || path.includes("cors") || path.startsWith("exporters")),
    [],
  );
});

test("secrets are covered in YAML and JSON, users and passwords of addresses too", () => {
  const settings = effective(GIVEN);
  for (const text of [settingsYaml(settings), settingsJson(settings)]) {
    assert.doesNotMatch(text, /s3cret/);
    assert.match(text, /https:\/\/\*{8}@collector:4318/);
  }
});

test("the YAML reads back as the same settings", () => {
  const given: Given = { files: { "a.yaml": 'exporters: {x: {endpoint: "b:1"}}\nqueue: {max_age: 2h}' } };
  const yaml = settingsYaml(effective(given));
  assert.match(yaml, /^ {2}max_age: 2h # a\.yaml:2$/m);
  using world = new ConfigWorld();
  assert.deepEqual({ ...world.config({ files: { "b.yaml": yaml } }) }, world.config(given));
});
