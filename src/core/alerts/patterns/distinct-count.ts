/**
 * Counts how many different things there were, without remembering which (linear counting).
 *
 * Each value sets one bit; the share of bits that stayed clear tells how many values there were. Within a
 * few percent up to about four times as many values as bits; what comes beyond counts as that many.
 */
export type DistinctCount = Uint32Array;

const BITS_PER_WORD = 32;

/** `bits` is a power of two, at least 32. */
export function createDistinctCount(bits: number): DistinctCount {
  return new Uint32Array(bits / BITS_PER_WORD);
}

/** So many bits of a larger one, as a count of its own: a buffer takes 300 bytes besides what it holds. */
export function partOf(
  words: DistinctCount,
  place: { readonly fromBit: number; readonly bits: number },
): DistinctCount {
  const first = place.fromBit / BITS_PER_WORD;
  return words.subarray(first, first + place.bits / BITS_PER_WORD);
}

/** `hash` is a whole number whose low bits are well mixed. */
export function countDistinct(words: DistinctCount, hash: number): void {
  const bit = (hash >>> 0) % (words.length * BITS_PER_WORD);
  words[bit >>> 5] = (words[bit >>> 5] ?? 0) | (1 << (bit & 31));
}

export function distinctCount(words: DistinctCount): number {
  const bits = words.length * BITS_PER_WORD;
  let clear = bits;
  for (const word of words) clear -= bitsIn(word);
  return bits * Math.log(bits / Math.max(1, clear));
}

function bitsIn(word: number): number {
  let rest = word;
  let count = 0;
  for (; rest !== 0; count++) rest &= rest - 1;
  return count;
}
