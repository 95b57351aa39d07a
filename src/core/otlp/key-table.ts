/**
 * Finds the slot of an attribute key from its bytes, without making a string of it.
 *
 * Most attributes of a span are of no interest, so the common answer is "none" and must be quick: a
 * key's length and three of its bytes lead to one place in a table, which is usually empty. Only when
 * it is not are the bytes compared.
 */
import { assert } from "../assert.ts";
import { equalBytes } from "./wire.ts";

export const NO_SLOT = -1;

const MULTIPLIER_ATTEMPTS = 1000;
const PLACES_PER_KEY = 8;

export class KeyTable {
  readonly #keys: readonly Uint8Array[];
  readonly #slots: Int16Array;
  readonly #mask: number;
  readonly #multiplier: number;

  constructor(keys: readonly string[]) {
    assert(new Set(keys).size === keys.length, "attribute keys must differ");
    this.#keys = keys.map((key) => new TextEncoder().encode(key));
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, keys.length) * PLACES_PER_KEY));
    this.#mask = size - 1;
    this.#slots = new Int16Array(size).fill(NO_SLOT);
    this.#multiplier = findMultiplier(this.#keys, this.#mask);
    this.#keys.forEach((key, slot) => {
      let place = placeOf(key, 0, key.length, this.#multiplier, this.#mask);
      while (this.#slots[place] !== NO_SLOT) place = (place + 1) & this.#mask;
      this.#slots[place] = slot;
    });
  }

  /** The index of the key in the list, or NO_SLOT. */
  slotOf(bytes: Uint8Array, start: number, end: number): number {
    let place = placeOf(bytes, start, end, this.#multiplier, this.#mask);
    for (;;) {
      const slot = this.#slots[place] ?? NO_SLOT;
      if (slot === NO_SLOT) return NO_SLOT;
      const key = this.#keys[slot];
      if (key !== undefined && equalBytes(bytes, start, end, key)) return slot;
      place = (place + 1) & this.#mask;
    }
  }
}

function placeOf(bytes: Uint8Array, start: number, end: number, multiplier: number, mask: number): number {
  return (Math.imul(featuresOf(bytes, start, end), multiplier) >>> 15) & mask;
}

function featuresOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  // Keys share prefixes ("http.request."), so what tells them apart sits in the middle and at the end.
  const middle = bytes[start + (length >> 1)] ?? 0;
  const last = bytes[end - 1] ?? 0;
  const beforeLast = bytes[end - (length > 2 ? 3 : 1)] ?? 0;
  return length ^ (middle << 6) ^ (last << 13) ^ (beforeLast << 20);
}

/**
 * A multiplier under which no two keys meet, if one is found soon; lookups are right under any. Keys with
 * the same features (`x-api-key`, `x_api_key`) meet under all of them.
 */
function findMultiplier(keys: readonly Uint8Array[], mask: number): number {
  const distinctCount = new Set(keys.map((key) => featuresOf(key, 0, key.length))).size;
  let multiplier = 0x9e3779b1;
  for (let attempt = 0; attempt < MULTIPLIER_ATTEMPTS; attempt++) {
    const places = new Set(keys.map((key) => placeOf(key, 0, key.length, multiplier, mask)));
    if (places.size === distinctCount) return multiplier;
    multiplier = Math.imul(multiplier, 0x2c1b3c6d) | 1;
  }
  return multiplier;
}
