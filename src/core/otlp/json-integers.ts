/**
 * Whole numbers of 64 bits between JSON, where they are decimal text, and the wire.
 *
 * A double holds no more than 53 bits, and nanoseconds since 1970 need 61. Values travel as numbers
 * while they are exact and as bigints beyond that; on the wire they are two halves of 32 bits.
 */

/** The halves of the last integer that was split or read: one scratch object, as `cursor` is. */
export const halves = { low: 0, high: 0 };

const TWO_POW_32 = 2 ** 32;
// With 21 bits above, the whole still fits the 53 that a double holds exactly.
const EXACT_HIGH_LIMIT = 2 ** 21;

const EXACT_DECIMAL = /^-?\d{1,15}$/;
const DECIMAL = /^-?\d{1,20}$/;
const SCIENTIFIC = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/;
// 2^64 has 20 digits; zeros may stand before them.
const DIGITS_MAX = 60;

/** The whole number that the text states, such as `-12`, `1.5e3` or `1e19`; undefined when it states none. */
export function parseInteger(text: string): number | bigint | undefined {
  if (EXACT_DECIMAL.test(text)) return Number(text);
  if (DECIMAL.test(text)) return BigInt(text);
  return parseScientific(text);
}

/** Exact where going by way of a double is not: `9007199254740993.0` and `1.8446744073709551615e19`. */
function parseScientific(text: string): bigint | undefined {
  const match = SCIENTIFIC.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const pointPosition = whole.length + Number(exponent);
  if (pointPosition > DIGITS_MAX) return undefined;
  const digits = whole + fraction;
  const position = Math.max(0, pointPosition);
  if (/[1-9]/.test(digits.slice(position))) return undefined;
  return BigInt(`${sign}${digits.slice(0, position).padEnd(position, "0") || "0"}`);
}

/** Leaves the two's complement of the integer in `halves`. */
export function splitInteger(value: number | bigint): void {
  if (typeof value === "number") {
    halves.low = value >>> 0;
    halves.high = Math.floor(value / TWO_POW_32) >>> 0;
    return;
  }
  halves.low = Number(BigInt.asUintN(32, value));
  halves.high = Number(BigInt.asUintN(32, value >> 32n));
}

/** Leaves a varint of at most 64 bits, whose end is known, in `halves`. */
export function readHalves(bytes: Uint8Array, start: number, end: number): void {
  let low = 0;
  let high = 0;
  for (let position = start, shift = 0; position < end; position++, shift += 7) {
    const bits = (bytes[position] ?? 0) & 0x7f;
    if (shift < 32) low |= bits << shift;
    // The fifth group of seven lies across the border between the halves.
    if (shift === 28) high = bits >>> 4;
    else if (shift > 28) high |= bits << (shift - 32);
  }
  halves.low = low >>> 0;
  halves.high = high >>> 0;
}

export function unsignedText(low: number, high: number): string {
  if (high < EXACT_HIGH_LIMIT) return String(high * TWO_POW_32 + low);
  return String((BigInt(high) << 32n) | BigInt(low));
}

export function signedText(low: number, high: number): string {
  if (high < EXACT_HIGH_LIMIT) return String(high * TWO_POW_32 + low);
  return String(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));
}
