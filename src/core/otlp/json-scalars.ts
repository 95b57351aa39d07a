/**
 * Single JSON values onto the wire: what OTLP/JSON lets stand for a number, an id, an enum.
 *
 * Each function writes the value without its tag, or returns what is wrong with it, in words meant
 * for whoever sends it.
 */
import { base64ByteLength, decodeBase64, decodeHex, hexByteLength } from "./json-bytes.ts";
import { parseInteger } from "./json-integers.ts";
import type { ProtobufWriter } from "./json-protobuf-writer.ts";
import type { EnumField, ScalarType } from "./message-table.ts";

/** What is wrong with the value; undefined when it was written. */
export type Problem = string | undefined;

export function writeScalar(writer: ProtobufWriter, type: ScalarType, value: unknown): Problem {
  switch (type) {
    case "string":
      return writeString(writer, value);
    case "bool":
      return writeBool(writer, value);
    case "double":
      return writeDouble(writer, value);
    case "id":
      return writeId(writer, value);
    case "bytes":
      return writeBase64(writer, value);
    case "int32":
    case "sint32":
    case "uint32":
    case "fixed32":
    case "int64":
    case "uint64":
    case "fixed64":
    case "sfixed64":
      return writeInteger(writer, type, value);
  }
}

export function writeEnum(writer: ProtobufWriter, field: EnumField, value: unknown): Problem {
  if (typeof value !== "string") return writeInteger(writer, "int32", value);
  if (/^-?\d+$/.test(value)) return `expected a number, got ${show(value)}`;
  const known = field.values.numberByName.get(value);
  return `enum names are not valid in OTLP/JSON, send ${known ?? "the number"}`;
}

function writeString(writer: ProtobufWriter, value: unknown): Problem {
  if (typeof value !== "string") return `expected a string, got ${describe(value)}`;
  writer.writeText(value);
  return undefined;
}

function writeBool(writer: ProtobufWriter, value: unknown): Problem {
  if (typeof value !== "boolean") return `expected true or false, got ${describe(value)}`;
  writer.writeVarint(value ? 1 : 0);
  return undefined;
}

function writeDouble(writer: ProtobufWriter, value: unknown): Problem {
  const number = toDouble(value);
  if (number === undefined) return `expected a number that a double can hold, got ${show(value)}`;
  writer.writeDouble(number);
  return undefined;
}

const DECIMAL = /^-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?$/;

function toDouble(value: unknown): number | undefined {
  if (typeof value === "string") {
    if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
    if (!DECIMAL.test(value)) return undefined;
  } else if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  const number = Number(value);
  // JSON has no literal for an infinite number: one that reads so, as 1e400 does, was too large.
  return Number.isFinite(number) ? number : undefined;
}

function writeId(writer: ProtobufWriter, value: unknown): Problem {
  const byteLength = typeof value === "string" ? hexByteLength(value) : undefined;
  if (typeof value === "string" && byteLength !== undefined) {
    if (writer.writeBytes(byteLength, (bytes, start) => decodeHex(value, bytes, start))) return undefined;
  }
  return `expected an id in hex, got ${show(value)}`;
}

function writeBase64(writer: ProtobufWriter, value: unknown): Problem {
  const byteLength = typeof value === "string" ? base64ByteLength(value) : undefined;
  if (typeof value === "string" && byteLength !== undefined) {
    if (writer.writeBytes(byteLength, (bytes, start) => decodeBase64(value, bytes, start))) return undefined;
  }
  return `expected bytes in base64, got ${show(value)}`;
}

type IntegerType = Exclude<ScalarType, "string" | "bool" | "double" | "id" | "bytes">;
type Range = { readonly from: number | bigint; readonly to: number | bigint };

const SIGNED_32: Range = { from: -(2 ** 31), to: 2 ** 31 - 1 };
const UNSIGNED_32: Range = { from: 0, to: 2 ** 32 - 1 };
const SIGNED_64: Range = { from: -(2n ** 63n), to: 2n ** 63n - 1n };
const UNSIGNED_64: Range = { from: 0, to: 2n ** 64n - 1n };

const RANGES: Readonly<Record<IntegerType, Range>> = {
  int32: SIGNED_32,
  sint32: SIGNED_32,
  uint32: UNSIGNED_32,
  fixed32: UNSIGNED_32,
  int64: SIGNED_64,
  sfixed64: SIGNED_64,
  uint64: UNSIGNED_64,
  fixed64: UNSIGNED_64,
};

function writeInteger(writer: ProtobufWriter, type: IntegerType, value: unknown): Problem {
  const integer = toInteger(value);
  if (integer === undefined) return `expected a whole number, got ${show(value)}`;
  const { from, to } = RANGES[type];
  if (integer < from || integer > to) return `expected a number from ${from} to ${to}, got ${show(value)}`;
  putInteger(writer, type, integer);
  return undefined;
}

function toInteger(value: unknown): number | bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "string") return parseInteger(value);
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  // A literal of up to 15 digits with an exponent is its double's shortest decimal, though not its exact value.
  return Number.isSafeInteger(value) ? value : parseInteger(String(value));
}

function putInteger(writer: ProtobufWriter, type: IntegerType, integer: number | bigint): void {
  if (type === "fixed64" || type === "sfixed64") writer.writeFixed64(integer);
  else if (type === "fixed32") writer.writeFixed32(Number(integer));
  else if (type === "sint32") writer.writeVarint(zigzag(Number(integer)));
  else writer.writeVarint64(integer);
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

/** Names the kind of a value without showing it. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" ? "a string" : "a number";
}

const SHOWN_MAX_LENGTH = 40;

/** Short scalars as they were sent; a person mends `"abc"` sooner than "a string". */
function show(value: unknown): string {
  if (typeof value === "bigint" || typeof value === "number") return String(value).slice(0, SHOWN_MAX_LENGTH);
  if (typeof value === "string" && value.length <= SHOWN_MAX_LENGTH) return JSON.stringify(value);
  return describe(value);
}
