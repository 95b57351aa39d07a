/**
 * Remembers which clients have lately succeeded on which endpoint: an attack comes from clients that never
 * have, a fault of our own hits those that always do.
 *
 * Two generations of bits, the younger one written, both asked. A pair sets two bits in one word, so that a
 * success costs one place in memory. A generation ends after six hours, or when so much is written that
 * strangers would too often pass for known: then memory is shorter, never larger. A restart begins with an
 * empty memory, and `isRipe` says when what it knows is worth something again.
 */
import type { UnixMillis } from "../../time.ts";
import { HOUR_MS, MINUTE_MS } from "../../time.ts";
import { mixClient } from "./mix.ts";

/** Half a megabyte in each of two generations. */
const WORDS = 2 ** 17;
const GENERATION_MS = 6 * HOUR_MS;
/** Every fifth bit set: 4 strangers in 100 pass for known in a generation, at most. */
const PAIRS_MAX = (WORDS * 32) / 10;
const RIPE_AFTER_MS = 10 * MINUTE_MS;

export class KnownClients {
  #younger: Uint32Array<ArrayBuffer> = new Uint32Array(WORDS);
  #older: Uint32Array<ArrayBuffer> | null = null;
  #pairs = 0;
  #youngerSince: UnixMillis | null = null;
  #since: UnixMillis = 0;

  /** Runs for every success. */
  noteSuccess(client: number, endpointId: number, now: UnixMillis): void {
    if (client === 0) return;
    if (this.#youngerSince === null || now - this.#youngerSince > GENERATION_MS || this.#pairs >= PAIRS_MAX)
      this.#beginGeneration(now);
    const hash = mixClient(client, endpointId);
    const place = hash & (WORDS - 1);
    const mask = maskOf(hash);
    const word = this.#younger[place] ?? 0;
    if ((word & mask) === mask) return;
    this.#younger[place] = word | mask;
    this.#pairs += 1;
  }

  has(client: number, endpointId: number): boolean {
    const hash = mixClient(client, endpointId);
    const place = hash & (WORDS - 1);
    const mask = maskOf(hash);
    return isSet(this.#younger, place, mask) || (this.#older !== null && isSet(this.#older, place, mask));
  }

  /** Whether a client it does not know may be called new. */
  isRipe(now: UnixMillis): boolean {
    return this.#youngerSince !== null && now - this.#since >= RIPE_AFTER_MS;
  }

  #beginGeneration(now: UnixMillis): void {
    const emptied = this.#older?.fill(0) ?? new Uint32Array(WORDS);
    this.#since = this.#youngerSince ?? now;
    this.#older = this.#younger;
    this.#younger = emptied;
    this.#youngerSince = now;
    this.#pairs = 0;
  }
}

/** Two of a word's bits, from the part of the hash that does not choose the word. */
function maskOf(hash: number): number {
  return (1 << (hash >>> 27)) | (1 << ((hash >>> 22) & 31));
}

function isSet(words: Uint32Array, place: number, mask: number): boolean {
  return ((words[place] ?? 0) & mask) === mask;
}
