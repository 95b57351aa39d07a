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
import { stretchGain } from "./ewma.ts";
import { logistic, logit } from "./odds.ts";
import type { Spread } from "./spread.ts";
import { createSpread, learnSpread } from "./spread.ts";
import type { Stretch } from "./stretch.ts";
import { trialsOf } from "./stretch.ts";

export type Baseline = {
  /** Faded sums. */
  successes: number;
  failures: number;
  discountedFailures: number;
  /** Log-odds of the discounted ratio that counts as usual. */
  level: number;
  /** The level may not exceed this; it rises slowly and remembers for days how high usual has been. */
  levelCeiling: number;
  /** True once the estimate is good enough for its rise to be limited. */
  isMature: boolean;
  observedMs: number;
  /** Requests per second: over the last hour, and over the whole memory. */
  hourRate: number;
  memoryRate: number;
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
    spread: createSpread(),
  };
}

/** Requests the ratio is estimated from, a discounted failure counting as that part of a request. */
export function trialCount(baseline: Baseline): number {
  return baseline.successes + baseline.discountedFailures;
}

/** Inverse of the variance of the level's estimate, were requests independent. */
export function levelInformation(baseline: Baseline): number {
  const ratio = logistic(baseline.level);
  return (trialCount(baseline) + PRIOR_REQUESTS) * ratio * (1 - ratio);
}

/** Distance, in log-odds, from the discounted level to the share of requests that people would count. */
export function rawOffset(baseline: Baseline): number {
  return Math.log((baseline.failures + PRIOR_FAILURES) / (baseline.discountedFailures + PRIOR_FAILURES));
}

/** The usual share of requests that fail. */
export function usualRatio(baseline: Baseline): number {
  return logistic(baseline.level + rawOffset(baseline));
}

export function usualRequestsPerSecond(baseline: Baseline): number {
  return Math.max(baseline.hourRate, baseline.memoryRate);
}

/** Learns a stretch that was found harmless. `guardRatio` caps what one stretch can teach. */
export function learnStretch(
  baseline: Baseline,
  stretch: Stretch,
  limits: { readonly guardRatio: number; readonly memoryMs: number },
): void {
  learnRequestRate(baseline, stretch, limits.memoryMs);
  learnSpread(baseline.spread, stretch, baseline);
  learnRatio(baseline, stretch, limits);
  raiseLevelSlowly(baseline, stretch.durationMs);
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
  baseline.memoryRate += stretchGain(stretch.durationMs, { observedMs, memoryMs }) * (rate - baseline.memoryRate);
  baseline.observedMs += stretch.durationMs;
}

function learnRatio(
  baseline: Baseline,
  stretch: Stretch,
  limits: { readonly guardRatio: number; readonly memoryMs: number },
): void {
  const trials = trialsOf(stretch);
  if (trials <= 0) return;
  const learned = cappedFailures(stretch, trials, limits.guardRatio);
  const learnedShare = stretch.discountedFailures > 0 ? learned / stretch.discountedFailures : 0;
  const kept = keptShare(trials, { requestsPerSecond: baseline.memoryRate, ms: limits.memoryMs });
  baseline.discountedFailures = kept * baseline.discountedFailures + learned;
  baseline.failures = kept * baseline.failures + learnedShare * stretch.failures;
  // What the cap cuts off becomes success: a trial that must not count as failure is still a trial.
  baseline.successes = kept * baseline.successes + trials - learned;
}

function cappedFailures(stretch: Stretch, trials: number, guardRatio: number): number {
  const expected = trials * guardRatio;
  return Math.min(stretch.discountedFailures, expected + 2.5 * Math.sqrt(expected * (1 - guardRatio)) + 1);
}

function raiseLevelSlowly(baseline: Baseline, elapsedMs: number): void {
  const estimate = logit((baseline.discountedFailures + PRIOR_FAILURES) / (trialCount(baseline) + PRIOR_REQUESTS));
  if (!baseline.isMature) {
    baseline.level = estimate;
    baseline.levelCeiling = estimate;
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
