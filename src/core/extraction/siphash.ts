/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash whose results tell nothing about the
 * input to whoever lacks the key, and quick on inputs as short as an address.
 *
 * JavaScript has no 64-bit integers outside of objects, so every 64-bit word is two halves here.
 */
export type SipHashKey = readonly [number, number, number, number];

/** The last result as two unsigned halves: two numbers without an object for them. */
export const sipHashResult = { high: 0, low: 0 };

/** 53 bits: the largest whole number that is always exact is 2^53 - 1. */
const NUMBER_HIGH_BITS = 21;
const TWO_POW_32 = 2 ** 32;
const SHOWN_DIGITS = 12;
const SHOWN_MAX = 16 ** SHOWN_DIGITS;
const WORD_BYTES = 8;
const COMPRESSION_ROUNDS = 2;
const FINAL_ROUNDS = 4;

/**
 * v0 to v3, each as its low half and its high half. One hash runs at a time and starts by setting them
 * all. An array of 32-bit numbers, because variables outside of a function hold large ones on the heap.
 */
const state = new Int32Array(8);

/** Leaves the hash in `sipHashResult`. The key is four 32-bit words, least significant first. */
export function sipHash24(key: SipHashKey, bytes: Uint8Array, start: number, end: number): void {
  const [key0Low, key0High, key1Low, key1High] = key;
  state[0] = key0Low ^ 0x70736575;
  state[1] = key0High ^ 0x736f6d65;
  state[2] = key1Low ^ 0x6e646f6d;
  state[3] = key1High ^ 0x646f7261;
  state[4] = key0Low ^ 0x6e657261;
  state[5] = key0High ^ 0x6c796765;
  state[6] = key1Low ^ 0x79746573;
  state[7] = key1High ^ 0x74656462;

  const length = end - start;
  const wordsEnd = end - (length % WORD_BYTES);
  for (let position = start; position < wordsEnd; position += WORD_BYTES) {
    compress(readHalf(bytes, position, end), readHalf(bytes, position + 4, end));
  }
  // The last word holds what is left over and, in its top byte, the length.
  compress(readHalf(bytes, wordsEnd, end), readHalf(bytes, wordsEnd + 4, end) | (length << 24));

  state[4] ^= 0xff;
  mix(FINAL_ROUNDS);
  sipHashResult.low = foldWords(0);
  sipHashResult.high = foldWords(1);
}

/** The last result as a safe integer that is never 0, which everywhere stands for nobody. */
export function sipHashNumber(): number {
  const number = (sipHashResult.high >>> (32 - NUMBER_HIGH_BITS)) * TWO_POW_32 + sipHashResult.low;
  return number === 0 ? 1 : number;
}

/** As people see such a number: twelve hex digits of it. */
export function shownNumber(number: number): string {
  return (number % SHOWN_MAX).toString(16).padStart(SHOWN_DIGITS, "0");
}

/** The words of the state, one half of each, in one. */
function foldWords(half: 0 | 1): number {
  return ((state[half] ?? 0) ^ (state[2 + half] ?? 0) ^ (state[4 + half] ?? 0) ^ (state[6 + half] ?? 0)) >>> 0;
}

function compress(low: number, high: number): void {
  state[6] = (state[6] ?? 0) ^ low;
  state[7] = (state[7] ?? 0) ^ high;
  mix(COMPRESSION_ROUNDS);
  state[0] = (state[0] ?? 0) ^ low;
  state[1] = (state[1] ?? 0) ^ high;
}

/** Up to four bytes, little-endian, zeros after `end`. */
function readHalf(bytes: Uint8Array, start: number, end: number): number {
  let half = 0;
  for (let index = 0; index < 4 && start + index < end; index++) half |= (bytes[start + index] ?? 0) << (8 * index);
  return half;
}

/** The rounds of the paper. */
function mix(rounds: number): void {
  let low0 = state[0] ?? 0;
  let high0 = state[1] ?? 0;
  let low1 = state[2] ?? 0;
  let high1 = state[3] ?? 0;
  let low2 = state[4] ?? 0;
  let high2 = state[5] ?? 0;
  let low3 = state[6] ?? 0;
  let high3 = state[7] ?? 0;
  let half = 0;
  for (let round = 0; round < rounds; round++) {
    // v0 += v1; v1 = rotate(v1, 13) ^ v0; v0 = rotate(v0, 32)
    low0 = (low0 + low1) | 0;
    high0 = (high0 + high1 + carryOf(low0, low1)) | 0;
    half = (high1 << 13) | (low1 >>> 19);
    low1 = ((low1 << 13) | (high1 >>> 19)) ^ low0;
    high1 = half ^ high0;
    half = high0;
    high0 = low0;
    low0 = half;
    // v2 += v3; v3 = rotate(v3, 16) ^ v2
    low2 = (low2 + low3) | 0;
    high2 = (high2 + high3 + carryOf(low2, low3)) | 0;
    half = (high3 << 16) | (low3 >>> 16);
    low3 = ((low3 << 16) | (high3 >>> 16)) ^ low2;
    high3 = half ^ high2;
    // v0 += v3; v3 = rotate(v3, 21) ^ v0
    low0 = (low0 + low3) | 0;
    high0 = (high0 + high3 + carryOf(low0, low3)) | 0;
    half = (high3 << 21) | (low3 >>> 11);
    low3 = ((low3 << 21) | (high3 >>> 11)) ^ low0;
    high3 = half ^ high0;
    // v2 += v1; v1 = rotate(v1, 17) ^ v2; v2 = rotate(v2, 32)
    low2 = (low2 + low1) | 0;
    high2 = (high2 + high1 + carryOf(low2, low1)) | 0;
    half = (high1 << 17) | (low1 >>> 15);
    low1 = ((low1 << 17) | (high1 >>> 15)) ^ low2;
    high1 = half ^ high2;
    half = high2;
    high2 = low2;
    low2 = half;
  }
  state[0] = low0;
  state[1] = high0;
  state[2] = low1;
  state[3] = high1;
  state[4] = low2;
  state[5] = high2;
  state[6] = low3;
  state[7] = high3;
}

/** A sum is smaller than what was added exactly when it ran over. */
function carryOf(sum: number, addend: number): number {
  return sum >>> 0 < addend >>> 0 ? 1 : 0;
}
