/**
 * The names of all endpoints as numbers and bytes, found by open addressing.
 *
 * As objects, strings and maps the names of a million endpoints took 200 MB, and as much again for the
 * garbage collector to work in; here they take sixty bytes each, with the index. Names come from outside,
 * hence the secret in the hash: nobody can crowd one place of the table.
 */
import { hashBytes, readText } from "../otlp/wire.ts";
import { hashText } from "./hash-text.ts";

/** What tells endpoints apart. `hash` of a service is that of its names: its index is another in every run. */
export type EndpointIdentity = {
  readonly service: { readonly index: number; readonly hash: number };
  readonly method: string;
  readonly route: string;
};

export const NO_ENDPOINT = -1;

const FIRST_CAPACITY = 1024;
/** Part of the places that may be taken before there are twice as many. */
const LOAD_MAX = 0.6;
/** No canonical route is as long; what is beyond would not count. */
const ROUTE_MAX_BYTES = 4096;
const CHUNK_BYTES = 1 << 18;
/** As many methods as a byte can tell apart, a multiple of those that there are. */
const METHODS_MAX = 256;

const utf8 = new TextEncoder();

export class NameTable {
  readonly #hashSeed: number;
  readonly #methods: string[] = [];
  readonly #methodNumbers = new Map<string, number>();
  readonly #methodHashes: number[] = [];
  // By id. The hash is kept so that places can be moved without reading names again.
  #serviceIndexes = new Int32Array(FIRST_CAPACITY);
  #methodsOf = new Uint8Array(FIRST_CAPACITY);
  #starts = new Int32Array(FIRST_CAPACITY);
  #lengths = new Uint16Array(FIRST_CAPACITY);
  #hashes = new Int32Array(FIRST_CAPACITY);
  /** The id plus one, 0 where the place is free. */
  #places = new Int32Array(FIRST_CAPACITY);
  #size = 0;
  /** Routes, none across the end of a chunk. */
  #chunks: Uint8Array[] = [];
  #usedBytes = 0;
  #forgottenBytes = 0;
  // The identity that is looked for, used again for the next.
  #soughtService = 0;
  #soughtMethod = 0;
  #soughtLength = 0;
  #soughtHash = 0;
  readonly #soughtRoute = new Uint8Array(ROUTE_MAX_BYTES);

  constructor(hashSeed: number) {
    this.#hashSeed = hashSeed;
  }

