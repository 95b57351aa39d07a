/**
 * Decides whether a request is well formed, in one walk, before anything is read from it.
 *
 * Whoever reads afterwards may trust every length and wire type, so a malformed request is refused
 * whole and never half counted. Unknown fields pass, groups included. On the way the walk counts the
 * items: spans, data points, log records.
 *
 * Stricter than some decoders on purpose: a known field with another wire type is malformed, as it is
 * for the OpenTelemetry Collector, and not an unknown field.
 */
import { NOT_PLAIN, plainKeyEnd } from "./plain-attribute.ts";
import type { Signal } from "./verdict.ts";
import {
  cursor,
  FIXED32,
  FIXED64,
  GROUP_END,
  GROUP_START,
  LENGTH_DELIMITED,
  MALFORMED,
  readVarint32,
  skipVarint,
  VARINT,
} from "./wire.ts";
import {
  FIELDS_PER_MESSAGE,
  FIRST_MESSAGE,
  PACKED_FIXED64,
  PACKED_VARINT,
  UNKNOWN_FIELD,
  WIRE_SCHEMA,
} from "./wire-schema.ts";

// Imported bindings are looked up at every use and constants of the module are not: 193 against 145 ns a span.
const { fields: knownFields, isItem, requestMessage, keyValueEntry, spanMessage } = WIRE_SCHEMA;
const at = cursor;
const readTag = readVarint32;
const readLength = readVarint32;
const skipNumber = skipVarint;
const keyEndOf = plainKeyEnd;

/** `offset` is where the fault was noticed. */
export type Malformed = { readonly kind: "malformed"; readonly message: string; readonly offset: number };
export type StructureResult = { readonly kind: "well-formed"; readonly itemCount: number } | Malformed;

/**
 * How deep messages and groups may nest. The envelope takes 6 levels and a key-value list 3, so 64 lists
 * within each other still pass; the bound keeps hostile nesting off the stack.
 */
export const NESTING_MAX = 200;

// The walk's own state: it is synchronous and never re-entered, and a result object per message would cost more
// than the walk.
let spanWalk: SpanWalk | null = null;
let itemCount = 0;
let fault = "";
let faultOffset = 0;

/**
 * Walks the content of span messages in place of the check, and has to prove as much: false for one that is
 * malformed. `depth` is for `walkFields`.
 */
export interface SpanWalk {
  walkSpan(bytes: Uint8Array, start: number, end: number, depth: number): boolean;
}

export function checkStructure(signal: Signal, bytes: Uint8Array, spans: SpanWalk | null = null): StructureResult {
  itemCount = 0;
  fault = "";
  spanWalk = spans;
  const isWellFormed = walkMessage(bytes, requestMessage[signal], 0, bytes.length, 0);
  spanWalk = null;
  if (isWellFormed) return { kind: "well-formed", itemCount };
  return { kind: "malformed", message: `${fault} at byte ${faultOffset}`, offset: faultOffset };
}

function walkMessage(bytes: Uint8Array, message: number, start: number, end: number, depth: number): boolean {
  if (depth > NESTING_MAX) {
    fail("messages nested too deeply", start);
    return false;
  }
  itemCount += isItem[message] ?? 0;
  if (message === spanMessage && spanWalk !== null) return spanWalk.walkSpan(bytes, start, end, depth);
  return walkFields(bytes, message, { start, limit: end, end }, depth) !== MALFORMED;
}

