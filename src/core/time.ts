/**
 * Time as the core sees it: numbers handed in, never read.
 *
 * Two clocks exist because machines step theirs. Durations, timers and evidence follow the steady
 * one, which never jumps; what a person reads (page timestamps, weekly mutes) follows the wall.
 */

/** Milliseconds since 1970-01-01T00:00:00Z, as a float: parts of a millisecond are kept. */
export type UnixMillis = number;

/** One instant on both clocks. `steady` never goes back and ignores steps of the machine's clock. */
export type Instant = { readonly steady: UnixMillis; readonly wall: UnixMillis };

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Places a moment of the steady clock on the wall clock, as both stand at `now`. */
export function toWall(steady: UnixMillis, now: Instant): UnixMillis {
  return steady + (now.wall - now.steady);
}
