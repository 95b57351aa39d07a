import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigWorld } from "./config-world.ts";

function codesOf(text: string): readonly string[] {
  using world = new ConfigWorld();
  return world.codes({ files: { "a.yaml": text } });
}

test("an exporter may not point at one of our own receivers, however it is spelled", () => {
  const refused = [
    'exporters: {x: {endpoint: "http://localhost:4317"}}',
    'exporters: {x: {endpoint: "127.0.0.1:4317"}}',
    'exporters: {x: {endpoint: "http://[::1]:4318", protocol: http/json}}',
    'exporters: {x: {traces_endpoint: "http://0.0.0.0:4318/v1/traces", protocol: http/protobuf}}',
    '{receivers: {http: {endpoint: "localhost:80"}}, exporters: {x: {endpoint: "http://localhost/otlp"}}}',
    'telemetry: {endpoint: "http://localhost:4318"}',
  ];
  for (const text of refused) assert.deepEqual(codesOf(text), ["a.yaml:1 AC102"], text);
  const taken = [
    'exporters: {x: {endpoint: "http://localhost:5317"}}',
    'exporters: {x: {endpoint: "http://backend:4317"}}',
    'telemetry: {endpoint: "https://backend.example.com:4318"}',
  ];
  for (const text of taken) assert.deepEqual(codesOf(text), [], text);
});

test("a receiver that other machines can reach must know its clients, or be told not to", () => {
  assert.deepEqual(codesOf('receivers: {grpc: {endpoint: "0.0.0.0:4317"}}'), ["a.yaml:1 AC103"]);
  assert.deepEqual(codesOf('receivers: {http: {endpoint: "[::]:4318"}}'), ["a.yaml:1 AC103"]);
  assert.deepEqual(codesOf('receivers: {http: {endpoint: "collector:4318"}}'), ["a.yaml:1 AC103"]);
  assert.deepEqual(codesOf('receivers: {grpc: {endpoint: "0.0.0.0:4317", allow_unauthenticated: true}}'), []);
  assert.deepEqual(
    codesOf('receivers: {grpc: {endpoint: "0.0.0.0:4317", auth: {bearer_tokens: ["a-token-of-ours"]}}}'),
    ["a.yaml:1 AC302"],
  );
});

test("a client certificate is as good as a token", () => {
  using world = new ConfigWorld();
  const tls = "{cert_file: pem, key_file: pem, client_ca_file: pem}";
  const files = { "a.yaml": `receivers: {grpc: {endpoint: "0.0.0.0:4317", tls: ${tls}}}` };
  assert.deepEqual(world.codes({ files, besides: { pem: "" } }), []);
});

test("the API is never open to other machines without a token", () => {
  assert.deepEqual(codesOf('api: {endpoint: "0.0.0.0:8401"}'), ["a.yaml:1 AC104"]);
});

test("two listeners cannot share an address, and the one that somebody wrote is blamed", () => {
  assert.deepEqual(codesOf('receivers: {grpc: {endpoint: "localhost:8401"}}'), ["a.yaml:1 AC105"]);
  assert.deepEqual(codesOf('\napi: {endpoint: "127.0.0.1:4318"}'), ["a.yaml:2 AC105"]);
  assert.deepEqual(codesOf('{receivers: {grpc: {endpoint: "127.0.0.1:5000"}}, api: {endpoint: "127.0.0.2:5000"}}'), []);
  assert.deepEqual(codesOf('{receivers: {grpc: {endpoint: "localhost:0"}}, api: {endpoint: "localhost:0"}}'), []);
});

test("certificates and keys must be readable", () => {
  using world = new ConfigWorld();
  const [text] = world.texts({
    files: { "a.yaml": "receivers: {grpc: {tls: {cert_file: no.pem, key_file: key.pem}}}" },
    besides: { "key.pem": "" },
  });
  assert.match(text ?? "", /^a\.yaml:1:37: error AC106: cannot read no\.pem: no such file or directory\n/);
  assert.deepEqual(codesOf('exporters: {x: {endpoint: "b:1", tls: {cert_file: no.pem}}}'), [
    "a.yaml:1 AC106",
    "a.yaml:1 AC106",
  ]);
});

test("an exporter needs an address, which over HTTP is a URL", () => {
  assert.deepEqual(codesOf("exporters: {x: {protocol: grpc}}"), ["a.yaml:1 AC107"]);
  assert.deepEqual(codesOf('exporters: {x: {protocol: http/protobuf, endpoint: "backend:4318"}}'), ["a.yaml:1 AC108"]);
});

test("an exporter's address holds no password, and the refusal does not show it", () => {
  using world = new ConfigWorld();
  const file = 'exporters: {x: {protocol: http/protobuf, endpoint: "https://me:hunter2@backend"}}';
  const [text] = world.texts({ files: { "a.yaml": file } });
  assert.match(text ?? "", /AC108: an address takes no user and password; say headers: \{authorization: "Basic …"\}/);
});

test("spans of alerts need HTTP", () => {
  assert.deepEqual(codesOf('exporters: {x: {endpoint: "b:1", alert_events: span}}'), ["a.yaml:1 AC108"]);
  assert.deepEqual(codesOf('exporters: {x: {endpoint: "http://b", protocol: http/json, alert_events: span}}'), []);
});

test("an address that is only a port says what the host could be", () => {
  using world = new ConfigWorld();
  const [text] = world.texts({ files: { "a.yaml": "api: {endpoint: 8401}" } });
  assert.match(text ?? "", /AS202: the host is missing: "localhost:8401" for this machine, "0\.0\.0\.0:8401" for all/);
});

test("secrets in clear text are warned of and shown nowhere", () => {
  using world = new ConfigWorld();
  const files = {
    "a.yaml": `
api: {auth: {bearer_tokens: s3cret-token}}
exporters: {x: {endpoint: "b:1", headers: {authorization: "Bearer s3cret", "bad name": s3cret}}}
telemetry: {endpoint: "http://user:s3cret@backend:4318", bad: 1}
receivers: {grpc: {auth: {bearer_tokens: ["s3cret token", s3cret]}}}
`,
  };
  const texts = world.texts({ files }).join("\n");
  assert.match(texts, /warning AC302: api\.auth\.bearer_tokens is written in clear text/);
  assert.match(texts, /error AS103: expected a list, each item a token\n/);
  assert.doesNotMatch(texts, /s3cret/);
});
