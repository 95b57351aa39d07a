import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigWorld } from "./config-world.ts";

test("without anything given the defaults stand, on this machine only", () => {
  using world = new ConfigWorld();
  const config = world.config({});
  assert.deepEqual(config, {
    receivers: {
      grpc: { host: "localhost", port: 4317, bearerTokens: [], tls: null, maxRequestBytes: 64 * 1024 ** 2 },
      http: { host: "localhost", port: 4318, bearerTokens: [], tls: null, maxRequestBytes: 64 * 1024 ** 2, cors: null },
      threads: "auto",
    },
    exporters: [],
    storage: { directory: join(world.directory, "data") },
    queue: {
      durable: true,
      maxBytes: 1024 ** 3,
      memoryMaxBytes: 256 * 1024 ** 2,
      maxAgeMs: 86_400_000,
      fsync: "interval",
    },
    rules: { directory: join(world.directory, "rules") },
    outcomes: [],
    sampling: [],
    redaction: { blockedKeys: [], blockedPrefixes: [], ignoredKeys: [], allowedValues: [] },
    clients: { shown: "hashed", trustedProxies: [] },
    api: { host: "localhost", port: 8401, bearerTokens: [] },
    limits: { endpointsPerServiceMax: 10_000, endpointsMax: 1_000_000 },
    log: { level: "info", format: "auto" },
    drainTimeoutMs: 8000,
    telemetry: null,
  });
});

test("the example of the manual reads as it says", () => {
  using world = new ConfigWorld();
  const config = world.config({
    files: {
      "authspike.yaml": `
receivers:
  grpc: {endpoint: "localhost:4317", max_request_bytes: 64MiB}
  http: {endpoint: "localhost:4318", cors: {allowed_origins: ["https://*.example.com"]}}
exporters:
  backend: {protocol: grpc, endpoint: "http://localhost:5317", compression: gzip, headers: {}, timeout: 10s, tls: {}}
storage: {directory: ./data}
queue: {durable: true, max_bytes: 1GiB, max_age: 24h}
rules: {directory: ./rules}
api: {endpoint: "localhost:8401"}
`,
    },
  });
  assert.deepEqual(config.exporters, [
    {
      name: "backend",
      protocol: "grpc",
      endpoint: "http://localhost:5317",
      signalEndpoints: { traces: null, metrics: null, logs: null },
      compression: "gzip",
      headers: {},
      timeoutMs: 10_000,
      concurrency: 4,
      tls: { insecure: false, caFile: null, certFile: null, keyFile: null },
      alertEvents: "logs",
    },
  ]);
  assert.deepEqual(config.receivers.http.cors, { allowedOrigins: ["https://*.example.com"], allowedHeaders: [] });
});

test("a flag wins over a variable, a variable over a file, a later file over an earlier one", () => {
  using world = new ConfigWorld();
  const files = { "base.yaml": "log: {level: warn, format: json}", "site.yaml": "log: {level: error}" };
  const environment = { AUTHSPIKE_LOG_LEVEL: "debug" };
  assert.deepEqual(world.config({ files }).log, { level: "error", format: "json" });
  assert.deepEqual(world.config({ files, environment }).log, { level: "debug", format: "json" });
  assert.equal(world.config({ files, environment, flags: { "log-level": "trace" } }).log.level, "trace");
});

test("maps of several files are joined and lists replaced", () => {
  using world = new ConfigWorld();
  const config = world.config({
    files: {
      "a.yaml": `
api: {auth: {bearer_tokens: ["\${env:A}"]}}
exporters: {one: {endpoint: "http://one:4317"}}
`,
      "b.yaml": `
api: {auth: {bearer_tokens: ["\${env:B}"]}}
exporters: {two: {endpoint: "two:4317"}}
log:
`,
    },
    environment: { A: "token-of-a", B: "token-of-b" },
  });
  assert.deepEqual(config.api.bearerTokens, ["token-of-b"]);
  assert.deepEqual(
    config.exporters.map(({ name }) => name),
    ["one", "two"],
  );
});

test("a list in a variable is separated by commas, a map written as key=value", () => {
  using world = new ConfigWorld();
  const config = world.config({
    environment: {
      AUTHSPIKE_API_AUTH_BEARER_TOKENS: "token-one, token-two",
      AUTHSPIKE_TELEMETRY_ENDPOINT: "https://telemetry.example.com",
      AUTHSPIKE_TELEMETRY_HEADERS: "X-Key=a=b,x-other=c",
    },
  });
  assert.deepEqual(config.api.bearerTokens, ["token-one", "token-two"]);
  assert.deepEqual(config.telemetry?.headers, { "x-key": "a=b", "x-other": "c" });
});

