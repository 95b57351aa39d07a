/**
 * Sequential evidence that the ratio has risen above the guard, updated by every request.
 *
 * Five charts, each tuned to one odds ratio, hold a Shiryaev-Roberts statistic; the logarithm of
 * their mean is the evidence. While the true ratio stays below the guard, the mean number of requests
 * to a false alarm is at least the exponential of the threshold, whatever the mixture: no table of
 * limits is needed. The charts of sudden bursts are measured from a lower ratio (see guard.ts). Beside each runs
 * a CUSUM, used only to say when the excess began.
 *
 * The charts are parallel lists of numbers, which take a third of the room of five objects.
 */
import type { UnixMillis } from "../time.ts";
import { HOUR_MS, SECOND_MS } from "../time.ts";
import type { Steps } from "./chance.ts";
import { chanceExponents } from "./chance.ts";
import { oddsOf, shareOf } from "./odds.ts";
import type { Excess, Expectation, Surplus } from "./surplus.ts";
import {
  beginExcess,
  beginLull,
  countExcess,
  countExcessSuccess,
  createSurplus,
  discountExcess,
  excessOf,
  expectedSince,
  expectFailures,
  onsetOf,
} from "./surplus.ts";

export type Evidence = {
  /** Grows with evidence and never quite returns to 0; the alarm rests on it. */
  readonly shiryaevRoberts: number[];
  /** Nats; 0 when nothing speaks for an excess. */
  readonly cusum: number[];
  /** Nats per failure and per success, and the factor that one success multiplies by. */
  readonly failureGain: number[];
  readonly successGain: number[];
  readonly successFactor: number[];
  readonly surplus: Surplus;
  /** The ratios and the odds scale that the gains were computed for. */
  guardRatio: number;
  suddenGuardRatio: number;
  oddsScale: number;
  /** Nats above which nothing is gained: an alarm must be able to end. */
  ceiling: number;
  fadedAt: UnixMillis;
};

const ODDS_RATIOS = [1.5, 3, 7, 25, 100] as const;
const CHARTS = ODDS_RATIOS.length;
/** From this odds ratio on a chart looks for sudden bursts. */
const SUDDEN_ODDS_RATIO = 25;
/** The chart (of odds ratio 3) whose excursions are watched. */
const WATCHED_CHART = 1;
const ALTERNATIVE_MAX = 0.995;
const NULL_MAX = 0.99;
export const FADE_MS = 6 * HOUR_MS;
const CEILING_ABOVE_THRESHOLD = 4;
const ODDS_SCALE_TOLERANCE = 0.02;

export function createEvidence(now: UnixMillis): Evidence {
  return {
    shiryaevRoberts: zeros(),
    cusum: zeros(),
    failureGain: zeros(),
    successGain: zeros(),
    successFactor: zeros(),
    surplus: createSurplus(CHARTS, now),
    guardRatio: 0,
    suddenGuardRatio: 0,
    oddsScale: 1,
    ceiling: 0,
    fadedAt: now,
  };
}

/** The guard, and the lower ratio that sudden bursts are measured from. */
export type Guards = { readonly guard: number; readonly sudden: number };

/** Sets what counts as evidence from here on; what has been gathered stays. */
export function aim(evidence: Evidence, { guard, sudden }: Guards): void {
  if (evidence.guardRatio === guard && evidence.suddenGuardRatio === sudden) return;
  evidence.guardRatio = guard;
  evidence.suddenGuardRatio = sudden;
  computeGains(evidence);
}

/** Nothing is gained from a little above the threshold on. */
export function limitEvidence(evidence: Evidence, threshold: number): void {
  evidence.ceiling = threshold + CEILING_ABOVE_THRESHOLD;
}

/** What a failure and a success add to each chart. */
export function stepsOf({ failureGain, successGain }: Evidence): readonly Steps[] {
  return failureGain.map((gain, chart) => ({ failureGain: gain, successGain: successGain[chart] ?? 0 }));
}

/** How rarely chance brings evidence while so large a share fails (see chance.ts). */
export function exponentsAt(evidence: Evidence, usual: number): readonly number[] {
  return chanceExponents(stepsOf(evidence), shareOf(evidence.oddsScale * oddsOf(usual)));
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
  const { shiryaevRoberts, cusum } = evidence;
  for (let chart = 0; chart < CHARTS; chart++) {
    shiryaevRoberts[chart] = (shiryaevRoberts[chart] ?? 0) * kept;
    cusum[chart] = (cusum[chart] ?? 0) * kept;
  }
  evidence.fadedAt = now;
}

export function addSuccess(evidence: Evidence, requests: number): void {
  const { shiryaevRoberts, cusum, successFactor, successGain, surplus } = evidence;
  surplus.lull.requests += requests;
  for (let chart = 0; chart < CHARTS; chart++) {
    shiryaevRoberts[chart] = (1 + (shiryaevRoberts[chart] ?? 0)) * (successFactor[chart] ?? 0);
    const nats = cusum[chart] ?? 0;
    if (nats === 0) continue;
    cusum[chart] = Math.max(0, nats + (successGain[chart] ?? 0));
    countExcessSuccess(surplus, chart, requests);
  }
}

