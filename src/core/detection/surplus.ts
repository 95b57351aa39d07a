/**
 * Whether there are more failures than usual, not just fewer successes.
 *
 * A ratio also rises when healthy requests go missing. So each chart of the evidence counts, from the
 * onset of its excess, by how much the failures exceed what was to be expected in that time.
 */
import type { UnixMillis } from "../time.ts";
import { SECOND_MS } from "../time.ts";
import type { Gate } from "./gate.ts";
import { gateAtLeast } from "./gate.ts";

/** Parallel lists with one place per chart, all counting from that chart's onset. */
export type Surplus = {
  readonly onsetAt: UnixMillis[];
  readonly failures: number[];
  readonly successes: number[];
  readonly discountedFailures: number[];
  /** Failures above 1.4 times the expected number. Its debt is bounded, so that a long lull hides no attack. */
  readonly surplus: number[];
  readonly expectedFailures: number[];
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

/** One chart's excess. */
export type Excess = {
  readonly onsetAt: UnixMillis;
  readonly failures: number;
  readonly successes: number;
  readonly discountedFailures: number;
  readonly surplus: number;
  readonly expectedFailures: number;
};

const NO_EXCESS = { discountedFailures: 0, surplus: 0, expectedFailures: 0 };

/** Only what exceeds so many times the expected number is surplus. */
export const TOLERATED_FACTOR = 1.4;
const SURPLUS_DEVIATIONS = 3;
const DEBT_MAX_FAILURES = 20;
/** Below this share of the requests before, a lull may be the tail of a surge: its retries still come. */
const THINNING_SHARE = 0.6;

export function createSurplus(chartCount: number, now: UnixMillis): Surplus {
  return {
    onsetAt: new Array<number>(chartCount).fill(now),
    failures: zeros(chartCount),
    successes: zeros(chartCount),
    discountedFailures: zeros(chartCount),
    surplus: zeros(chartCount),
    expectedFailures: zeros(chartCount),
    judgedAt: now,
    lull: { since: now, requests: 0, requestsBefore: 0, failuresBefore: 0 },
  };
}

export function beginLull({ lull }: Surplus, expectation: Expectation, now: UnixMillis): void {
  lull.since = now;
  lull.requests = 0;
  lull.requestsBefore = expectation.requestsPerSecondBefore;
  lull.failuresBefore = expectation.failuresPerSecondBefore;
}

/** Failures that were to be expected since the last one. */
export function expectedSince({ lull, judgedAt }: Surplus, expectation: Expectation, now: UnixMillis): number {
  const requestsExpected = (lull.requestsBefore * (now - lull.since)) / SECOND_MS;
  const isThinning = lull.requests < THINNING_SHARE * requestsExpected;
  const usual = expectation.failuresPerSecond;
  const perSecond = isThinning ? Math.max(usual, lull.failuresBefore) : usual;
  return (perSecond * (now - judgedAt)) / SECOND_MS;
}

export function beginExcess(surplus: Surplus, chart: number, now: UnixMillis): void {
  surplus.onsetAt[chart] = now;
  surplus.failures[chart] = 0;
  surplus.successes[chart] = 0;
  surplus.discountedFailures[chart] = 0;
  surplus.surplus[chart] = 0;
  surplus.expectedFailures[chart] = 0;
}

export function expectFailures(surplus: Surplus, chart: number, expected: number, clusterFactor: number): void {
  const debtMax = DEBT_MAX_FAILURES * clusterFactor;
  const left = (surplus.surplus[chart] ?? 0) - TOLERATED_FACTOR * expected;
  const isInDebt = left < -debtMax;
  surplus.surplus[chart] = isInDebt ? -debtMax : left;
  surplus.expectedFailures[chart] = isInDebt ? 0 : (surplus.expectedFailures[chart] ?? 0) + expected;
}

export function countExcess(surplus: Surplus, chart: number, worth: number): void {
  surplus.failures[chart] = (surplus.failures[chart] ?? 0) + 1;
  surplus.discountedFailures[chart] = (surplus.discountedFailures[chart] ?? 0) + worth;
  surplus.surplus[chart] = (surplus.surplus[chart] ?? 0) + 1;
}

/** Failures that were made good stay in the count that people see, and are no excess. */
export function discountExcess(surplus: Surplus, chart: number, worth: number): void {
  surplus.discountedFailures[chart] = Math.max(0, (surplus.discountedFailures[chart] ?? 0) - worth);
  surplus.surplus[chart] = (surplus.surplus[chart] ?? 0) - worth;
}

export function excessOf(surplus: Surplus, chart: number): Excess {
  return {
    onsetAt: surplus.onsetAt[chart] ?? 0,
    failures: surplus.failures[chart] ?? 0,
    successes: surplus.successes[chart] ?? 0,
    discountedFailures: surplus.discountedFailures[chart] ?? 0,
    surplus: surplus.surplus[chart] ?? 0,
    expectedFailures: surplus.expectedFailures[chart] ?? 0,
  };
}

/** There have to be enough failures, and more of them than chance explains. */
export function surplusGates(excess: typeof NO_EXCESS | null, minFailures: number): readonly Gate[] {
  const { discountedFailures, surplus, expectedFailures } = excess ?? NO_EXCESS;
  const chance = SURPLUS_DEVIATIONS * Math.sqrt(expectedFailures);
  return [
    gateAtLeast("failures", discountedFailures, minFailures),
    gateAtLeast("surplus", surplus, Math.max(minFailures, chance)),
  ];
}

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}
