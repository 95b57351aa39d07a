/**
 * Finds the places in a request where a credential may stand, at next to no cost where there is none.
 *
 * Every credential that can be recognised has three bytes that ordinary telemetry seldom has: `eyJ` begins
 * a JSON Web Token, `ssw` is in every password. These anchors are searched all at once, over the raw bytes and
 * before anything is parsed. A hit is only a reason to look closely; a place without one is never looked at.
 */
import { assert } from "../../assert.ts";
import type { AnchorWord } from "./anchor-word.ts";
import { readAnchorWord, stands } from "./anchor-word.ts";
import type { FindWord, SimdSearch } from "./simd-search.ts";
import {
  createSimdSearch,
  OVERREAD_BYTES,
  TABLE_BYTES,
  TEXT_MAX_BYTES,
  TEXT_START,
  WORD_BYTES,
} from "./simd-search.ts";

/** What `next` answers when there is no further anchor: beyond every place. */
export const NO_ANCHOR = Number.MAX_SAFE_INTEGER;

/** One bit of a byte each. */
const BUCKETS_MAX = 8;

const NO_BYTES = new Uint8Array(0);

export class AnchorSearch {
  readonly #memory: Uint8Array;
  readonly #find: FindWord;
  /** By every spelling of the three bytes, as a number. */
  readonly #words: ReadonlyMap<number, readonly AnchorWord[]>;
  #bytes: Uint8Array = NO_BYTES;
  #windowStart = 0;
  #windowEnd = 0;

  /**
   * Words as `AnchorWord` has them, in at most eight buckets: those that differ in few places share one, because a
   * bucket is slowed by mixtures of its words.
   */
  constructor(texts: ReadonlyArray<readonly string[]>, search = createSimdSearch() ?? createPlainSearch()) {
    const buckets = texts.map((bucket) => bucket.map(readAnchorWord));
    assert(buckets.length <= BUCKETS_MAX, "every bucket has a bit of a byte");
    this.#memory = search.memory;
    this.#find = search.find;
    fillTables(this.#memory, buckets);
    this.#words = wordsByNumber(buckets.flat());
  }

  /** Takes the bytes to search. They must not change before the next call. */
  load(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#windowStart = 0;
    this.#windowEnd = 0;
  }

  /** Lets go of the bytes: an idle search must not keep the largest request alive. */
  release(): void {
    this.load(NO_BYTES);
  }

  /** The first place from `from` on where the three bytes of an anchor begin. */
  next(from: number): number {
    let start = from;
    while (start + WORD_BYTES <= this.#bytes.length) {
      if (start < this.#windowStart || start + WORD_BYTES > this.#windowEnd) this.#moveWindow(start);
      const found = this.#find(start - this.#windowStart, this.#windowEnd - this.#windowStart);
      if (found === -1) start = this.#windowEnd - WORD_BYTES + 1;
      else {
        start = this.#windowStart + found;
        if (this.#isWord(start)) return start;
        start++;
      }
    }
    return NO_ANCHOR;
  }

  /** Tells words from mixtures of them, such as halves of trace ids. */
  #isWord(start: number): boolean {
    const bytes = this.#bytes;
    const words = this.#words.get(packed(bytes[start] ?? 0, bytes[start + 1] ?? 0, bytes[start + 2] ?? 0));
    return words?.some((word) => stands(word, bytes, start)) ?? false;
  }

  #moveWindow(start: number): void {
    this.#windowStart = start;
    this.#windowEnd = Math.min(this.#bytes.length, start + TEXT_MAX_BYTES);
    const length = this.#windowEnd - start;
    this.#memory.set(
      length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(start, this.#windowEnd),
      TEXT_START,
    );
    // No word has a zero in it, so nothing is found that reaches beyond the end.
    this.#memory.fill(0, TEXT_START + length, TEXT_START + length + OVERREAD_BYTES);
  }
}

/** The same search, a byte at a time: for processors without the instructions, and to test against. */
export function createPlainSearch(): SimdSearch {
  const memory = new Uint8Array(TEXT_START + TEXT_MAX_BYTES + OVERREAD_BYTES);
  const find = (start: number, end: number) => {
    for (let position = start; position < end; position++) {
      let buckets = 0xff;
      for (let index = 0; index < WORD_BYTES; index++) {
        const byte = memory[TEXT_START + position + index] ?? 0;
        const table = 2 * index * TABLE_BYTES;
        buckets &= (memory[table + (byte & 0x0f)] ?? 0) & (memory[table + TABLE_BYTES + (byte >> 4)] ?? 0);
      }
      if (buckets !== 0) return position;
    }
    return -1;
  };
  return { memory, find };
}

function wordsByNumber(words: readonly AnchorWord[]): ReadonlyMap<number, readonly AnchorWord[]> {
  const byNumber = new Map<number, AnchorWord[]>();
  for (const word of words) {
    for (const number of word.spellings.map(numberOf)) byNumber.set(number, [...(byNumber.get(number) ?? []), word]);
  }
  return byNumber;
}

function fillTables(memory: Uint8Array, buckets: ReadonlyArray<readonly AnchorWord[]>): void {
  for (const [bucket, words] of buckets.entries()) {
    for (const { spellings } of words) {
      for (const spelling of spellings) {
        for (let index = 0; index < WORD_BYTES; index++) {
          const byte = spelling.charCodeAt(index);
          const table = 2 * index * TABLE_BYTES;
          addBit(memory, table + (byte & 0x0f), bucket);
          addBit(memory, table + TABLE_BYTES + (byte >> 4), bucket);
        }
      }
    }
  }
}

function addBit(memory: Uint8Array, at: number, bucket: number): void {
  memory[at] = (memory[at] ?? 0) | (1 << bucket);
}

function numberOf(word: string): number {
  return packed(word.charCodeAt(0), word.charCodeAt(1), word.charCodeAt(2));
}

function packed(first: number, second: number, third: number): number {
  return first | (second << 8) | (third << 16);
}
