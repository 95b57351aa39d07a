/**
 * Reads one KeyValue of a checked request into the slot of its key, if it is a key of interest.
 *
 * Only for bytes that passed the structure check: lengths and wire types are trusted. When a key
 * comes twice the later value stands alone; a value that comes in pieces is the merge of them, as
 * protobuf has it for every singular message. (Of an array in pieces, only the last is kept.)
 */
import type { KeyTable } from "./key-table.ts";
import { NO_SLOT } from "./key-table.ts";
import { NOT_PLAIN, plainKeyEnd, putPlainValue } from "./plain-attribute.ts";
import type { AttributeSlots } from "./span-view.ts";
import { VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_NONE, VALUE_OTHER, VALUE_STRING } from "./span-view.ts";
import { skipCheckedField } from "./structure-check.ts";
import { cursor, readVarint32 } from "./wire.ts";

// Constants of the module are cheaper to reach than imported bindings; see structure-check.ts.
const at = cursor;
const readTag = readVarint32;
const skipField = skipCheckedField;
const keyEndOf = plainKeyEnd;

const KEY = 0x0a;
const VALUE = 0x12;

/** What an AnyValue holds, by its fields' tags. */
const KINDS: ReadonlyMap<number, number> = new Map([
  [0x0a, VALUE_STRING],
  [0x10, VALUE_BOOL],
  [0x18, VALUE_INT],
  [0x21, VALUE_DOUBLE],
  [0x2a, VALUE_OTHER], // array
  [0x32, VALUE_OTHER], // key-value list
  [0x3a, VALUE_OTHER], // bytes
  [0x40, VALUE_NONE], // index of a string in a table that only profiles have
]);

export function scanAttribute(
  bytes: Uint8Array,
  start: number,
  end: number,
  table: KeyTable,
  slots: AttributeSlots,
): void {
  const keyEnd = keyEndOf(bytes, start, end);
  if (keyEnd === NOT_PLAIN) {
    scanAnyAttribute(bytes, start, end, table, slots);
    return;
  }
  const slot = table.slotOf(bytes, start + 2, keyEnd);
  if (slot !== NO_SLOT) putPlainValue(slots, slot, bytes, keyEnd, end);
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
  slots.put(bytes, slot, VALUE_NONE, start, start);
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
    position = skipField(bytes, tag, at.position, end);
    const kind = KINDS.get(tag);
    if (kind !== undefined) slots.put(bytes, slot, kind, at.position, position);
  }
}
