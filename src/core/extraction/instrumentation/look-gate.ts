/**
 * Decides which spans of a service are looked at closely: all while there are few, one in 256 of the
 * others. A service is then known after a minute, and a busy one costs hardly more than a quiet one: a look takes
 * some two microseconds, as long as everything else that is done with a span.
 */

/** Of each service, kind of span and minute. */
const LOOKED_AT_FIRST = 128;
/** A power of two, less one. */
const THEN_EVERY_MASK = 255;

export class LookGate {
  /** Spans that have come, whether looked at or not. */
  seenCount = 0;
  #minute = 0;
  /** Of `seenCount`, those before this minute. */
  #seenBefore = 0;

  /** Whether to look at a span that has come in this minute, counted from anywhere. Called for every span. */
  admits(minute: number): boolean {
    const seen = this.seenCount++;
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#seenBefore = seen;
    }
    return (seen & THEN_EVERY_MASK) === 0 || seen - this.#seenBefore < LOOKED_AT_FIRST;
  }
}
