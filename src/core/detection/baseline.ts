/**
 * What is usual for one endpoint: its ratio of failures, its request rate, and how far it strays.
 *
 * Counts fade with the requests that follow them and, on busy endpoints, with time. Failures enter
 * "discounted": repeats of one client within a minute count for less than the first, here exactly as
 * in the evidence, or the two would disagree. Raw failures are kept beside them for people and for
 * the question whether there are more failures than usual, not just fewer successes.
 *
 * An attacker can add failures but not remove any. So what is learned of a stretch is capped at what
 * the guard allows, and the level may rise only slowly.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import { learnCrowding } from "./crowding.ts";
import { stretchGain } from "./ewma.ts";
import { logistic, logit } from "./odds.ts";
import type { SeasonOffsets, SeasonReview } from "./season.ts";
import { NO_SEASON } from "./season.ts";
import type { Spread } from "./spread.ts";
import { createSpread, learnSpread } from "./spread.ts";
import type { Stretch } from "./stretch.ts";
import { trialsOf } from "./stretch.ts";

export type Baseline = {
  /** Faded sums. */
  successes: number;
  failures: number;
  discountedFailures: number;
  /** Log-odds of the discounted ratio that counts as usual, were all hours of the week alike. */
  level: number;
  /** The level may not exceed this; it rises slowly and remembers for days how high usual has been. */
  levelCeiling: number;
  /** True once the estimate is good enough for its rise to be limited. */
  isMature: boolean;
  observedMs: number;
  /** Requests per second: over the last hour, and over the whole memory. */
  hourRate: number;
  memoryRate: number;
  /** The rate over the memory, were all hours of the week alike. */
  steadyRate: number;
  /** What the present hour does to the level and to the steady rate; both are learned without. */
  season: SeasonOffsets;
  readonly spread: Spread;
};

/** The prior: one endpoint in ten requests failing, worth four requests. It is never forgotten. */
const PRIOR_REQUESTS = 4;
const PRIOR_FAILURES = 0.4;

/**
 * Endpoints below four requests a minute remember longer than the half-life asks for. With 400 requests
 * the level, which may only rise slowly, followed every lucky hour down: five times the false pages on
 * one request a minute with retries (.54 to .10 per endpoint-month), and no less delay.
 */
const MEMORY_MIN_REQUESTS = 2000;
const RISE_MAX_PER_DAY = Math.log(1.5);
const CEILING_MEMORY_MS = 2 * DAY_MS;
/**
 * A young estimate is off by chance. Without this room the level of a login that had been lucky in its first hour stayed
 * a quarter too low for a day, when its guard was already narrow.
 */
const CEILING_DEVIATIONS = 1.6;
const MATURE_FAILURES = 40;
const MATURE_AGE_MS = 20 * MINUTE_MS;

/** Starts from the requests of an endpoint that has never failed. */
export function createBaseline(past: {
  readonly successes: number;
  readonly requestsPerSecond: number;
  readonly observedMs: number;
}): Baseline {
  const level = logit(PRIOR_FAILURES / (past.successes + PRIOR_REQUESTS));
  return {
    successes: past.successes,
    failures: 0,
    discountedFailures: 0,
    level,
    levelCeiling: level,
    isMature: false,
    observedMs: past.observedMs,
    hourRate: past.requestsPerSecond,
    memoryRate: past.requestsPerSecond,
    steadyRate: past.requestsPerSecond,
    season: NO_SEASON,
    spread: createSpread(),
  };
}

/** Requests the ratio is estimated from, a discounted failure counting as that part of a request. */
export function trialCount(baseline: Baseline): number {
  return baseline.successes + baseline.discountedFailures;
}

/** Log-odds of the discounted ratio that counts as usual in this hour. */
export function usualLevel({ level, season }: Baseline): number {
  return level + season.ratio;
}

/** Inverse of the variance of the level's estimate, were requests independent. */
export function levelInformation(baseline: Baseline): number {
  const ratio = logistic(usualLevel(baseline));
  return (trialCount(baseline) + PRIOR_REQUESTS) * ratio * (1 - ratio);
}

/** Standard error of the level's estimate, in log-odds. */
export function levelError(baseline: Baseline): number {
  return Math.sqrt(baseline.spread.clusterFactor / levelInformation(baseline));
}

/** Distance, in log-odds, from the discounted level to the share of requests that people would count. */
export function rawOffset(baseline: Baseline): number {
  return Math.log((baseline.failures + PRIOR_FAILURES) / (baseline.discountedFailures + PRIOR_FAILURES));
}

/** The usual share of requests that fail. */
export function usualRatio(baseline: Baseline): number {
  return logistic(usualLevel(baseline) + rawOffset(baseline));
}

export function usualRequestsPerSecond({ hourRate, steadyRate, season }: Baseline): number {
  return Math.max(hourRate, steadyRate * season.rateFactorNearby);
}

/** What the budget of false pages is spent on. What a busy hour is still to bring counts once it comes. */
export function presentRequestsPerSecond({ hourRate, memoryRate, steadyRate, season }: Baseline): number {
  return Math.max(hourRate, Math.min(memoryRate, steadyRate * season.rateFactor));
}

