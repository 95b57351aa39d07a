/**
 * OTLP/protobuf as OTLP/JSON: for exporters that speak `http/json`, and for people.
 *
 * Every field in the message tables survives the way there and back. What JSON cannot express does
 * not: fields that the tables do not know are left out, and text that is not UTF-8 comes out with
 * U+FFFD. A field present with its default value is written, though readers would assume it anyway.
 *
 * An empty message takes two bytes on the wire and dozens as a value, so their number is bounded.
 */
import { encodeBase64, encodeHex } from "./json-bytes.ts";
import { halves, readHalves, signedText, unsignedText } from "./json-integers.ts";
import type { FieldTable, MessageTable, ScalarType } from "./message-table.ts";
import { EXPORT_REQUESTS } from "./message-tables.ts";
import { NESTING_MAX, skipCheckedField } from "./structure-check.ts";
import type { Signal } from "./verdict.ts";
import { cursor, LENGTH_DELIMITED, MALFORMED, readDouble, readFixed32, readText, readVarint32 } from "./wire.ts";

export type JsonValue = string | number | boolean | JsonValue[] | JsonObject;
export type JsonObject = { [name: string]: JsonValue };

/** Messages in one; the same bound holds the other way, in json-text.ts. */
export const MESSAGES_MAX = 2_000_000;

type Malformed = { readonly kind: "malformed"; readonly message: string };
export type ProtobufToJson = { readonly kind: "ok"; readonly text: string } | Malformed;
export type DecodedMessage = { readonly kind: "ok"; readonly value: JsonObject } | Malformed;

/** An export request's protobuf bytes as its JSON text. */
export function protobufToJson(signal: Signal, bytes: Uint8Array): ProtobufToJson {
  const decoded = decodeMessage(EXPORT_REQUESTS[signal], bytes);
  return decoded.kind === "malformed" ? decoded : { kind: "ok", text: JSON.stringify(decoded.value) };
}

/** One message's bytes as the value that stands for it in JSON; it belongs to the caller. */
export function decodeMessage(table: MessageTable, bytes: Uint8Array): DecodedMessage {
  const value: JsonObject = {};
  const source: Source = { bytes, depth: 0, messageCount: 0, problem: "" };
  if (readMessage(source, table, 0, bytes.length, value)) return { kind: "ok", value };
  return { kind: "malformed", message: source.problem };
}

/** Functions that read from it answer false on the first fault. */
type Source = { readonly bytes: Uint8Array; depth: number; messageCount: number; problem: string };

/** Adds to what `into` already holds, because a message field that occurs twice is merged. */
function readMessage(source: Source, table: MessageTable, start: number, end: number, into: JsonObject): boolean {
  if (source.depth > NESTING_MAX) return fail(source, table, start, "messages nested too deeply");
  if (++source.messageCount > MESSAGES_MAX) return fail(source, table, start, `more than ${MESSAGES_MAX} messages`);
  source.depth++;
  let position = start;
  while (position < end) {
    const tagStart = position;
    const tag = readVarint32(source.bytes, position, end);
    if (tag < 8) return fail(source, table, tagStart, "invalid field tag");
    const valueEnd = findValue(source.bytes, tag, cursor.position, end);
    const valueStart = cursor.position;
    if (valueEnd === MALFORMED) return fail(source, table, tagStart, "invalid value");
    const field = table.fieldByNumber.get(tag >>> 3);
    if (field !== undefined) {
      if (!accepts(field, tag & 7)) return fail(source, table, tagStart, "wrong wire type");
      if (!readField(source, field, tag & 7, valueStart, valueEnd, into)) return false;
    }
    position = valueEnd;
  }
  source.depth--;
  return true;
}

function fail(source: Source, table: MessageTable, position: number, problem: string): false {
  source.problem = `${problem} in ${table.name} at byte ${position}`;
  return false;
}

/** The position after the value; `cursor` is left where its content begins. */
function findValue(bytes: Uint8Array, tag: number, start: number, end: number): number {
  if ((tag & 7) === LENGTH_DELIMITED) {
    const length = readVarint32(bytes, start, end);
    return length === MALFORMED || length > end - cursor.position ? MALFORMED : cursor.position + length;
  }
  // Skipping checks the bounds of everything that does not state its length.
  const valueEnd = skipCheckedField(bytes, tag, start, end);
  cursor.position = start;
  return valueEnd;
}

