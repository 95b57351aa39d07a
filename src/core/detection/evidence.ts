/**
 * Sequential evidence that the ratio has risen above the guard, updated by every request.
 *
 * Five charts, each tuned to one odds ratio, hold a Shiryaev-Roberts statistic; the logarithm of
 * their mean is the evidence. While the true ratio stays below the guard, the mean number of requests
 * to a false alarm is at least the exponential of the threshold, whatever the mixture: no table of
 * limits is needed. Beside each runs a CUSUM, used only to say when the excess began.
 *
 * More failures in proportion are not enough, because successes can go missing: each chart also keeps
 * how far the number of failures exceeds the expected one since the onset.
 */
import type { UnixMillis } from "../time.ts";
import { HOUR_MS, SECOND_MS } from "../time.ts";

export type Chart = {
  /** Grows with evidence and never quite returns to 0; the alarm rests on it. */
  shiryaevRoberts: number;
  /** Nats; 0 when nothing speaks for an excess. */
  cusum: number;
  /** When the CUSUM last left 0, and what has come since. */
  onsetAt: UnixMillis;
  failures: number;
  discountedFailures: number;
  /** Failures above 1.4 times the expected number. Its debt is bounded, so that a long lull hides no attack. */
  surplus: number;
  expectedFailures: number;
  /** Nats per failure, and the factor that one success multiplies by. */
  failureGain: number;
  successGain: number;
  successFactor: number;
};

export type Evidence = {
  readonly charts: Chart[];
  /** The ratio and the odds scale that the gains were computed for. */
  guardRatio: number;
  oddsScale: number;
  /** Nats above which nothing is gained: an alarm must be able to end. */
  ceiling: number;
  fadedAt: UnixMillis;
  /** When the last failure came: up to then failures have been expected. */
  judgedAt: UnixMillis;
  readonly lull: Lull;
};

/** Whether requests have thinned out since the watched chart's onset: then retries may still come. */
type Lull = {
  since: UnixMillis;
  requests: number;
  /** Per second, just before. */
  requestsBefore: number;
  failuresBefore: number;
};

/** What a failure is judged against. */
export type Expectation = {
  readonly failuresPerSecond: number;
  readonly requestsPerSecondBefore: number;
  readonly failuresPerSecondBefore: number;
  readonly clusterFactor: number;
};

const ODDS_RATIOS = [1.5, 3, 7, 25, 100] as const;
/** The chart (of odds ratio 3) whose excursions are watched. */
const WATCHED_CHART = 1;
const ALTERNATIVE_MAX = 0.995;
const NULL_MAX = 0.99;
const FADE_MS = 6 * HOUR_MS;
const CEILING_ABOVE_THRESHOLD = 4;

const TOLERATED_FACTOR = 1.4;
const SURPLUS_DEVIATIONS = 3;
const DEBT_MAX_FAILURES = 20;
/** Below this share of the requests before, a lull may be the tail of a surge: its retries still come. */
const THINNING_SHARE = 0.6;
const ODDS_SCALE_TOLERANCE = 0.02;

export function createEvidence(now: UnixMillis): Evidence {
  return {
    charts: ODDS_RATIOS.map(() => createChart(now)),
    guardRatio: 0,
    oddsScale: 1,
    ceiling: 0,
    fadedAt: now,
    judgedAt: now,
    lull: { since: now, requests: 0, requestsBefore: 0, failuresBefore: 0 },
  };
}

/** Sets what counts as evidence from here on; what has been gathered stays. */
export function aim(evidence: Evidence, guardRatio: number, threshold: number): void {
  evidence.ceiling = threshold + CEILING_ABOVE_THRESHOLD;
  if (evidence.guardRatio === guardRatio) return;
  evidence.guardRatio = guardRatio;
  computeGains(evidence);
}

/** Follows the odds scale of sampling; small moves are not worth ten logarithms. */
export function aimAtOddsScale(evidence: Evidence, oddsScale: number): void {
  if (Math.abs(oddsScale - evidence.oddsScale) <= ODDS_SCALE_TOLERANCE * evidence.oddsScale) return;
  evidence.oddsScale = oddsScale;
  computeGains(evidence);
}

export function fade(evidence: Evidence, now: UnixMillis): void {
  const elapsedMs = now - evidence.fadedAt;
  if (elapsedMs < SECOND_MS) return;
  const kept = Math.exp(-elapsedMs / FADE_MS);
  for (const chart of evidence.charts) {
    chart.shiryaevRoberts *= kept;
    chart.cusum *= kept;
  }
  evidence.fadedAt = now;
}

export function addSuccess(evidence: Evidence, requests: number): void {
  evidence.lull.requests += requests;
  for (const chart of evidence.charts) {
    chart.shiryaevRoberts = (1 + chart.shiryaevRoberts) * chart.successFactor;
    if (chart.cusum === 0) continue;
    chart.cusum = Math.max(0, chart.cusum + chart.successGain);
  }
}

