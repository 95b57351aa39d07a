/**
 * Tells by its first bytes what a recording is written in.
 */
import type { RecordingFormat } from "./recorded-item.ts";
import { FRAME_LENGTH_BYTES, FRAME_MAX_BYTES } from "./split-frames.ts";

/** Enough to see the first key of the first line. */
export const DETECTION_BYTES = 4096;

const OTLP_OBJECT = /^\s*\{\s*"resource(Spans|Metrics|Logs)"/;
/** `resource_spans`, the first field of an export request, as its tag. */
const REQUEST_TAG = 0x0a;

/** Anything that is neither JSON nor binary is taken for an access log, whose reader says what is wrong with it. */
export function detectFormat(head: Buffer): RecordingFormat {
  if (looksFramed(head)) return "otlp-proto";
  const text = head.toString("utf8").replace(/^\ufeff/, "");
  if (OTLP_OBJECT.test(text)) return "otlp-json";
  return /^\s*\{/.test(text) ? "requests" : "access-log";
}

function looksFramed(head: Buffer): boolean {
  if (head.length <= FRAME_LENGTH_BYTES) return false;
  const length = head.readUInt32BE(0);
  return length > 0 && length <= FRAME_MAX_BYTES && head[FRAME_LENGTH_BYTES] === REQUEST_TAG;
}
