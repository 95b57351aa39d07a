/** One request to the OTLP sink and what becomes of it, told once for both protocols. */
import type { PartialSuccess } from "../../core/otlp/export-response.ts";
import type { Signal } from "../../core/otlp/verdict.ts";

export const REQUEST_MAX_BYTES = 64 * 1024 * 1024;

export type SinkRequest = {
  readonly signal: Signal;
  readonly protocol: "grpc" | "http/protobuf" | "http/json";
  /** HTTP headers or gRPC metadata, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The export request as protobuf, whatever the protocol, out of any compression. */
  readonly bytes: Uint8Array;
};

/** What an OTLP backend may do instead of taking a request and saying so. */
export type SinkFault =
  /** gRPC UNAVAILABLE, HTTP 503; with RetryInfo or Retry-After when a delay is given. */
  | { readonly kind: "unavailable"; readonly retryAfterMs?: number }
  /** gRPC RESOURCE_EXHAUSTED, HTTP 429. Over gRPC it may be retried only when a delay is given. */
  | { readonly kind: "throttled"; readonly retryAfterMs?: number }
  /** For good: gRPC INVALID_ARGUMENT, HTTP 400. */
  | { readonly kind: "refused"; readonly message: string }
  /** Taken but for some items; none and a message is a warning. */
  | { readonly kind: "partial"; readonly rejected: number; readonly message: string }
  /** Not answered while the sink lives. */
  | { readonly kind: "hang" }
  | { readonly kind: "reset" }
  /** Taken, but the sender does not learn so. */
  | { readonly kind: "reset-after-accepting" };

/** Decides about a request and, where it is taken, keeps it. Undefined is plain success. */
export type Receive = (request: SinkRequest) => SinkFault | undefined;

/** Faults after which the request counts as received. */
export function isTaken(fault: SinkFault | undefined): boolean {
  return fault === undefined || fault.kind === "partial" || fault.kind === "reset-after-accepting";
}

/** What the answer to a request that was taken says; null when there is nothing to say. */
export function partialSuccessOf(fault: SinkFault | undefined): PartialSuccess | null {
  return fault?.kind === "partial" ? { rejectedCount: fault.rejected, message: fault.message } : null;
}
