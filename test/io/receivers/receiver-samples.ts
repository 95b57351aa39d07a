/** Settings and requests that fill in what a test of a receiver does not care about. */
import type { HttpReceiverSettings } from "../../../src/io/receivers/otlp-http.ts";
import { encode, TRACE_REQUEST } from "../../support/otlp-protobuf.ts";

export function someSettings(facts: Partial<HttpReceiverSettings> = {}): HttpReceiverSettings {
  return {
    settingName: "receivers.http.endpoint",
    host: "127.0.0.1",
    port: 0,
    portUse: "alone",
    tls: null,
    bearerTokens: [],
    maxRequestBytes: 64 * 1024 * 1024,
    cors: null,
    ...facts,
  };
}

/** A request with one span of the given name. */
export function traceRequest(name: string): Uint8Array {
  return encode(TRACE_REQUEST, { resourceSpans: [{ scopeSpans: [{ spans: [{ name, kind: 2 }] }] }] });
}

export const TRACE_REQUEST_JSON = JSON.stringify({
  resourceSpans: [{ scopeSpans: [{ spans: [{ name: "GET /json", kind: 2 }] }] }],
});
