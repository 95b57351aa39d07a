import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigWorld } from "./config-world.ts";

test("a general address serves all signals, each below it", () => {
  using world = new ConfigWorld();
  const { exporters } = world.config({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://backend:4318/base/" } });
  assert.equal(exporters.length, 1);
  assert.partialDeepStrictEqual(exporters[0], {
    name: "otlp",
    protocol: "http/protobuf",
    compression: "none",
    timeoutMs: 10_000,
    concurrency: 4,
    signalEndpoints: {
      traces: "http://backend:4318/base/v1/traces",
      metrics: "http://backend:4318/base/v1/metrics",
      logs: "http://backend:4318/base/v1/logs",
    },
  });
});

test("an address for one signal is used as it is, and signals without an address are not sent", () => {
  using world = new ConfigWorld();
  const { exporters } = world.config({ environment: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://tempo/ingest" } });
  assert.deepEqual(
    exporters.map(({ name, endpoint, signalEndpoints }) => ({ name, endpoint, signalEndpoints })),
    [{ name: "otlp", endpoint: null, signalEndpoints: { traces: "https://tempo/ingest", metrics: null, logs: null } }],
  );
});

test("over gRPC nothing is appended", () => {
  using world = new ConfigWorld();
  const { exporters } = world.config({
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: "backend:4317",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_INSECURE: "TRUE",
    },
  });
  assert.equal(exporters[0]?.signalEndpoints.logs, "backend:4317");
  assert.equal(exporters[0].tls.insecure, true);
});

test("headers are percent-decoded, and time is in milliseconds", () => {
  using world = new ConfigWorld();
  const { exporters } = world.config({
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://backend",
      OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Basic%20YWJj%3D, x-tenant = a=b ,x-odd=100%",
      OTEL_EXPORTER_OTLP_TIMEOUT: "2500",
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    },
  });
  assert.deepEqual(exporters[0]?.headers, { authorization: "Basic YWJj=", "x-tenant": "a=b", "x-odd": "100%" });
  assert.equal(exporters[0].timeoutMs, 2500);
  assert.equal(exporters[0].compression, "gzip");
});

test("signals that are sent differently become exporters of their own", () => {
  using world = new ConfigWorld();
  const { exporters } = world.config({
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://backend:4318",
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "tempo:4317",
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-tenant=traces",
    },
  });
  assert.deepEqual(
    exporters.map(({ name, protocol, headers, signalEndpoints }) => [name, protocol, headers, signalEndpoints.traces]),
    [
      ["otlp-traces", "grpc", { "x-tenant": "traces" }, "tempo:4317"],
      ["otlp-metrics-logs", "http/protobuf", {}, null],
    ],
  );
});

test("the variables count only when no exporter is configured", () => {
  using world = new ConfigWorld();
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://backend:4318" };
  const files = { "a.yaml": 'exporters: {mine: {endpoint: "http://mine:4317"}}' };
  assert.deepEqual(
    world.config({ environment, files }).exporters.map(({ name }) => name),
    ["mine"],
  );
});

test("the variables may not point at us, as they do on a machine whose services send here", () => {
  using world = new ConfigWorld();
  const [text] = world.texts({
    environment: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://localhost:4318/v1/traces" },
  });
  assert.match(text ?? "", /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: error AC102: this is our own receiver/);
});

test("headers alone describe no exporter", () => {
  using world = new ConfigWorld();
  assert.deepEqual(world.config({ environment: { OTEL_EXPORTER_OTLP_HEADERS: "a=b" } }).exporters, []);
});