/** `worth`, at most 1, is what the failure counts for: repeats of one client count for less. */
export function addFailure(evidence: Evidence, worth: number, expectation: Expectation, now: UnixMillis): void {
  const { shiryaevRoberts, cusum, failureGain, surplus, ceiling } = evidence;
  const shiryaevRobertsMax = Math.exp(ceiling);
  if (watchedCusum(evidence) === 0) beginLull(surplus, expectation, now);
  surplus.lull.requests += 1;
  const { clusterFactor } = expectation;
  const expectedThen = { expected: expectedSince(surplus, expectation, now), clusterFactor };
  for (let chart = 0; chart < CHARTS; chart++) {
    const nats = worth * (failureGain[chart] ?? 0);
    const before = cusum[chart] ?? 0;
    const grown = (1 + (shiryaevRoberts[chart] ?? 0)) * Math.exp(nats);
    shiryaevRoberts[chart] = Math.min(grown, shiryaevRobertsMax);
    if (before === 0) beginExcess(surplus, chart, now);
    else expectFailures(surplus, chart, expectedThen);
    cusum[chart] = Math.min(before + nats, ceiling);
    countExcess(surplus, chart, worth);
  }
  surplus.judgedAt = now;
}

/** Takes back what failures of this worth have added, now that they were made good; `failedAt` tells when the last came. */
export function takeBack(evidence: Evidence, worth: number, failedAt: UnixMillis): void {
  const { shiryaevRoberts, cusum, failureGain, surplus } = evidence;
  for (let chart = 0; chart < CHARTS; chart++) {
    const nats = worth * (failureGain[chart] ?? 0);
    shiryaevRoberts[chart] = (shiryaevRoberts[chart] ?? 0) * Math.exp(-nats);
    if ((cusum[chart] ?? 0) === 0 || failedAt < onsetOf(surplus, chart)) continue;
    cusum[chart] = Math.max(0, (cusum[chart] ?? 0) - nats);
    discountExcess(surplus, chart, worth);
  }
}

/** What so many successes, evenly spread over a time, would have left of evidence that began with nothing. */
export function gainCalm(evidence: Evidence, calm: { readonly successes: number; readonly forMs: number }): void {
  if (calm.successes < 1) return;
  const kept = Math.exp(-calm.forMs / calm.successes / FADE_MS);
  evidence.successFactor.forEach((successFactor, chart) => {
    const factor = successFactor * kept;
    evidence.shiryaevRoberts[chart] = (factor * (1 - factor ** calm.successes)) / (1 - factor);
  });
}

/** The evidence, in nats. */
export function evidenceNats({ shiryaevRoberts }: Evidence): number {
  let total = 0;
  for (const value of shiryaevRoberts) total += value;
  return Math.max(0, Math.log(total / CHARTS));
}

/** The excess of the chart that explains it best; null when nothing speaks for one. */
export function leadingExcess({ cusum, surplus }: Evidence): Excess | null {
  const highest = Math.max(...cusum);
  return highest > 0 ? excessOf(surplus, cusum.indexOf(highest)) : null;
}

/** Nats of the watched chart; each of its excursions from 0 is measured (see excursions.ts). */
export function watchedCusum({ cusum }: Evidence): number {
  return cusum[WATCHED_CHART] ?? 0;
}

/** Highest CUSUM of the charts above the smallest odds ratio, which lingers above 0 for hours. */
export function highestCusum({ cusum }: Evidence): number {
  let highest = 0;
  for (let chart = WATCHED_CHART; chart < CHARTS; chart++) highest = Math.max(highest, cusum[chart] ?? 0);
  return highest;
}

export function clearEvidence({ shiryaevRoberts, cusum }: Evidence): void {
  shiryaevRoberts.fill(0);
  cusum.fill(0);
}

function computeGains(evidence: Evidence): void {
  const { failureGain, guardRatio, oddsScale, successFactor, successGain, suddenGuardRatio } = evidence;
  const guardOdds = oddsScale * oddsOf(guardRatio);
  const suddenOdds = oddsScale * oddsOf(suddenGuardRatio);
  ODDS_RATIOS.forEach((oddsRatio, chart) => {
    const usual = Math.min(NULL_MAX, shareOf(oddsRatio >= SUDDEN_ODDS_RATIO ? suddenOdds : guardOdds));
    const alternative = Math.min(ALTERNATIVE_MAX, shareOf(guardOdds * oddsRatio));
    failureGain[chart] = Math.log(alternative / usual);
    successFactor[chart] = (1 - alternative) / (1 - usual);
    successGain[chart] = Math.log((1 - alternative) / (1 - usual));
  });
}

function zeros(): number[] {
  return new Array<number>(CHARTS).fill(0);
}
