/**
 * Requests and failures per second over the last two minutes: what "just before" means when an
 * excess begins.
 */
import type { UnixMillis } from "../time.ts";
import { MINUTE_MS, SECOND_MS } from "../time.ts";

const PACE_MEMORY_MS = 2 * MINUTE_MS;

export type Pace = {
  requests: number;
  failures: number;
  readonly startedAt: UnixMillis;
  decayedAt: UnixMillis;
};

export function createPace(
  now: UnixMillis,
  past: { readonly requestsPerSecond: number; readonly ageMs: number },
): Pace {
  const startedAt = now - past.ageMs;
  return { requests: past.requestsPerSecond * memorySeconds(startedAt, now), failures: 0, startedAt, decayedAt: now };
}

/** Forgets in steps of a second: an exponential a second costs nothing, one a request would show. */
export function decayPace(pace: Pace, now: UnixMillis): void {
  const elapsedMs = now - pace.decayedAt;
  if (elapsedMs < SECOND_MS) return;
  const kept = Math.exp(-elapsedMs / PACE_MEMORY_MS);
  pace.requests *= kept;
  pace.failures *= kept;
  pace.decayedAt = now;
}

export function requestsPerSecond(pace: Pace): number {
  return pace.requests / memorySeconds(pace.startedAt, pace.decayedAt);
}

export function failuresPerSecond(pace: Pace): number {
  return pace.failures / memorySeconds(pace.startedAt, pace.decayedAt);
}

/** Failures of about the last two minutes. */
export function failuresLately(pace: Pace, now: UnixMillis): number {
  return pace.failures * Math.exp(-Math.max(0, now - pace.decayedAt) / PACE_MEMORY_MS);
}

/** Seconds that the sums stand for; fewer than the memory while the series is young. */
function memorySeconds(startedAt: UnixMillis, now: UnixMillis): number {
  const filled = 1 - Math.exp(-(now - startedAt + SECOND_MS) / PACE_MEMORY_MS);
  return (PACE_MEMORY_MS / SECOND_MS) * filled;
}
