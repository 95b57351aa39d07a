/**
 * The machine's clock with a speed that can be changed: the demo shortens waiting by it.
 *
 * Both clocks go on from where they are when the speed changes, so neither jumps nor goes back.
 */
import type { Instant, UnixMillis } from "../../core/time.ts";
import { SystemClock } from "../../io/platform/system-clock.ts";

export class TimeLapseClock {
  readonly #clock: SystemClock;
  #changedAt: Instant;
  /** What this clock showed at that moment. */
  #shown: Instant;
  #speed = 1;

  constructor(notBefore: UnixMillis | null) {
    this.#clock = new SystemClock(notBefore);
    this.#changedAt = this.#clock.now();
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
