/**
 * What it costs to turn a span into an observation, beyond reading it, and what a million endpoints
 * weigh.
 */
import { Enricher } from "../../src/core/enrichment/enrich.ts";
import { extractionKeys } from "../../src/core/extraction/attribute-keys.ts";
import { fingerprintClientText } from "../../src/core/extraction/client-fingerprint.ts";
import { EndpointTable } from "../../src/core/extraction/endpoint-table.ts";
import { SpanExtractor } from "../../src/core/extraction/span-extractor.ts";
import type { SpanSink } from "../../src/core/otlp/trace-scanner.ts";
import { TraceScanner } from "../../src/core/otlp/trace-scanner.ts";
import { encode, TRACE_REQUEST } from "../support/otlp-protobuf.ts";
import type { Row, Table } from "./bench.ts";
import { cpuSeconds } from "./measure.ts";

const SPAN_COUNT = 512;
const ROUND_SECONDS = 0.1;
/** Looking at the clock takes microseconds. */
const SCANS_BETWEEN_LOOKS = 16;
const ROUNDS = 15;
const MANY_ENDPOINTS = 1_000_000;
const CLIENT_KEY = [1, 2, 3, 4] as const;

type Attributes = Readonly<Record<string, string | number>>;

export const name = "extraction";
export const description = "turning a span into an observation, and what a million endpoints weigh";
export const pace = "quick";

/** Nanoseconds of processor time per span on top of the scan; each is the best of some rounds. */
export function* run(): Generator<Table> {
  const templates = requestOf((index) => ({
    "http.route": `/api/items/:id/part${index % 40}`,
    "url.path": path(index),
  }));
  const prefixes = requestOf((index) => ({ "http.route": "/api", "url.path": path(index) }));
  const paths = requestOf((index) => ({ "url.path": path(index) }));
  const calls = requestOf((index) => ({
    "rpc.system": "grpc",
    "rpc.service": "shop.Cart",
    "rpc.method": `M${index % 40}`,
  }));
  const words = requestOf((index) => ({ "url.path": `/${word(index)}` }));
  yield {
    title: `${SPAN_COUNT} spans a request`,
    columns: ["ns on top of the scan", "ns of the scan"],
    rows: [
      measure("template in http.route", templates),
      measure("mount prefix, named by path", prefixes),
      measure("path alone, with identifiers", paths),
      measure("gRPC", calls),
      measure("template, client read", templates, readingClients),
      measure("template, enriched", templates, enriching),
      measure("paths beyond the bound", words, undefined, 1),
      { name: "fingerprint of a client", figures: [fingerprintNanos(), null] },
    ],
  };
  yield weighEndpoints();
}

type SinkOf = (extractor: SpanExtractor) => SpanSink["span"];

const readingClients: SinkOf = (extractor) => (view) => void extractor.extract(view)?.client;

const enriching: SinkOf = (extractor) => {
  const enricher = new Enricher();
  return (view) => {
    const observation = extractor.extract(view);
    if (observation !== null) enricher.attributesFor(observation, null);
  };
};

function measure(
  rowName: string,
  request: Uint8Array,
  sinkOf: SinkOf = (extractor) => (view) => void extractor.extract(view),
  endpointsPerServiceMax = 10_000,
): Row {
  const scanner = new TraceScanner(extractionKeys([]));
  const endpoints = new EndpointTable({ endpointsPerServiceMax, endpointsMax: MANY_ENDPOINTS });
  const extractor = new SpanExtractor({ clientKey: CLIENT_KEY, endpoints });
  const nothing: SpanSink = { span() {}, invalidSpan() {} };
  const extracting: SpanSink = { span: sinkOf(extractor), invalidSpan() {} };
  letStay(endpoints, request);
  let scanNanos = Number.POSITIVE_INFINITY;
  let bothNanos = Number.POSITIVE_INFINITY;
  // In turns, so that a busy moment of the machine does not fall on one of them alone.
  for (let round = 0; round < ROUNDS; round++) {
    scanNanos = Math.min(scanNanos, nanosPerSpan(scanner, request, nothing));
    bothNanos = Math.min(bothNanos, nanosPerSpan(scanner, request, extracting));
  }
  return { name: rowName, figures: [bothNanos - scanNanos, scanNanos] };
}

