/**
 * What was written to the memory of known clients within some hours: half a megabyte of bits.
 *
 * A pair of client and endpoint sets two bits in one word, so that a success costs one place in memory. Bits
 * are stored by the page, and only pages that have gained some. They tell nobody who a client was: what is
 * hashed are keyed fingerprints.
 */
import type { UnixMillis } from "../../time.ts";

const PAGES = 64;
const PAGE_WORDS = 2 ** 11;
const WORDS = PAGES * PAGE_WORDS;
/** Every fifth bit set: 4 strangers in 100 pass for known, at most. */
const PAIRS_MAX = (WORDS * 32) / 10;
/** Bits of another version would mean something else. */
const PAGE_VERSION = 1;

export type KnownClientsCheckpoint = {
  readonly kind: "known_clients";
  readonly version: number;
  /** Which generation, counted from 1, and when it began. */
  readonly generation: number;
  readonly startedAt: UnixMillis;
  readonly page: number;
  readonly pairCount: number;
  /** In the order of bytes of this machine. They go on changing: to be written at once, or copied. */
  readonly bits: Uint8Array;
};

export class KnownClientsPage {
  readonly #generation: KnownClientsGeneration;
  readonly #page: number;
  readonly #words: Uint32Array<ArrayBuffer>;
  pairCount = 0;
  /** Has gained pairs since the last checkpoint. */
  isChanged = false;

  constructor(generation: KnownClientsGeneration, page: number, words: Uint32Array<ArrayBuffer>) {
    this.#generation = generation;
    this.#page = page;
    this.#words = words;
  }

  checkpoint(): KnownClientsCheckpoint {
    const { number, startedAt } = this.#generation;
    const { buffer, byteLength, byteOffset } = this.#words;
    const bits = new Uint8Array(buffer, byteOffset, byteLength);
    const { pairCount } = this;
    return {
      kind: "known_clients",
      version: PAGE_VERSION,
      generation: number,
      startedAt,
      page: this.#page,
      pairCount,
      bits,
    };
  }

  restore({ bits, pairCount }: KnownClientsCheckpoint): void {
    const { buffer, byteLength, byteOffset } = this.#words;
    new Uint8Array(buffer, byteOffset, byteLength).set(bits);
    this.pairCount = pairCount;
  }
}

export class KnownClientsGeneration {
  readonly number: number;
  readonly startedAt: UnixMillis;
  readonly #words = new Uint32Array(WORDS);
  readonly #pages: readonly KnownClientsPage[];
  #pairCount = 0;

  constructor({ number, startedAt }: Pick<KnownClientsGeneration, "number" | "startedAt">) {
    this.number = number;
    this.startedAt = startedAt;
    this.#pages = Array.from({ length: PAGES }, (_, page) => {
      return new KnownClientsPage(this, page, this.#words.subarray(page * PAGE_WORDS, (page + 1) * PAGE_WORDS));
    });
  }

  /** So much is written that strangers would too often pass for known. */
  get isFull(): boolean {
    return this.#pairCount >= PAIRS_MAX;
  }

  has(hash: number): boolean {
    const mask = maskOf(hash);
    return ((this.#words[placeOf(hash)] ?? 0) & mask) === mask;
  }

  /** The page that has gained the pair; undefined when it was known. */
  add(hash: number): KnownClientsPage | undefined {
    if (this.has(hash)) return undefined;
    const place = placeOf(hash);
    this.#words[place] = (this.#words[place] ?? 0) | maskOf(hash);
    this.#pairCount += 1;
    const page = this.#pages[Math.floor(place / PAGE_WORDS)];
    if (page !== undefined) page.pairCount += 1;
    return page;
  }

  restore(checkpoint: KnownClientsCheckpoint): void {
    const page = this.#pages[checkpoint.page];
    if (page === undefined) return;
    this.#pairCount += checkpoint.pairCount - page.pairCount;
    page.restore(checkpoint);
  }
}

export function isReadable({ bits, version }: KnownClientsCheckpoint): boolean {
  return version === PAGE_VERSION && bits.length === PAGE_WORDS * Uint32Array.BYTES_PER_ELEMENT;
}

function placeOf(hash: number): number {
  return hash & (WORDS - 1);
}

/** Two of a word's bits, from the part of the hash that does not choose the word. */
function maskOf(hash: number): number {
  return (1 << (hash >>> 27)) | (1 << ((hash >>> 22) & 31));
}
