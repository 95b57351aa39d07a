/**
 * Recognises the shape that nearly all attributes have: a key, then one scalar as its value.
 *
 * Proving a KeyValue of this shape well formed takes a few comparisons, where walking it as a message
 * within a message takes four times as long. Whatever looks different, however legal, is left to the
 * walk.
 */
import type { AttributeSlots } from "./span-view.ts";
import { VALUE_BOOL, VALUE_DOUBLE, VALUE_INT, VALUE_STRING } from "./span-view.ts";
import { skipVarint } from "./wire.ts";

export const NOT_PLAIN = -1;

const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;

/** Tag and length of the key, tag and length of the value, and a scalar of at least two bytes. */
const SHORTEST = 6;
/** Up to here all lengths take one byte, and up to LONGEST two. */
const SHORT_MAX = 0x7f;
const LONGEST = 0x3fff;

// A constant of the module is cheaper to reach than an imported binding; see structure-check.ts.
const skipNumber = skipVarint;

/**
 * Where the key of a plain attribute ends, given the content of its KeyValue; it begins two bytes after the
 * start. NOT_PLAIN for any other; plain ones are well formed.
 */
export function plainKeyEnd(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const keyLength = bytes[start + 1] ?? 0;
  if (length < SHORTEST || bytes[start] !== KEY || keyLength > length - SHORTEST) return NOT_PLAIN;
  const keyEnd = start + 2 + keyLength;
  if (bytes[keyEnd] !== VALUE) return NOT_PLAIN;
  if (length > SHORT_MAX) return isLongText(bytes, keyEnd + 1, end) && keyLength <= SHORT_MAX ? keyEnd : NOT_PLAIN;
  const scalar = keyEnd + 2;
  if (bytes[scalar - 1] !== end - scalar) return NOT_PLAIN;
  switch (bytes[scalar] ?? 0) {
    case STRING_VALUE:
      return bytes[scalar + 1] === end - scalar - 2 ? keyEnd : NOT_PLAIN;
    case BOOL_VALUE:
    case INT_VALUE:
      return skipNumber(bytes, scalar + 1, end) === end ? keyEnd : NOT_PLAIN;
    case DOUBLE_VALUE:
      return end - scalar === 9 ? keyEnd : NOT_PLAIN;
    default:
      return NOT_PLAIN;
  }
}

/** Puts the value of a plain attribute into a slot. */
export function putPlainValue(
  slots: AttributeSlots,
  slot: number,
  bytes: Uint8Array,
  keyEnd: number,
  end: number,
): void {
  const scalar = keyEnd + 1 + lengthSize(end - keyEnd - 1);
  switch (bytes[scalar] ?? 0) {
    case STRING_VALUE:
      slots.put(bytes, slot, VALUE_STRING, scalar + 1 + lengthSize(end - scalar - 1), end);
      break;
    case INT_VALUE:
      slots.put(bytes, slot, VALUE_INT, scalar + 1, end);
      break;
    case BOOL_VALUE:
      slots.put(bytes, slot, VALUE_BOOL, scalar + 1, end);
      break;
    default:
      slots.put(bytes, slot, VALUE_DOUBLE, scalar + 1, end);
  }
}

/** Of a length, in the fewest bytes, and what follows it. */
function lengthSize(both: number): number {
  return both <= SHORT_MAX + 1 ? 1 : 2;
}

/** A value that is a string and reaches exactly to the end, with lengths in the fewest bytes. */
function isLongText(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > LONGEST) return false;
  const scalar = exactLengthEnd(bytes, start, end);
  return scalar !== NOT_PLAIN && bytes[scalar] === STRING_VALUE && exactLengthEnd(bytes, scalar + 1, end) !== NOT_PLAIN;
}

function exactLengthEnd(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] ?? 0;
  const second = bytes[start + 1] ?? 0;
  if (end - start <= SHORT_MAX + 1) return first === end - start - 1 ? start + 1 : NOT_PLAIN;
  return first >= 0x80 && second < 0x80 && ((first & 0x7f) | (second << 7)) === end - start - 2 ? start + 2 : NOT_PLAIN;
}
