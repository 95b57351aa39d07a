/** Builds OTLP trace requests for tests that do not care about most of a span. */
import assert from "node:assert/strict";
import { encodeMessage } from "../../src/core/otlp/json-to-protobuf.ts";
import { EXPORT_REQUESTS } from "../../src/core/otlp/message-tables.ts";

export type SpanFacts = {
  readonly method?: string;
  readonly route?: string;
  readonly status?: number;
  readonly client?: string;
  readonly endMs?: number;
  /** In place of ids of its own. */
  readonly ids?: { readonly traceId: string; readonly spanId: string; readonly parentSpanId?: string };
  readonly attributes?: Readonly<Record<string, string | number>>;
};

let spanCounter = 0;

/** One request of one service; every span gets ids of its own. */
export function traceRequest(spans: readonly SpanFacts[], resource: Readonly<Record<string, string>> = {}): Uint8Array {
  const scopeSpans = [{ scope: { name: "test" }, spans: spans.map(spanJson) }];
  const attributes = keyValues({ "service.name": "auth", "deployment.environment.name": "prod", ...resource });
  const encoded = encodeMessage(EXPORT_REQUESTS.traces, { resourceSpans: [{ resource: { attributes }, scopeSpans }] });
  assert(encoded.kind === "ok");
  return encoded.bytes;
}

function spanJson({
  method = "GET",
  route = "/",
  status = 200,
  client = "203.0.113.7",
  endMs = 0,
  ids,
  attributes = {},
}: SpanFacts) {
  spanCounter += 1;
  const nanos = String(BigInt(Math.round(endMs)) * 1_000_000n);
  return {
    traceId: spanCounter.toString(16).padStart(32, "0"),
    spanId: spanCounter.toString(16).padStart(16, "0"),
    ...ids,
    name: `${method} ${route}`,
    kind: 2,
    startTimeUnixNano: nanos,
    endTimeUnixNano: nanos,
    attributes: keyValues({
      "http.request.method": method,
      "http.route": route,
      "http.response.status_code": status,
      "client.address": client,
      ...attributes,
    }),
  };
}

function keyValues(values: Readonly<Record<string, string | number>>) {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value },
  }));
}
