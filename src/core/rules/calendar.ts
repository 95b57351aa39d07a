/**
 * Calendars and time zones, for the few things that follow the wall: weekly mutes, the day on which
 * a mute ends, times that people read.
 *
 * The only module of the core that uses Date and Intl, and only on moments that it is given. Weekly
 * windows are judged by what a clock on the wall of that zone shows, so where summer time skips or
 * repeats an hour the window is an hour shorter or longer, as a person would expect.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, MINUTE_MS } from "../time.ts";
import type { WeeklyWindow } from "./rule.ts";

export type LocalDate = { readonly year: number; readonly month: number; readonly day: number };

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

export function isWithinWeekly(window: WeeklyWindow, wall: UnixMillis): boolean {
  const { weekday, minute } = localMoment(wall, window.timeZone);
  const { days, fromMinute, toMinute } = window;
  if (toMinute > fromMinute) return days.includes(weekday) && minute >= fromMinute && minute < toMinute;
  const isFirstPart = days.includes(weekday) && minute >= fromMinute;
  const dayBefore = weekday === 1 ? 7 : weekday - 1;
  return isFirstPart || (days.includes(dayBefore) && minute < toMinute);
}

/** The moment at which a day begins in a zone. */
export function startOfDay(date: LocalDate, timeZone: string): UnixMillis {
  const utcMidnight = Date.UTC(date.year, date.month - 1, date.day);
  const guess = utcMidnight - zoneOffset(utcMidnight, timeZone);
  // The offset may change between the two midnights; the one that holds at the guess is right.
  return utcMidnight - zoneOffset(guess, timeZone);
}

/** The moment at which a day is over in a zone: the next one's first. */
export function endOfDay(date: LocalDate, timeZone: string): UnixMillis {
  const next = new Date(Date.UTC(date.year, date.month - 1, date.day + 1));
  return startOfDay({ year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() }, timeZone);
}

/** A moment written with its zone, as in `2026-12-31T18:00:00Z`; undefined for anything else. */
export function parseTimestamp(text: string): UnixMillis | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined;
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? undefined : moment;
}

/** `2026-03-02 09:40:12 UTC` */
export function formatMoment(wall: UnixMillis): string {
  if (!Number.isFinite(wall) || Math.abs(wall) > MOMENT_MAX) return "unknown";
  return `${new Date(wall).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The last moment that a Date can hold. */
const MOMENT_MAX = 100_000_000 * DAY_MS;

type LocalMoment = { readonly weekday: number; readonly minute: number };

function localMoment(wall: UnixMillis, timeZone: string): LocalMoment {
  const local = new Date(wall + zoneOffset(wall, timeZone));
  return { weekday: local.getUTCDay() || 7, minute: local.getUTCHours() * 60 + local.getUTCMinutes() };
}

/** How far the zone's clocks are ahead of UTC at a moment. */
function zoneOffset(wall: UnixMillis, timeZone: string): number {
  const part = new Map(
    formatterOf(timeZone)
      .formatToParts(wall)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const read = (type: Intl.DateTimeFormatPartTypes) => part.get(type) ?? 0;
  const local = Date.UTC(read("year"), read("month") - 1, read("day"), read("hour"), read("minute"), read("second"));
  return Math.round((local - wall) / MINUTE_MS) * MINUTE_MS;
}

/** Making a formatter costs as much as a thousand uses. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  if (formatters.size >= FORMATTERS_MAX) formatters.clear();
  formatters.set(timeZone, formatter);
  return formatter;
}

const FORMATTERS_MAX = 500;
