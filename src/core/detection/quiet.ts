/**
 * A series that nobody watches: it counts its successes, and now and then learns from them.
 *
 * One that has failed before learns exactly as if it were watched, once a stretch and not once a
 * request, so that its memory can stay packed in between.
 */
import type { UnixMillis } from "../time.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import { createBaseline, keptShare, learnStretch } from "./baseline.ts";
import { CLIENT_LIMIT, relaxedClientLimit } from "./client-limit.ts";
import { stretchGain } from "./ewma.ts";
import { createExcursions } from "./excursions.ts";
import { guardRatio } from "./guard.ts";
import { stretchMs } from "./learning-queue.ts";
import type { Memory } from "./memory.ts";
import { pack, unpack } from "./memory.ts";
import { nextSuccessWeight } from "./sampling.ts";
import type { Series } from "./series.ts";

/** The whole cost of a success on a quiet endpoint. */
export function countQuietSuccess(series: Series, weight: number, now: UnixMillis, memoryMs: number): void {
  closeQuietStretch(series, now, memoryMs);
  series.successWeight = nextSuccessWeight(series.successWeight, weight);
  series.quietSuccesses += weight / series.successWeight;
}

/** Requests within a window, as well as a series that counts no windows can tell. */
export function estimateQuietRequests(series: Series, now: UnixMillis, windowMs: number): number {
  const openMs = now - series.quietSince;
  const before = (series.requestsPerSecond * Math.max(0, windowMs - openMs)) / SECOND_MS;
  return (series.quietSuccesses + before) * Math.max(1, series.successWeight);
}

/** Everything known of the series up to `quietSince`. The caller owns it. */
export function recall(series: Series): Memory {
  if (series.memory !== null) return unpack(series.memory);
  const { successes, requestsPerSecond, quietSince, createdAt } = series;
  return {
    baseline: createBaseline({ successes, requestsPerSecond, observedMs: quietSince - createdAt }),
    excursions: createExcursions(quietSince),
    clientLimit: CLIENT_LIMIT,
    failurePerSuccess: 1,
    lastFailureAt: createdAt,
    unlearnedFailures: 0,
    unlearnedDiscounted: 0,
  };
}

/** Successes received since the last failure, or since the series began. */
export function successesSinceFailure(series: Series, lastFailureAt: UnixMillis): number {
  const learnedMs = Math.max(0, series.quietSince - lastFailureAt);
  return series.quietSuccesses + (series.requestsPerSecond * learnedMs) / SECOND_MS;
}

/** Learns the open stretch if it is due. */
export function closeQuietStretch(series: Series, now: UnixMillis, memoryMs: number): void {
  if (now - series.quietSince < stretchMs(series.quietSince - series.createdAt)) return;
  if (series.memory === null) learnNeverFailed(series, now, memoryMs);
  else learnRemembering(series, unpack(series.memory), now, memoryMs);
  series.quietSince = now;
  series.quietSuccesses = 0;
}

/** After a time when nobody was counting: what had been counted just before it is given up. */
export function skipQuiet(series: Series, now: UnixMillis): void {
  if (now - series.quietSince <= MINUTE_MS) return;
  series.quietSince = now;
  series.quietSuccesses = 0;
  if (series.memory === null) return;
  series.memory = pack({ ...unpack(series.memory), unlearnedFailures: 0, unlearnedDiscounted: 0 });
}

function learnNeverFailed(series: Series, now: UnixMillis, memoryMs: number): void {
  const elapsedMs = now - series.quietSince;
  const observedMs = series.quietSince - series.createdAt;
  const rate = (SECOND_MS * series.quietSuccesses) / elapsedMs;
  const gain = stretchGain(elapsedMs, { observedMs, memoryMs: HOUR_MS });
  series.requestsPerSecond += gain * (rate - series.requestsPerSecond);
  const kept = keptShare(series.quietSuccesses, { requestsPerSecond: series.requestsPerSecond, ms: memoryMs });
  series.successes = kept * series.successes + series.quietSuccesses;
}

function learnRemembering(series: Series, memory: Memory, now: UnixMillis, memoryMs: number): void {
  const { baseline, failurePerSuccess } = memory;
  const durationMs = now - series.quietSince;
  const stretch = {
    durationMs,
    successes: series.quietSuccesses / failurePerSuccess,
    failures: memory.unlearnedFailures,
    discountedFailures: memory.unlearnedDiscounted,
  };
  learnStretch(baseline, stretch, { guardRatio: guardRatio(baseline), memoryMs });
  memory.clientLimit = relaxedClientLimit(memory.clientLimit, durationMs);
  memory.unlearnedFailures = 0;
  memory.unlearnedDiscounted = 0;
  series.memory = pack(memory);
  series.requestsPerSecond = baseline.hourRate * failurePerSuccess;
}
