/**
 * Which span stands within which, for spans that are no requests.
 *
 * Between two server spans of one request there may be any number of others: middleware, a framework's
 * own work, a span that merely repeats the server's. Nothing of them matters but their place in the
 * tree, so all that is kept are pairs of ids, in one block of memory of a fixed size: a hash names a set
 * of four places, which are taken in turn. What is pushed out is no longer followed.
 */
import type { SpanView } from "../../otlp/span-view.ts";
import { mixWords, readWord } from "./id-words.ts";

/** About 2.6 MB: the links of the last seconds even under load, and those of a request come within one. */
export const LINKS_MAX = 1 << 17;
/** Links that are followed from a span upwards. More is nonsense from a sender, or a circle. */
const CLIMB_MAX = 256;

const SET_SIZE = 4;
const SET_COUNT = LINKS_MAX / SET_SIZE;

const TRACE = 0;
const SPAN = 1;
const PARENT = 3;
const COLUMNS = 5;

const NOT_FOUND = -1;

export class Lineage {
  /** Of the last `climb`: the two words of an id. */
  ancestorLow = 0;
  ancestorHigh = 0;
  readonly #links = new Int32Array(LINKS_MAX * COLUMNS);
  readonly #turns = new Uint8Array(SET_COUNT);

  /**
   * Remembers what the span under the view stands within, the id 0 when there is nothing around it. `trace`
   * stands for a trace of one service and is not 0.
   */
  add(trace: number, { bytes, parentSpanIdStart, spanIdStart }: SpanView): void {
    const low = readWord(bytes, spanIdStart);
    const high = readWord(bytes, spanIdStart + 4);
    const set = setOf(trace, low, high);
    let at = this.#find(set, trace, low, high);
    if (at === NOT_FOUND) {
      const turn = this.#turns[set] ?? 0;
      this.#turns[set] = (turn + 1) % SET_SIZE;
      at = (set * SET_SIZE + turn) * COLUMNS;
    }
    const links = this.#links;
    links[at + TRACE] = trace;
    links[at + SPAN] = low;
    links[at + SPAN + 1] = high;
    links[at + PARENT] = parentSpanIdStart === -1 ? 0 : readWord(bytes, parentSpanIdStart);
    links[at + PARENT + 1] = parentSpanIdStart === -1 ? 0 : readWord(bytes, parentSpanIdStart + 4);
  }

  /** Goes from a span to what it stands within, and on, until that is a request or nothing is known of it. */
  climb(trace: number, low: number, high: number): void {
    this.ancestorLow = low;
    this.ancestorHigh = high;
    for (let step = 0; step < CLIMB_MAX && (this.ancestorLow | this.ancestorHigh) !== 0; step++) {
      const set = setOf(trace, this.ancestorLow, this.ancestorHigh);
      const at = this.#find(set, trace, this.ancestorLow, this.ancestorHigh);
      if (at === NOT_FOUND) return;
      this.ancestorLow = this.#links[at + PARENT] ?? 0;
      this.ancestorHigh = this.#links[at + PARENT + 1] ?? 0;
    }
  }

  #find(set: number, trace: number, low: number, high: number): number {
    const links = this.#links;
    const end = (set + 1) * SET_SIZE * COLUMNS;
    for (let at = set * SET_SIZE * COLUMNS; at < end; at += COLUMNS) {
      if (links[at + SPAN] === low && links[at + SPAN + 1] === high && links[at + TRACE] === trace) return at;
    }
    return NOT_FOUND;
  }
}

function setOf(trace: number, low: number, high: number): number {
  return (mixWords(trace ^ low, high) >>> 9) % SET_COUNT;
}
