/**
 * What the last three weeks showed in each hour of the week, and how far they agree on an hour's own offset.
 *
 * One byte for each hour: a figure on a logarithmic scale, in sixteenths. The fourth week takes the place of
 * the first. Each week is compared with its own mean, so that a level that moves over the weeks is no
 * season. An hour of the day is known soonest, from twenty-one values; what an hour of the week adds to it is
 * its refinement. Both count only by how much they exceed twice their standard error, as the difference
 * between weeks (and days) gives it: where the weeks disagree nothing is left. For values that vary by s and
 * agree on m, that is m shrunk by the classical n / (n + k), with k the between-week variance over that of
 * the offsets, and with a margin for having looked at 168 hours.
 */
import { clamp } from "./odds.ts";

/** Of hour after hour of the week, three weeks. */
export type SeasonHistory = Int8Array;

export const WEEK_HOURS = 168;
export const HISTORY_WEEKS = 3;

/** What the weeks have in common, which each offset is measured by. */
export type Pattern = {
  readonly weekMeans: readonly number[];
  /** Variance of one hour's value from week to week, over all hours. */
  readonly betweenWeeks: number;
};

const DAY_HOURS = 24;
const UNKNOWN = -128;
const STEPS_MAX = 127;
/** What stands for 0: a letter in the middle of others. */
const ZERO_CHARACTER = 0x200;
const STEPS_PER_UNIT = 16;
/** A day's hour is told from nine values on; they are of at least two weeks. */
const DAY_VALUES_MIN = 9;
const STANDARD_ERRORS = 2;

export function createHistory(): SeasonHistory {
  return new Int8Array(WEEK_HOURS * HISTORY_WEEKS).fill(UNKNOWN);
}

/** `hour` counts from 1970. The week's value takes the place of that of three weeks ago. */
export function rememberHour(history: SeasonHistory, hour: number, value: number): void {
  const week = Math.floor(hour / WEEK_HOURS) % HISTORY_WEEKS;
  history[slotOf(hour) * HISTORY_WEEKS + week] = clamp(Math.round(value * STEPS_PER_UNIT), -STEPS_MAX, STEPS_MAX);
}

/** In characters that no format has to escape. */
export function historyText(history: SeasonHistory): string {
  return String.fromCharCode(...Array.from(history, (steps) => ZERO_CHARACTER + steps));
}

export function historyOf(text: string): SeasonHistory {
  const history = createHistory();
  for (const place of history.keys()) history[place] = text.charCodeAt(place) - ZERO_CHARACTER;
  return history;
}

export function studyHistory(history: SeasonHistory): Pattern {
  const weekMeans = Array.from({ length: HISTORY_WEEKS }, (_, week) => meanOf(weekValues(history, week)));
  let squares = 0;
  let degrees = 0;
  for (let slot = 0; slot < WEEK_HOURS; slot++) {
    const values = slotValues(history, weekMeans, slot);
    squares += squaredDistance(values, meanOf(values));
    degrees += Math.max(0, values.length - 1);
  }
  return { weekMeans, betweenWeeks: degrees === 0 ? 0 : squares / degrees };
}

/** By how much the hour lies above or below the rest of its week, as far as the weeks agree on it. */
export function agreedOffset(history: SeasonHistory, { weekMeans, betweenWeeks }: Pattern, hour: number): number {
  const slot = slotOf(hour);
  const days = dayValues(history, weekMeans, slot % DAY_HOURS);
  const ofDay = days.length < DAY_VALUES_MIN ? 0 : agreed(meanOf(days), varianceOf(days) / days.length);
  const weeks = slotValues(history, weekMeans, slot);
  if (weeks.length < HISTORY_WEEKS) return ofDay;
  const variance = Math.max(betweenWeeks, varianceOf(weeks));
  return ofDay + agreed(meanOf(weeks) - ofDay, variance / weeks.length);
}

/** The share of the hours' variance that the offsets account for; below 0 when they make it worse. */
export function explainedShare(history: SeasonHistory, pattern: Pattern): number {
  let before = 0;
  let after = 0;
  for (let slot = 0; slot < WEEK_HOURS; slot++) {
    const values = slotValues(history, pattern.weekMeans, slot);
    before += squaredDistance(values, 0);
    after += squaredDistance(values, agreedOffset(history, pattern, slot));
  }
  return before === 0 ? 0 : 1 - after / before;
}

function agreed(mean: number, varianceOfMean: number): number {
  if (mean === 0) return 0;
  return mean * Math.max(0, 1 - (STANDARD_ERRORS ** 2 * varianceOfMean) / mean ** 2);
}

function slotOf(hour: number): number {
  return hour % WEEK_HOURS;
}

function weekValues(history: SeasonHistory, week: number): number[] {
  const values: number[] = [];
  for (let place = week; place < history.length; place += HISTORY_WEEKS) addKnown(values, history[place], 0);
  return values;
}

/** Of one hour of the week, each as its distance from the mean of its week. */
function slotValues(history: SeasonHistory, weekMeans: readonly number[], slot: number): number[] {
  const values: number[] = [];
  for (const [week, mean] of weekMeans.entries()) addKnown(values, history[slot * HISTORY_WEEKS + week], mean);
  return values;
}

function dayValues(history: SeasonHistory, weekMeans: readonly number[], hourOfDay: number): number[] {
  const values: number[] = [];
  for (let slot = hourOfDay; slot < WEEK_HOURS; slot += DAY_HOURS) {
    values.push(...slotValues(history, weekMeans, slot));
  }
  return values;
}

function addKnown(values: number[], steps: number | undefined, mean: number): void {
  if (steps !== undefined && steps !== UNKNOWN) values.push(steps / STEPS_PER_UNIT - mean);
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function varianceOf(values: readonly number[]): number {
  return values.length < 2 ? 0 : squaredDistance(values, meanOf(values)) / (values.length - 1);
}

function squaredDistance(values: readonly number[], from: number): number {
  return values.reduce((sum, value) => sum + (value - from) ** 2, 0);
}
