/**
 * How many spans per second one core reads, and reads and marks, against decoding them to objects.
 */
import { SpanEdits } from "../../src/core/otlp/span-edits.ts";
import type { SpanView } from "../../src/core/otlp/span-view.ts";
import { TraceScanner } from "../../src/core/otlp/trace-scanner.ts";
import { encode, TRACE_REQUEST } from "../support/otlp-protobuf.ts";
import type { Table } from "./bench.ts";
import { itemsPerCpuSecond } from "./measure.ts";

const SPAN_COUNT = 512;
const ADDED_BYTES = 97;

const SPAN_KEYS = [
  "http.request.method",
  "http.route",
  "http.response.status_code",
  "client.address",
  "user_agent.original",
  "url.path",
  "rpc.method",
  "rpc.service",
  "rpc.grpc.status_code",
  "error.type",
  "enduser.id",
  "http.status_code",
  "http.method",
  "http.target",
  "network.peer.address",
];
const RESOURCE_KEYS = ["service.name", "service.namespace", "service.version", "deployment.environment.name"];

export const name = "otlp-scan";
export const description = "reading and marking spans in place, against decoding them to objects";
export const pace = "quick";

const OBJECTS = "protobufjs decode and encode";

export function* run(): Generator<Table> {
  const request = encode(TRACE_REQUEST, traceRequest());
  const scanner = new TraceScanner({ span: SPAN_KEYS, resource: RESOURCE_KEYS });
  const edits = new SpanEdits();
  const added = addedAttribute();
  let statusSum = 0;
  const countOnly = {
    span(view: SpanView): void {
      statusSum += view.attributes.asNumber(view.bytes, 2);
    },
    invalidSpan(): void {},
  };
  const mark = {
    span(view: SpanView): void {
      edits.append(view, added);
    },
    invalidSpan(): void {},
  };
  const markAll = (): void => {
    edits.reset(request);
    scanner.scan(request, mark);
    edits.apply();
  };
  const works = [
    { name: "scan", call: () => scanner.scan(request, countOnly) },
    { name: `scan and append ${ADDED_BYTES} bytes`, call: markAll },
    { name: OBJECTS, call: () => TRACE_REQUEST.encode(TRACE_REQUEST.decode(request)).finish() },
  ];
  const rates = itemsPerCpuSecond(works.map((work) => ({ ...work, itemsPerCall: SPAN_COUNT })));
  yield {
    title: `${SPAN_COUNT} spans, 10 attributes, ${Math.round(request.length / SPAN_COUNT)} bytes a span`,
    columns: ["spans/CPU-s"],
    rows: works.map((work, index) => ({ name: work.name, figures: [rates[index] ?? null] })),
    comparison: { heading: "x protobufjs", column: "spans/CPU-s", baseline: OBJECTS },
  };
  if (Number.isNaN(statusSum)) throw new Error("the scan found no status");
}

function addedAttribute(): Uint8Array {
  const bytes = new Uint8Array(ADDED_BYTES);
  const key = new TextEncoder().encode("authspike.endpoint");
  const value = ADDED_BYTES - 2 - 2 - key.length - 4;
  bytes.set([0x4a, ADDED_BYTES - 2, 0x0a, key.length, ...key, 0x12, value + 2, 0x0a, value]);
  return bytes;
}

function traceRequest(): object {
  const spans = Array.from({ length: SPAN_COUNT }, (_, index) => span(index));
  const resource = {
    attributes: [text("service.name", "checkout"), text("deployment.environment.name", "production")],
  };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "bench", version: "1.0.0" }, spans }] }] };
}

function span(index: number): object {
  return {
    traceId: new Uint8Array(16).fill(1 + (index % 255)),
    spanId: new Uint8Array(8).fill(1 + (index % 251)),
    parentSpanId: new Uint8Array(8).fill(7),
    name: "GET /users/{id}/orders",
    kind: 2,
    startTimeUnixNano: "1760000000000000000",
    endTimeUnixNano: "1760000000012000000",
    attributes: [
      text("http.request.method", "GET"),
      text("http.route", "/users/{id}/orders"),
      { key: "http.response.status_code", value: { intValue: index % 10 === 0 ? 401 : 200 } },
      text("url.scheme", "https"),
      text("url.path", "/users/1234567/orders"),
      text("server.address", "shop.example.com"),
      { key: "server.port", value: { intValue: 443 } },
      text("client.address", "203.0.113.77"),
      text("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) ExampleBrowser/128.0"),
      text("network.protocol.version", "1.1"),
    ],
    status: {},
    flags: 0x101,
  };
}

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}
