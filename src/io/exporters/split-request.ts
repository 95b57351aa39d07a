/**
 * Cuts an export request in two, for destinations that take less at once than came in.
 *
 * The three signals nest alike: resource entries, in them scope entries, in them items. The cut is
 * made at the outermost level that holds more than one; what the halves share (the resource, the
 * scope, schema URLs) goes into both, byte for byte.
 */
import { assert } from "../../core/assert.ts";
import { skipCheckedField } from "../../core/otlp/structure-check.ts";
import {
  copyBytes,
  cursor,
  LENGTH_DELIMITED,
  MALFORMED,
  readVarint32,
  varintSize,
  writeVarint,
} from "../../core/otlp/wire.ts";

/** Field numbers of the entries at each level; the same for traces, metrics and logs. */
const LEVELS: readonly number[] = [1, 2, 2];

/** The halves together say what the whole said; null when it holds a single item. */
export function splitRequest(bytes: Uint8Array): Halves | null {
  return split(bytes, LEVELS);
}

function split(message: Uint8Array, levels: readonly number[]): Halves | null {
  const [level, ...deeperLevels] = levels;
  if (level === undefined) return null;
  const entries = measureEntries(message, level);
  if (entries.count === 0) return null;
  if (entries.count > 1) return splitEntries(message, level, entries);
  const halves = split(message.subarray(entries.firstStart, entries.firstEnd), deeperLevels);
  if (halves === null) return null;
  const shared = withoutEntries(message, level);
  return [Buffer.concat([shared, wrap(level, halves[0])]), Buffer.concat([shared, wrap(level, halves[1])])];
}

type Halves = readonly [Uint8Array, Uint8Array];

/** `firstStart` and `firstEnd` bound the content of the first entry. */
type Entries = { count: number; bytes: number; firstStart: number; firstEnd: number };

function measureEntries(message: Uint8Array, level: number): Entries {
  const entries = { count: 0, bytes: 0, firstStart: 0, firstEnd: 0 };
  eachField(message, ({ number, start, contentStart, end }) => {
    if (number !== level) return;
    if (entries.count === 0) {
      entries.firstStart = contentStart;
      entries.firstEnd = end;
    }
    entries.count++;
    entries.bytes += end - start;
  });
  return entries;
}

/** The first half takes entries until it has half of their bytes: at least one, and not all. */
function splitEntries(message: Uint8Array, level: number, { count, bytes }: Entries): Halves {
  const [first, second] = [new Bytes(message.length), new Bytes(message.length)];
  let takenCount = 0;
  let takenBytes = 0;
  eachField(message, ({ number, start, end }) => {
    if (number !== level) {
      first.add(message, start, end);
      second.add(message, start, end);
      return;
    }
    takenCount++;
    takenBytes += end - start;
    const isFirst = takenCount === 1 || (takenCount < count && takenBytes <= bytes / 2);
    (isFirst ? first : second).add(message, start, end);
  });
  return [first.taken(), second.taken()];
}

function withoutEntries(message: Uint8Array, level: number): Uint8Array {
  const shared = new Bytes(message.length);
  eachField(message, ({ number, start, end }) => {
    if (number !== level) shared.add(message, start, end);
  });
  return shared.taken();
}

class Bytes {
  readonly #bytes: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  add(source: Uint8Array, start: number, end: number): void {
    copyBytes(source, start, end, this.#bytes, this.#length);
    this.#length += end - start;
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** For a length-delimited field `contentStart` is where its content begins. */
type Field = { number: number; start: number; contentStart: number; end: number };

/**
 * Shows the fields one after the other, in one object: an entry may take two bytes, and an object for
 * each of millions is more than a process has. The receiver has checked the structure of all that is queued.
 */
function eachField(message: Uint8Array, visit: (field: Readonly<Field>) => void): void {
  const field: Field = { number: 0, start: 0, contentStart: 0, end: 0 };
  while (field.end < message.length) {
    field.start = field.end;
    const tag = readVarint32(message, field.start, message.length);
    field.end = skipCheckedField(message, tag, cursor.position, message.length);
    assert(tag !== MALFORMED && field.end > field.start, "a queued request is well formed");
    field.number = tag >>> 3;
    field.contentStart = cursor.position;
    visit(field);
  }
}

function wrap(number: number, content: Uint8Array): Uint8Array {
  const tag = (number << 3) | LENGTH_DELIMITED;
  const whole = new Uint8Array(1 + varintSize(content.length) + content.length);
  whole[0] = tag;
  whole.set(content, writeVarint(whole, 1, content.length));
  return whole;
}
