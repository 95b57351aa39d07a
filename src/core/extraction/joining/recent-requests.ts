/**
 * The request spans of the last minutes, found by service and trace.
 *
 * It answers three questions for each new span: has it been here before (a sender tried again), is its
 * parent a request of the same service, is it the parent of one. The table is one block of memory of a
 * fixed size: a hash of service and trace names a set of eight places, which are taken in turn. What is
 * pushed out can no longer be recognised; it was counted all the same.
 *
 * Every request passes here, so what is compared first lies close together: the eight tags of a set
 * are half a cache line, and all tags fit into the cache of a core. Trace ids come from outside and may
 * be chosen by an attacker, hence the secret in the hash.
 */
import type { SpanView } from "../../otlp/span-view.ts";
import type { UnixMillis } from "../../time.ts";
import { SECOND_MS } from "../../time.ts";

/** About 5 MB. */
export const RECENT_REQUESTS_MAX = 1 << 17;
/** Exporters give up on a batch after five minutes. */
export const REMEMBERED_SECONDS = 300;
/** The state of an entry that is not held back; below it, as many parts were overlooked since. */
export const COUNTED = 0;

const SET_SIZE = 8;
const SET_COUNT = RECENT_REQUESTS_MAX / SET_SIZE;
const EMPTY = 0;

// Columns of an entry: what is looked at when the tag is right. Times are the low 32 bits of
// milliseconds, whose differences are right for three weeks.
const SPAN = 0;
const PARENT = 2;
const SEEN_AT = 4; // In seconds.
const STATE = 5;
const STARTED_AT = 6;
const ENDED_AT = 7;
const COLUMNS = 8;

/** Clocks of a proxy and of what stands behind it differ by little. */
const CONTAINMENT_SLACK_MS = 5;

const NO_PLACES: readonly number[] = [];

export class RecentRequests {
  /** Of the last `add`. */
  isRepeated = false;
  /** Of the last `add`: other requests of the same service and trace are remembered. */
  hasRelatives = false;
  readonly #tags = new Int32Array(RECENT_REQUESTS_MAX).fill(EMPTY);
  readonly #entries = new Int32Array(RECENT_REQUESTS_MAX * COLUMNS);
  /** The place of each set that is taken next. */
  readonly #turns = new Uint8Array(SET_COUNT);
  readonly #hashSeed: number;

  constructor(hashSeed: number) {
    this.#hashSeed = hashSeed | 1;
  }

