/**
 * Reads attributes that hold one text or a list of texts.
 *
 * Captured headers are lists, one text for each time the header came; some senders (all of Ruby) write
 * a plain text instead.
 */
import type { AttributeSlots } from "../../otlp/span-view.ts";
import { VALUE_OTHER, VALUE_STRING } from "../../otlp/span-view.ts";
import { cursor, readText, readVarint32 } from "../../otlp/wire.ts";

export type ByteRange = { readonly start: number; readonly end: number };

/** More values of one header are not looked at. */
const VALUES_MAX = 8;

/** Tags of ArrayValue.values and AnyValue.string_value: both are field 1, length-delimited. */
const FIRST_FIELD = 0x0a;

export function textRanges(slots: AttributeSlots, bytes: Uint8Array, slot: number): readonly ByteRange[] {
  const start = slots.start[slot] ?? 0;
  const end = slots.end[slot] ?? 0;
  const kind = slots.kind[slot];
  if (kind === VALUE_STRING) return [{ start, end }];
  return kind === VALUE_OTHER ? listedRanges(bytes, start, end) : [];
}

/** Each at most `lengthMax` bytes of it. */
export function textsIn(slots: AttributeSlots, bytes: Uint8Array, slot: number, lengthMax: number): readonly string[] {
  return textRanges(slots, bytes, slot).map(({ start, end }) =>
    readText(bytes, start, Math.min(end, start + lengthMax)),
  );
}

/** A value that is no list, or holds other things than texts, gives those texts that can be read. */
function listedRanges(bytes: Uint8Array, start: number, end: number): readonly ByteRange[] {
  const ranges: ByteRange[] = [];
  let position = start;
  while (position < end && bytes[position] === FIRST_FIELD && ranges.length < VALUES_MAX) {
    const valueLength = readVarint32(bytes, position + 1, end);
    const valueStart = cursor.position;
    position = valueStart + valueLength;
    if (valueLength <= 0 || position > end || bytes[valueStart] !== FIRST_FIELD) continue;
    const textLength = readVarint32(bytes, valueStart + 1, position);
    if (textLength < 0 || cursor.position + textLength > position) continue;
    ranges.push({ start: cursor.position, end: cursor.position + textLength });
  }
  return ranges;
}