/** `worth`, at most 1, is what the failure counts for: repeats of one client count for less. */
export function addFailure(evidence: Evidence, worth: number, expectation: Expectation, now: UnixMillis): void {
  const shiryaevRobertsMax = Math.exp(evidence.ceiling);
  if (watchedCusum(evidence) === 0) beginLull(evidence.lull, expectation, now);
  evidence.lull.requests += 1;
  const expected = expectedFailures(evidence, expectation, now);
  const debtMax = DEBT_MAX_FAILURES * expectation.clusterFactor;
  for (const chart of evidence.charts) {
    const nats = worth * chart.failureGain;
    chart.shiryaevRoberts = Math.min((1 + chart.shiryaevRoberts) * Math.exp(nats), shiryaevRobertsMax);
    if (chart.cusum === 0) beginExcess(chart, now);
    else expectFailures(chart, expected, debtMax);
    chart.cusum = Math.min(chart.cusum + nats, evidence.ceiling);
    chart.failures += 1;
    chart.discountedFailures += worth;
    chart.surplus += 1;
  }
  evidence.judgedAt = now;
}

/** The evidence, in nats. */
export function evidenceNats(evidence: Evidence): number {
  let total = 0;
  for (const chart of evidence.charts) total += chart.shiryaevRoberts;
  return Math.max(0, Math.log(total / evidence.charts.length));
}

/** The chart that explains the excess best. */
export function leadingChart(evidence: Evidence): Chart {
  return evidence.charts.reduce((best, chart) => (chart.cusum > best.cusum ? chart : best));
}

/** Nats of the watched chart; each of its excursions from 0 is measured (see excursions.ts). */
export function watchedCusum(evidence: Evidence): number {
  return evidence.charts[WATCHED_CHART]?.cusum ?? 0;
}

/** Highest CUSUM of the charts above the smallest odds ratio, which lingers above 0 for hours. */
export function highestCusum(evidence: Evidence): number {
  let highest = 0;
  for (let index = WATCHED_CHART; index < evidence.charts.length; index++) {
    highest = Math.max(highest, evidence.charts[index]?.cusum ?? 0);
  }
  return highest;
}

/** True when there are more failures, not just fewer successes: enough of them, and above chance. */
export function hasSurplus(chart: Chart, minFailures: number): boolean {
  const chance = SURPLUS_DEVIATIONS * Math.sqrt(chart.expectedFailures);
  return chart.discountedFailures >= minFailures && chart.surplus >= Math.max(minFailures, chance);
}

export function clearEvidence(evidence: Evidence): void {
  for (const chart of evidence.charts) {
    chart.shiryaevRoberts = 0;
    chart.cusum = 0;
  }
}

function beginLull(lull: Lull, expectation: Expectation, now: UnixMillis): void {
  lull.since = now;
  lull.requests = 0;
  lull.requestsBefore = expectation.requestsPerSecondBefore;
  lull.failuresBefore = expectation.failuresPerSecondBefore;
}

function beginExcess(chart: Chart, now: UnixMillis): void {
  chart.onsetAt = now;
  chart.failures = 0;
  chart.discountedFailures = 0;
  chart.surplus = 0;
  chart.expectedFailures = 0;
}

/** Failures that were to be expected since the last one. */
function expectedFailures(evidence: Evidence, expectation: Expectation, now: UnixMillis): number {
  const { lull, judgedAt } = evidence;
  const requestsExpected = (lull.requestsBefore * (now - lull.since)) / SECOND_MS;
  const isThinning = lull.requests < THINNING_SHARE * requestsExpected;
  const usual = expectation.failuresPerSecond;
  const perSecond = isThinning ? Math.max(usual, lull.failuresBefore) : usual;
  return (perSecond * (now - judgedAt)) / SECOND_MS;
}

function expectFailures(chart: Chart, expected: number, debtMax: number): void {
  chart.expectedFailures += expected;
  chart.surplus -= TOLERATED_FACTOR * expected;
  if (chart.surplus >= -debtMax) return;
  chart.surplus = -debtMax;
  chart.expectedFailures = 0;
}

function computeGains(evidence: Evidence): void {
  const guardOdds = (evidence.guardRatio / (1 - evidence.guardRatio)) * evidence.oddsScale;
  const usual = Math.min(NULL_MAX, guardOdds / (1 + guardOdds));
  evidence.charts.forEach((chart, index) => {
    const odds = guardOdds * (ODDS_RATIOS[index] ?? 1);
    const alternative = Math.min(ALTERNATIVE_MAX, odds / (1 + odds));
    chart.failureGain = Math.log(alternative / usual);
    chart.successGain = Math.log((1 - alternative) / (1 - usual));
    chart.successFactor = (1 - alternative) / (1 - usual);
  });
}

function createChart(now: UnixMillis): Chart {
  return {
    shiryaevRoberts: 0,
    cusum: 0,
    onsetAt: now,
    failures: 0,
    discountedFailures: 0,
    surplus: 0,
    expectedFailures: 0,
    failureGain: 0,
    successGain: 0,
    successFactor: 1,
  };
}
