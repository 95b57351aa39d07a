/**
 * What is usual for one endpoint: its ratio of failures, its request rate, and how far both wander.
 *
 * Counts fade with the requests that follow them and, on busy endpoints, with time. Failures enter
 * "discounted": repeats of one client within a minute count for less than the first, here exactly as
 * in the evidence, or the two would disagree. Raw failures are kept beside them for people and for
 * the question whether there are more failures than usual, not just fewer successes.
 *
 * An attacker can add failures but not remove any. So what is learned of a stretch is capped at what
 * the guard allows, the level may rise only slowly, and wander is measured from downward moves alone.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import { stretchGain } from "./ewma.ts";
import { clamp, logistic, logit } from "./odds.ts";

/** What happened in one stretch of time. Requests and failures are in units of one received failure. */
export type Stretch = {
  durationMs: number;
  successes: number;
  failures: number;
  discountedFailures: number;
};

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
  /** Variance of failure counts over that of independent requests: people retry. */
  clusterFactor: number;
  readonly clusterWindow: Stretch;
  readonly clusterWindowBefore: Stretch;
  /** Variance of the level over hours, on the log-odds scale. */
  wander: number;
  wanderWindowCount: number;
  readonly wanderWindow: Stretch;
};

/** The prior: one endpoint in ten requests failing, worth four requests. It is never forgotten. */
const PRIOR_REQUESTS = 4;
const PRIOR_FAILURES = 0.4;

const MEMORY_MIN_REQUESTS = 400;
const RISE_MAX_PER_DAY = Math.log(1.5);
const CEILING_MEMORY_MS = 2 * DAY_MS;
const MATURE_FAILURES = 40;
const MATURE_AGE_MS = 20 * MINUTE_MS;

const CLUSTER_EXPECTED_MIN = 1;
const CLUSTER_EXPECTED_MAX = 25;
const CLUSTER_FACTOR_MAX = 9;
const CLUSTER_SURPRISE_MAX = 100;
const CLUSTER_GAIN = 1 / 100;

const WANDER_EXPECTED_MIN = 12;
const WANDER_WINDOW_MIN_MS = MINUTE_MS;
const WANDER_WINDOW_MAX_MS = 5 * MINUTE_MS;
const WANDER_PRIOR = 0.2 ** 2;
/** The estimate may fall below 0, or it would be biased upwards; but not so far that wander starts in debt. */
const WANDER_MIN = -0.01;
const WANDER_PRIOR_WINDOWS = 50;
const WANDER_MEMORY_WINDOWS = 500;

export function emptyStretch(): Stretch {
  return { durationMs: 0, successes: 0, failures: 0, discountedFailures: 0 };
}

export function clearStretch(stretch: Stretch): void {
  stretch.durationMs = 0;
  stretch.successes = 0;
  stretch.failures = 0;
  stretch.discountedFailures = 0;
}

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
    clusterFactor: 1,
    clusterWindow: emptyStretch(),
    clusterWindowBefore: emptyStretch(),
    wander: WANDER_PRIOR,
    wanderWindowCount: 0,
    wanderWindow: emptyStretch(),
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
  learnClustering(baseline, stretch);
  learnWander(baseline, stretch);
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

/**
 * Compares each window with the one before it, not with the level: a ratio that drifts would look
 * like clustering, and what it explains away as chance is then missing from the wander.
 */
function learnClustering(baseline: Baseline, stretch: Stretch): void {
  const { clusterWindow: window, clusterWindowBefore: before } = baseline;
  addStretch(window, stretch);
  const ratio = logistic(baseline.level);
  const expected = ratio * trialsOf(window);
  if (expected < CLUSTER_EXPECTED_MIN) return;
  if (trialsOf(before) > 0 && expected <= CLUSTER_EXPECTED_MAX) {
    const difference = window.discountedFailures / trialsOf(window) - before.discountedFailures / trialsOf(before);
    const chance = ratio * (1 - ratio) * (1 / trialsOf(window) + 1 / trialsOf(before));
    const surprise = Math.min(CLUSTER_SURPRISE_MAX, (difference * difference) / chance);
    const smoothed = baseline.clusterFactor + CLUSTER_GAIN * (surprise - baseline.clusterFactor);
    baseline.clusterFactor = clamp(smoothed, 1, CLUSTER_FACTOR_MAX);
  }
  Object.assign(before, window);
  clearStretch(window);
}

function learnWander(baseline: Baseline, stretch: Stretch): void {
  const window = baseline.wanderWindow;
  addStretch(window, stretch);
  const trials = trialsOf(window);
  const ratio = logistic(baseline.level);
  const windowMinMs = clamp(baseline.observedMs / 60, WANDER_WINDOW_MIN_MS, WANDER_WINDOW_MAX_MS);
  if (window.durationMs < windowMinMs || trials * ratio < WANDER_EXPECTED_MIN) return;
  const move = logit((window.discountedFailures + 0.5) / (trials + 1)) - baseline.level;
  const noise = baseline.clusterFactor / (trials * ratio * (1 - ratio));
  const variance = (move < 0 ? 2 * move * move : 0) - noise;
  const gain = 1 / (Math.min(baseline.wanderWindowCount, WANDER_MEMORY_WINDOWS) + WANDER_PRIOR_WINDOWS + 1);
  baseline.wander = Math.max(WANDER_MIN, baseline.wander + gain * (variance - baseline.wander));
  baseline.wanderWindowCount++;
  clearStretch(window);
}

function trialsOf(stretch: Stretch): number {
  return stretch.successes + stretch.discountedFailures;
}

function addStretch(window: Stretch, stretch: Stretch): void {
  window.durationMs += stretch.durationMs;
  window.successes += stretch.successes;
  window.failures += stretch.failures;
  window.discountedFailures += stretch.discountedFailures;
}
