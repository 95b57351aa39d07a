/**
 * One series: what is remembered of it between requests.
 *
 * Most endpoints never fail. They cost six numbers, enough to know how many requests had been fine
 * when the first failure comes; only then does a series earn the full state, its `watch`.
 */
import type { UnixMillis } from "../time.ts";
import { HOUR_MS, SECOND_MS } from "../time.ts";
import type { Alarm } from "./alarm.ts";
import type { Baseline, Stretch } from "./baseline.ts";
import { createBaseline, emptyStretch, keptShare, usualRatio } from "./baseline.ts";
import { createControlChart } from "./control-limit.ts";
import type { Evidence } from "./evidence.ts";
import { createEvidence } from "./evidence.ts";
import type { SmoothedRatio } from "./ewma.ts";
import { stretchGain } from "./ewma.ts";
import type { Excursions } from "./excursions.ts";
import { createExcursions } from "./excursions.ts";
import type { LearningQueue } from "./learning-queue.ts";
import { createLearningQueue, stretchMs } from "./learning-queue.ts";
import type { FormerLevel } from "./level-change.ts";
import type { Pace } from "./pace.ts";
import { createPace } from "./pace.ts";
import type { AlarmClearance } from "./reading.ts";
import type { RecentClients } from "./recent-clients.ts";
import { createRecentClients } from "./recent-clients.ts";
import type { SampleWeights } from "./sampling.ts";
import { createSampleWeights, nextSuccessWeight } from "./sampling.ts";
import type { SlidingCounts } from "./sliding-counts.ts";
import { createSlidingCounts, seedRequests } from "./sliding-counts.ts";

export type SeriesTraits = {
  /** On these, one client that keeps failing is an alarm of its own. */
  readonly isAuthenticationRoute: boolean;
};

export type Series = SeriesTraits & {
  readonly createdAt: UnixMillis;
  /** Null until the first failure; from then on the quiet numbers below stand still. */
  watch: Watch | null;
  quietSince: UnixMillis;
  quietSuccesses: number;
  /** Faded number of successes, and requests per second of the last hour, up to `quietSince`. */
  successes: number;
  requestsPerSecond: number;
  successWeight: number;
};

export type Watch = {
  baseline: Baseline;
  former: FormerLevel | null;
  readonly queue: LearningQueue;
  readonly candidate: Stretch;
  /** Since when the evidence has been too high to learn and too low to alarm; null when it is not. */
  undecidedSince: UnixMillis | null;
  readonly evidence: Evidence;
  readonly excursions: Excursions;
  readonly clients: RecentClients;
  /** Persistence of one client that is an alarm. Higher for a while where a client came to stay. */
  clientLimit: number;
  readonly weights: SampleWeights;
  readonly pace: Pace;
  readonly window: SlidingCounts;
  /** Share of failures now, smoothed over half a minute or thirty requests. */
  readonly fastRatio: SmoothedRatio;
  readonly controlChart: SmoothedRatio;
  /** The baseline's answers, computed when it has learned. */
  usual: number;
  usualUpper: number;
  threshold: number;
  lastOutcomeAt: UnixMillis;
  alarm: Alarm | null;
  clearedBy: AlarmClearance | null;
};

export const CLIENT_LIMIT = 25;

export function createSeries(now: UnixMillis, traits: SeriesTraits): Series {
  return {
    isAuthenticationRoute: traits.isAuthenticationRoute,
    createdAt: now,
    watch: null,
    quietSince: now,
    quietSuccesses: 0,
    successes: 0,
    requestsPerSecond: 0,
    successWeight: 0,
  };
}

/** The whole cost of a success on an endpoint that has never failed. */
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

/** Gives the series its full state, starting from what its quiet time has taught. */
export function createWatch(series: Series, now: UnixMillis, settings: { memoryMs: number; windowMs: number }): Watch {
  closeQuietStretch(series, now, settings.memoryMs);
  const { requestsPerSecond, successes } = series;
  const baseline = createBaseline({ successes, requestsPerSecond, observedMs: series.quietSince - series.createdAt });
  const usual = usualRatio(baseline);
  const queue = createLearningQueue(series.quietSince);
  queue.open.successes = series.quietSuccesses;
  const window = createSlidingCounts(now, settings.windowMs);
  seedRequests(window, estimateQuietRequests(series, now, settings.windowMs));
  return {
    baseline,
    former: null,
    queue,
    candidate: emptyStretch(),
    undecidedSince: null,
    evidence: createEvidence(now),
    excursions: createExcursions(now),
    clients: createRecentClients(),
    clientLimit: CLIENT_LIMIT,
    weights: createSampleWeights(series.successWeight),
    pace: createPace(now, { requestsPerSecond, ageMs: now - series.createdAt }),
    window,
    fastRatio: { mean: usual, varianceFactor: 0 },
    controlChart: createControlChart(usual),
    usual,
    usualUpper: usual,
    threshold: 0,
    lastOutcomeAt: now,
    alarm: null,
    clearedBy: null,
  };
}

function closeQuietStretch(series: Series, now: UnixMillis, memoryMs: number): void {
  const elapsedMs = now - series.quietSince;
  const observedMs = series.quietSince - series.createdAt;
  if (elapsedMs < stretchMs(observedMs)) return;
  const rate = (SECOND_MS * series.quietSuccesses) / elapsedMs;
  const gain = stretchGain(elapsedMs, { observedMs, memoryMs: HOUR_MS });
  series.requestsPerSecond += gain * (rate - series.requestsPerSecond);
  const kept = keptShare(series.quietSuccesses, { requestsPerSecond: series.requestsPerSecond, ms: memoryMs });
  series.successes = kept * series.successes + series.quietSuccesses;
  series.quietSince = now;
  series.quietSuccesses = 0;
}
