/**
 * What the core spends on a span, from bytes to marked bytes, and where: reading, extraction, judgement
 * and splicing, beside a relay that decodes to objects with protobufjs, walks them and encodes them.
 *
 * The shipped rules are in force and every endpoint has failed before: nothing is left out. The steps run as
 * in the service: with its settings of the garbage collector, and what is forwarded is given back. The relay
 * runs before, with those of Node: its objects die young by the thousand and need the room.
 */
import type { EngineSettings } from "../../src/core/engine.ts";
import { Engine } from "../../src/core/engine.ts";
import { Enricher } from "../../src/core/enrichment/enrich.ts";
import { extractionKeys } from "../../src/core/extraction/attribute-keys.ts";
import { EndpointTable } from "../../src/core/extraction/endpoint-table.ts";
import { Redactor } from "../../src/core/extraction/redaction/redactor.ts";
import { DEFAULT_RULES } from "../../src/core/extraction/redaction/secrets-in-text.ts";
import { SpanExtractor } from "../../src/core/extraction/span-extractor.ts";
import { freeBytes } from "../../src/core/free-bytes.ts";
import { SpanEdits } from "../../src/core/otlp/span-edits.ts";
import type { SpanView } from "../../src/core/otlp/span-view.ts";
import { TraceScanner } from "../../src/core/otlp/trace-scanner.ts";
import { SECOND_MS } from "../../src/core/time.ts";
import { tuneGarbageCollection } from "../../src/io/platform/garbage-collection.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import type { Row, Table } from "./bench.ts";
import { itemsPerCpuSecond } from "./measure.ts";
import { relayWithObjects } from "./object-relay.ts";
import { shippedRuleFiles } from "./shipped-rules.ts";
import type { BatchPlan } from "./trace-batches.ts";
import { traceBatches } from "./trace-batches.ts";
import { TraceRenewer } from "./trace-renewer.ts";

export const name = "engine";
export const description = "spans per CPU-second of the core, and what each step costs";
export const pace = "quick";

const SETTINGS: EngineSettings = {
  clientKey: [1, 2, 3, 4],
  endpointsPerServiceMax: 10_000,
  endpointsMax: 1_000_000,
};
/** In all rings alike, so that no case fits into the processor's caches better than another. */
const SPANS_IN_RING = 102_400;
const SPANS_PER_SECOND = 100_000;
const FAILURE_SHARE = 0.05;
const START = Date.UTC(2026, 0, 5);
const OBJECT_RELAY = "protobufjs: decode, walk, mark, encode";

const TRAFFIC: readonly Traffic[] = [
  ...[100, 512, 8_192].map((spansPerBatch) => ({ spansPerBatch, endpointCount: 1_000, serverShare: 1 })),
  { spansPerBatch: 512, endpointCount: 100_000, serverShare: 1 },
  { spansPerBatch: 512, endpointCount: 1_000, serverShare: 1 / 3 },
];

export function* run(): Generator<Table> {
  const relays = TRAFFIC.map((traffic) => measureStep(RELAY, ringOf(traffic), traffic.spansPerBatch));
  tuneGarbageCollection();
  for (const [index, traffic] of TRAFFIC.entries()) yield compare(traffic, relays[index]);
}

type Traffic = Pick<BatchPlan, "spansPerBatch" | "endpointCount" | "serverShare">;

function compare(traffic: Traffic, relay: Row | undefined): Table {
  const ring = ringOf(traffic);
  const { endpointCount, serverShare, spansPerBatch } = traffic;
  const bytesPerSpan = ring.reduce((sum, { length }) => sum + length, 0) / (ring.length * spansPerBatch);
  const share = serverShare === 1 ? "every span a request" : "one span in three a request";
  return {
    title: `batches of ${spansPerBatch}, ${share}, ${endpointCount} endpoints, ${bytesPerSpan.toFixed(0)} bytes a span`,
    columns: ["spans/CPU-s", "ns a span"],
    rows: [...STEPS.map((step) => measureStep(step, ring, spansPerBatch)), ...(relay === undefined ? [] : [relay])],
    comparison: { heading: "x protobufjs", column: "spans/CPU-s", baseline: OBJECT_RELAY },
  };
}