  /** Remembers the span as counted, unless it is repeated, and returns its place. */
  add(view: SpanView, serviceIndex: number, now: UnixMillis): number {
    const { bytes, traceIdStart } = view;
    const seed = Math.imul(serviceIndex + 1, this.#hashSeed);
    const hash = mix(readWord(bytes, traceIdStart + 8) ^ seed, readWord(bytes, traceIdStart + 12));
    const set = (hash >>> 7) % SET_COUNT;
    const tag = mix(readWord(bytes, traceIdStart + 12) ^ seed, readWord(bytes, traceIdStart + 8)) | 1;
    const first = set * SET_SIZE;
    this.isRepeated = false;
    this.hasRelatives = false;
    for (let place = first; place < first + SET_SIZE; place++) {
      if (this.#tags[place] !== tag || !this.#isFresh(place, now)) continue;
      if (this.#isSpan(place, bytes, view.spanIdStart)) {
        this.isRepeated = true;
        return place;
      }
      this.hasRelatives = true;
    }
    const turn = this.#turns[set] ?? 0;
    this.#turns[set] = (turn + 1) % SET_SIZE;
    this.#write(first + turn, tag, view, now);
    return first + turn;
  }

  /** Places of the spans that the span at `place` is directly within, or that are directly within it. */
  linkedTo(place: number, now: UnixMillis): readonly number[] {
    let linked = NO_PLACES;
    const first = place - (place % SET_SIZE);
    for (let other = first; other < first + SET_SIZE; other++) {
      const isLinked = this.isWithin(place, other) || this.isWithin(other, place);
      if (isLinked && this.#isFresh(other, now)) linked = [...linked, other];
    }
    return linked;
  }

  /**
   * Whether one span is a child of the other, in time as well: a client that learned the id of an
   * earlier request could otherwise name it as its parent and have its own requests overlooked.
   */
  isWithin(inner: number, outer: number): boolean {
    const entries = this.#entries;
    const innerAt = inner * COLUMNS;
    const outerAt = outer * COLUMNS;
    return (
      inner !== outer &&
      this.#tags[inner] === this.#tags[outer] &&
      entries[innerAt + PARENT] === entries[outerAt + SPAN] &&
      entries[innerAt + PARENT + 1] === entries[outerAt + SPAN + 1] &&
      this.#difference(outerAt + STARTED_AT, innerAt + STARTED_AT) <= CONTAINMENT_SLACK_MS &&
      this.#difference(innerAt + ENDED_AT, outerAt + ENDED_AT) <= CONTAINMENT_SLACK_MS
    );
  }

  seenAtSeconds(place: number): number {
    return this.#entries[place * COLUMNS + SEEN_AT] ?? 0;
  }

  /** COUNTED or less, or the number of the group that holds it. */
  stateOf(place: number): number {
    return this.#entries[place * COLUMNS + STATE] ?? COUNTED;
  }

  setState(place: number, state: number): void {
    this.#entries[place * COLUMNS + STATE] = state;
  }

  /** Notes one more part of a counted request. False when that has been too many already. */
  takePart(place: number, partsMax: number): boolean {
    const taken = Math.max(0, -this.stateOf(place));
    if (taken >= partsMax) return false;
    this.setState(place, -(taken + 1));
    return true;
  }

  /** Gives all spans of the trace that have one state another. */
  replaceState(place: number, before: number, after: number): void {
    const first = place - (place % SET_SIZE);
    for (let other = first; other < first + SET_SIZE; other++) {
      if (this.stateOf(other) === before) this.setState(other, after);
    }
  }

  #write(place: number, tag: number, view: SpanView, now: UnixMillis): void {
    const { bytes, parentSpanIdStart: parent, spanIdStart: span } = view;
    const entries = this.#entries;
    const at = place * COLUMNS;
    this.#tags[place] = tag;
    entries[at + SPAN] = readWord(bytes, span);
    entries[at + SPAN + 1] = readWord(bytes, span + 4);
    entries[at + PARENT] = parent === -1 ? 0 : readWord(bytes, parent);
    entries[at + PARENT + 1] = parent === -1 ? 0 : readWord(bytes, parent + 4);
    entries[at + SEEN_AT] = secondsOf(now);
    entries[at + STATE] = COUNTED;
    entries[at + STARTED_AT] = view.startTimeUnixMillis;
    entries[at + ENDED_AT] = view.endTimeUnixMillis;
  }

  #isFresh(place: number, now: UnixMillis): boolean {
    return secondsOf(now) - this.seenAtSeconds(place) <= REMEMBERED_SECONDS;
  }

  #isSpan(place: number, bytes: Uint8Array, spanIdStart: number): boolean {
    const at = place * COLUMNS + SPAN;
    return (
      this.#entries[at] === readWord(bytes, spanIdStart) && this.#entries[at + 1] === readWord(bytes, spanIdStart + 4)
    );
  }

  /** Of two times, whatever the bits above have been. */
  #difference(left: number, right: number): number {
    return ((this.#entries[left] ?? 0) - (this.#entries[right] ?? 0)) | 0;
  }
}

function secondsOf(now: UnixMillis): number {
  return Math.floor(now / SECOND_MS);
}

function mix(left: number, right: number): number {
  const mixed = Math.imul(left ^ (left >>> 15), 0x2c1b3c6d) ^ right;
  return Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39);
}

function readWord(bytes: Uint8Array, position: number): number {
  return (
    (bytes[position] ?? 0) |
    ((bytes[position + 1] ?? 0) << 8) |
    ((bytes[position + 2] ?? 0) << 16) |
    ((bytes[position + 3] ?? 0) << 24)
  );
}
