/**
 * A clock with a speed that can be changed: the demo shortens waiting by it.
 *
 * Both clocks go on from where they are when the speed changes, so neither jumps nor goes back.
 */
import type { Instant } from "../../core/time.ts";

export class TimeLapseClock {
  readonly #clock: { now(): Instant };
  #changedAt: Instant;
  /** What this clock showed at that moment. */
  #shown: Instant;
  #speed = 1;

  constructor(clock: { now(): Instant }) {
    this.#clock = clock;
    this.#changedAt = clock.now();
    this.#shown = this.#changedAt;
  }

  now(): Instant {
    // The wall follows the steady clock: a step of the machine's clock would be seen multiplied.
    const elapsedMs = (this.#clock.now().steady - this.#changedAt.steady) * this.#speed;
    return { steady: this.#shown.steady + elapsedMs, wall: this.#shown.wall + elapsedMs };
  }

  runAt(speed: number): void {
    this.#shown = this.now();
    this.#changedAt = this.#clock.now();
    this.#speed = speed;
  }
}
