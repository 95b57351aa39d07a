/**
 * Requests and failures of the last window, for rules and people; evidence never looks at it.
 *
 * The window slides in twelfths: a count is at most one twelfth of the window too old.
 */
import type { UnixMillis } from "../time.ts";

const SLICES = 12;

export type SlidingCounts = {
  readonly requests: number[];
  readonly failures: number[];
  /** Number of the newest slice since 1970. */
  newestSlice: number;
};

export function createSlidingCounts(now: UnixMillis, windowMs: number): SlidingCounts {
  return {
    requests: new Array<number>(SLICES).fill(0),
    failures: new Array<number>(SLICES).fill(0),
    newestSlice: sliceAt(now, windowMs),
  };
}

/** Spreads what is known of the time before counting began evenly over the window. */
export function seedRequests(counts: SlidingCounts, requestCount: number): void {
  counts.requests.fill(requestCount / SLICES);
}

export function countSuccess(counts: SlidingCounts, weight: number, now: UnixMillis, windowMs: number): void {
  slide(counts, now, windowMs);
  const index = counts.newestSlice % SLICES;
  counts.requests[index] = (counts.requests[index] ?? 0) + weight;
}

export function countFailure(counts: SlidingCounts, weight: number, now: UnixMillis, windowMs: number): void {
  countSuccess(counts, weight, now, windowMs);
  const index = counts.newestSlice % SLICES;
  counts.failures[index] = (counts.failures[index] ?? 0) + weight;
}

export function totalsInWindow(
  counts: SlidingCounts,
  now: UnixMillis,
  windowMs: number,
): { requests: number; failures: number } {
  slide(counts, now, windowMs);
  return { requests: sum(counts.requests), failures: sum(counts.failures) };
}

function slide(counts: SlidingCounts, now: UnixMillis, windowMs: number): void {
  const slice = sliceAt(now, windowMs);
  const stale = Math.min(SLICES, slice - counts.newestSlice);
  for (let step = 0; step < stale; step++) {
    counts.requests[(slice - step) % SLICES] = 0;
    counts.failures[(slice - step) % SLICES] = 0;
  }
  if (stale > 0) counts.newestSlice = slice;
}

function sliceAt(now: UnixMillis, windowMs: number): number {
  return Math.floor((now / windowMs) * SLICES);
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