function ringOf(traffic: Traffic): readonly Uint8Array[] {
  const batchCount = Math.ceil(SPANS_IN_RING / traffic.spansPerBatch);
  return traceBatches({ ...traffic, batchCount, failureShare: FAILURE_SHARE });
}

/** One step after the other, because the garbage of one would be collected at the expense of the next. */
function measureStep({ name: step, begin }: Step, ring: readonly Uint8Array[], itemsPerCall: number): Row {
  const call = inTurn(ring, begin());
  for (let index = 0; index < ring.length; index++) call();
  globalThis.gc?.();
  const [rate = Number.NaN] = itemsPerCpuSecond([{ name: step, itemsPerCall, call }]);
  return { name: step, figures: [rate, 1e9 / rate] };
}

type Step = { readonly name: string; readonly begin: () => (bytes: Uint8Array) => unknown };

const STEPS: readonly Step[] = [
  { name: "read", begin: reader },
  { name: "read, extract", begin: extractor },
  { name: "read, extract, splice", begin: marker },
  { name: "ingest: all of it, with judgement", begin: engine },
  { name: "redact, ingest", begin: redactingEngine },
];

const RELAY: Step = { name: OBJECT_RELAY, begin: () => relayWithObjects };

function inTurn(ring: readonly Uint8Array[], work: (bytes: Uint8Array) => unknown): () => void {
  let turn = 0;
  return () => {
    const bytes = ring[turn];
    turn = turn + 1 === ring.length ? 0 : turn + 1;
    if (bytes !== undefined) work(bytes);
  };
}

function reader(): (bytes: Uint8Array) => void {
  const scanner = new TraceScanner(extractionKeys([]));
  const sink = { span(): void {}, invalidSpan(): void {} };
  return (bytes) => void scanner.scan(bytes, sink);
}

function extractor(): (bytes: Uint8Array) => void {
  const scanner = new TraceScanner(extractionKeys([]));
  const extraction = newExtraction();
  const sink = { span: (view: SpanView) => void extraction.extract(view), invalidSpan(): void {} };
  return (bytes) => void scanner.scan(bytes, sink);
}

function marker(): (bytes: Uint8Array) => void {
  const scanner = new TraceScanner(extractionKeys([]));
  const extraction = newExtraction();
  const enricher = new Enricher();
  const edits = new SpanEdits();
  const sink = {
    span(view: SpanView): void {
      const observation = extraction.extract(view);
      if (observation !== null) edits.append(view, enricher.attributesFor(observation, null));
    },
    invalidSpan(): void {},
  };
  return (bytes) => {
    edits.reset(bytes);
    scanner.scan(bytes, sink);
    giveBack(edits.apply(), bytes);
  };
}

function engine(): (bytes: Uint8Array) => void {
  const whole = new Engine(SETTINGS, ruleSetOf(shippedRuleFiles()));
  let now = START;
  let secondEndsAt = START + SECOND_MS;
  const traces = new TraceRenewer();
  return (bytes) => {
    traces.renew(bytes);
    const result = whole.ingest(bytes, { steady: now, wall: now });
    if (result.kind === "malformed") throw new Error(result.message);
    giveBack(result.bytes, bytes);
    now += (SECOND_MS * result.spanCount) / SPANS_PER_SECOND;
    if (now < secondEndsAt && !result.isUrgent) return;
    whole.tick({ steady: now, wall: now });
    secondEndsAt = now + SECOND_MS;
  };
}

function redactingEngine(): (bytes: Uint8Array) => void {
  const redactor = new Redactor(DEFAULT_RULES);
  const ingest = engine();
  return (bytes) => {
    redactor.redact("traces", bytes);
    ingest(bytes);
  };
}

/** What is forwarded, unless it is the request itself, which comes round again. */
function giveBack(forwarded: Uint8Array, bytes: Uint8Array): void {
  if (forwarded !== bytes) freeBytes(forwarded);
}

function newExtraction(): SpanExtractor {
  return new SpanExtractor({ clientKey: SETTINGS.clientKey, endpoints: new EndpointTable(SETTINGS) });
}
