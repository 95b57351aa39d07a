/**
 * Reads the statuses of a span in all the types that senders give them.
 *
 * The conventions ask for whole numbers. Envoy, Deno and Zipkin bridges write text, Kong writes
 * doubles, and gRPC instrumentations differ even in whether they write a number or a name.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { VALUE_NONE, VALUE_STRING } from "../otlp/span-view.ts";
import { GRPC_STATUS_SLOTS, HTTP_STATUS_SLOTS, SPAN_SLOT } from "./attribute-keys.ts";
import { NO_GRPC_STATUS, NO_HTTP_STATUS } from "./outcome.ts";
import { grpcStatusOfWord, httpStatusOfWord, isGrpcStatus, isHttpStatus } from "./status-names.ts";

const STATUS_ERROR = 2;
const GRPC_OK = 0;

/** The first status that is one; NO_HTTP_STATUS when no attribute holds any. */
export function readHttpStatus(view: SpanView): number {
  for (let index = 0; index < HTTP_STATUS_SLOTS.length; index++) {
    const status = httpStatusIn(view, HTTP_STATUS_SLOTS[index] ?? 0);
    if (status !== NO_HTTP_STATUS) return status;
  }
  return isMicrometer(view) ? httpStatusIn(view, SPAN_SLOT.micrometerStatus) : errorNumber(view);
}

/** The first status that is one; NO_GRPC_STATUS when no attribute holds any. */
export function readGrpcStatus(view: SpanView): number {
  for (let index = 0; index < GRPC_STATUS_SLOTS.length; index++) {
    const status = grpcStatusIn(view, GRPC_STATUS_SLOTS[index] ?? 0);
    if (status === NO_GRPC_STATUS) continue;
    // Python writes OK when the call begins and corrects it in only some of the ways a call can end.
    return status === GRPC_OK && view.statusCode === STATUS_ERROR ? NO_GRPC_STATUS : status;
  }
  return NO_GRPC_STATUS;
}

export function hasError(view: SpanView): boolean {
  return view.statusCode === STATUS_ERROR;
}

/** Spring Boot's own keys are everyday words: they mean what we think only where all three come together. */
export function isMicrometer(view: SpanView): boolean {
  const { attributes } = view;
  return (
    attributes.has(SPAN_SLOT.micrometerUri) &&
    attributes.has(SPAN_SLOT.micrometerMethod) &&
    attributes.has(SPAN_SLOT.micrometerStatus)
  );
}

/** Kratos gives an error, of HTTP and gRPC alike, the number of an HTTP status. */
function errorNumber({ attributes, bytes }: SpanView): number {
  const slot = SPAN_SLOT.rpcStatusCode;
  if (attributes.kind[slot] === VALUE_NONE) return NO_HTTP_STATUS;
  const status = attributes.asNumber(bytes, slot);
  return isHttpStatus(status) ? status : NO_HTTP_STATUS;
}

function httpStatusIn(view: SpanView, slot: number): number {
  const { attributes, bytes } = view;
  if (attributes.kind[slot] === VALUE_NONE) return NO_HTTP_STATUS;
  const status = attributes.asNumber(bytes, slot);
  if (isHttpStatus(status)) return status;
  return attributes.kind[slot] === VALUE_STRING ? httpStatusOfWord(attributes.text(bytes, slot) ?? "") : NO_HTTP_STATUS;
}

function grpcStatusIn(view: SpanView, slot: number): number {
  const { attributes, bytes } = view;
  if (attributes.kind[slot] === VALUE_NONE) return NO_GRPC_STATUS;
  const status = attributes.asNumber(bytes, slot);
  if (isGrpcStatus(status)) return status;
  return attributes.kind[slot] === VALUE_STRING ? grpcStatusOfWord(attributes.text(bytes, slot) ?? "") : NO_GRPC_STATUS;
}
