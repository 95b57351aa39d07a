/**
 * Remembers which endpoint a sender's spelling of it stands for, by bytes.
 *
 * Building the strings of a method and a route and looking them up costs about ten times as much as
 * everything else done for a span. So an endpoint that has been seen is found again from the bytes as
 * they were sent: hashed, and compared with a stored copy. What is not remembered is not lost: its
 * name is worked out again, slowly.
 *
 * The table never forgets and is bounded all the same: each endpoint may have a few spellings, and all
 * of them share one store of bytes.
 */
import { hashBytes } from "../otlp/wire.ts";

/** How the bytes are to be read: the same bytes name different endpoints as template and as path. */
export type SpellingKind = "template" | "next-template" | "path" | "rpc" | "call";

const KIND_NUMBER = { template: 0, "next-template": 1, path: 2, rpc: 3, call: 4 } as const;
const KIND_BITS = 3;

/** Filled in by the caller and used again for every span. */
export type Spelling = {
  scopeIndex: number;
  kind: SpellingKind;
  /** HTTP method, or RPC service. */
  headBytes: Uint8Array;
  headStart: number;
  headEnd: number;
  /** Template or path, RPC method, or whom a call is for. */
  tailBytes: Uint8Array;
  tailStart: number;
  tailEnd: number;
};

export function createSpelling(): Spelling {
  const bytes = new Uint8Array(0);
  return {
    scopeIndex: 0,
    kind: "path",
    headBytes: bytes,
    headStart: 0,
    headEnd: 0,
    tailBytes: bytes,
    tailStart: 0,
    tailEnd: 0,
  };
}

export const NOT_REMEMBERED = -1;

export const SPELLINGS_PER_ENDPOINT_MAX = 4;
const STORE_MAX_BYTES = 256 * 1024 * 1024;
const SPELLING_MAX_BYTES = 1024;
const HEAD_MAX_BYTES = 255;
/** A longer run of occupied places is somebody's doing: names are then looked up the slow way. */
const PROBES_MAX = 64;
const FIRST_CAPACITY = 1024;

export class SpellingTable {
  readonly #hashSeed: number;
  /** Open addressing: index of an entry plus one, 0 where the place is free. */
  #places = new Int32Array(FIRST_CAPACITY * 2);
  #hashes = new Int32Array(FIRST_CAPACITY);
  #starts = new Int32Array(FIRST_CAPACITY + 1);
  #contexts = new Int32Array(FIRST_CAPACITY);
  #headLengths = new Uint8Array(FIRST_CAPACITY);
  #endpointIds = new Int32Array(FIRST_CAPACITY);
  #facts = new Uint16Array(FIRST_CAPACITY);
  #store = new Uint8Array(FIRST_CAPACITY * 32);
  /** By id of the endpoint. */
  #spellingCounts = new Uint8Array(FIRST_CAPACITY);
  size = 0;

  /** With a seed that senders do not know they cannot aim for one place of the table. */
  constructor(hashSeed: number) {
    this.#hashSeed = hashSeed;
  }

  /** The entry of a spelling, or NOT_REMEMBERED. */
  find(spelling: Spelling): number {
    const hash = this.#hash(spelling);
    const context = contextOf(spelling);
    const mask = this.#places.length - 1;
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const entry = (this.#places[(hash + probe) & mask] ?? 0) - 1;
      if (entry === NOT_REMEMBERED) return NOT_REMEMBERED;
      if (this.#hashes[entry] === hash && this.#contexts[entry] === context && this.#hasBytes(entry, spelling)) {
        return entry;
      }
    }
    return NOT_REMEMBERED;
  }

  /** Id of the endpoint that an entry stands for. */
  endpointIdAt(entry: number): number {
    return this.#endpointIds[entry] ?? 0;
  }

  /** What the caller wanted to know again: 16 bits. */
  factsAt(entry: number): number {
    return this.#facts[entry] ?? 0;
  }

  setFacts(entry: number, facts: number): void {
    this.#facts[entry] = facts;
  }

  /** The spelling stands for another endpoint from now on. */
  replace(entry: number, endpointId: number, facts: number): void {
    this.#endpointIds[entry] = endpointId;
    this.#facts[entry] = facts;
  }

