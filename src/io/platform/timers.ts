/**
 * Runs something later, on the event loop's timers.
 *
 * A waiting timer does not keep the process alive: what must be finished before the end is awaited
 * by whoever stops the process, not by a timer that happens to be pending.
 */

/** setTimeout fires at once beyond this, about 24.8 days; a longer wait is cut to it. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/** Returns how to cancel: twice, or after it ran, does nothing. */
export function schedule(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, Math.min(Math.max(0, delayMs), DELAY_MAX_MS));
  timer.unref();
  return () => clearTimeout(timer);
}
