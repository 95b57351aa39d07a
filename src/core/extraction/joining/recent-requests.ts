/**
 * The request spans of the last minutes, found by service and trace.
 *
 * It answers three questions for each new span: has it been here before (a sender tried again), is it
 * within a request of the same service, is it around one. Spans that are no requests may stand between
 * the two (`lineage.ts`); a client's call may not, because what it leads to is another request. The table is one block of memory of a
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
import { mixWords, readWord } from "./id-words.ts";
import { Lineage } from "./lineage.ts";

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

/** The key of no span: no id is 0. */
export const NO_SPAN = "0,0";

export class RecentRequests {
  /** Of the last `add`. */
  isRepeated = false;
  /** Of the last `add`: other requests of the same service and trace are remembered. */
  hasRelatives = false;
  readonly #tags = new Int32Array(RECENT_REQUESTS_MAX).fill(EMPTY);
  readonly #entries = new Int32Array(RECENT_REQUESTS_MAX * COLUMNS);
  /** The place of each set that is taken next. */
  readonly #turns = new Uint8Array(SET_COUNT);
  readonly #lineage = new Lineage();
  readonly #hashSeed: number;
  // Of the span at hand: stands for its trace within its service, and the first place of its set.
  #tag = EMPTY;
  #first = 0;

  constructor(hashSeed: number) {
    this.#hashSeed = hashSeed | 1;
  }

  /** Remembers the span as counted, unless it is repeated, and returns its place. */
  add(view: SpanView, serviceIndex: number, now: UnixMillis): number {
    const { bytes } = view;
    this.#locate(view, serviceIndex);
    const first = this.#first;
    const tag = this.#tag;
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
    const set = first / SET_SIZE;
    const turn = this.#turns[set] ?? 0;
    this.#turns[set] = (turn + 1) % SET_SIZE;
    this.#write(first + turn, view, now);
    return first + turn;
  }

  /**
   * Remembers a span that is no request but may stand between two. Returns the places of those that were
   * known to be directly within it: they are now within what it is within.
   */
  addBetween(view: SpanView, serviceIndex: number, now: UnixMillis): readonly number[] {
    this.#locate(view, serviceIndex);
    const low = readWord(view.bytes, view.spanIdStart);
    const high = readWord(view.bytes, view.spanIdStart + 4);
    let moved = NO_PLACES;
    for (let place = this.#first; place < this.#first + SET_SIZE; place++) {
      if (this.#tags[place] !== this.#tag || !this.#isFresh(place, now)) continue;
      if (this.#standsIn(place, low, high)) moved = [...moved, place];
    }
    this.#lineage.add(this.#tag, view);
    return moved;
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
   * Whether one span is within the other, in time as well: a client that learned the id of an
   * earlier request could otherwise name it as its parent and have its own requests overlooked.
   */
  isWithin(inner: number, outer: number): boolean {
    const entries = this.#entries;
    const innerAt = inner * COLUMNS;
    const outerAt = outer * COLUMNS;
    return (
      inner !== outer &&
      this.#tags[inner] === this.#tags[outer] &&
      this.#difference(outerAt + STARTED_AT, innerAt + STARTED_AT) <= CONTAINMENT_SLACK_MS &&
      this.#difference(innerAt + ENDED_AT, outerAt + ENDED_AT) <= CONTAINMENT_SLACK_MS &&
      this.#standsIn(inner, entries[outerAt + SPAN] ?? 0, entries[outerAt + SPAN + 1] ?? 0)
    );
  }

  /** Names the span among those of its trace. */
  keyOf(place: number): string {
    const at = place * COLUMNS + SPAN;
    return keyOfWords(this.#entries[at] ?? 0, this.#entries[at + 1] ?? 0);
  }

  /** The key of the request that it is within, as far as is known; NO_SPAN when it is within none. */
  parentKeyOf(place: number): string {
    this.#climbFrom(place);
    return keyOfWords(this.#lineage.ancestorLow, this.#lineage.ancestorHigh);
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

  #locate({ bytes, traceIdStart }: SpanView, serviceIndex: number): void {
    const seed = Math.imul(serviceIndex + 1, this.#hashSeed);
    const low = readWord(bytes, traceIdStart + 8) ^ seed;
    const high = readWord(bytes, traceIdStart + 12);
    this.#first = ((mixWords(low, high) >>> 7) % SET_COUNT) * SET_SIZE;
    this.#tag = mixWords(high ^ seed, low ^ seed) | 1;
  }

  #write(place: number, view: SpanView, now: UnixMillis): void {
    const { bytes, parentSpanIdStart: parent, spanIdStart: span } = view;
    const entries = this.#entries;
    const at = place * COLUMNS;
    this.#tags[place] = this.#tag;
    entries[at + SPAN] = readWord(bytes, span);
    entries[at + SPAN + 1] = readWord(bytes, span + 4);
    entries[at + PARENT] = parent === -1 ? 0 : readWord(bytes, parent);
    entries[at + PARENT + 1] = parent === -1 ? 0 : readWord(bytes, parent + 4);
    entries[at + SEEN_AT] = secondsOf(now);
    entries[at + STATE] = COUNTED;
    entries[at + STARTED_AT] = view.startTimeUnixMillis;
    entries[at + ENDED_AT] = view.endTimeUnixMillis;
  }

  /** Whether the first ancestor of the span at `place` that may be a request has this id. */
  #standsIn(place: number, low: number, high: number): boolean {
    this.#climbFrom(place);
    return this.#lineage.ancestorLow === low && this.#lineage.ancestorHigh === high;
  }

  /**
   * Leaves that ancestor in the lineage. Looked for only where a trace has several requests: to do so for
   * each would be two more cache misses a span, some 80 ns.
   */
  #climbFrom(place: number): void {
    const at = place * COLUMNS + PARENT;
    this.#lineage.climb(this.#tags[place] ?? EMPTY, this.#entries[at] ?? 0, this.#entries[at + 1] ?? 0);
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

function keyOfWords(low: number, high: number): string {
  return `${low},${high}`;
}

function secondsOf(now: UnixMillis): number {
  return Math.floor(now / SECOND_MS);
}
