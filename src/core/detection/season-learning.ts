/**
 * How a series comes by a season, and when it gives it up.
 *
 * A place is earned: by a baseline that is known, by enough failures for an hour to say something, and after
 * three weeks by a pattern that explains how the hours differ. Who fails that tries again after a quarter.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../time.ts";
import type { Baseline } from "./baseline.ts";
import { learnStretch, ratioMemoryMs, shiftBaseline, usualLevel, usualRatio } from "./baseline.ts";
import { logistic } from "./odds.ts";
import type { LearnedStretch, Season } from "./season.ts";
import { createSeason, learnHour, NO_SEASON, offsetsAt, reviewSeason } from "./season.ts";
import type { Seasons } from "./seasons.ts";
import type { Series } from "./series.ts";
import type { Stretch } from "./stretch.ts";

/** Whether series learn the hour of the week. */
export const SEASON_KINDS = ["week", "none"] as const;
export type SeasonKind = (typeof SEASON_KINDS)[number];

export type SeasonTerms = {
  readonly memoryMs: number;
  readonly season: SeasonKind;
  readonly seasons: Seasons;
};

type EndedStretch = Stretch & { readonly endedAt: UnixMillis };

type LearningTerms = SeasonTerms & { readonly guardRatio: number };

const FAILURES_PER_HOUR_MIN = 3;
const AGE_MIN_MS = DAY_MS;
const RETRY_AFTER_MS = 91 * DAY_MS;

/** Learns a stretch that was found harmless: the baseline first, and from what is left of it the hour. */
export function learnHarmless(series: Series, baseline: Baseline, stretch: EndedStretch, terms: LearningTerms): void {
  const usual = logistic(usualLevel(baseline));
  const failures = learnStretch(baseline, stretch, terms);
  learnSeason(series, baseline, { stretch, endedAt: stretch.endedAt, failures, usualRatio: usual }, terms);
}

function learnSeason(series: Series, baseline: Baseline, learned: LearnedStretch, terms: SeasonTerms): void {
  const season = terms.seasons.of(series) ?? beginSeason(series, baseline, terms, learned.endedAt);
  if (season === null) return;
  if (learnHour(season, learned)) review(series, season, baseline, terms, learned.endedAt);
}

/** Has the baseline follow the hour. */
export function followSeason(series: Series, baseline: Baseline, { seasons }: SeasonTerms, now: UnixMillis): void {
  const season = seasons.of(series);
  baseline.season = season === undefined ? NO_SEASON : offsetsAt(season, now);
}

function beginSeason(series: Series, baseline: Baseline, terms: SeasonTerms, now: UnixMillis): Season | null {
  if (terms.season === "none" || !isBusyAndKnown(series, baseline, now)) return null;
  if (!terms.seasons.mayBegin(series, now)) return null;
  const season = createSeason(now, baseline.memoryRate);
  if (terms.seasons.admit(series, season)) return season;
  terms.seasons.wait(series, now + RETRY_AFTER_MS);
  return null;
}

function isBusyAndKnown({ createdAt }: Series, baseline: Baseline, now: UnixMillis): boolean {
  if (!baseline.isMature || now < createdAt + AGE_MIN_MS) return false;
  const perHour = (usualRatio(baseline) * baseline.memoryRate * HOUR_MS) / SECOND_MS;
  return perHour >= FAILURES_PER_HOUR_MIN;
}

function review(series: Series, season: Season, baseline: Baseline, terms: SeasonTerms, now: UnixMillis): void {
  const ratioHours = ratioMemoryMs(baseline, terms.memoryMs) / HOUR_MS;
  shiftBaseline(baseline, reviewSeason(season, { ratio: ratioHours, rate: terms.memoryMs / HOUR_MS }));
  if (season.isRatioKnown || season.isRateKnown) return;
  terms.seasons.release(series);
  terms.seasons.wait(series, now + RETRY_AFTER_MS);
}
