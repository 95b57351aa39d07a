/**
 * Spans as plain objects, and what extraction makes of them through the real scanner.
 */
import { extractionKeys } from "../../../src/core/extraction/attribute-keys.ts";
import type { RefusalEvidence } from "../../../src/core/extraction/causes/refusal-evidence.ts";
import type { Endpoint } from "../../../src/core/extraction/endpoint.ts";
import type { EndpointLimits } from "../../../src/core/extraction/endpoint-table.ts";
import { EndpointTable } from "../../../src/core/extraction/endpoint-table.ts";
import type { Outcome } from "../../../src/core/extraction/observation.ts";
import type { OutcomeOverrides } from "../../../src/core/extraction/outcome-override.ts";
import { SpanExtractor } from "../../../src/core/extraction/span-extractor.ts";
import type { SpanObservation } from "../../../src/core/extraction/span-observation.ts";
import { TraceScanner } from "../../../src/core/otlp/trace-scanner.ts";
import { encode, TRACE_REQUEST } from "../../support/otlp-protobuf.ts";

export type AttributeValue = string | boolean | number | { readonly double: number } | readonly string[];

type ExceptionSketch = { readonly type?: string; readonly message?: string; readonly stacktrace?: string };

export type SpanSketch = {
  readonly name?: string;
  readonly kind?: "SERVER" | "CLIENT" | "INTERNAL" | "PRODUCER" | "CONSUMER";
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly resource?: Readonly<Record<string, AttributeValue>>;
  readonly scope?: { readonly name: string; readonly version?: string };
  readonly statusCode?: "ERROR" | "OK";
  readonly statusMessage?: string;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly exceptions?: readonly ExceptionSketch[];
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly flags?: number;
  readonly traceState?: string;
};

export const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
export const SPAN_ID = "b7ad6b7169203331";
export const CLIENT_KEY = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c] as const;
const LIMITS: EndpointLimits = { endpointsPerServiceMax: 10_000, endpointsMax: 1_000_000 };

/** Every span in a resource of its own. */
export function traceRequest(sketches: readonly SpanSketch[]): Uint8Array {
  return encode(TRACE_REQUEST, {
    resourceSpans: sketches.map((sketch) => ({
      resource: { attributes: keyValues(sketch.resource ?? { "service.name": "shop" }) },
      scopeSpans: [{ ...(sketch.scope === undefined ? {} : { scope: sketch.scope }), spans: [spanOf(sketch)] }],
    })),
  });
}

type WorldOptions = { readonly limits?: EndpointLimits; readonly extraKeys?: readonly string[] } & {
  readonly evidence?: RefusalEvidence;
  readonly outcomes?: OutcomeOverrides;
};

export class ExtractionWorld {
  readonly endpoints: EndpointTable;
  readonly extractor: SpanExtractor;
  readonly scanner: TraceScanner;

  constructor(options: WorldOptions = {}) {
    const { limits = LIMITS, extraKeys = [], ...parts } = options;
    this.endpoints = new EndpointTable(limits);
    this.extractor = new SpanExtractor({ clientKey: CLIENT_KEY, endpoints: this.endpoints, ...parts });
    this.scanner = new TraceScanner(extractionKeys(extraKeys));
  }

  /** What `read` makes of each span that stands for a request. */
  observe<Result>(sketches: readonly SpanSketch[], read: (observation: SpanObservation) => Result): Result[] {
    const results: Result[] = [];
    this.scanner.scan(traceRequest(sketches), {
      span: (view) => {
        const observation = this.extractor.extract(view);
        if (observation !== null) results.push(read(observation));
      },
      invalidSpan: () => {
        throw new Error("a sketch became an invalid span");
      },
    });
    return results;
  }

  endpointOf(sketch: SpanSketch): Endpoint | undefined {
    return this.observe([sketch], (observation) => observation.endpoint)[0];
  }
}

/** `METHOD /route outcome`, or null for a span that stands for no request. */
export function judge(sketch: SpanSketch): string | null {
  const lines = new ExtractionWorld().observe([sketch], ({ endpoint, outcome }) => line(endpoint, outcome));
  return lines[0] ?? null;
}

function line(endpoint: Endpoint, outcome: Outcome): string {
  return `${endpoint.name} ${outcome}`;
}

function spanOf(sketch: SpanSketch): object {
  return {
    traceId: Buffer.from(sketch.traceId ?? TRACE_ID, "hex"),
    spanId: Buffer.from(sketch.spanId ?? SPAN_ID, "hex"),
    name: sketch.name ?? "GET",
    kind: `SPAN_KIND_${sketch.kind ?? "SERVER"}`,
    endTimeUnixNano: `${sketch.endMs ?? 1_700_000_000_500}000000`,
    ...(sketch.flags === undefined ? {} : { flags: sketch.flags }),
    attributes: keyValues(sketch.attributes ?? {}),
    ...(sketch.parentSpanId === undefined ? {} : { parentSpanId: Buffer.from(sketch.parentSpanId, "hex") }),
    ...(sketch.traceState === undefined ? {} : { traceState: sketch.traceState }),
    ...(sketch.startMs === undefined ? {} : { startTimeUnixNano: `${sketch.startMs}000000` }),
    ...(sketch.exceptions === undefined ? {} : { events: sketch.exceptions.map(exceptionEvent) }),
    ...statusOf(sketch),
  };
}

function statusOf({ statusCode, statusMessage }: SpanSketch): object {
  if (statusCode === undefined && statusMessage === undefined) return {};
  return { status: { code: `STATUS_CODE_${statusCode ?? "ERROR"}`, message: statusMessage ?? "" } };
}

function exceptionEvent({ type, message, stacktrace }: ExceptionSketch): object {
  return {
    name: "exception",
    attributes: keyValues({
      ...(type === undefined ? {} : { "exception.type": type }),
      ...(message === undefined ? {} : { "exception.message": message }),
      ...(stacktrace === undefined ? {} : { "exception.stacktrace": stacktrace }),
    }),
  };
}

function keyValues(attributes: Readonly<Record<string, AttributeValue>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") return { intValue: value };
  if ("double" in value) return { doubleValue: value.double };
  return { arrayValue: { values: value.map((item) => ({ stringValue: item })) } };
}
