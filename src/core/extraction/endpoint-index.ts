/**
 * Finds an endpoint's id by its names: open addressing over numbers.
 *
 * A Map of Maps by method and route took about ninety bytes an endpoint, this takes twelve. Names come
 * from outside, hence the secret in the hash: nobody can crowd one place of the table.
 */
import type { ServiceScope } from "./service-table.ts";

export type IndexedNames = { readonly scope: ServiceScope; readonly method: string; readonly route: string };

export const NOT_INDEXED = -1;

const FIRST_CAPACITY = 1024;
/** Part of the places that may be taken before there are twice as many. */
const LOAD_MAX = 0.6;

export class EndpointIndex {
  readonly #hashSeed: number;
  readonly #namesOf: (id: number) => IndexedNames | undefined;
  /** The id plus one, 0 where the place is free. */
  #places = new Int32Array(FIRST_CAPACITY);
  /** By id, so that entries can be moved without reading their names again. */
  #hashes = new Int32Array(FIRST_CAPACITY);
  #size = 0;

  constructor(hashSeed: number, namesOf: (id: number) => IndexedNames | undefined) {
    this.#hashSeed = hashSeed;
    this.#namesOf = namesOf;
  }

  find(names: IndexedNames): number {
    const hash = this.#hash(names);
    const mask = this.#places.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const id = (this.#places[place] ?? 0) - 1;
      if (id === NOT_INDEXED) return NOT_INDEXED;
      if (this.#hashes[id] === hash && isSame(this.#namesOf(id), names)) return id;
    }
  }

  /** Only for names that `find` does not know. */
  add(id: number, names: IndexedNames): void {
    if (id >= this.#hashes.length) this.#hashes = twiceAsLong(this.#hashes);
    if (this.#size >= this.#places.length * LOAD_MAX) this.#grow();
    this.#hashes[id] = this.#hash(names);
    this.#put(id);
    this.#size += 1;
  }

  remove(id: number): void {
    const mask = this.#places.length - 1;
    let hole = (this.#hashes[id] ?? 0) & mask;
    while (this.#places[hole] !== id + 1) hole = (hole + 1) & mask;
    // What was pushed further on moves back, so that a search may end at the first free place.
    for (let place = (hole + 1) & mask; this.#places[place] !== 0; place = (place + 1) & mask) {
      const home = (this.#hashes[(this.#places[place] ?? 0) - 1] ?? 0) & mask;
      if (((place - home) & mask) < ((place - hole) & mask)) continue;
      this.#places[hole] = this.#places[place] ?? 0;
      hole = place;
    }
    this.#places[hole] = 0;
    this.#size -= 1;
  }

  #put(id: number): void {
    const mask = this.#places.length - 1;
    let place = (this.#hashes[id] ?? 0) & mask;
    while (this.#places[place] !== 0) place = (place + 1) & mask;
    this.#places[place] = id + 1;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Int32Array(before.length * 2);
    for (const taken of before) if (taken !== 0) this.#put(taken - 1);
  }

  #hash({ scope, method, route }: IndexedNames): number {
    let hash = Math.imul(scope.index ^ this.#hashSeed, 0x2c1b3c6d);
    hash = hashText(hash, method);
    hash = hashText(hash, route);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return hash ^ (hash >>> 13);
  }
}

function hashText(seed: number, text: string): number {
  let hash = seed ^ text.length;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}

function isSame(known: IndexedNames | undefined, sought: IndexedNames): boolean {
  return (
    known !== undefined &&
    known.route === sought.route &&
    known.method === sought.method &&
    known.scope === sought.scope
  );
}

function twiceAsLong(column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(column.length * 2);
  longer.set(column);
  return longer;
}
