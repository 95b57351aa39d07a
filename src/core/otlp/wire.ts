/**
 * The primitives of the protobuf wire format, over plain bytes and without allocation.
 *
 * A reader takes the bytes, a position and the end of the message it is in, and leaves the position
 * after what it read in `cursor`: two results without an object for them. One `cursor` serves all,
 * so its value is good only until the next read. A reader that cannot read answers MALFORMED.
 */

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const GROUP_START = 3;
export const GROUP_END = 4;
export const FIXED32 = 5;

/** What a reader of whole numbers answers when the bytes end too early or hold no such number. */
export const MALFORMED = -1;

/** Where the last read ended. */
export const cursor = { position: 0 };

const TWO_POW_32 = 2 ** 32;
const VARINT_MAX_BYTES = 10;
const NANOS_PER_MILLI = 1e6;

/** A tag or a length: at most 32 bits in at most 5 bytes. */
export function readVarint32(bytes: Uint8Array, position: number, end: number): number {
  if (position < end) {
    const first = bytes[position] ?? 0;
    if (first < 0x80) {
      cursor.position = position + 1;
      return first;
    }
  }
  return readLongVarint32(bytes, position, end);
}

function readLongVarint32(bytes: Uint8Array, start: number, end: number): number {
  // Two bytes reach 16383 and so almost every length that one byte does not.
  if (end - start >= 2) {
    const second = bytes[start + 1] ?? 0;
    if (second < 0x80) {
      cursor.position = start + 2;
      return ((bytes[start] ?? 0) & 0x7f) | (second << 7);
    }
  }
  let value = 0;
  let scale = 1;
  const limit = Math.min(end, start + 5);
  for (let position = start; position < limit; position++) {
    const byte = bytes[position] ?? 0;
    // Multiplied, not shifted: the fifth byte would reach the sign bit.
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      cursor.position = position + 1;
      return value < TWO_POW_32 ? value : MALFORMED;
    }
    scale *= 0x80;
  }
  return MALFORMED;
}

/** An int64 as the nearest double; negative numbers take ten bytes. NaN when malformed. */
export function readInt64(bytes: Uint8Array, start: number, end: number): number {
  const small = readVarint32(bytes, start, end);
  if (small !== MALFORMED) return small;
  let low = 0;
  let high = 0;
  const limit = Math.min(end, start + VARINT_MAX_BYTES);
  for (let position = start, shift = 0; position < limit; position++, shift += 7) {
    const byte = bytes[position] ?? 0;
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high = bits >>> 4;
    } else high |= bits << (shift - 32);
    if (byte < 0x80) {
      cursor.position = position + 1;
      return high * TWO_POW_32 + (low >>> 0);
    }
  }
  return Number.NaN;
}

/** The position after a varint of at most 64 bits. */
export function skipVarint(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + VARINT_MAX_BYTES);
  for (let position = start; position < limit; position++) {
    const byte = bytes[position] ?? 0;
    if (byte < 0x80) {
      // The tenth byte has room for the 64th bit only.
      return position - start === VARINT_MAX_BYTES - 1 && byte > 1 ? MALFORMED : position + 1;
    }
  }
  return MALFORMED;
}

/** Little-endian; the caller has made sure of the 4 bytes. */
export function readFixed32(bytes: Uint8Array, position: number): number {
  const low = (bytes[position] ?? 0) | ((bytes[position + 1] ?? 0) << 8);
  const high = (bytes[position + 2] ?? 0) | ((bytes[position + 3] ?? 0) << 8);
  return high * 0x10000 + low;
}

/** A fixed64 count of nanoseconds as milliseconds; the caller has made sure of the 8 bytes. */
export function readUnixMillis(bytes: Uint8Array, position: number): number {
  const high = readFixed32(bytes, position + 4);
  return high * (TWO_POW_32 / NANOS_PER_MILLI) + readFixed32(bytes, position) / NANOS_PER_MILLI;
}

