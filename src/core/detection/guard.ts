/**
 * The guard: the highest ratio that may still be usual. Only what lies above it is evidence.
 *
 * False pages do not come from chance but from ratios that wander and baselines that are not known
 * yet. The sequential test keeps its promise for every process that stays below the guard, so the
 * guard carries all of that: a margin, three standard deviations of wander, and the error of the
 * estimate.
 *
 * What wanders never gets far beyond the guard, and is seldom at it. A burst of many times the guard's odds is
 * therefore measured from half-way below it: there the whole guard was paid for what could not be mistaken.
 */
import type { Baseline } from "./baseline.ts";
import { levelError, rawOffset, trialCount, usualLevel } from "./baseline.ts";
import type { Guards } from "./evidence.ts";
import { clamp, logistic, logit, oddsOf, shareOf } from "./odds.ts";

const MARGIN = Math.log(1.15);
const WANDER_DEVIATIONS = 3;
const ESTIMATE_DEVIATIONS = 1.6;
const GUARD_MIN = 0.002;

/** A brand-new endpoint may answer anything up to this ratio: challenge-response looks like that. */
const NEW_GUARD_MAX = 0.65;
const NEW_GUARD_MIN = 0.3;
const NEW_TRIALS = 60;

/** Baselines from fewer trials get a wide guard. */
export const WARM_TRIALS = 200;

export function guardRatio(baseline: Baseline): number {
  const ratio = logistic(guardLevel(baseline));
  return isNew(baseline) ? clamp(ratio, NEW_GUARD_MIN, NEW_GUARD_MAX) : Math.max(ratio, GUARD_MIN);
}

/** The guard, and what sudden bursts are measured from. A new endpoint, of which nothing is known, has no half-way. */
export function guardsOf(baseline: Baseline): Guards {
  const guard = guardRatio(baseline);
  const sudden = isNew(baseline) ? guard : halfWay({ usual: logistic(usualLevel(baseline)), guard });
  return { guard, sudden };
}

/** In log-odds. */
export function halfWay({ usual, guard }: { readonly usual: number; readonly guard: number }): number {
  return logistic((logit(usual) + logit(guard)) / 2);
}

/** The guard as a share of requests that people would count, repeats included. */
export function usualUpperRatio(baseline: Baseline): number {
  return shareOf(oddsOf(guardRatio(baseline)) * Math.exp(rawOffset(baseline)));
}

export function isWarm(baseline: Baseline): boolean {
  return trialCount(baseline) >= WARM_TRIALS;
}

function isNew(baseline: Baseline): boolean {
  return trialCount(baseline) < NEW_TRIALS;
}

function guardLevel(baseline: Baseline): number {
  return usualLevel(baseline) + MARGIN + strayMax(baseline) + ESTIMATE_DEVIATIONS * levelError(baseline);
}

/** The deviations of wander allow for a clock that people change, too; only what the next hour has beyond them is added. */
function strayMax({ season, spread }: Baseline): number {
  const wander = Math.sqrt(Math.max(0, spread.wander));
  return Math.max(WANDER_DEVIATIONS * wander, season.ratioNearby - season.ratio);
}
