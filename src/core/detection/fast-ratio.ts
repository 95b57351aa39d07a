/**
 * The share of failures now: an average over half a minute or thirty requests, whichever is more.
 *
 * People see it, and alarms end by it; none begins by it.
 */
import type { SmoothedRatio } from "./ewma.ts";

const MEMORY_SECONDS = 30;
const MEMORY_REQUESTS = 30;
/** On a quiet endpoint thirty requests would be an hour; five minutes of them must do. */
const MEMORY_MAX_SECONDS = 300;
const MEMORY_MIN_REQUESTS = 5;
const GAIN_MAX = 0.5;

/** Weight of an outcome that stands for so many requests, in units of one received failure. */
export function fastGain(requests: number, requestsPerSecond: number): number {
  const fewest = Math.min(MEMORY_REQUESTS, MEMORY_MAX_SECONDS * requestsPerSecond);
  const memoryRequests = Math.max(MEMORY_MIN_REQUESTS, fewest, MEMORY_SECONDS * requestsPerSecond);
  return Math.min(GAIN_MAX, requests / memoryRequests);
}

/** What the average has come to after so many successes, starting at the usual ratio. */
export function fastRatioAfterCalm(usual: number, requests: number, requestsPerSecond: number): SmoothedRatio {
  const gain = fastGain(1, requestsPerSecond);
  const kept = (1 - gain) ** requests;
  return { mean: usual * kept, varianceFactor: (gain / (2 - gain)) * (1 - kept * kept) };
}