const doubleScratch = new Float64Array(1);
const doubleScratchBytes = new Uint8Array(doubleScratch.buffer);
const isLittleEndianMachine = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The caller has made sure of the 8 bytes. */
export function readDouble(bytes: Uint8Array, position: number): number {
  for (let index = 0; index < 8; index++) {
    doubleScratchBytes[isLittleEndianMachine ? index : 7 - index] = bytes[position + index] ?? 0;
  }
  return doubleScratch[0] ?? 0;
}

/** Bytes that a whole number from 0 to 2^53 takes as a varint. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  let size = 3;
  for (let rest = Math.floor(value / 0x20_0000); rest > 0; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Writes a whole number from 0 to 2^53 and returns the position after it. */
export function writeVarint(target: Uint8Array, start: number, value: number): number {
  let position = start;
  let rest = value;
  // Shifts are for 32 bits; larger numbers are rare and divide.
  for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 0x80)) target[position++] = (rest % 0x80) | 0x80;
  for (; rest >= 0x80; rest >>>= 7) target[position++] = (rest & 0x7f) | 0x80;
  target[position] = rest;
  return position + 1;
}

export function writeDouble(target: Uint8Array, position: number, value: number): void {
  doubleScratch[0] = value;
  for (let index = 0; index < 8; index++) {
    target[position + index] = doubleScratchBytes[isLittleEndianMachine ? index : 7 - index] ?? 0;
  }
}

// Below this a loop beats `set`, which needs a view of the source first.
const SHORT_COPY_MAX_BYTES = 40;

/** Copies a range into the target at a position; the two must not overlap. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  if (end - start > SHORT_COPY_MAX_BYTES) {
    target.set(source.subarray(start, end), at);
    return;
  }
  const shift = at - start;
  for (let position = start; position < end; position++) target[position + shift] = source[position] ?? 0;
}

/** For hash tables: depends on every byte, is never negative and fits a small integer. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (let position = start; position < end; position++) {
    hash = Math.imul(hash ^ (bytes[position] ?? 0), 0x01000193);
  }
  // FNV leaves the low bits, which tables index by, the worst mixed.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) & 0x7fffffff;
}

/** Whether the range holds exactly the expected bytes. */
export function equalBytes(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  const length = end - start;
  if (length !== expected.length) return false;
  for (let index = 0; index < length; index++) {
    if (bytes[start + index] !== expected[index]) return false;
  }
  return true;
}

/** Whether every byte is zero; an empty range counts as zero. */
export function isAllZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let position = start; position < end; position++) {
    if (bytes[position] !== 0) return false;
  }
  return true;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

// Below this the call into TextDecoder costs more than collecting character codes (20 bytes: 96 against 130 ns).
const SHORT_TEXT_MAX_BYTES = 32;

/** UTF-8 as a string; what is not UTF-8 becomes U+FFFD. */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > SHORT_TEXT_MAX_BYTES) return utf8.decode(bytes.subarray(start, end));
  const codes = new Array<number>(length);
  for (let index = 0; index < length; index++) {
    const byte = bytes[start + index] ?? 0;
    if (byte >= 0x80) return utf8.decode(bytes.subarray(start, end));
    codes[index] = byte;
  }
  return String.fromCharCode.apply(null, codes);
}

const DIGIT_ZERO = 48;
// Fifteen digits are always exact in a double.
const EXACT_MAX_DIGITS = 15;
const DECIMAL_MAX_BYTES = 64;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The bytes of a decimal number as that number; NaN when they hold anything else. */
export function readDoubleText(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0 || length > DECIMAL_MAX_BYTES) return Number.NaN;
  if (length > EXACT_MAX_DIGITS) return parseDecimal(readText(bytes, start, end));
  let value = 0;
  for (let position = start; position < end; position++) {
    const digit = (bytes[position] ?? 0) - DIGIT_ZERO;
    if (digit < 0 || digit > 9) return parseDecimal(readText(bytes, start, end));
    value = value * 10 + digit;
  }
  return value;
}

function parseDecimal(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}
