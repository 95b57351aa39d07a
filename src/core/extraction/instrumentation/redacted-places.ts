/**
 * Finds where in a span a credential was: by then a marker stands in its place.
 */
import type { SpanView } from "../../otlp/span-view.ts";
import { skipCheckedField } from "../../otlp/structure-check.ts";
import { cursor, equalBytes, readText, readVarint32 } from "../../otlp/wire.ts";
import { cleanName } from "../clean-text.ts";
import { MARKER_START } from "../redaction/secret-kind.ts";

const MARKER = new TextEncoder().encode(MARKER_START);
const OPEN_BRACKET = 0x5b;

const SPAN_NAME = 0x2a;
const SPAN_ATTRIBUTES = 0x4a;
const SPAN_EVENTS = 0x5a;
const KEY = 0x0a;

/** More places of one span are not looked for. */
const PLACES_MAX = 4;

/** Keys of attributes, or `(name)`, `(event)` and `(elsewhere)`; empty for nearly every span. */
export function redactedPlaces({ bytes, spanEnd, spanStart }: SpanView): readonly string[] {
  // Within a view of its own, since `indexOf` would search the rest of the request.
  const span = bytes.subarray(spanStart, spanEnd);
  const places = new Set<string>();
  let position = span.indexOf(OPEN_BRACKET);
  while (position !== -1 && places.size < PLACES_MAX) {
    const end = Math.min(span.length, position + MARKER.length);
    if (equalBytes(span, position, end, MARKER)) places.add(placeAt(span, position));
    position = span.indexOf(OPEN_BRACKET, position + 1);
  }
  return [...places];
}

function placeAt(span: Uint8Array, wanted: number): string {
  let position = 0;
  while (position < span.length) {
    const tag = readVarint32(span, position, span.length);
    position = skipCheckedField(span, tag, cursor.position, span.length);
    if (position <= wanted) continue;
    if (tag === SPAN_ATTRIBUTES) return keyIn(span, cursor.position, position);
    if (tag === SPAN_EVENTS) return "(event)";
    return tag === SPAN_NAME ? "(name)" : "(elsewhere)";
  }
  return "(elsewhere)";
}

function keyIn(span: Uint8Array, start: number, end: number): string {
  let position = start;
  while (position < end) {
    const tag = readVarint32(span, position, end);
    position = skipCheckedField(span, tag, cursor.position, end);
    if (tag === KEY) return cleanName(readText(span, cursor.position, position));
  }
  return "(elsewhere)";
}
