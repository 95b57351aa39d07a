/**
 * Time for tests: it moves only when a test says so, and timers run in the order in which they are due.
 *
 * The wall can be stepped apart from the steady clock, as NTP and people do to real machines.
 */
import type { Instant, UnixMillis } from "../../src/core/time.ts";

type Timer = { readonly dueAt: UnixMillis; readonly order: number; readonly action: () => void };

/** 2026-03-02T09:00:00Z. */
export const VIRTUAL_START: UnixMillis = 1_772_442_000_000;

export class VirtualScheduler {
  #steady: UnixMillis;
  #wallOffset = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(start: UnixMillis = VIRTUAL_START) {
    this.#steady = start;
  }

  readonly now = (): Instant => ({ steady: this.#steady, wall: this.#steady + this.#wallOffset });

  readonly schedule = (delayMs: number, action: () => void): (() => void) => {
    this.#order += 1;
    const timer = { dueAt: this.#steady + Math.max(0, delayMs), order: this.#order, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  get timerCount(): number {
    return this.#timers.size;
  }

  /** Moves the wall clock alone. */
  stepWall(byMs: number): void {
    this.#wallOffset += byMs;
  }

  /** Lets time pass. What timers start has come to rest before the next timer runs. */
  async advance(byMs: number): Promise<void> {
    const end = this.#steady + byMs;
    await settled();
    for (let timer = this.#nextUntil(end); timer !== undefined; timer = this.#nextUntil(end)) {
      this.#timers.delete(timer);
      this.#steady = Math.max(this.#steady, timer.dueAt);
      timer.action();
      await settled();
    }
    this.#steady = end;
  }

  #nextUntil(end: UnixMillis): Timer | undefined {
    const due = [...this.#timers].filter(({ dueAt }) => dueAt <= end);
    return due.sort((left, right) => left.dueAt - right.dueAt || left.order - right.order)[0];
  }
}

/** Once every promise that can settle without the outside has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