/**
 * Learns a stretch that was found harmless. `guardRatio` caps what one stretch can teach; returned is what is left of its
 * discounted failures.
 */
export function learnStretch(
  baseline: Baseline,
  stretch: Stretch,
  limits: { readonly guardRatio: number; readonly memoryMs: number },
): number {
  learnRequestRate(baseline, stretch, limits.memoryMs);
  learnCrowding(baseline.spread, stretch, usualRatio(baseline) * usualRequestsPerSecond(baseline));
  learnSpread(baseline.spread, stretch, { level: usualLevel(baseline), observedMs: baseline.observedMs });
  const learned = learnRatio(baseline, stretch, limits);
  raiseLevelSlowly(baseline, stretch.durationMs);
  return learned;
}

/** From here on another part of the ratio and of the rate is the season's. */
export function shiftBaseline(baseline: Baseline, { ratioShift, rateShift }: SeasonReview): void {
  const oddsFactor = Math.exp(-ratioShift);
  baseline.failures *= oddsFactor;
  baseline.discountedFailures *= oddsFactor;
  baseline.level -= ratioShift;
  baseline.levelCeiling -= ratioShift;
  baseline.steadyRate *= Math.exp(-rateShift);
}

/** For so long the ratio is remembered. */
export function ratioMemoryMs({ memoryRate }: Baseline, memoryMs: number): number {
  return memoryRate > 0 ? Math.max(memoryMs, (SECOND_MS * MEMORY_MIN_REQUESTS) / memoryRate) : memoryMs;
}

/** How much is left of the sums after so many more requests. */
export function keptShare(
  requestCount: number,
  memory: { readonly requestsPerSecond: number; readonly ms: number },
): number {
  const memoryRequests = Math.max(MEMORY_MIN_REQUESTS, (memory.requestsPerSecond * memory.ms) / SECOND_MS);
  return Math.exp(-requestCount / memoryRequests);
}

function learnRequestRate(baseline: Baseline, stretch: Stretch, memoryMs: number): void {
  if (stretch.durationMs <= 0) return;
  const rate = (SECOND_MS * (stretch.successes + stretch.failures)) / stretch.durationMs;
  const { observedMs } = baseline;
  baseline.hourRate += stretchGain(stretch.durationMs, { observedMs, memoryMs: HOUR_MS }) * (rate - baseline.hourRate);
  const gain = stretchGain(stretch.durationMs, { observedMs, memoryMs });
  baseline.memoryRate += gain * (rate - baseline.memoryRate);
  baseline.steadyRate += gain * (rate / baseline.season.rateFactor - baseline.steadyRate);
  baseline.observedMs += stretch.durationMs;
}

function learnRatio(
  baseline: Baseline,
  stretch: Stretch,
  limits: { readonly guardRatio: number; readonly memoryMs: number },
): number {
  const trials = trialsOf(stretch);
  if (trials <= 0) return 0;
  const learned = cappedFailures(stretch, trials, limits.guardRatio);
  const learnedShare = stretch.discountedFailures > 0 ? learned / stretch.discountedFailures : 0;
  const kept = keptShare(trials, { requestsPerSecond: baseline.memoryRate, ms: limits.memoryMs });
  const withoutSeason = Math.exp(-baseline.season.ratio);
  baseline.discountedFailures = kept * baseline.discountedFailures + withoutSeason * learned;
  baseline.failures = kept * baseline.failures + withoutSeason * learnedShare * stretch.failures;
  // What the cap cuts off becomes success: a trial that must not count as failure is still a trial.
  baseline.successes = kept * baseline.successes + trials - learned;
  return learned;
}

function cappedFailures(stretch: Stretch, trials: number, guardRatio: number): number {
  const expected = trials * guardRatio;
  return Math.min(stretch.discountedFailures, expected + 2.5 * Math.sqrt(expected * (1 - guardRatio)) + 1);
}

function raiseLevelSlowly(baseline: Baseline, elapsedMs: number): void {
  const estimate = logit((baseline.discountedFailures + PRIOR_FAILURES) / (trialCount(baseline) + PRIOR_REQUESTS));
  if (!baseline.isMature) {
    baseline.level = estimate;
    baseline.levelCeiling = estimate + CEILING_DEVIATIONS * levelError(baseline);
    baseline.isMature = baseline.discountedFailures >= MATURE_FAILURES && baseline.observedMs >= MATURE_AGE_MS;
    return;
  }
  const distance = estimate - baseline.levelCeiling;
  // Forgetting a past height takes days: a ratio that falls every night may rise again every morning.
  baseline.levelCeiling +=
    distance > 0
      ? Math.min(distance, (RISE_MAX_PER_DAY * elapsedMs) / DAY_MS)
      : distance * (1 - Math.exp(-elapsedMs / CEILING_MEMORY_MS));
  baseline.level = Math.min(estimate, baseline.levelCeiling);
}
