/**
 * Decides which spans of a service are looked at closely: all while there are few, one in 64 of the
 * others. A service is then known after a minute, and a busy one costs hardly more than a quiet one: a look takes
 * some two microseconds, as long as everything else that is done with a span.
 */

/** Of each service, kind of span and minute. */
const LOOKED_AT_FIRST = 128;
/** A power of two, less one. */
const THEN_EVERY_MASK = 63;

export class LookGate {
  #minute = 0;
  #seenInMinute = 0;

  /** Whether to look at a span that has come in this minute, counted from anywhere. */
  admits(minute: number): boolean {
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#seenInMinute = 0;
    }
    const seen = this.#seenInMinute++;
    return seen < LOOKED_AT_FIRST || (seen & THEN_EVERY_MASK) === 0;
  }
}
