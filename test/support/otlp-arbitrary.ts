/**
 * Any message that a `.proto` file allows, as fast-check arbitraries built by reflection.
 *
 * Fields without presence never get their default, so that encoding, decoding and encoding again may
 * be compared for equality: protobuf does not say whether such a default is written.
 */

import protobuf from "protobufjs";
import { fc } from "./properties.ts";

/** Every generated AnyValue may nest this many lists before only scalars are chosen. */
const NESTING_MAX = 8;

const arbitraries = new Map<string, fc.Arbitrary<object>>();

/** Objects for `type.encode(type.fromObject(…))`. */
export function anyMessage(type: protobuf.Type, depth = 0): fc.Arbitrary<object> {
  const key = `${type.fullName}@${depth}`;
  const known = arbitraries.get(key);
  if (known !== undefined) return known;
  const arbitrary = buildMessage(type, depth);
  arbitraries.set(key, arbitrary);
  return arbitrary;
}

function buildMessage(type: protobuf.Type, depth: number): fc.Arbitrary<object> {
  const alone: Record<string, fc.Arbitrary<unknown>> = {};
  const parts: fc.Arbitrary<object>[] = [];
  for (const field of type.fieldsArray) {
    const isMember = field.partOf !== null && !field.partOf.isProto3Optional;
    if (!isMember && isWithinDepth(field, depth)) alone[field.name] = anyField(field, depth);
  }
  parts.push(fc.record(alone, { requiredKeys: [] }));
  for (const oneof of type.oneofsArray.filter((candidate) => !candidate.isProto3Optional)) {
    const members = oneof.fieldsArray.filter((field) => isWithinDepth(field, depth));
    const choices = members.map((field) => anyField(field, depth).map((value) => ({ [field.name]: value })));
    parts.push(fc.oneof(fc.constant({}), ...choices));
  }
  return fc.tuple(...parts).map((objects) => Object.assign({}, ...objects) as object);
}

function isWithinDepth(field: protobuf.Field, depth: number): boolean {
  field.resolve();
  return depth < NESTING_MAX || !(field.resolvedType instanceof protobuf.Type);
}

function anyField(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  field.resolve();
  const value = anyValue(field, depth);
  if (field.repeated) return fc.array(value, { minLength: 1, maxLength: 3 });
  const hasPresence = field.partOf !== null || field.resolvedType instanceof protobuf.Type;
  return hasPresence ? value : value.filter((candidate) => !isDefault(candidate));
}

function anyValue(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  if (field.resolvedType instanceof protobuf.Type) return anyMessage(field.resolvedType, depth + 1);
  // Senders may use enum values that were added later.
  if (field.resolvedType instanceof protobuf.Enum) return fc.oneof(fc.nat(25), fc.integer());
  switch (field.type) {
    case "string":
      return fc.string({ unit: "grapheme", maxLength: 80 });
    case "bool":
      return fc.boolean();
    case "double":
      return fc.double();
    case "bytes":
      return fc.uint8Array({ maxLength: 20 });
    case "int32":
    case "sint32":
      return fc.integer();
    case "uint32":
    case "fixed32":
      return fc.nat(0xffffffff);
    case "int64":
    case "sfixed64":
      return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(longOf);
    case "uint64":
    case "fixed64":
      return fc.bigInt(0n, 2n ** 64n - 1n).map(longOf);
    default:
      throw new Error(`no arbitrary for ${field.type}`);
  }
}

type Long = { readonly low: number; readonly high: number; readonly unsigned: boolean };

/** What the library takes for a 64-bit integer. The bits are the same whatever the sign. */
function longOf(value: bigint): Long {
  const bits = BigInt.asUintN(64, value);
  return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: true };
}

function isDefault(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  if (typeof value === "object" && value !== null && "low" in value && "high" in value) {
    return value.low === 0 && value.high === 0;
  }
  return value === false || value === "" || Object.is(value, 0);
}