  find(identity: EndpointIdentity): number {
    this.#seek(identity);
    const mask = this.#places.length - 1;
    for (let place = this.#soughtHash & mask; ; place = (place + 1) & mask) {
      const id = (this.#places[place] ?? 0) - 1;
      if (id === NO_ENDPOINT || this.#isSought(id)) return id;
    }
  }

  /** Only for an id that is free, and an identity that `find` does not know. */
  add(id: number, identity: EndpointIdentity): void {
    this.#seek(identity);
    if (id >= this.#hashes.length) this.#growColumns();
    this.#serviceIndexes[id] = this.#soughtService;
    this.#methodsOf[id] = this.#soughtMethod;
    this.#hashes[id] = this.#soughtHash;
    this.#lengths[id] = this.#soughtLength;
    this.#starts[id] = this.#store(this.#soughtRoute, 0, this.#soughtLength);
    if (this.#size >= this.#places.length * LOAD_MAX) this.#growPlaces();
    this.#put(id);
    this.#size += 1;
  }

  remove(id: number): void {
    this.#vacate(id);
    this.#size -= 1;
    this.#forgottenBytes += this.#lengths[id] ?? 0;
    this.#lengths[id] = 0;
    if (this.#forgottenBytes > this.#usedBytes / 2) this.#moveTogether();
  }

  serviceIndexOf(id: number): number {
    return this.#serviceIndexes[id] ?? 0;
  }

  methodOf(id: number): string {
    return this.#methods[this.#methodsOf[id] ?? 0] ?? "";
  }

  /** The same for the same names whenever the secret and the service's hash are. */
  hashOf(id: number): number {
    return this.#hashes[id] ?? 0;
  }

  /** A new string each time. */
  routeOf(id: number): string {
    const start = this.#starts[id] ?? 0;
    const chunk = this.#chunks[Math.floor(start / CHUNK_BYTES)];
    const at = start % CHUNK_BYTES;
    return chunk === undefined ? "" : readText(chunk, at, at + (this.#lengths[id] ?? 0));
  }

  #seek({ method, route, service }: EndpointIdentity): void {
    this.#soughtService = service.index;
    this.#soughtMethod = this.#numberOf(method);
    this.#soughtLength = utf8.encodeInto(route, this.#soughtRoute).written;
    const seed = this.#hashSeed ^ service.hash ^ (this.#methodHashes[this.#soughtMethod] ?? 0);
    this.#soughtHash = hashBytes(this.#soughtRoute, 0, this.#soughtLength, seed);
  }

  #isSought(id: number): boolean {
    if (this.#hashes[id] !== this.#soughtHash || this.#lengths[id] !== this.#soughtLength) return false;
    if (this.#serviceIndexes[id] !== this.#soughtService || this.#methodsOf[id] !== this.#soughtMethod) return false;
    const start = this.#starts[id] ?? 0;
    const chunk = this.#chunks[Math.floor(start / CHUNK_BYTES)];
    for (let index = 0; index < this.#soughtLength; index++) {
      if (chunk?.[(start % CHUNK_BYTES) + index] !== this.#soughtRoute[index]) return false;
    }
    return true;
  }

  #numberOf(method: string): number {
    const known = this.#methodNumbers.get(method);
    if (known !== undefined) return known;
    if (this.#methods.length === METHODS_MAX) throw new Error(`${method} is no canonical method`);
    this.#methodNumbers.set(method, this.#methods.length);
    this.#methodHashes.push(hashText(method, this.#hashSeed));
    return this.#methods.push(method) - 1;
  }

  /** Returns where the bytes stand from now on. */
  #store(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if ((this.#usedBytes % CHUNK_BYTES) + length > CHUNK_BYTES) {
      this.#usedBytes = this.#chunks.length * CHUNK_BYTES;
    }
    const at = this.#usedBytes;
    if (at + length > this.#chunks.length * CHUNK_BYTES) this.#chunks.push(new Uint8Array(CHUNK_BYTES));
    const chunk = this.#chunks[Math.floor(at / CHUNK_BYTES)];
    for (let index = 0; chunk !== undefined && index < length; index++) {
      chunk[(at % CHUNK_BYTES) + index] = bytes[start + index] ?? 0;
    }
    this.#usedBytes += length;
    return at;
  }

  /** Leaves out the routes that are forgotten. */
  #moveTogether(): void {
    const before = this.#chunks;
    this.#chunks = [];
    this.#usedBytes = 0;
    this.#forgottenBytes = 0;
    for (const taken of this.#places) {
      const start = this.#starts[taken - 1] ?? 0;
      const chunk = before[Math.floor(start / CHUNK_BYTES)];
      if (taken === 0 || chunk === undefined) continue;
      const at = start % CHUNK_BYTES;
      this.#starts[taken - 1] = this.#store(chunk, at, at + (this.#lengths[taken - 1] ?? 0));
    }
  }

  #put(id: number): void {
    const mask = this.#places.length - 1;
    let place = (this.#hashes[id] ?? 0) & mask;
    while (this.#places[place] !== 0) place = (place + 1) & mask;
    this.#places[place] = id + 1;
  }

  /** What was pushed further on moves back, so that a search may end at the first free place. */
  #vacate(id: number): void {
    const mask = this.#places.length - 1;
    let hole = (this.#hashes[id] ?? 0) & mask;
    while (this.#places[hole] !== id + 1) hole = (hole + 1) & mask;
    for (let place = (hole + 1) & mask; this.#places[place] !== 0; place = (place + 1) & mask) {
      const home = (this.#hashes[(this.#places[place] ?? 0) - 1] ?? 0) & mask;
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      this.#places[hole] = this.#places[place] ?? 0;
      hole = place;
    }
    this.#places[hole] = 0;
  }

  #growPlaces(): void {
    const before = this.#places;
    this.#places = new Int32Array(before.length * 2);
    for (const taken of before) if (taken !== 0) this.#put(taken - 1);
  }

  #growColumns(): void {
    const capacity = this.#hashes.length * 2;
    this.#serviceIndexes = grown(this.#serviceIndexes, new Int32Array(capacity));
    this.#methodsOf = grown(this.#methodsOf, new Uint8Array(capacity));
    this.#starts = grown(this.#starts, new Int32Array(capacity));
    this.#lengths = grown(this.#lengths, new Uint16Array(capacity));
    this.#hashes = grown(this.#hashes, new Int32Array(capacity));
  }
}

function grown<Column extends Uint8Array | Uint16Array | Int32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