/** The position after the fields of a message that begin at `start` and before `limit`, or MALFORMED. */
export function walkFields(
  bytes: Uint8Array,
  message: number,
  range: { readonly start: number; readonly limit: number; readonly end: number },
  depth: number,
): number {
  const { start, limit, end } = range;
  const row = message * FIELDS_PER_MESSAGE;
  let position = start;
  while (position < limit) {
    const tagStart = position;
    const tag = readTag(bytes, position, end);
    position = at.position;
    const fieldNumber = tag >>> 3;
    if (tag === MALFORMED || fieldNumber === 0) return fail("invalid field tag", tagStart);
    const entry = fieldNumber < FIELDS_PER_MESSAGE ? (knownFields[row + fieldNumber] ?? UNKNOWN_FIELD) : UNKNOWN_FIELD;
    const wireType = tag & 7;
    if (wireType === LENGTH_DELIMITED) {
      const length = readLength(bytes, position, end);
      const contentStart = at.position;
      if (length === MALFORMED || length > end - contentStart) return fail("length beyond the end", position);
      position = contentStart + length;
      if (entry >= FIRST_MESSAGE) {
        if (entry === keyValueEntry && keyEndOf(bytes, contentStart, position) !== NOT_PLAIN) continue;
        if (!walkMessage(bytes, entry - FIRST_MESSAGE, contentStart, position, depth + 1)) return MALFORMED;
      } else if (!fitsBytes(bytes, entry, contentStart, position)) return fail("wrong wire type", tagStart);
    } else {
      if (!fitsNumber(entry, wireType)) return fail("wrong wire type", tagStart);
      position = skipValue(bytes, tag, position, end, depth);
      if (position === MALFORMED) return fail("invalid value", tagStart);
    }
  }
  return position;
}

function fail(message: string, offset: number): number {
  // The innermost reason is found first and says most.
  if (fault === "") {
    fault = message;
    faultOffset = offset;
  }
  return MALFORMED;
}

function fitsBytes(bytes: Uint8Array, entry: number, start: number, end: number): boolean {
  if (entry === LENGTH_DELIMITED || entry === UNKNOWN_FIELD) return true;
  if (entry === PACKED_FIXED64) return (end - start) % 8 === 0;
  return entry === PACKED_VARINT && holdsVarints(bytes, start, end);
}

function holdsVarints(bytes: Uint8Array, start: number, end: number): boolean {
  let position = start;
  while (position < end) {
    position = skipNumber(bytes, position, end);
    if (position === MALFORMED) return false;
  }
  return true;
}

function fitsNumber(entry: number, wireType: number): boolean {
  if (entry === wireType || entry === UNKNOWN_FIELD) return true;
  return (entry === PACKED_VARINT && wireType === VARINT) || (entry === PACKED_FIXED64 && wireType === FIXED64);
}

/** The position after a value that is not length-delimited. */
function skipValue(bytes: Uint8Array, tag: number, position: number, end: number, depth: number): number {
  switch (tag & 7) {
    case VARINT:
      return skipNumber(bytes, position, end);
    case FIXED64:
      return end - position >= 8 ? position + 8 : MALFORMED;
    case FIXED32:
      return end - position >= 4 ? position + 4 : MALFORMED;
    case GROUP_START:
      return skipGroup(bytes, tag >>> 3, position, end, depth + 1);
    default:
      return MALFORMED;
  }
}

/** Groups are a relic that no OTLP message has; as unknown fields they are still legal protobuf. */
function skipGroup(bytes: Uint8Array, groupNumber: number, start: number, end: number, depth: number): number {
  if (depth > NESTING_MAX) return MALFORMED;
  let position = start;
  while (position < end) {
    const tag = readTag(bytes, position, end);
    position = at.position;
    if (tag === MALFORMED || tag >>> 3 === 0) return MALFORMED;
    if ((tag & 7) === GROUP_END) return tag >>> 3 === groupNumber ? position : MALFORMED;
    position = skipField(bytes, tag, position, end, depth);
    if (position === MALFORMED) return MALFORMED;
  }
  return MALFORMED;
}

function skipField(bytes: Uint8Array, tag: number, position: number, end: number, depth: number): number {
  if ((tag & 7) !== LENGTH_DELIMITED) return skipValue(bytes, tag, position, end, depth);
  const length = readLength(bytes, position, end);
  if (length === MALFORMED || length > end - at.position) return MALFORMED;
  return at.position + length;
}

/**
 * The position after a field of a request that passed the check, given its tag and the position after
 * the tag. For a length-delimited field `cursor` is left at the start of its content.
 */
export function skipCheckedField(bytes: Uint8Array, tag: number, position: number, end: number): number {
  if ((tag & 7) !== LENGTH_DELIMITED) return skipValue(bytes, tag, position, end, 0);
  const length = readLength(bytes, position, end);
  return at.position + length;
}
