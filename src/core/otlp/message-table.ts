/**
 * What is known of one protobuf message, in the form the JSON transcoder works from, and the words
 * in which `message-tables.ts` is written.
 *
 * Names are those of OTLP/JSON (lowerCamelCase). Ids are bytes like any other on the wire, yet hex
 * in JSON, hence a type of their own.
 */
import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT } from "./wire.ts";

export type ScalarType =
  | "string"
  | "bool"
  | "double"
  | "int32"
  | "sint32"
  | "uint32"
  | "fixed32"
  | "int64"
  | "uint64"
  | "fixed64"
  | "sfixed64"
  | "bytes"
  | "id";

export type EnumTable = { readonly name: string; readonly numberByName: ReadonlyMap<string, number> };

/**
 * How often a field may occur, and whether its default is told apart from its absence: `implicit`
 * fields leave the default out, `optional` ones and members of a oneof write it.
 */
export type Presence = "implicit" | "optional" | "repeated" | "oneof";

type FieldOf<Type, Details> = {
  readonly number: number;
  readonly name: string;
  readonly type: Type;
  readonly presence: Presence;
  /** The names of all members of its oneof, itself included; of them at most one is set. */
  readonly oneofMembers: readonly string[];
  /** How one value stands on the wire when it is not packed with others. */
  readonly wireType: number;
  /** Repeated numbers share one tag and length. Readers must take them one by one as well. */
  readonly isPacked: boolean;
  /** What is written before each value, or before all of them when they are packed. */
  readonly tag: number;
} & Details;

export type ScalarField = FieldOf<ScalarType, object>;
export type EnumField = FieldOf<"enum", { readonly values: EnumTable }>;
/** The table is a function because messages may contain themselves. */
export type MessageField = FieldOf<"message", { readonly table: () => MessageTable }>;
export type FieldTable = ScalarField | EnumField | MessageField;

export type MessageTable = {
  /** Full protobuf name, as in `opentelemetry.proto.trace.v1.Span`. */
  readonly name: string;
  /** Ascending by number, the order in which they are written. */
  readonly fields: readonly FieldTable[];
  readonly fieldByNumber: ReadonlyMap<number, FieldTable>;
};

const WIRE_TYPES: Readonly<Record<FieldTable["type"], number>> = {
  string: LENGTH_DELIMITED,
  bytes: LENGTH_DELIMITED,
  id: LENGTH_DELIMITED,
  message: LENGTH_DELIMITED,
  bool: VARINT,
  enum: VARINT,
  int32: VARINT,
  sint32: VARINT,
  uint32: VARINT,
  int64: VARINT,
  uint64: VARINT,
  fixed32: FIXED32,
  double: FIXED64,
  fixed64: FIXED64,
  sfixed64: FIXED64,
};

export function message(name: string, fields: readonly FieldTable[]): MessageTable {
  const ascending = fields.toSorted((left, right) => left.number - right.number);
  return { name, fields: ascending, fieldByNumber: new Map(ascending.map((field) => [field.number, field])) };
}

export function scalar(number: number, name: string, type: ScalarType): ScalarField {
  return { name, type, presence: "implicit", ...wireForm(number, type) };
}

export function enumerated(number: number, name: string, values: EnumTable): EnumField {
  return { name, type: "enum", values, presence: "implicit", ...wireForm(number, "enum") };
}

export function nested(number: number, name: string, table: () => MessageTable): MessageField {
  return { name, type: "message", table, presence: "optional", ...wireForm(number, "message") };
}

export function enumeration(name: string, numberByName: Readonly<Record<string, number>>): EnumTable {
  return { name, numberByName: new Map(Object.entries(numberByName)) };
}

export function optional(field: ScalarField): FieldTable {
  return { ...field, presence: "optional" };
}

export function repeated(field: FieldTable): FieldTable {
  const isPacked = field.wireType !== LENGTH_DELIMITED;
  return { ...field, presence: "repeated", isPacked, tag: tagOf(field.number, LENGTH_DELIMITED) };
}

export function oneof(members: readonly FieldTable[]): readonly FieldTable[] {
  const oneofMembers = members.map((member) => member.name);
  return members.map((member) => ({ ...member, presence: "oneof", oneofMembers }));
}

function wireForm(number: number, type: FieldTable["type"]) {
  const wireType = WIRE_TYPES[type];
  return { number, oneofMembers: [], wireType, isPacked: false, tag: tagOf(number, wireType) };
}

function tagOf(number: number, wireType: number): number {
  return (number << 3) | wireType;
}
