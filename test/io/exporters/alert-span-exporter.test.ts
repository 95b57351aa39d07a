import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlertLogRecord } from "../../../src/core/alerts/alert-log-record.ts";
import { decodeMessage } from "../../../src/core/otlp/json-from-protobuf.ts";
import { EXPORT_REQUESTS } from "../../../src/core/otlp/message-tables.ts";
import { AlertSpanExporter } from "../../../src/io/exporters/alert-span-exporter.ts";
import { OtlpSink } from "../../../src/io/stand-ins/otlp-sink.ts";
import { exporterConfig } from "./exporter-world.ts";

const record: AlertLogRecord = {
  eventName: "authspike.alert.firing",
  timeUnixMillis: 1_772_442_000_123.5,
  severityNumber: 17,
  severityText: "ERROR",
  body: "401s on POST /login of auth",
  attributes: { "authspike.rule": "http-401", "authspike.rate": 0.43, "authspike.alert.page": true },
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
};

function settings(endpoint: string, timeoutMs = 5000) {
  const config = exporterConfig({ protocol: "http/protobuf", endpoint, timeoutMs, headers: { "x-team": "identity" } });
  return { ...config, userAgent: "authspike/1.2.3", version: "1.2.3" };
}

type SpanJson = {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly object[];
};
type TracesJson = {
  readonly resourceSpans: readonly [
    {
      readonly resource: { readonly attributes: readonly object[] };
      readonly scopeSpans: readonly [{ readonly spans: readonly [SpanJson] }];
    },
  ];
};

/** The first span received, as JSON. */
function firstSpan(sink: OtlpSink) {
  const [request] = sink.requests;
  assert.ok(request);
  const decoded = decodeMessage(EXPORT_REQUESTS.traces, request.bytes);
  assert.ok(decoded.kind === "ok");
  const { resourceSpans } = decoded.value as unknown as TracesJson;
  const [span] = resourceSpans[0].scopeSpans[0].spans;
  return { request, resource: resourceSpans[0].resource, span };
}

test("an alert becomes a span in the trace of an example failure", async () => {
  await using sink = new OtlpSink();
  await sink.start();
  const exporter = await AlertSpanExporter.create(settings(sink.httpUrl));
  await exporter.publish(record);
  await exporter.close();
  const { request, resource, span } = firstSpan(sink);
  assert.equal(request.headers["x-team"], "identity");
  assert.deepEqual(resource.attributes[0], { key: "service.name", value: { stringValue: "authspike" } });
  assert.equal(span.name, "authspike.alert.firing");
  assert.equal(span.traceId, record.traceId);
  assert.equal(span.parentSpanId, record.spanId);
  assert.equal(span.startTimeUnixNano, "1772442000123500000");
  assert.deepEqual(span.status, { code: 2, message: record.body });
  assert.deepEqual(span.attributes, [
    { key: "authspike.rule", value: { stringValue: "http-401" } },
    { key: "authspike.rate", value: { doubleValue: 0.43 } },
    { key: "authspike.alert.page", value: { boolValue: true } },
    { key: "authspike.alert.summary", value: { stringValue: record.body } },
  ]);
});

test("without an example the span begins a trace of its own", async () => {
  await using sink = new OtlpSink();
  await sink.start();
  const exporter = await AlertSpanExporter.create(settings(sink.httpUrl));
  await exporter.publish({ ...record, traceId: "", spanId: "", severityNumber: 9 });
  await exporter.close();
  const { span } = firstSpan(sink);
  assert.match(span.traceId, /^(?!0{32})[0-9a-f]{32}$/);
  assert.equal(span.parentSpanId ?? "", "");
  assert.equal(span.status.code ?? 0, 0);
});

test("a span that is not taken is an error", async () => {
  await using sink = new OtlpSink();
  await sink.start();
  sink.failNext({ kind: "refused", message: "no" });
  const exporter = await AlertSpanExporter.create(settings(sink.httpUrl));
  await assert.rejects(exporter.publish(record), {
    name: "ExporterError",
    message: /the alert span was not delivered/,
  });
  await exporter.close();
});

test("over gRPC there is no such exporter", async () => {
  const grpc = { ...settings("http://127.0.0.1:1"), protocol: "grpc" as const };
  await assert.rejects(AlertSpanExporter.create(grpc), /needs an HTTP protocol/);
});
