/**
 * What a destination's answer means for the batch: pure reading of the OTLP rules for both protocols.
 *
 * Only what the specification calls retryable is tried again; everything else is given up at once,
 * because sending it again would be refused again. An answer that never came is tried again.
 */
import { decodeExportResponse } from "../../core/otlp/export-response.ts";
import type { BodyEncoding } from "../../core/otlp/rpc-status.ts";
import { decodeRpcStatus } from "../../core/otlp/rpc-status.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import type { UnixMillis } from "../../core/time.ts";
import { retryAfterMs } from "../platform/retry-after.ts";

export type ExportVerdict =
  /** The whole batch was taken; the warning is the destination's, if it had one. */
  | { readonly kind: "delivered"; readonly warning: string | null }
  /** The rest was taken. Must not be sent again. */
  | { readonly kind: "partial"; readonly rejectedCount: number; readonly message: string }
  /** `afterMs` is the destination's wish; null when it has none. */
  | { readonly kind: "retry"; readonly afterMs: number | null; readonly message: string }
  | { readonly kind: "rejected"; readonly because: RejectionCause; readonly message: string };

/**
 * What a destination finds wrong, as far as it helps to know: smaller pieces of a batch that is too
 * large might be taken, and those requests in a malformed one that are sound.
 */
export type RejectionCause = "size" | "content" | "other";

export type GrpcStatus = {
  readonly code: number;
  readonly message: string;
  /** The trailer `grpc-status-details-bin`. */
  readonly statusDetails: Uint8Array | null;
};

export type HttpAnswer = {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
};

const GRPC_INVALID_ARGUMENT = 3;
const GRPC_RESOURCE_EXHAUSTED = 8;
/** CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS. */
const GRPC_RETRYABLE: ReadonlySet<number> = new Set([1, 4, 10, 11, 14, 15]);
const HTTP_RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const HTTP_TOO_LARGE = 413;
/** Bad Request, and Unprocessable Content, which some say instead. */
const HTTP_MALFORMED: ReadonlySet<number> = new Set([400, 422]);

/** Servers say it in their own words; these are those of Go, C++, Java, JavaScript and ours. */
const TOO_LARGE_MESSAGE = /(larger|more|bigger) than|too (large|big)|exceeds? (the )?(max|limit)|message size/i;
const MESSAGE_MAX_LENGTH = 500;

/** Reads the body of an OK. */
export function grpcSuccess(signal: Signal, body: Uint8Array): ExportVerdict {
  return readSuccess(signal, "protobuf", body);
}

export function grpcFailure(answer: GrpcStatus): ExportVerdict {
  const details = answer.statusDetails === null ? undefined : decodeRpcStatus(answer.statusDetails, "protobuf");
  const afterMs = details?.retryDelayMs ?? null;
  const message = excerpt(answer.message || details?.message || `gRPC status ${answer.code}`);
  if (GRPC_RETRYABLE.has(answer.code)) return { kind: "retry", afterMs, message };
  const isExhausted = answer.code === GRPC_RESOURCE_EXHAUSTED;
  // Without RetryInfo it speaks of this request, not of the present load.
  if (isExhausted && afterMs !== null) return { kind: "retry", afterMs, message };
  if (isExhausted && TOO_LARGE_MESSAGE.test(message)) return { kind: "rejected", because: "size", message };
  return { kind: "rejected", because: answer.code === GRPC_INVALID_ARGUMENT ? "content" : "other", message };
}

export function httpVerdict(signal: Signal, answer: HttpAnswer, wallNow: UnixMillis): ExportVerdict {
  const encoding = bodyEncoding(answer.contentType);
  if (answer.status >= 200 && answer.status < 300) {
    return encoding === null ? { kind: "delivered", warning: null } : readSuccess(signal, encoding, answer.body);
  }
  const status = encoding === null ? undefined : decodeRpcStatus(answer.body, encoding);
  const message = `HTTP ${answer.status}: ${excerpt(status?.message || bodyText(answer, encoding))}`;
  if (HTTP_RETRYABLE.has(answer.status)) {
    const afterMs = retryAfterMs(answer.retryAfter, wallNow) ?? status?.retryDelayMs ?? null;
    return { kind: "retry", afterMs, message };
  }
  if (answer.status === HTTP_TOO_LARGE) return { kind: "rejected", because: "size", message };
  return { kind: "rejected", because: HTTP_MALFORMED.has(answer.status) ? "content" : "other", message };
}

/** No answer came: a refused connection, a reset, a timeout. */
export function unansweredVerdict(reason: string): ExportVerdict {
  return { kind: "retry", afterMs: null, message: excerpt(reason) };
}

/** An answer that cannot be read is still a yes, and must not be asked for again. */
function readSuccess(signal: Signal, encoding: BodyEncoding, body: Uint8Array): ExportVerdict {
  const response = decodeExportResponse(signal, encoding, body);
  if (response.kind === "malformed") return { kind: "delivered", warning: `unreadable answer: ${response.message}` };
  const { partialSuccess } = response;
  if (partialSuccess === null) return { kind: "delivered", warning: null };
  const { rejectedCount } = partialSuccess;
  const message = excerpt(partialSuccess.message);
  return rejectedCount > 0 ? { kind: "partial", rejectedCount, message } : { kind: "delivered", warning: message };
}

function bodyEncoding(contentType: string | undefined): BodyEncoding | null {
  const mediaType = contentType?.split(";")[0]?.trim().toLowerCase();
  if (mediaType === "application/json") return "json";
  return mediaType === "application/x-protobuf" ? "protobuf" : null;
}

/** Proxies answer in plain text or HTML, which says more than nothing. */
function bodyText(answer: HttpAnswer, encoding: BodyEncoding | null): string {
  return encoding === "protobuf" ? "no message" : Buffer.from(answer.body).toString("utf8").trim() || "no message";
}

function excerpt(text: string): string {
  return text.length <= MESSAGE_MAX_LENGTH ? text : `${text.slice(0, MESSAGE_MAX_LENGTH)}…`;
}
