/**
 * What a series knows of the hour of the week: by how much its failures' odds and its request rate usually
 * lie above or below the rest of its week.
 *
 * It learns what the baseline learns, no sooner and no more: what the guard caps is capped here, and an hour
 * in which anything was in doubt teaches nothing, nor does a level that was accepted less than a day ago. So
 * an alarm never becomes a season, however punctual. Nothing follows from it before three weeks, and then
 * only from what explains a good part of how the hours differ. Hours are those of UTC; the guard allows for
 * the hours before and after, so that a clock that people change by an hour finds nothing unusual.
 */
import type { UnixMillis } from "../time.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import { clamp, logit } from "./odds.ts";
import type { SeasonHistory } from "./season-history.ts";
import {
  agreedOffset,
  createHistory,
  explainedShare,
  HISTORY_WEEKS,
  historyOf,
  historyText,
  rememberHour,
  studyHistory,
  WEEK_HOURS,
} from "./season-history.ts";
import type { Stretch } from "./stretch.ts";
import { trialsOf } from "./stretch.ts";

/** What the present hour does to the baseline. `…Nearby` is of whichever is highest: this hour, the one before, the one after. */
export type SeasonOffsets = {
  /** Added to the log-odds of the failures. */
  readonly ratio: number;
  readonly ratioNearby: number;
  /** Multiplies the request rate; no logarithm, because each failure asks for it. */
  readonly rateFactor: number;
  readonly rateFactorNearby: number;
};

export type Season = {
  readonly ratios: SeasonHistory;
  readonly rates: SeasonHistory;
  /** Requests per second that the rates are told by. */
  readonly unitRate: number;
  isRatioKnown: boolean;
  isRateKnown: boolean;
  readonly open: OpenHour;
  /** The latest moment at which something was in doubt. */
  doubtedAt: UnixMillis;
  /** The hour after which it is looked at again whether the season explains anything. */
  reviewHour: number;
  /** Worked out for this hour, until more is learned. */
  offsetsHour: number;
  offsets: SeasonOffsets;
};

/** The hour that is being learned. */
type OpenHour = {
  hour: number;
  durationMs: number;
  requests: number;
  trials: number;
  failures: number;
  expectedFailures: number;
};

/** A harmless stretch, as the baseline has learned it. */
export type LearnedStretch = {
  readonly stretch: Stretch;
  readonly endedAt: UnixMillis;
  /** Discounted, and capped. */
  readonly failures: number;
  /** The share of its requests that was usual then. */
  readonly usualRatio: number;
};

export const NO_SEASON: SeasonOffsets = { ratio: 0, ratioNearby: 0, rateFactor: 1, rateFactorNearby: 1 };

const NO_HOUR = -1;

/** Less than this of an hour tells too little of it. */
const LEARNED_MIN_MS = 30 * MINUTE_MS;
/** Failures as expected that each hour is taken to have had besides: an hour with few says little. */
const PRIOR_FAILURES = 4;
/** Of the variance of hours; below it a season is not worth its room. */
const EXPLAINED_MIN = 0.2;
/** A season may not hide an attack of more than this many times the odds, nor expect so much more traffic. */
const RATIO_OFFSET_MAX = Math.log(4);
const RATE_OFFSET_MAX = Math.log(100);

export function createSeason(now: UnixMillis, unitRate: number): Season {
  const hour = hourOf(now);
  return {
    ratios: createHistory(),
    rates: createHistory(),
    unitRate,
    isRatioKnown: false,
    isRateKnown: false,
    open: emptyHour(hour),
    doubtedAt: now,
    reviewHour: hour + HISTORY_WEEKS * WEEK_HOURS + 1,
    offsetsHour: NO_HOUR,
    offsets: NO_SEASON,
  };
}

/** Shares nothing with the season. */
export function copySeason(season: Season): Season {
  const { ratios, rates, open } = season;
  return { ...season, ratios: ratios.slice(), rates: rates.slice(), open: { ...open } };
}

/** As plain data; the histories as texts, a character for each byte. */
export type StoredSeason = Omit<Season, "ratios" | "rates" | "offsets" | "offsetsHour"> & {
  readonly ratios: string;
  readonly rates: string;
};

export function storeSeason({ offsets, offsetsHour, ...season }: Season): StoredSeason {
  return { ...season, ratios: historyText(season.ratios), rates: historyText(season.rates), open: { ...season.open } };
}

export function readSeason(stored: StoredSeason): Season {
  const histories = { ratios: historyOf(stored.ratios), rates: historyOf(stored.rates) };
  return { ...stored, ...histories, open: { ...stored.open }, offsetsHour: NO_HOUR, offsets: NO_SEASON };
}

export function hourOf(time: UnixMillis): number {
  return Math.floor(time / HOUR_MS);
}

/** What `now` adds to the baseline. */
export function offsetsAt(season: Season, now: UnixMillis): SeasonOffsets {
  const hour = hourOf(now);
  if (hour === season.offsetsHour) return season.offsets;
  const [ratio, ratioNearby] = season.isRatioKnown ? offsetsOf(season.ratios, hour, RATIO_OFFSET_MAX) : [0, 0];
  const [rate, rateNearby] = season.isRateKnown ? offsetsOf(season.rates, hour, RATE_OFFSET_MAX) : [0, 0];
  season.offsetsHour = hour;
  season.offsets = { ratio, ratioNearby, rateFactor: Math.exp(rate), rateFactorNearby: Math.exp(rateNearby) };
  return season.offsets;
}

