/**
 * What most collectors written in JavaScript do with a trace request: decode it to objects, look at
 * each span, add attributes, encode it again. The baseline of the other benches.
 */
import { TRACE_REQUEST } from "../support/otlp-protobuf.ts";

type KeyValue = { key: string; value: { stringValue?: string; boolValue?: boolean; intValue?: unknown } };
type Span = { kind?: number; attributes: KeyValue[] };
type Request = { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };

const KIND_SERVER = 2;
const UNAUTHORIZED = 401;

/** The request with the marks that authspike would add to an endpoint's requests, without judging them. */
export function relayWithObjects(bytes: Uint8Array): Uint8Array {
  const message = TRACE_REQUEST.decode(bytes);
  const { resourceSpans } = message as unknown as Request;
  for (const { scopeSpans } of resourceSpans) {
    for (const { spans } of scopeSpans) for (const span of spans) mark(span);
  }
  return TRACE_REQUEST.encode(message).finish();
}

function mark({ kind, attributes }: Span): void {
  if (kind !== KIND_SERVER) return;
  let route = "";
  let method = "";
  let status = 0;
  for (const { key, value } of attributes) {
    if (key === "http.route") route = value.stringValue ?? "";
    else if (key === "http.request.method") method = value.stringValue ?? "";
    else if (key === "http.response.status_code") status = Number(value.intValue);
  }
  attributes.push(
    { key: "authspike.endpoint", value: { stringValue: `${method} ${route}` } },
    { key: "authspike.outcome", value: { stringValue: status === UNAUTHORIZED ? "unauthenticated" : "ok" } },
    { key: "authspike.counted", value: { boolValue: true } },
  );
}
