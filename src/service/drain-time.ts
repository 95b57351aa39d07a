/**
 * How long a stop may go on sending: one span of time for all parts together, because whoever asked
 * for the stop will not wait longer for many exporters than for one.
 */
import type { UnixMillis } from "../core/time.ts";

export class DrainTime {
  readonly #totalMs: number;
  /** Steady clock. */
  readonly #now: () => UnixMillis;
  #endsAt: UnixMillis | null = null;

  constructor(totalMs: number, now: () => UnixMillis) {
    this.#totalMs = totalMs;
    this.#now = now;
  }

  /** A stop was asked for. The first call counts. */
  begin(): void {
    this.#endsAt ??= this.#now() + this.#totalMs;
  }

  /** All of it until the stop begins; never negative. */
  remainingMs(): number {
    return this.#endsAt === null ? this.#totalMs : Math.max(0, this.#endsAt - this.#now());
  }
}