test("the files of AUTHSPIKE_CONFIG are read when no flag names any", () => {
  using world = new ConfigWorld();
  const besides = { "a.yaml": "log: {level: warn}", "b.yaml": "log: {format: json}" };
  const config = world.config({ besides, environment: { AUTHSPIKE_CONFIG: "a.yaml, b.yaml" } });
  assert.deepEqual(config.log, { level: "warn", format: "json" });
});

test("authspike.yaml in the working directory is read when nobody names a file, and only then", () => {
  using world = new ConfigWorld();
  const besides = { "authspike.yaml": "log: {level: warn}", "b.yaml": "log: {format: json}" };
  assert.deepEqual(world.config({ besides }).log, { level: "warn", format: "auto" });
  const named = world.config({ besides, environment: { AUTHSPIKE_CONFIG: "b.yaml" } });
  assert.deepEqual(named.log, { level: "info", format: "json" });
});

test("references are filled in from the environment and from files beside the configuration", () => {
  using world = new ConfigWorld();
  const config = world.config({
    files: {
      "authspike.yaml": `
receivers: {grpc: {endpoint: "localhost:\${env:PORT:-4444}"}}
api: {auth: {bearer_tokens: ["\${file:token}"]}}
exporters: {backend: {endpoint: "http://backend/pay$$"}}
`,
    },
    besides: { token: "from-a-file\n" },
  });
  assert.equal(config.receivers.grpc.port, 4444);
  assert.deepEqual(config.api.bearerTokens, ["from-a-file"]);
  assert.equal(config.exporters[0]?.endpoint, "http://backend/pay$");
});

test("a reference to nothing is one error, at its place", () => {
  using world = new ConfigWorld();
  assert.deepEqual(world.texts({ files: { "a.yaml": `api: {endpoint: "localhost:\${env:NO_PORT}"}` } }), [
    `a.yaml:1:28: error AS206: the environment variable NO_PORT is not set; \${env:NO_PORT:-default} gives a default
   1 | api: {endpoint: "localhost:\${env:NO_PORT}"}
     |                            ^^^^^^^^^^^^^^`,
  ]);
});

test("paths in a file are relative to it, others to the working directory", () => {
  using world = new ConfigWorld();
  const config = world.config({
    files: { "a.yaml": "rules: {directory: ../rules}" },
    environment: { AUTHSPIKE_STORAGE_DIRECTORY: "state" },
  });
  assert.equal(config.rules.directory, join(world.directory, "../rules"));
  assert.equal(config.storage.directory, join(world.directory, "state"));
});

test("everything wrong in all places is told at once", () => {
  using world = new ConfigWorld();
  const texts = world.texts({
    files: {
      "authspike.yaml": `
recievers: {grpc: {}}
exporters:
  backend: {protocol: gprc, endpoint: "http://backend:4317", timeout: 10}
queue: {max_bytes: 1MB}
`,
    },
    missing: ["site.yaml"],
    environment: { AUTHSPIKE_LOG_LEVEL: "loud", AUTHSPIKE_RULE_DIRECTORY: "./r" },
    flags: { "drain-timeout": "1h" },
  });
  assert.deepEqual(
    texts.map((text) => text.split("\n")[0]),
    [
      "site.yaml: error AC101: no such file or directory",
      "AUTHSPIKE_RULE_DIRECTORY: warning AC301: this is no setting; did you mean AUTHSPIKE_RULES_DIRECTORY?",
      'authspike.yaml:2:1: error AS104: unknown field "recievers"; did you mean "receivers"?',
      'authspike.yaml:4:23: error AS204: "gprc" is not possible here; did you mean "grpc"? (one of "grpc", "http/protobuf", "http/json")',
      'authspike.yaml:4:71: error AS201: duration "10" needs a unit; did you mean "10s"?',
      "authspike.yaml:5:20: error AS203: 1MB is below the minimum of 1MiB",
      'AUTHSPIKE_LOG_LEVEL: error AS204: "loud" is not possible here (one of "trace", "debug", "info", "warn", "error", "fatal")',
      "--drain-timeout: error AS203: 1h is above the maximum of 10m",
    ],
  );
});
