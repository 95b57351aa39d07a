/** Telemetry that fills in what a check does not care about, each item with ids that nobody has sent before. */
import { randomBytes } from "node:crypto";
import type { ExportRequest } from "./ways.ts";

const resource = { attributes: [{ key: "service.name", value: { stringValue: "conformance" } }] };
const scope = { name: "conformance" };

export type SpanJson = { readonly traceId: string; readonly spanId: string; readonly [field: string]: unknown };

export function newTraceId(): string {
  return randomBytes(16).toString("hex");
}

export function newSpanId(): string {
  return randomBytes(8).toString("hex");
}

/** Of kind INTERNAL: what a product makes of requests should not stand in the way. */
export function span(facts: object = {}): SpanJson {
  return {
    traceId: newTraceId(),
    spanId: newSpanId(),
    name: "conformance",
    kind: 1,
    startTimeUnixNano: "1767225600000000000",
    endTimeUnixNano: "1767225600250000000",
    ...facts,
  };
}

export function traces(...spans: readonly object[]): ExportRequest {
  return { signal: "traces", json: { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] } };
}

export function metrics(...items: readonly object[]): ExportRequest {
  return { signal: "metrics", json: { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: items }] }] } };
}

export function logs(...logRecords: readonly object[]): ExportRequest {
  return { signal: "logs", json: { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] } };
}

export function gauge(facts: object = {}): object {
  const dataPoints = [{ timeUnixNano: "1767225600000000000", asDouble: 0.5, ...facts }];
  return { name: "conformance.gauge", unit: "1", gauge: { dataPoints } };
}

export function logRecord(facts: object = {}): object {
  const body = { stringValue: "conformance" };
  return { timeUnixNano: "1767225600000000000", severityNumber: 9, body, ...facts };
}

export const ONE_OF_EACH: readonly ExportRequest[] = [traces(span()), metrics(gauge()), logs(logRecord())];
