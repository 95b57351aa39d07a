/**
 * A protobuf message as a tree of its fields on the wire, unknown ones included.
 *
 * The slow and obvious counterpart of what authspike does in place: tests change the tree, encode it
 * again and compare. It also gives a request the forms that are legal and rare: fields in any order,
 * unknown fields and groups anywhere, singular messages in pieces.
 */
import protobuf from "protobufjs";
import type { Random } from "./random.ts";

export type WireField = {
  readonly number: number;
  readonly wireType: number;
  /** What follows the tag, and for a length-delimited field the length. */
  readonly content: Uint8Array;
  /** Set when the content is a message that the type knows. */
  readonly message: WireMessage | null;
};

export type WireMessage = { readonly type: protobuf.Type; readonly fields: readonly WireField[] };

export function parseMessage(type: protobuf.Type, bytes: Uint8Array): WireMessage {
  const reader = protobuf.Reader.create(bytes);
  const fields: WireField[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    const wireType = tag & 7;
    const start = reader.pos;
    const content = wireType === 2 ? reader.bytes() : bytes.subarray(start, reader.skipType(wireType).pos);
    const known = type.fieldsById[number]?.resolve().resolvedType;
    const message = known instanceof protobuf.Type ? parseMessage(known, content) : null;
    fields.push({ number, wireType, content, message });
  }
  return { type, fields };
}

export function encodeTree(message: WireMessage): Uint8Array {
  return Buffer.concat(message.fields.map(encodeField));
}

function encodeField({ number, wireType, content, message }: WireField): Uint8Array {
  const payload = message === null ? content : encodeTree(message);
  const tag = varint(number * 8 + wireType);
  return wireType === 2 ? Buffer.concat([tag, varint(payload.length), payload]) : Buffer.concat([tag, payload]);
}

function varint(value: number): Uint8Array {
  return protobuf.Writer.create().uint32(value).finish();
}

/** The message with all fields of one message type replaced by what `change` makes of them, wherever they are. */
export function changeFields(
  message: WireMessage,
  typeName: string,
  change: (inner: WireMessage) => WireMessage | null,
): WireMessage {
  const fields = message.fields.flatMap((field) => {
    if (field.message === null) return [field];
    const isWanted = field.message.type.name === typeName;
    const inner = isWanted ? change(field.message) : changeFields(field.message, typeName, change);
    return inner === null ? [] : [{ ...field, message: inner }];
  });
  return { ...message, fields };
}

/** The same message in a rare form. */
export function disturb(message: WireMessage, random: Random): WireMessage {
  const fields = message.fields.flatMap((field) => {
    if (field.message === null) return [field];
    const inner = disturb(field.message, random);
    return isSingular(message.type, field) && random.chance(0.3)
      ? inPieces(field, inner, random)
      : [{ ...field, message: inner }];
  });
  for (let count = random.integer(3); count > 0; count--) fields.push(unknownField(random));
  return { ...message, fields: shuffle(fields, random) };
}

/** The plain form: one piece of every singular message, in the place of the first. */
export function joinPieces(message: WireMessage): WireMessage {
  const pieces = new Map<number, WireField[]>();
  for (const field of message.fields) {
    if (field.message === null || !isSingular(message.type, field)) continue;
    pieces.set(field.number, [...(pieces.get(field.number) ?? []), ...field.message.fields]);
  }
  const fields: WireField[] = [];
  for (const field of message.fields) {
    if (field.message === null) fields.push(field);
    else if (!isSingular(message.type, field)) fields.push({ ...field, message: joinPieces(field.message) });
    else {
      const joined = pieces.get(field.number);
      pieces.delete(field.number);
      if (joined !== undefined) fields.push({ ...field, message: joinPieces({ ...field.message, fields: joined }) });
    }
  }
  return { ...message, fields };
}

function isSingular(type: protobuf.Type, field: WireField): boolean {
  return type.fieldsById[field.number]?.repeated === false;
}

function inPieces(field: WireField, message: WireMessage, random: Random): WireField[] {
  const cut = random.integer(message.fields.length + 1);
  const pieces = [message.fields.slice(0, cut), message.fields.slice(cut)];
  return pieces.map((fields) => ({ ...field, message: { ...message, fields } }));
}

function unknownField(random: Random): WireField {
  const number = random.chance(0.5) ? 500 + random.integer(100_000) : 20 + random.integer(12);
  // The group holds one field and ends itself.
  const group = Buffer.concat([Buffer.of(0x08, 0x01), varint(number * 8 + 4)]);
  const value = random.pick([
    { wireType: 0, content: Buffer.of(0xac, 0x02) },
    { wireType: 1, content: Buffer.alloc(8, 7) },
    { wireType: 2, content: Buffer.alloc(3, 9) },
    { wireType: 3, content: group },
    { wireType: 5, content: Buffer.alloc(4, 5) },
  ]);
  return { number, ...value, message: null };
}

function shuffle<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, rank: random.uniform() }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item);
}
