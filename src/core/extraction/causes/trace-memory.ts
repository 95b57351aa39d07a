/**
 * Remembers things by the trace they belong to, in a place of fixed size.
 *
 * A keyed hash of the trace id names a set of eight places, which are taken in turn: what is pushed out
 * is forgotten, which costs an explanation and nothing else. Asking for a trace of which nothing is
 * known, as for nearly all, compares eight numbers that lie side by side. Trace ids come from outside
 * and may be chosen, hence the secret in the hash.
 */

/** Sets of a memory. */
export const TRACE_SETS = 1 << 11;
/** Things remembered of one trace; a trace shares its set with few others. */
export const SET_SIZE = 8;

const TAG_RANGE = 2 ** 32;
const EMPTY = 0;
const NONE: readonly never[] = [];

/** A set and a tag in one number. */
export type TraceKey = number;

/** The 16 bytes must be there. */
export function traceKeyOf(bytes: Uint8Array, traceIdStart: number, seed: number): TraceKey {
  let low = seed | 1;
  let high = ~seed;
  for (let position = traceIdStart; position < traceIdStart + 16; position++) {
    const byte = bytes[position] ?? 0;
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x2c1b3c6d) ^ (high >>> 15);
  }
  // An empty place has the tag zero.
  return ((high ^ (high >>> 13)) & (TRACE_SETS - 1)) * TAG_RANGE + ((low ^ (low >>> 16) ^ (high & ~0xffff)) >>> 0 || 1);
}

export class TraceMemory<Entry> {
  /** Things that have made place for newer ones. */
  displacedCount = 0;
  readonly #tags = new Uint32Array(TRACE_SETS * SET_SIZE);
  readonly #entries = new Array<Entry | undefined>(TRACE_SETS * SET_SIZE).fill(undefined);
  /** The place of each set that is taken next. */
  readonly #turns = new Uint8Array(TRACE_SETS);

  add(key: TraceKey, entry: Entry): void {
    const set = Math.floor(key / TAG_RANGE);
    const turn = this.#turns[set] ?? 0;
    this.#turns[set] = (turn + 1) % SET_SIZE;
    const place = set * SET_SIZE + turn;
    if (this.#tags[place] !== EMPTY) this.displacedCount += 1;
    this.#tags[place] = key % TAG_RANGE;
    this.#entries[place] = entry;
  }

  of(key: TraceKey): readonly Entry[] {
    const first = Math.floor(key / TAG_RANGE) * SET_SIZE;
    const tag = key % TAG_RANGE;
    let found: Entry[] | null = null;
    for (let place = first; place < first + SET_SIZE; place++) {
      if (this.#tags[place] !== tag) continue;
      const entry = this.#entries[place];
      if (entry !== undefined) found = found === null ? [entry] : [...found, entry];
    }
    return found ?? NONE;
  }
}
