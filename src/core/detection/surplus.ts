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

export type Surplus = {
  /** Of each chart the six numbers of its excess, one after the other: thirty numbers in six lists took twice the room. */
  readonly excesses: number[];
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

/** One chart's excess. Everything counts from its onset. */
export type Excess = {
  readonly onsetAt: UnixMillis;
  readonly failures: number;
  readonly successes: number;
  readonly discountedFailures: number;
  /** Failures above 1.4 times the expected number. Its debt is bounded, so that a long lull hides no attack. */
  readonly surplus: number;
  readonly expectedFailures: number;
};

// Places in a chart's six.
const ONSET_AT = 0;
const FAILURES = 1;
const SUCCESSES = 2;
const DISCOUNTED_FAILURES = 3;
const SURPLUS = 4;
const EXPECTED_FAILURES = 5;
const NUMBERS = 6;

const NO_EXCESS = { discountedFailures: 0, surplus: 0, expectedFailures: 0 };

/** Only what exceeds so many times the expected number is surplus. */
export const TOLERATED_FACTOR = 1.4;
const SURPLUS_DEVIATIONS = 3;
const DEBT_MAX_FAILURES = 20;
/** Below this share of the requests before, a lull may be the tail of a surge: its retries still come. */
const THINNING_SHARE = 0.6;

export function createSurplus(chartCount: number, now: UnixMillis): Surplus {
  const surplus = {
    excesses: new Array<number>(chartCount * NUMBERS).fill(0),
    judgedAt: now,
    lull: { since: now, requests: 0, requestsBefore: 0, failuresBefore: 0 },
  };
  for (let chart = 0; chart < chartCount; chart++) beginExcess(surplus, chart, now);
  return surplus;
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

export function beginExcess({ excesses }: Surplus, chart: number, now: UnixMillis): void {
  const first = chart * NUMBERS;
  excesses.fill(0, first, first + NUMBERS);
  excesses[first + ONSET_AT] = now;
}

export function expectFailures(
  { excesses }: Surplus,
  chart: number,
  { expected, clusterFactor }: { readonly expected: number; readonly clusterFactor: number },
): void {
  const first = chart * NUMBERS;
  const debtMax = DEBT_MAX_FAILURES * clusterFactor;
  const left = (excesses[first + SURPLUS] ?? 0) - TOLERATED_FACTOR * expected;
  const isInDebt = left < -debtMax;
  excesses[first + SURPLUS] = isInDebt ? -debtMax : left;
  excesses[first + EXPECTED_FAILURES] = isInDebt ? 0 : (excesses[first + EXPECTED_FAILURES] ?? 0) + expected;
}

export function countExcess({ excesses }: Surplus, chart: number, worth: number): void {
  const first = chart * NUMBERS;
  excesses[first + FAILURES] = (excesses[first + FAILURES] ?? 0) + 1;
  excesses[first + DISCOUNTED_FAILURES] = (excesses[first + DISCOUNTED_FAILURES] ?? 0) + worth;
  excesses[first + SURPLUS] = (excesses[first + SURPLUS] ?? 0) + 1;
}

export function countExcessSuccess({ excesses }: Surplus, chart: number, requests: number): void {
  const at = chart * NUMBERS + SUCCESSES;
  excesses[at] = (excesses[at] ?? 0) + requests;
}

/** Failures that were made good stay in the count that people see, and are no excess. */
export function discountExcess({ excesses }: Surplus, chart: number, worth: number): void {
  const first = chart * NUMBERS;
  excesses[first + DISCOUNTED_FAILURES] = Math.max(0, (excesses[first + DISCOUNTED_FAILURES] ?? 0) - worth);
  excesses[first + SURPLUS] = (excesses[first + SURPLUS] ?? 0) - worth;
}

export function onsetOf({ excesses }: Surplus, chart: number): UnixMillis {
  return excesses[chart * NUMBERS + ONSET_AT] ?? 0;
}

export function excessOf({ excesses }: Surplus, chart: number): Excess {
  const first = chart * NUMBERS;
  return {
    onsetAt: excesses[first + ONSET_AT] ?? 0,
    failures: excesses[first + FAILURES] ?? 0,
    successes: excesses[first + SUCCESSES] ?? 0,
    discountedFailures: excesses[first + DISCOUNTED_FAILURES] ?? 0,
    surplus: excesses[first + SURPLUS] ?? 0,
    expectedFailures: excesses[first + EXPECTED_FAILURES] ?? 0,
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
