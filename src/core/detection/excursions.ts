/**
 * The threshold, and how an endpoint's own harmless excursions raise it.
 *
 * The budget of false pages gives a threshold for chance: all of it at the usual ratio, where chance needs long for
 * as much evidence, and a hundredth of it at the guard, where it needs less. Bursts that no model knows are measured
 * instead: each time the watched CUSUM returns to 0, its peak says how far harmless evidence goes
 * here. The excess over a high level is taken as exponential (peaks over threshold), and the
 * threshold is put where such a peak comes once per budget.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, SECOND_MS } from "../time.ts";
import { natsByChance } from "./chance.ts";

/** How many false pages the whole fleet may send in a period, and how many series share it. */
export type DetectorContext = {
  readonly budgetFalsePages: number;
  readonly budgetPerMs: number;
  readonly activeSeriesCount: number;
};

export type Excursions = {
  /** Highest CUSUM since it last left 0. */
  peak: number;
  /** Faded sums over the excursions that passed the level. */
  count: number;
  excess: number;
  fadedAt: UnixMillis;
};

const LEVEL = 7;
const MEMORY_MS = 3 * DAY_MS;
const PRIOR_COUNT = 4;
const PRIOR_EXCESS = 4;
/** The guard is three deviations above what is usual: the ratio is as high less than a hundredth of its time. */
const TIME_AT_GUARD = 1 / 100;
const REQUESTS_MIN = 2e5;
const THRESHOLD_MIN = Math.log(1e4);
const RAISE_FACTOR_MAX = 3;

export function createExcursions(now: UnixMillis): Excursions {
  return { peak: 0, count: 0, excess: 0, fadedAt: now };
}

/** Follows the watched CUSUM. An excursion ends at 0, and is then remembered as harmless. */
export function followExcursion(excursions: Excursions, cusum: number, now: UnixMillis): void {
  if (cusum > excursions.peak) excursions.peak = cusum;
  else if (cusum === 0 && excursions.peak > 0) endExcursion(excursions, now);
}

export function endExcursion(excursions: Excursions, now: UnixMillis): void {
  if (excursions.peak > LEVEL) {
    fadeExcursions(excursions, now);
    excursions.count += 1;
    excursions.excess += excursions.peak - LEVEL;
  }
  excursions.peak = 0;
}

/** Forgets the present excursion: it was an attack, and says nothing about what is harmless. */
export function discardExcursion(excursions: Excursions): void {
  excursions.peak = 0;
}

/** What chance has to work with. */
export type Chances = {
  readonly requestsPerSecond: number;
  /** See chance.ts. */
  readonly exponents: readonly number[];
};

/** Nats that the evidence has to pass, and where they come from. */
export type Threshold = {
  readonly nats: number;
  /** What the budget asks for. */
  readonly byChance: number;
  /** What harmless excursions ask for; null while there are too few of them. */
  readonly byExperience: number | null;
};

export function thresholdOf(
  excursions: Excursions,
  { exponents, requestsPerSecond }: Chances,
  context: DetectorContext,
  now: UnixMillis,
): Threshold {
  const seriesPerFalsePage = Math.max(1, context.activeSeriesCount) / context.budgetFalsePages;
  const requests = ((requestsPerSecond * context.budgetPerMs) / SECOND_MS) * seriesPerFalsePage;
  const atGuard = Math.log(Math.max(REQUESTS_MIN * seriesPerFalsePage, TIME_AT_GUARD * requests));
  const byChance = Math.max(THRESHOLD_MIN, atGuard, natsByChance(exponents, Math.max(1, requests)));
  fadeExcursions(excursions, now);
  const perDay = (excursions.count * DAY_MS) / MEMORY_MS;
  const perBudget = perDay * (context.budgetPerMs / DAY_MS) * seriesPerFalsePage;
  if (perBudget <= 1) return { nats: byChance, byChance, byExperience: null };
  const meanExcess = (PRIOR_EXCESS + excursions.excess) / (PRIOR_COUNT + excursions.count);
  const byExperience = LEVEL + meanExcess * Math.log(perBudget);
  const nats = Math.max(byChance, Math.min(byExperience, RAISE_FACTOR_MAX * byChance));
  return { nats, byChance, byExperience };
}

function fadeExcursions(excursions: Excursions, now: UnixMillis): void {
  const kept = Math.exp(-(now - excursions.fadedAt) / MEMORY_MS);
  excursions.count *= kept;
  excursions.excess *= kept;
  excursions.fadedAt = now;
}
