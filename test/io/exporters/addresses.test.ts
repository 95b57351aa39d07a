import assert from "node:assert/strict";
import { test } from "node:test";
import { signalsOf } from "../../../src/io/exporters/export-client.ts";
import { OtlpExporter } from "../../../src/io/exporters/otlp-exporter.ts";
import { grpcOrigin } from "../../../src/io/exporters/otlp-grpc-client.ts";
import { signalUrls } from "../../../src/io/exporters/signal-urls.ts";
import { createLogger } from "../../../src/io/platform/logger.ts";
import { VirtualScheduler } from "../../support/virtual-scheduler.ts";
import { exporterConfig } from "./exporter-world.ts";

const NONE = { traces: null, metrics: null, logs: null };

function urls(endpoint: string | null, own: Partial<typeof NONE | Record<keyof typeof NONE, string>> = {}) {
  const found = signalUrls({ endpoint, signalEndpoints: { ...NONE, ...own } });
  return Object.fromEntries(Array.from(found, ([signal, url]) => [signal, url.href]));
}

test("a base address keeps its path and gains that of the signal", () => {
  assert.equal(urls("http://collector:4318")["traces"], "http://collector:4318/v1/traces");
  assert.equal(urls("http://collector:4318/")["metrics"], "http://collector:4318/v1/metrics");
  assert.equal(urls("https://example.com/otlp/")["logs"], "https://example.com/otlp/v1/logs");
});

test("the address of one signal is used as it is, and without a base the others go nowhere", () => {
  assert.deepEqual(urls(null, { traces: "http://host:1234" }), { traces: "http://host:1234/" });
  assert.deepEqual(signalsOf({ endpoint: null, signalEndpoints: { ...NONE, traces: "http://host" } }), ["traces"]);
  assert.equal(urls("http://base", { logs: "http://other/x?y=1" })["logs"], "http://other/x?y=1");
});

test("over gRPC the scheme decides about TLS, and the setting where there is none", () => {
  assert.equal(grpcOrigin("http://host:4317", "tls"), "http://host:4317");
  assert.equal(grpcOrigin("https://host", "plain"), "https://host");
  assert.equal(grpcOrigin("http://[::1]:4317/ignored", "tls"), "http://[::1]:4317");
  assert.equal(grpcOrigin("host:4317", "tls"), "https://host:4317");
  assert.equal(grpcOrigin("host:4317", "plain"), "http://host:4317");
});

test("settings that cannot work are an error that names them", async () => {
  const time = new VirtualScheduler();
  const parts = {
    sources: [],
    log: createLogger({ level: "silent", format: "json" }, process.stderr),
    now: () => time.now().steady,
    wallNow: () => time.now().wall,
    random: () => 0,
    schedule: time.schedule,
    version: "0",
  };
  const cases = [
    [{ protocol: "http/protobuf", endpoint: "collector:4318" }, /endpoint "collector:4318" must begin with http:\/\//],
    [{ protocol: "grpc", headers: { "x bad": "1" } }, /header "x bad" cannot be sent/],
    [
      { tls: { insecure: false, caFile: "/no/such.pem", certFile: null, keyFile: null } },
      /cannot read tls.ca_file: ENOENT/,
    ],
  ] as const;
  for (const [facts, message] of cases) {
    await assert.rejects(OtlpExporter.create(exporterConfig(facts), parts), { name: "ExporterError", message });
  }
});