/** Packed fields are also read one by one, as the standard demands. */
function accepts(field: FieldTable, wireType: number): boolean {
  return wireType === field.wireType || (field.isPacked && wireType === LENGTH_DELIMITED);
}

function readField(
  source: Source,
  field: FieldTable,
  wireType: number,
  start: number,
  end: number,
  into: JsonObject,
): boolean {
  if (field.presence === "repeated") {
    const list = listOf(into, field.name);
    if (wireType !== field.wireType) return readPacked(source, field, start, end, list);
    return addTo(list, readValue(source, field, start, end, undefined));
  }
  if (field.presence === "oneof") clearOtherMembers(field, into);
  const value = readValue(source, field, start, end, into[field.name]);
  if (value === undefined) return false;
  into[field.name] = value;
  return true;
}

function listOf(into: JsonObject, name: string): JsonValue[] {
  const existing = into[name];
  if (Array.isArray(existing)) return existing;
  const list: JsonValue[] = [];
  into[name] = list;
  return list;
}

function readPacked(source: Source, field: FieldTable, start: number, end: number, list: JsonValue[]): boolean {
  let position = start;
  while (position < end) {
    const valueEnd = findValue(source.bytes, field.wireType, position, end);
    if (valueEnd === MALFORMED) {
      source.problem = `invalid value in packed ${field.name} at byte ${position}`;
      return false;
    }
    if (!addTo(list, readValue(source, field, position, valueEnd, undefined))) return false;
    position = valueEnd;
  }
  return true;
}

function addTo(list: JsonValue[], value: JsonValue | undefined): boolean {
  if (value === undefined) return false;
  list.push(value);
  return true;
}

function clearOtherMembers(field: FieldTable, into: JsonObject): void {
  for (const member of field.oneofMembers) {
    if (member !== field.name && into[member] !== undefined) delete into[member];
  }
}

/** The value between the bounds; undefined when it is a message with a fault. */
function readValue(
  source: Source,
  field: FieldTable,
  start: number,
  end: number,
  existing: JsonValue | undefined,
): JsonValue | undefined {
  if (field.type !== "message") return readScalar(source.bytes, field.type, start, end);
  const nested = typeof existing === "object" && !Array.isArray(existing) ? existing : {};
  return readMessage(source, field.table(), start, end, nested) ? nested : undefined;
}

function readScalar(bytes: Uint8Array, type: ScalarType | "enum", start: number, end: number): JsonValue {
  switch (type) {
    case "string":
      return readText(bytes, start, end);
    case "id":
      return encodeHex(bytes, start, end);
    case "bytes":
      return encodeBase64(bytes, start, end);
    case "double":
      return doubleValue(readDouble(bytes, start));
    case "fixed32":
      return readFixed32(bytes, start);
    case "fixed64":
      return unsignedText(readFixed32(bytes, start), readFixed32(bytes, start + 4));
    case "sfixed64":
      return signedText(readFixed32(bytes, start), readFixed32(bytes, start + 4));
    case "bool":
    case "enum":
    case "int32":
    case "sint32":
    case "uint32":
    case "int64":
    case "uint64":
      return readVarintScalar(bytes, type, start, end);
  }
}

type VarintType = "bool" | "enum" | "int32" | "sint32" | "uint32" | "int64" | "uint64";

function readVarintScalar(bytes: Uint8Array, type: VarintType, start: number, end: number): JsonValue {
  readHalves(bytes, start, end);
  const { low, high } = halves;
  switch (type) {
    case "bool":
      return (low | high) !== 0;
    case "int32":
    case "enum":
      return low | 0;
    case "uint32":
      return low;
    case "sint32":
      return (low >>> 1) ^ -(low & 1);
    case "int64":
      return signedText(low, high);
    case "uint64":
      return unsignedText(low, high);
  }
}

/** JSON has no literal for these, and `JSON.stringify` drops the sign of zero. */
function doubleValue(value: number): JsonValue {
  if (!Number.isFinite(value)) return String(value);
  return Object.is(value, -0) ? "-0" : value;
}
