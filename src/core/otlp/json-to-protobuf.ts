/**
 * OTLP/JSON as OTLP/protobuf: bodies that arrive as JSON go the way of all others from here on.
 *
 * Follows the specification to the letter where common parsers are lenient: keys are lowerCamelCase
 * and every other key is ignored, enum names are refused, ids are hex and all other bytes base64,
 * 64-bit integers are exact however they were written, and null stands for the default. An id of any
 * length is passed on: one bad span is no reason to refuse the whole request, and whoever checks
 * spans will find it.
 */
import { ProtobufWriter } from "./json-protobuf-writer.ts";
import { describe, writeEnum, writeScalar } from "./json-scalars.ts";
import { parseJsonText } from "./json-text.ts";
import type { FieldTable, MessageTable } from "./message-table.ts";
import { EXPORT_REQUESTS } from "./message-tables.ts";
import { NESTING_MAX } from "./structure-check.ts";
import type { Signal } from "./verdict.ts";

export type JsonToProtobuf =
  | { readonly kind: "ok"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The message says where, as in `resourceSpans[0].scopeSpans[0].spans[2].kind: …`. */
  | { readonly kind: "malformed"; readonly message: string };

/** An export request's JSON text as its protobuf bytes. Never throws, whatever the text. */
export function jsonToProtobuf(signal: Signal, text: Uint8Array | string): JsonToProtobuf {
  const parsed = parseJsonText(text);
  if (parsed.kind === "malformed") return parsed;
  // JSON of OTLP takes two to three times the bytes of its protobuf form.
  return encodeMessage(EXPORT_REQUESTS[signal], parsed.value, text.length >> 1);
}

/** A value, as JSON.parse gives it, as the bytes of one message. */
export function encodeMessage(table: MessageTable, value: unknown, expectedBytes = 0): JsonToProtobuf {
  const target: Target = { writer: new ProtobufWriter(expectedBytes), path: [], depth: 0, problem: "" };
  if (writeMessage(target, table, value)) return { kind: "ok", bytes: target.writer.finish() };
  const place = renderPath(target.path);
  return { kind: "malformed", message: place === "" ? target.problem : `${place}: ${target.problem}` };
}

/** Functions that write to it answer false on the first fault, and leave the path as it was there. */
type Target = {
  readonly writer: ProtobufWriter;
  readonly path: (string | number)[];
  depth: number;
  problem: string;
};

function writeMessage(target: Target, table: MessageTable, value: unknown): boolean {
  if (!isRecord(value)) return fail(target, `expected an object, got ${describe(value)}`);
  if (target.depth > NESTING_MAX) return fail(target, `nested deeper than ${NESTING_MAX} messages`);
  target.depth++;
  let memberName: string | undefined;
  for (const field of table.fields) {
    const fieldValue = value[field.name];
    if (fieldValue === undefined || fieldValue === null) continue;
    target.path.push(field.name);
    if (field.presence === "oneof") {
      if (memberName !== undefined) return fail(target, `cannot stand beside "${memberName}"`);
      memberName = field.name;
    }
    if (!writeField(target, field, fieldValue)) return false;
    target.path.pop();
  }
  target.depth--;
  return true;
}

function writeField(target: Target, field: FieldTable, value: unknown): boolean {
  if (field.presence === "repeated") return writeRepeated(target, field, value);
  const fieldStart = target.writer.length;
  target.writer.writeVarint(field.tag);
  const valueStart = target.writer.length;
  if (!writeValue(target, field, value)) return false;
  // The default of every scalar type, and no other value, is written as zero bytes.
  if (field.presence === "implicit" && target.writer.isZeroFrom(valueStart)) target.writer.truncate(fieldStart);
  return true;
}

function writeRepeated(target: Target, field: FieldTable, values: unknown): boolean {
  if (!Array.isArray(values)) return fail(target, `expected an array, got ${describe(values)}`);
  if (!field.isPacked) return writeElements(target, field, values);
  if (values.length === 0) return true;
  target.writer.writeVarint(field.tag);
  const start = target.writer.beginNested();
  if (!writeElements(target, field, values)) return false;
  target.writer.endNested(start);
  return true;
}

function writeElements(target: Target, field: FieldTable, values: readonly unknown[]): boolean {
  for (let index = 0; index < values.length; index++) {
    target.path.push(index);
    if (!field.isPacked) target.writer.writeVarint(field.tag);
    if (!writeValue(target, field, values[index])) return false;
    target.path.pop();
  }
  return true;
}

/** The value alone, without a tag. */
function writeValue(target: Target, field: FieldTable, value: unknown): boolean {
  if (field.type === "message") return writeNested(target, field.table(), value);
  const { writer } = target;
  const problem = field.type === "enum" ? writeEnum(writer, field, value) : writeScalar(writer, field.type, value);
  return problem === undefined || fail(target, problem);
}

function writeNested(target: Target, table: MessageTable, value: unknown): boolean {
  const start = target.writer.beginNested();
  if (!writeMessage(target, table, value)) return false;
  target.writer.endNested(start);
  return true;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fail(target: Target, problem: string): false {
  target.problem = problem;
  return false;
}

function renderPath(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}
