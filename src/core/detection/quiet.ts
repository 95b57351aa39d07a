/**
 * A series that nobody watches: it counts its successes, and now and then learns from them.
 *
 * One that has failed before learns exactly as if it were watched, once a stretch and not once a
 * request, so that its memory can stay packed in between.
 */
import type { UnixMillis } from "../time.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import { createBaseline, keptShare } from "./baseline.ts";
import { createClientVotes } from "./client-votes.ts";
import { stretchGain } from "./ewma.ts";
import { createExcursions } from "./excursions.ts";
import { guardRatio } from "./guard.ts";
import { stretchMs } from "./learning-queue.ts";
import type { Memory, PackedMemory } from "./memory.ts";
import { pack, unpack } from "./memory.ts";
import { nextSuccessWeight } from "./sampling.ts";
import type { SeasonTerms } from "./season-learning.ts";
import { followSeason, learnHarmless } from "./season-learning.ts";
import type { QuietCounts, Series } from "./series.ts";

export function countQuietSuccess(series: Series, weight: number, now: UnixMillis, terms: SeasonTerms): void {
  closeQuietStretch(series, now, terms);
  addSuccess(series, weight);
}

/** The same on a series that has never failed: the whole cost of a success on most endpoints. */
export function countFirstSuccesses(counts: QuietCounts, weight: number, now: UnixMillis, memoryMs: number): void {
  if (isStretchDue(counts, now)) learnNeverFailed(counts, now, memoryMs);
  addSuccess(counts, weight);
}

/** Requests within a window, as well as a series that counts no windows can tell. */
export function estimateQuietRequests(counts: QuietCounts, now: UnixMillis, windowMs: number): number {
  const openMs = now - counts.quietSince;
  const before = (counts.requestsPerSecond * Math.max(0, windowMs - openMs)) / SECOND_MS;
  return (counts.quietSuccesses + before) * Math.max(1, counts.successWeight);
}

/** Everything known of the series up to `quietSince`. The caller owns it. */
export function recall(series: Series, terms: SeasonTerms): Memory {
  if (series.memory !== null) return recallPacked(series, series.memory, terms);
  const { successes, requestsPerSecond, quietSince, createdAt } = series;
  return {
    baseline: createBaseline({ successes, requestsPerSecond, observedMs: quietSince - createdAt }),
    excursions: createExcursions(quietSince),
    failurePerSuccess: 1,
    lastFailureAt: createdAt,
    unlearnedFailures: 0,
    unlearnedDiscounted: 0,
    successVotes: createClientVotes(),
    returns: null,
  };
}

/** Successes received since the last failure, or since the series began. */
export function successesSinceFailure(series: Series, lastFailureAt: UnixMillis): number {
  const learnedMs = Math.max(0, series.quietSince - lastFailureAt);
  return series.quietSuccesses + (series.requestsPerSecond * learnedMs) / SECOND_MS;
}

/** Learns the open stretch if it is due. */
export function closeQuietStretch(series: Series, now: UnixMillis, terms: SeasonTerms): void {
  if (!isStretchDue(series, now)) return;
  if (series.memory === null) learnNeverFailed(series, now, terms.memoryMs);
  else learnRemembering(series, recall(series, terms), now, terms);
}

/** After a time when nobody was counting: what had been counted just before it is given up. */
export function skipQuiet(series: Series, now: UnixMillis): void {
  if (!skipCounts(series, now) || series.memory === null) return;
  series.memory = pack({ ...unpack(series.memory), unlearnedFailures: 0, unlearnedDiscounted: 0 });
}

/** The same for counts alone. Returns whether anything was given up. */
export function skipCounts(counts: QuietCounts, now: UnixMillis): boolean {
  if (now - counts.quietSince <= MINUTE_MS) return false;
  beginStretch(counts, now);
  return true;
}

function isStretchDue({ createdAt, quietSince }: QuietCounts, now: UnixMillis): boolean {
  return now - quietSince >= stretchMs(quietSince - createdAt);
}

function beginStretch(counts: QuietCounts, now: UnixMillis): void {
  counts.quietSince = now;
  counts.quietSuccesses = 0;
}

function addSuccess(counts: QuietCounts, weight: number): void {
  counts.successWeight = nextSuccessWeight(counts.successWeight, weight);
  counts.quietSuccesses += weight / counts.successWeight;
}

function learnNeverFailed(counts: QuietCounts, now: UnixMillis, memoryMs: number): void {
  const elapsedMs = now - counts.quietSince;
  const observedMs = counts.quietSince - counts.createdAt;
  const rate = (SECOND_MS * counts.quietSuccesses) / elapsedMs;
  const gain = stretchGain(elapsedMs, { observedMs, memoryMs: HOUR_MS });
  counts.requestsPerSecond += gain * (rate - counts.requestsPerSecond);
  const kept = keptShare(counts.quietSuccesses, { requestsPerSecond: counts.requestsPerSecond, ms: memoryMs });
  counts.successes = kept * counts.successes + counts.quietSuccesses;
  beginStretch(counts, now);
}

/** In the hour in which the quiet stretch began. */
function recallPacked(series: Series, packed: PackedMemory, terms: SeasonTerms): Memory {
  const memory = unpack(packed);
  followSeason(series, memory.baseline, terms, series.quietSince);
  return memory;
}

function learnRemembering(series: Series, memory: Memory, now: UnixMillis, terms: SeasonTerms): void {
  const { baseline, failurePerSuccess } = memory;
  const durationMs = now - series.quietSince;
  const stretch = {
    durationMs,
    endedAt: now,
    successes: series.quietSuccesses / failurePerSuccess,
    failures: memory.unlearnedFailures,
    discountedFailures: memory.unlearnedDiscounted,
    crowdedFailures: 0,
    crowdedSquares: 0,
  };
  learnHarmless(series, baseline, stretch, { ...terms, guardRatio: guardRatio(baseline) });
  memory.unlearnedFailures = 0;
  memory.unlearnedDiscounted = 0;
  series.memory = pack(memory);
  series.requestsPerSecond = baseline.hourRate * failurePerSuccess;
  beginStretch(series, now);
}