/** Something may be wrong: the hour that it is says nothing about usual hours. */
export function doubtHour(season: Season, now: UnixMillis): void {
  season.doubtedAt = now;
}

/** True when an hour is complete with which the season has to be reviewed; not while anything is in doubt. */
export function learnHour(season: Season, learned: LearnedStretch): boolean {
  const { stretch, endedAt } = learned;
  // What waited long in doubt, or was silent for long, belongs to no hour.
  if (stretch.durationMs > HOUR_MS) return false;
  const hour = hourOf(endedAt - stretch.durationMs / 2);
  const isNext = hour !== season.open.hour;
  if (isNext) closeHour(season, hour);
  const { open } = season;
  const trials = trialsOf(stretch);
  open.durationMs += stretch.durationMs;
  open.requests += stretch.successes + stretch.failures;
  open.trials += trials;
  open.failures += learned.failures;
  open.expectedFailures += learned.usualRatio * trials;
  return isNext && hour >= season.reviewHour && season.doubtedAt < (hour - 1) * HOUR_MS;
}

/** By how much an average without season is above one with it; below 0 when the season is given up. */
export type SeasonReview = { readonly ratioShift: number; readonly rateShift: number };

/** Looks at what three weeks explain. `memoryHours` is how far back the baseline remembers. */
export function reviewSeason(
  season: Season,
  memoryHours: { readonly ratio: number; readonly rate: number },
): SeasonReview {
  const { open, ratios, rates, isRatioKnown, isRateKnown } = season;
  season.isRatioKnown = explains(ratios);
  season.isRateKnown = explains(rates);
  season.reviewHour = open.hour + WEEK_HOURS;
  season.offsetsHour = NO_HOUR;
  const traffic = offsetsIn(rates);
  const ratioInAverage = averageOffset(offsetsIn(ratios), traffic, { until: open.hour, hours: memoryHours.ratio });
  const rateInAverage = averageOffset(traffic, () => 0, { until: open.hour, hours: memoryHours.rate });
  return {
    ratioShift: turn(isRatioKnown, season.isRatioKnown) * ratioInAverage,
    rateShift: turn(isRateKnown, season.isRateKnown) * rateInAverage,
  };
}

type OffsetOfHour = (hour: number) => number;

function explains(history: SeasonHistory): boolean {
  return explainedShare(history, studyHistory(history)) >= EXPLAINED_MIN;
}

/** 1 when something becomes known, -1 when it is so no more. */
function turn(wasKnown: boolean, isKnown: boolean): -1 | 0 | 1 {
  if (wasKnown === isKnown) return 0;
  return isKnown ? 1 : -1;
}

function offsetsIn(history: SeasonHistory): OffsetOfHour {
  const pattern = studyHistory(history);
  return (hour) => agreedOffset(history, pattern, hour);
}

/** What an average that fades with time has in it of the offsets of its hours; busy hours weigh more in a ratio. */
function averageOffset(
  offset: OffsetOfHour,
  traffic: OffsetOfHour,
  memory: { readonly until: number; readonly hours: number },
): number {
  let weights = 0;
  let total = 0;
  for (let ago = 0; ago < WEEK_HOURS; ago++) {
    const hour = memory.until - ago;
    const weight = Math.exp(traffic(hour) - ago / memory.hours);
    weights += weight;
    total += weight * Math.exp(offset(hour));
  }
  return Math.log(total / weights);
}

function offsetsOf(history: SeasonHistory, hour: number, offsetMax: number): [here: number, nearby: number] {
  const offset = offsetsIn(history);
  const [before = 0, here = 0, after = 0] = [hour - 1, hour, hour + 1].map((near) =>
    clamp(offset(near), -offsetMax, offsetMax),
  );
  return [here, Math.max(before, here, after)];
}

function closeHour(season: Season, nextHour: number): void {
  const { open, doubtedAt } = season;
  const isCertain = doubtedAt < open.hour * HOUR_MS;
  if (isCertain && open.durationMs >= LEARNED_MIN_MS) rememberOpenHour(season);
  season.offsetsHour = NO_HOUR;
  Object.assign(open, emptyHour(nextHour));
}

function rememberOpenHour({ open, ratios, rates, unitRate }: Season): void {
  const perSecond = (SECOND_MS * (open.requests + 0.5)) / open.durationMs;
  rememberHour(rates, open.hour, Math.log(perSecond / unitRate));
  if (open.trials === 0) return;
  const surprise = Math.log((open.failures + PRIOR_FAILURES) / (open.expectedFailures + PRIOR_FAILURES));
  rememberHour(ratios, open.hour, logit(open.expectedFailures / open.trials) + surprise);
}

function emptyHour(hour: number): OpenHour {
  return { hour, durationMs: 0, requests: 0, trials: 0, failures: 0, expectedFailures: 0 };
}
