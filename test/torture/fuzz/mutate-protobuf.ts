/**
 * Spoils protobuf messages in the ways that broken senders, broken networks and attackers do.
 *
 * Some damage is blind to the format and is mostly caught by the first length that does not fit. The
 * rest is done to the tree of fields and encoded again, so that every length is right and the damage
 * reaches whoever reads what is inside.
 */
import type protobuf from "protobufjs";
import type { Random } from "../../support/random.ts";
import type { WireField, WireMessage } from "../../support/wire-tree.ts";
import { disturb, encodeTree, parseMessage } from "../../support/wire-tree.ts";

/** Deeper than anything that is accepted. */
const NESTING_MAX = 400;
const GARBAGE_MAX_BYTES = 64;
const HUGE_VARINT = Buffer.from("ffffffffffffffffff01", "hex");
/** An overlong form, a half pair of surrogates, a character cut short, bytes that never occur. */
const BAD_UTF8 = ["c080", "eda080", "f09f98", "fffe80"].map((hex) => Buffer.from(hex, "hex"));

/** A spoilt copy; the argument stays as it is. One call does one to three kinds of damage. */
export function mutateProtobuf(type: protobuf.Type, valid: Uint8Array, random: Random): Uint8Array {
  const isDeep = random.chance(0.8);
  const bytes = isDeep ? spoilTree(parseMessage(type, valid), random) : valid;
  return isDeep && random.chance(0.85) ? bytes : spoilBytes(bytes, random);
}

/** Damage that needs no knowledge of the format. */
export function spoilBytes(valid: Uint8Array, random: Random): Uint8Array {
  let bytes = Buffer.from(valid);
  for (let count = 1 + random.integer(3); count > 0; count--) bytes = random.pick(BYTE_DAMAGES)(bytes, random);
  return bytes;
}

type ByteDamage = (bytes: Buffer<ArrayBuffer>, random: Random) => Buffer<ArrayBuffer>;

const BYTE_DAMAGES: readonly ByteDamage[] = [
  (bytes, random) => setByte(bytes, random, (byte) => byte ^ (1 << random.integer(8))),
  (bytes, random) => setByte(bytes, random, () => random.pick([0x00, 0x01, 0x7f, 0x80, 0xff])),
  (bytes, random) => setByte(bytes, random, () => random.integer(256)),
  (bytes, random) => bytes.subarray(0, random.integer(bytes.length + 1)),
  (bytes, random) => replaceRange(bytes, random, 0, HUGE_VARINT),
  (bytes, random) => replaceRange(bytes, random, 4, random.pick(BAD_UTF8)),
  (bytes, random) => replaceRange(bytes, random, 1 + random.integer(16), Buffer.alloc(0)),
  (bytes, random) => replaceRange(bytes, random, 0, someRange(bytes, random)),
  (bytes, random) => Buffer.concat([bytes, someRange(bytes, random)]),
];

function setByte(bytes: Buffer<ArrayBuffer>, random: Random, change: (byte: number) => number): Buffer<ArrayBuffer> {
  const changed = Buffer.from(bytes);
  const position = random.integer(bytes.length + 1);
  if (position < changed.length) changed[position] = change(changed[position] ?? 0);
  return changed;
}

function replaceRange(bytes: Buffer, random: Random, length: number, replacement: Uint8Array): Buffer<ArrayBuffer> {
  const start = random.integer(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, start), replacement, bytes.subarray(start + length)]);
}

function someRange(bytes: Buffer<ArrayBuffer>, random: Random): Buffer<ArrayBuffer> {
  const start = random.integer(bytes.length + 1);
  return bytes.subarray(start, start + random.integer(200));
}

function spoilTree(message: WireMessage, random: Random): Uint8Array {
  const base = random.chance(0.3) ? disturb(message, random) : message;
  return encodeTree(spoilMessage(base, random));
}

/** Goes down a random way and spoils one field where it ends. */
function spoilMessage(message: WireMessage, random: Random): WireMessage {
  const fields = [...message.fields];
  const index = random.integer(fields.length + 1);
  const field = fields[index];
  if (field === undefined) return { ...message, fields: [...fields, randomField(random)] };
  if (field.message !== null && random.chance(0.8)) {
    fields[index] = { ...field, message: spoilMessage(field.message, random) };
  } else fields.splice(index, 1, ...random.pick(FIELD_DAMAGES)(field, random));
  return { ...message, fields };
}

type FieldDamage = (field: WireField, random: Random) => readonly WireField[];

const FIELD_DAMAGES: readonly FieldDamage[] = [
  () => [],
  (field) => [field, field],
  (field, random) => Array.from({ length: 2 + random.integer(40) }, () => field),
  (field, random) => [{ ...field, wireType: random.integer(8) }],
  (field, random) => [{ ...field, number: 1 + random.integer(20) }],
  (field, random) => [asBytes(field, garbage(random))],
  (field, random) => [asBytes(field, random.pick(BAD_UTF8))],
  (field) => [asBytes(field, Buffer.alloc(0))],
  (field, random) => [asBytes(field, nestedBytes(field.number, 1 + random.integer(NESTING_MAX)))],
  (field, random) => [groupField(field.number, 1 + random.integer(NESTING_MAX))],
  (field, random) => [{ ...field, wireType: 0, message: null, content: randomVarint(random) }],
  (field, random) => [field, randomField(random)],
];

function asBytes(field: WireField, content: Uint8Array): WireField {
  return { ...field, wireType: 2, message: null, content };
}

function randomField(random: Random): WireField {
  const content = random.chance(0.5) ? garbage(random) : randomVarint(random);
  return { number: 1 + random.integer(40), wireType: random.integer(8), message: null, content };
}

function garbage(random: Random): Uint8Array {
  return Uint8Array.from({ length: random.integer(GARBAGE_MAX_BYTES) }, () => random.integer(256));
}

function randomVarint(random: Random): Uint8Array {
  return random.pick([HUGE_VARINT, Buffer.of(0), Buffer.of(0xff, 0x7f), Buffer.alloc(11, 0x80), Buffer.of(0x80, 0x00)]);
}

/** As an AnyValue, a list in a list in a list; as anything else, much the same. */
function nestedBytes(fieldNumber: number, depth: number): Uint8Array {
  let bytes: Uint8Array = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) {
    const tag = ((level % 2 === 0 ? 1 : Math.min(15, fieldNumber)) << 3) | 2;
    bytes = Buffer.concat([Buffer.of(tag), lengthOf(bytes), bytes]);
  }
  return bytes;
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  return length < 0x80 ? Buffer.of(length) : Buffer.of((length & 0x7f) | 0x80, length >>> 7);
}

/** The outermost tag is the field's own; what follows it opens and closes groups. */
function groupField(number: number, depth: number): WireField {
  const inside = Buffer.concat([Buffer.alloc(depth, 0x0b), Buffer.alloc(depth, 0x0c)]);
  const end = Buffer.of(((number << 3) | 4) & 0x7f);
  return { number, wireType: 3, message: null, content: Buffer.concat([inside, end]) };
}
