/**
 * Reads one KeyValue of a checked request into the slot of its key, if it is a key of interest.
 *
 * Only for bytes that passed the structure check: lengths and wire types are trusted. When a key
 * comes twice the later value stands alone; a value that comes in pieces is the merge of them, as
 * protobuf has it for every singular message. (Of an array in pieces, only the last is kept.)
 */
import type { KeyTable } from "./key-table.ts";
import { NO_SLOT } from "./key-table.ts";
import type { AttributeSlots } from "./span-view.ts";
import { VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_NONE, VALUE_OTHER, VALUE_STRING } from "./span-view.ts";
import { skipCheckedField } from "./structure-check.ts";
import { cursor, readDouble, readInt64, readVarint32 } from "./wire.ts";

// Constants of the module are cheaper to reach than imported bindings; see structure-check.ts.
const at = cursor;
const readTag = readVarint32;
const skipField = skipCheckedField;

const NOT_PLAIN = -1;

const KEY = 0x0a;
const VALUE = 0x12;

const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;
const ARRAY_VALUE = 0x2a;
const KEY_VALUE_LIST = 0x32;
const BYTES_VALUE = 0x3a;
const STRING_INDEX_VALUE = 0x40;

export function scanAttribute(
  bytes: Uint8Array,
  start: number,
  end: number,
  table: KeyTable,
  slots: AttributeSlots,
): void {
  const keyEnd = plainKeyEnd(bytes, start, end);
  if (keyEnd === NOT_PLAIN) scanAnyAttribute(bytes, start, end, table, slots);
  else {
    const slot = table.slotOf(bytes, start + 2, keyEnd);
    if (slot === NO_SLOT) return;
    slots.kind[slot] = VALUE_NONE;
    scanAnyValue(bytes, keyEnd + 2, end, slots, slot);
  }
}

/** Where the key ends if one short key and one short value are all there is, as nearly always. */
function plainKeyEnd(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 4 || end - start > 0x7f || bytes[start] !== KEY) return NOT_PLAIN;
  const keyLength = bytes[start + 1] ?? 0;
  if (keyLength > end - start - 4) return NOT_PLAIN;
  const keyEnd = start + 2 + keyLength;
  return bytes[keyEnd] === VALUE && bytes[keyEnd + 1] === end - keyEnd - 2 ? keyEnd : NOT_PLAIN;
}

function scanAnyAttribute(bytes: Uint8Array, start: number, end: number, table: KeyTable, slots: AttributeSlots): void {
  let keyStart = start;
  let keyEnd = start;
  let position = start;
  while (position < end) {
    const tag = readTag(bytes, position, end);
    position = skipField(bytes, tag, at.position, end);
    if (tag === KEY) {
      keyStart = at.position;
      keyEnd = position;
    }
  }
  const slot = table.slotOf(bytes, keyStart, keyEnd);
  if (slot === NO_SLOT) return;
  slots.kind[slot] = VALUE_NONE;
  position = start;
  while (position < end) {
    const tag = readTag(bytes, position, end);
    position = skipField(bytes, tag, at.position, end);
    if (tag === VALUE) scanAnyValue(bytes, at.position, position, slots, slot);
  }
}

/** Overlays the slot with what the value says; an empty AnyValue says nothing. */
function scanAnyValue(bytes: Uint8Array, start: number, end: number, slots: AttributeSlots, slot: number): void {
  let position = start;
  while (position < end) {
    const tag = readTag(bytes, position, end);
    const valueStart = at.position;
    position = skipField(bytes, tag, valueStart, end);
    switch (tag) {
      case STRING_VALUE:
      case ARRAY_VALUE:
      case KEY_VALUE_LIST:
      case BYTES_VALUE:
        slots.kind[slot] = tag === STRING_VALUE ? VALUE_STRING : VALUE_OTHER;
        slots.start[slot] = at.position;
        slots.end[slot] = position;
        break;
      case BOOL_VALUE:
        slots.kind[slot] = VALUE_BOOL;
        slots.number[slot] = readInt64(bytes, valueStart, end) === 0 ? 0 : 1;
        break;
      case INT_VALUE:
        slots.kind[slot] = VALUE_INT;
        slots.number[slot] = readInt64(bytes, valueStart, end);
        break;
      case DOUBLE_VALUE:
        slots.kind[slot] = VALUE_DOUBLE;
        slots.number[slot] = readDouble(bytes, valueStart);
        break;
      case STRING_INDEX_VALUE:
        // Points into a table that only profiles have: elsewhere it stands for no value.
        slots.kind[slot] = VALUE_NONE;
        break;
    }
  }
}
