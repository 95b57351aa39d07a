/**
 * Cuts an export request in two, for destinations that take less at once than came in.
 *
 * The three signals nest alike: resource entries, in them scope entries, in them items. The cut is
 * made at the outermost level that holds more than one; what the halves share (the resource, the
 * scope, schema URLs) goes into both, byte for byte.
 */
import { assert } from "../../core/assert.ts";
import { skipCheckedField } from "../../core/otlp/structure-check.ts";
import { cursor, LENGTH_DELIMITED, MALFORMED, readVarint32, varintSize, writeVarint } from "../../core/otlp/wire.ts";

/** Field numbers of the entries at each level; the same for traces, metrics and logs. */
const LEVELS: readonly number[] = [1, 2, 2];

/** The halves together say what the whole said; null when it holds a single item. */
export function splitRequest(bytes: Uint8Array): readonly [Uint8Array, Uint8Array] | null {
  return split(bytes, LEVELS);
}

function split(message: Uint8Array, levels: readonly number[]): readonly [Uint8Array, Uint8Array] | null {
  const [level, ...deeperLevels] = levels;
  if (level === undefined) return null;
  const fields = readFields(message);
  const entries = fields.filter(({ number }) => number === level);
  const shared = fields.filter(({ number }) => number !== level).map(({ whole }) => whole);
  const [first] = entries;
  if (first === undefined) return null;
  if (entries.length === 1) {
    const halves = split(first.content, deeperLevels);
    if (halves === null) return null;
    return [join([...shared, wrap(level, halves[0])]), join([...shared, wrap(level, halves[1])])];
  }
  const wholes = entries.map(({ whole }) => whole);
  const middle = middleOf(wholes);
  return [join([...shared, ...wholes.slice(0, middle)]), join([...shared, ...wholes.slice(middle)])];
}

type Field = { readonly number: number; readonly whole: Uint8Array; readonly content: Uint8Array };

/** The receiver has checked the structure of everything that is queued. */
function readFields(message: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  for (let start = 0; start < message.length; ) {
    const tag = readVarint32(message, start, message.length);
    const end = skipCheckedField(message, tag, cursor.position, message.length);
    assert(tag !== MALFORMED && end > start, "a queued request is well formed");
    // Skipping has left the cursor where the content of a length-delimited field begins.
    const content = message.subarray(cursor.position, end);
    fields.push({ number: tag >>> 3, whole: message.subarray(start, end), content });
    start = end;
  }
  return fields;
}

function wrap(number: number, content: Uint8Array): Uint8Array {
  const tag = (number << 3) | LENGTH_DELIMITED;
  const whole = new Uint8Array(1 + varintSize(content.length) + content.length);
  whole[0] = tag;
  whole.set(content, writeVarint(whole, 1, content.length));
  return whole;
}

/** How many of the parts make up about half of the bytes: at least one, and not all. */
function middleOf(parts: readonly Uint8Array[]): number {
  const half = parts.reduce((sum, part) => sum + part.length, 0) / 2;
  let bytes = 0;
  const found = parts.findIndex((part) => {
    bytes += part.length;
    return bytes >= half;
  });
  return Math.min(Math.max(1, found + (bytes > half ? 0 : 1)), parts.length - 1);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
