/**
 * How many requests a sampled span stands for, from the sampling threshold in its tracestate.
 *
 * Consistent samplers write `ot=th:<hex>`: the span was kept because its randomness reached the
 * threshold, and stands for 2^56 / (2^56 - threshold) spans (OpenTelemetry specification, tracestate
 * probability sampling). Read from the bytes each time: that is cheaper than finding a text in a cache,
 * since randomness makes nearly every tracestate a different text.
 */
import type { SpanView } from "./span-view.ts";

const EQUALS = 0x3d;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;

const RANDOMNESS_DIGITS = 14;
const HALF_DIGITS = 7;
const TWO_POW_28 = 2 ** 28;
const TWO_POW_56 = 2 ** 56;
// The random part of a trace id is its last 7 bytes.
const TRACE_ID_RANDOM_START = 9;
const TRACE_ID_END = 16;

/**
 * The span's adjusted count; NaN when it is undefined: no threshold, a malformed one, or one that the
 * span's own randomness contradicts. Counting such a span once is the caller's decision.
 */
export function adjustedCount(view: SpanView): number {
  const { bytes, traceStateStart, traceStateEnd } = view;
  if (traceStateStart === -1 || traceStateStart === traceStateEnd) return Number.NaN;
  if (!findOtMember(bytes, traceStateStart, traceStateEnd)) return Number.NaN;
  const memberStart = range.start;
  const memberEnd = range.end;
  if (!findSubkey(bytes, memberStart, memberEnd, "th")) return Number.NaN;
  if (!readThreshold(bytes, range.start, range.end)) return Number.NaN;
  const { high, low } = digits;
  // Both halves fit 28 bits, so only the last subtraction rounds, to 53 of at most 56 bits.
  const adjusted = TWO_POW_56 / ((TWO_POW_28 - high) * TWO_POW_28 - low);
  if (high === 0 && low === 0) return adjusted;
  if (!readRandomness(view, memberStart, memberEnd)) return Number.NaN;
  const wasKept = digits.high > high || (digits.high === high && digits.low >= low);
  return wasKept ? adjusted : Number.NaN;
}

/** Whether the span states a threshold at all, also one that is malformed or contradicted. */
export function statesThreshold({ bytes, traceStateEnd, traceStateStart }: SpanView): boolean {
  if (traceStateStart === -1 || !findOtMember(bytes, traceStateStart, traceStateEnd)) return false;
  return findSubkey(bytes, range.start, range.end, "th");
}

// Second and third results of the functions below: one range and one number are in use at a time.
const range = { start: 0, end: 0 };
const digits = { high: 0, low: 0 };

/** Finds the list member `ot=…` and leaves its value in `range`. */
function findOtMember(bytes: Uint8Array, start: number, end: number): boolean {
  let memberStart = start;
  while (memberStart < end) {
    let memberEnd = memberStart;
    while (memberEnd < end && bytes[memberEnd] !== COMMA) memberEnd++;
    let nameStart = memberStart;
    while (nameStart < memberEnd && isBlank(bytes[nameStart])) nameStart++;
    if (startsWith(bytes, nameStart, memberEnd, "ot") && bytes[nameStart + 2] === EQUALS) {
      range.start = nameStart + 3;
      range.end = memberEnd;
      while (range.end > range.start && isBlank(bytes[range.end - 1])) range.end--;
      return range.start <= range.end;
    }
    memberStart = memberEnd + 1;
  }
  return false;
}

/** Finds `subkey:…` in a `;` separated list and leaves its value in `range`. */
function findSubkey(bytes: Uint8Array, start: number, end: number, subkey: string): boolean {
  let itemStart = start;
  while (itemStart < end) {
    let itemEnd = itemStart;
    while (itemEnd < end && bytes[itemEnd] !== SEMICOLON) itemEnd++;
    const valueStart = itemStart + subkey.length + 1;
    if (valueStart <= itemEnd && bytes[valueStart - 1] === COLON && startsWith(bytes, itemStart, itemEnd, subkey)) {
      range.start = valueStart;
      range.end = itemEnd;
      return true;
    }
    itemStart = itemEnd + 1;
  }
  return false;
}

/** One to fourteen digits, the missing ones at the end being zero, into `digits`. */
function readThreshold(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < 1 || length > RANDOMNESS_DIGITS) return false;
  return readDigits(bytes, start, end);
}

/** The explicit randomness `rv`, else that of the trace id, into `digits`. */
function readRandomness(view: SpanView, memberStart: number, memberEnd: number): boolean {
  const { bytes, traceIdStart } = view;
  if (findSubkey(bytes, memberStart, memberEnd, "rv")) {
    return range.end - range.start === RANDOMNESS_DIGITS && readDigits(bytes, range.start, range.end);
  }
  if (traceIdStart === -1) return false;
  let high = 0;
  let low = 0;
  for (let index = TRACE_ID_RANDOM_START; index < TRACE_ID_END; index++) {
    const byte = bytes[traceIdStart + index] ?? 0;
    high = (high * 0x100 + (low >>> 20)) % TWO_POW_28;
    low = ((low & 0xfffff) << 8) | byte;
  }
  digits.high = high;
  digits.low = low;
  return true;
}

function readDigits(bytes: Uint8Array, start: number, end: number): boolean {
  digits.high = 0;
  digits.low = 0;
  for (let index = 0; index < RANDOMNESS_DIGITS; index++) {
    const digit = start + index < end ? hexDigit(bytes[start + index] ?? 0) : 0;
    if (digit === -1) return false;
    if (index < HALF_DIGITS) digits.high = digits.high * 16 + digit;
    else digits.low = digits.low * 16 + digit;
  }
  return true;
}

/** Lower case only, as the specification has it; -1 for anything else. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

function startsWith(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start < text.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
