/**
 * Counts what receiver threads turn away, in memory that outlives them.
 *
 * A flood of refusals costs the main thread nothing until somebody looks, and whoever looks sees every
 * refusal whose answer has left.
 */
import type { Signal } from "../../../core/otlp/verdict.ts";
import { SIGNALS } from "../../../core/otlp/verdict.ts";
import type { TurnedAway } from "../export-door.ts";

export type Refusals = { readonly signal: Signal | null; readonly reason: TurnedAway; readonly count: number };

const PLACES: Readonly<Record<TurnedAway, number>> = {
  malformed: 0,
  too_large: 1,
  unauthenticated: 2,
  unsupported_media_type: 3,
  unsupported_encoding: 4,
  method_not_allowed: 5,
  not_found: 6,
  overloaded: 7,
  redaction_failed: 8,
};
const REASONS = Object.keys(PLACES) as TurnedAway[];
const ROWS: readonly (Signal | null)[] = [...SIGNALS, null];

export class RefusalTally {
  readonly #counts: BigUint64Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer) {
    this.#counts = new BigUint64Array(memory);
  }

  static createMemory(): SharedArrayBuffer {
    return new SharedArrayBuffer(ROWS.length * REASONS.length * BigUint64Array.BYTES_PER_ELEMENT);
  }

  /** The signal is null when the request named none. */
  add(signal: Signal | null, reason: TurnedAway): void {
    Atomics.add(this.#counts, cellOf(signal, reason), 1n);
  }

  /** What was added since the last call, each refusal once. */
  *takeAll(): Iterable<Refusals> {
    for (const signal of ROWS) {
      for (const reason of REASONS) {
        const count = Atomics.exchange(this.#counts, cellOf(signal, reason), 0n);
        if (count > 0n) yield { signal, reason, count: Number(count) };
      }
    }
  }
}

function cellOf(signal: Signal | null, reason: TurnedAway): number {
  return ROWS.indexOf(signal) * REASONS.length + PLACES[reason];
}
