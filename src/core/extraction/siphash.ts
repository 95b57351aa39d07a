/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash whose results tell nothing about the
 * input to whoever lacks the key, and quick on inputs as short as an address.
 *
 * JavaScript has no 64-bit integers outside of objects, so every 64-bit word is two halves here.
 */
export type SipHashKey = readonly [number, number, number, number];

/** The last result as two unsigned halves: two numbers without an object for them. */
export const sipHashResult = { high: 0, low: 0 };

const WORD_BYTES = 8;
const COMPRESSION_ROUNDS = 2;
const FINAL_ROUNDS = 4;

// The four words of the state. One hash runs at a time and starts by setting them all.
let v0High = 0;
let v0Low = 0;
let v1High = 0;
let v1Low = 0;
let v2High = 0;
let v2Low = 0;
let v3High = 0;
let v3Low = 0;

/** Leaves the hash in `sipHashResult`. The key is four 32-bit words, least significant first. */
export function sipHash24(key: SipHashKey, bytes: Uint8Array, start: number, end: number): void {
  const [key0Low, key0High, key1Low, key1High] = key;
  v0High = key0High ^ 0x736f6d65;
  v0Low = key0Low ^ 0x70736575;
  v1High = key1High ^ 0x646f7261;
  v1Low = key1Low ^ 0x6e646f6d;
  v2High = key0High ^ 0x6c796765;
  v2Low = key0Low ^ 0x6e657261;
  v3High = key1High ^ 0x74656462;
  v3Low = key1Low ^ 0x79746573;

  const length = end - start;
  const wordsEnd = start + length - (length % WORD_BYTES);
  for (let position = start; position < wordsEnd; position += WORD_BYTES) {
    compress(readHalf(bytes, position + 4, end), readHalf(bytes, position, end));
  }
  // The last word holds what is left over and, in its top byte, the length.
  compress(readHalf(bytes, wordsEnd + 4, end) | (length << 24), readHalf(bytes, wordsEnd, end));

  v2Low ^= 0xff;
  mix(FINAL_ROUNDS);
  sipHashResult.high = (v0High ^ v1High ^ v2High ^ v3High) >>> 0;
  sipHashResult.low = (v0Low ^ v1Low ^ v2Low ^ v3Low) >>> 0;
}

function compress(high: number, low: number): void {
  v3High ^= high;
  v3Low ^= low;
  mix(COMPRESSION_ROUNDS);
  v0High ^= high;
  v0Low ^= low;
}

/** Up to four bytes, little-endian, zeros after `end`. */
function readHalf(bytes: Uint8Array, start: number, end: number): number {
  let half = 0;
  for (let index = 0; index < 4 && start + index < end; index++) half |= (bytes[start + index] ?? 0) << (8 * index);
  return half;
}

/** The rounds of the paper. Names without `v` are the halves of one round's words. */
function mix(rounds: number): void {
  let high0 = v0High;
  let low0 = v0Low;
  let high1 = v1High;
  let low1 = v1Low;
  let high2 = v2High;
  let low2 = v2Low;
  let high3 = v3High;
  let low3 = v3Low;
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
  v0High = high0;
  v0Low = low0;
  v1High = high1;
  v1Low = low1;
  v2High = high2;
  v2Low = low2;
  v3High = high3;
  v3Low = low3;
}

/** A sum is smaller than what was added exactly when it ran over. */
function carryOf(sum: number, addend: number): number {
  return sum >>> 0 < addend >>> 0 ? 1 : 0;
}
