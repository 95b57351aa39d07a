/**
 * Tells a verdict to its sender: the one place that knows the status codes of either protocol.
 *
 * Senders act on the code alone, so the codes say one thing: may the same bytes be sent again? Over
 * HTTP the whole answer, errors too, is in the encoding of the request (OTLP specification).
 */
import { assert, assertNever } from "../../core/assert.ts";
import { encodeExportResponse } from "../../core/otlp/export-response.ts";
import type { BodyEncoding, RpcStatus } from "../../core/otlp/rpc-status.ts";
import { encodeRpcStatus } from "../../core/otlp/rpc-status.ts";
import type { RefusalReason, Signal, Verdict } from "../../core/otlp/verdict.ts";
import { grpcCode } from "./grpc-code.ts";

export type HttpReply = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Uint8Array;
};

export type GrpcReply =
  | { readonly kind: "ok"; readonly body: Uint8Array }
  /** `details` is a google.rpc.Status, for `grpc-status-details-bin`. */
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly details: Uint8Array | null };

/** Over gRPC the message travels in headers, three times, and some clients take 8 KiB of those. */
const MESSAGE_MAX_CHARACTERS = 1000;

const refusalCodes: Readonly<Record<RefusalReason, { readonly http: number; readonly grpc: number }>> = {
  malformed: { http: 400, grpc: grpcCode.INVALID_ARGUMENT },
  // Neither code asks the sender to come again: the same bytes would fail again.
  redaction_failed: { http: 500, grpc: grpcCode.INTERNAL },
  // Without RetryInfo: the specification makes that permanent.
  too_large: { http: 413, grpc: grpcCode.RESOURCE_EXHAUSTED },
  unauthenticated: { http: 401, grpc: grpcCode.UNAUTHENTICATED },
  unsupported_media_type: { http: 415, grpc: grpcCode.INVALID_ARGUMENT },
  unsupported_encoding: { http: 415, grpc: grpcCode.UNIMPLEMENTED },
  method_not_allowed: { http: 405, grpc: grpcCode.UNIMPLEMENTED },
  not_found: { http: 404, grpc: grpcCode.NOT_FOUND },
};

/** What HTTP wants said in headers (RFC 9110, sections 10.2.1, 11.6.1 and 12.5.3). */
const refusalHeaders: Readonly<Partial<Record<RefusalReason, Readonly<Record<string, string>>>>> = {
  unauthenticated: { "www-authenticate": "Bearer" },
  unsupported_encoding: { "accept-encoding": "gzip, zstd, deflate, identity" },
  method_not_allowed: { allow: "POST" },
};

const contentTypes: Readonly<Record<BodyEncoding, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};

/** The signal may be null for what is not a success: only those answers differ by signal. */
export function httpReply(verdict: Verdict, signal: Signal | null, encoding: BodyEncoding): HttpReply {
  switch (verdict.kind) {
    case "accepted":
      return acceptedHttpReplies[encoding];
    case "partial":
      return reply(200, encoding, {}, partialResponse(verdict, signal, encoding));
    case "retry": {
      const headers = { "retry-after": Math.max(1, Math.ceil(verdict.retryAfterMs / 1000)) };
      return reply(503, encoding, headers, encodeRpcStatus(retryStatus(verdict), encoding));
    }
    case "refused": {
      const headers = refusalHeaders[verdict.reason] ?? {};
      return reply(
        refusalCodes[verdict.reason].http,
        encoding,
        headers,
        encodeRpcStatus(refusalStatus(verdict), encoding),
      );
    }
    default:
      return assertNever(verdict);
  }
}

export function grpcReply(verdict: Verdict, signal: Signal | null): GrpcReply {
  switch (verdict.kind) {
    case "accepted":
      return acceptedGrpcReply;
    case "partial":
      return { kind: "ok", body: partialResponse(verdict, signal, "protobuf") };
    case "retry":
      return detailedGrpcError(retryStatus(verdict));
    case "refused":
      return detailedGrpcError(refusalStatus(verdict));
    default:
      return assertNever(verdict);
  }
}

/** An error that says no more than its code and message. */
export function grpcError({ code, message }: { readonly code: number; readonly message: string }): GrpcReply {
  return { kind: "error", code, message: message.slice(0, MESSAGE_MAX_CHARACTERS), details: null };
}

// An empty response, with partial_success unset, means that everything was taken.
const acceptedGrpcReply: GrpcReply = { kind: "ok", body: Buffer.alloc(0) };
const acceptedHttpReplies: Readonly<Record<BodyEncoding, HttpReply>> = {
  protobuf: reply(200, "protobuf", {}, Buffer.alloc(0)),
  json: reply(200, "json", {}, Buffer.from("{}")),
};

function reply(
  statusCode: number,
  encoding: BodyEncoding,
  headers: Readonly<Record<string, string | number>>,
  body: Uint8Array,
): HttpReply {
  const ofBody = { "content-type": contentTypes[encoding], "content-length": body.length };
  return { statusCode, headers: { ...headers, ...ofBody }, body };
}

function retryStatus({ message, retryAfterMs }: Extract<Verdict, { kind: "retry" }>): RpcStatus {
  return { code: grpcCode.UNAVAILABLE, message, retryDelayMs: retryAfterMs, fieldViolations: [] };
}

function refusalStatus({ reason, message }: Extract<Verdict, { kind: "refused" }>): RpcStatus {
  const shown = message.slice(0, MESSAGE_MAX_CHARACTERS);
  const fieldViolations = reason === "malformed" ? [{ field: "", description: shown }] : [];
  return { code: refusalCodes[reason].grpc, message: shown, retryDelayMs: null, fieldViolations };
}

/** A status that says no more than its code and message travels in those headers alone. */
function detailedGrpcError(status: RpcStatus): GrpcReply {
  if (status.retryDelayMs === null && status.fieldViolations.length === 0) return grpcError(status);
  const details = encodeRpcStatus(status, "protobuf");
  return { kind: "error", code: status.code, message: status.message, details };
}

function partialResponse(
  { rejected, message }: Extract<Verdict, { kind: "partial" }>,
  signal: Signal | null,
  encoding: BodyEncoding,
): Uint8Array {
  assert(signal !== null, "a request without a signal cannot be taken in part");
  const shown = message.slice(0, MESSAGE_MAX_CHARACTERS);
  return encodeExportResponse(signal, encoding, { rejectedCount: rejected, message: shown });
}
