/**
 * The two clocks of this machine, behind the form in which the core takes time.
 *
 * The steady one counts from the start of the process with the monotonic counter, so a step of the
 * machine's clock (NTP, a person, a virtual machine that wakes) does not move it. It begins at the
 * wall's time, or where an earlier run of this installation left off when the wall has since been
 * set back: across restarts too it never goes back.
 */
import type { Instant, UnixMillis } from "../../core/time.ts";

export class SystemClock {
  /** What to add to the monotonic counter. */
  readonly #steadyOffset: number;

  /** `notBefore` is the latest instant that an earlier run has on record; null on a first start. */
  constructor(notBefore: UnixMillis | null) {
    const start = Math.max(Date.now(), notBefore ?? 0);
    this.#steadyOffset = start - performance.now();
  }

  now(): Instant {
    return { steady: this.#steadyOffset + performance.now(), wall: Date.now() };
  }
}