  /** Only for a spelling that `find` does not know. Does nothing when there is no room. */
  remember(spelling: Spelling, endpointId: number, facts: number): void {
    while (endpointId >= this.#spellingCounts.length) {
      this.#spellingCounts = grown(this.#spellingCounts, new Uint8Array(this.#spellingCounts.length * 2));
    }
    const spellingCount = this.#spellingCounts[endpointId] ?? 0;
    if (spellingCount >= SPELLINGS_PER_ENDPOINT_MAX) return;
    const headLength = spelling.headEnd - spelling.headStart;
    const length = headLength + spelling.tailEnd - spelling.tailStart;
    const start = this.#starts[this.size] ?? 0;
    if (headLength > HEAD_MAX_BYTES || length > SPELLING_MAX_BYTES || start + length > STORE_MAX_BYTES) return;
    this.#reserve(start + length);
    const hash = this.#hash(spelling);
    if (!this.#place(hash, this.size)) return;
    const entry = this.size++;
    this.#spellingCounts[endpointId] = spellingCount + 1;
    this.#hashes[entry] = hash;
    this.#contexts[entry] = contextOf(spelling);
    this.#headLengths[entry] = headLength;
    this.#endpointIds[entry] = endpointId;
    this.#facts[entry] = facts;
    this.#starts[entry + 1] = start + length;
    copy(spelling.headBytes, spelling.headStart, spelling.headEnd, this.#store, start);
    copy(spelling.tailBytes, spelling.tailStart, spelling.tailEnd, this.#store, start + headLength);
  }

  /** Drops what stands for these endpoints, and moves the rest together. A pass over all entries. */
  forget(endpointIds: ReadonlySet<number>): void {
    const before = this.size;
    this.size = 0;
    for (let entry = 0; entry < before; entry++) {
      if (!endpointIds.has(this.endpointIdAt(entry))) this.#moveDown(entry);
    }
    for (const id of endpointIds) this.#spellingCounts[id] = 0;
    this.#places.fill(0);
    for (let entry = 0; entry < this.size; entry++) this.#place(this.#hashes[entry] ?? 0, entry);
  }

  #moveDown(from: number): void {
    const to = this.size++;
    const start = this.#starts[to] ?? 0;
    const storedAt = this.#starts[from] ?? 0;
    const storedEnd = this.#starts[from + 1] ?? 0;
    this.#store.copyWithin(start, storedAt, storedEnd);
    this.#starts[to + 1] = start + storedEnd - storedAt;
    for (const column of [this.#hashes, this.#contexts, this.#headLengths, this.#endpointIds, this.#facts]) {
      column[to] = column[from] ?? 0;
    }
  }

  #hash(spelling: Spelling): number {
    const { headBytes, headStart, headEnd, tailBytes, tailStart, tailEnd } = spelling;
    const seed = hashBytes(headBytes, headStart, headEnd, this.#hashSeed ^ contextOf(spelling));
    return hashBytes(tailBytes, tailStart, tailEnd, seed);
  }

  #hasBytes(entry: number, spelling: Spelling): boolean {
    const { headBytes, headStart, headEnd, tailBytes, tailStart, tailEnd } = spelling;
    const start = this.#starts[entry] ?? 0;
    const headLength = headEnd - headStart;
    const length = headLength + tailEnd - tailStart;
    if (this.#headLengths[entry] !== headLength || (this.#starts[entry + 1] ?? 0) - start !== length) return false;
    const store = this.#store;
    for (let index = 0; index < headLength; index++) {
      if (store[start + index] !== headBytes[headStart + index]) return false;
    }
    for (let index = headLength; index < length; index++) {
      if (store[start + index] !== tailBytes[tailStart + index - headLength]) return false;
    }
    return true;
  }

  #place(hash: number, entry: number): boolean {
    const mask = this.#places.length - 1;
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const place = (hash + probe) & mask;
      if (this.#places[place] !== 0) continue;
      this.#places[place] = entry + 1;
      return true;
    }
    return false;
  }

  /** Makes room for one entry and for the bytes up to `storeLength`. */
  #reserve(storeLength: number): void {
    if (storeLength > this.#store.length) this.#store = grown(this.#store, new Uint8Array(this.#store.length * 2));
    if (this.size < this.#hashes.length) return;
    const capacity = this.#hashes.length * 2;
    this.#hashes = grown(this.#hashes, new Int32Array(capacity));
    this.#starts = grown(this.#starts, new Int32Array(capacity + 1));
    this.#contexts = grown(this.#contexts, new Int32Array(capacity));
    this.#headLengths = grown(this.#headLengths, new Uint8Array(capacity));
    this.#endpointIds = grown(this.#endpointIds, new Int32Array(capacity));
    this.#facts = grown(this.#facts, new Uint16Array(capacity));
    this.#places = new Int32Array(capacity * 2);
    for (let entry = 0; entry < this.size; entry++) this.#place(this.#hashes[entry] ?? 0, entry);
  }
}

function contextOf({ scopeIndex, kind }: Spelling): number {
  return (scopeIndex << KIND_BITS) | KIND_NUMBER[kind];
}

function copy(source: Uint8Array, start: number, end: number, target: Uint8Array, targetStart: number): void {
  for (let index = 0; index < end - start; index++) target[targetStart + index] = source[start + index] ?? 0;
}

function grown<Column extends Uint8Array | Uint16Array | Int32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