/** Names that only paths and callers show are remembered once requests of them have succeeded. */
function letStay(endpoints: EndpointTable, request: Uint8Array): void {
  const scanner = new TraceScanner(extractionKeys([]));
  const extractor = new SpanExtractor({ clientKey: CLIENT_KEY, endpoints });
  const span: SpanSink["span"] = (view) => {
    const observation = extractor.extract(view);
    if (observation !== null) endpoints.noteRequest(observation.endpoint, observation.outcome);
  };
  for (let round = 0; round < ROUNDS; round++) scanner.scan(request, { span, invalidSpan() {} });
}

function nanosPerSpan(scanner: TraceScanner, request: Uint8Array, sink: SpanSink): number {
  const start = cpuSeconds();
  let count = 0;
  let elapsed = 0;
  for (; elapsed < ROUND_SECONDS; elapsed = cpuSeconds() - start) {
    for (let index = 0; index < SCANS_BETWEEN_LOOKS; index++) scanner.scan(request, sink);
    count += SCANS_BETWEEN_LOOKS;
  }
  return (elapsed * 1e9) / (count * SPAN_COUNT);
}

function fingerprintNanos(): number {
  const start = cpuSeconds();
  let sum = 0;
  const count = 300_000;
  for (let index = 0; index < count; index++) sum += fingerprintClientText(CLIENT_KEY, "203.0.113.7");
  if (sum === 0) throw new Error("the client is unknown");
  return ((cpuSeconds() - start) * 1e9) / count;
}

/** Fills a table through the door that spans use, so that their spellings are weighed too. */
function weighEndpoints(): Table {
  const before = process.memoryUsage();
  const endpoints = new EndpointTable({ endpointsPerServiceMax: MANY_ENDPOINTS, endpointsMax: MANY_ENDPOINTS });
  const extractor = new SpanExtractor({ clientKey: CLIENT_KEY, endpoints });
  const scanner = new TraceScanner(extractionKeys([]));
  const sink: SpanSink = { span: (view) => void extractor.extract(view), invalidSpan() {} };
  const start = performance.now();
  for (let first = 0; first < MANY_ENDPOINTS; first += SPAN_COUNT) {
    const request = requestOf((index) => ({ "http.route": `/api/${word(first + index)}` }));
    scanner.scan(request, sink);
  }
  const seconds = (performance.now() - start) / 1000;
  const after = process.memoryUsage();
  const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  return {
    title: "endpoints and their spellings",
    columns: ["MB at most", "seconds to make them"],
    rows: [{ name: `${endpoints.size} endpoints`, figures: [bytes / 1e6, seconds] }],
  };
}

function path(index: number): string {
  return `/api/items/${index * 7919}/part${index % 40}`;
}

/** Letters only: nothing in it is taken for an identifier. */
function word(index: number): string {
  return [...index.toString(8)].map((digit) => "ghjkmnpq"[Number(digit)]).join("");
}

function requestOf(attributesOf: (index: number) => Attributes): Uint8Array {
  const spans = Array.from({ length: SPAN_COUNT }, (_, index) => ({
    traceId: new Uint8Array(16).fill((index % 255) + 1),
    spanId: new Uint8Array(8).fill((index % 255) + 1),
    name: "GET",
    kind: 2,
    endTimeUnixNano: "1700000000500000000",
    attributes: keyValues({
      "http.request.method": "GET",
      "http.response.status_code": index % 50 === 0 ? 401 : 200,
      "server.address": "shop.example.com",
      "client.address": `203.0.113.${index % 250}`,
      "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)",
      ...attributesOf(index),
    }),
  }));
  const resource = { attributes: keyValues({ "service.name": "shop", "deployment.environment.name": "prod" }) };
  return encode(TRACE_REQUEST, { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: value } : { stringValue: value },
  }));
}
