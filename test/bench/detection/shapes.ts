/**
 * How a rate changes over time: a factor on the usual rate, and the arrivals that follow from it.
 *
 * A shape names its maximum, because arrivals are drawn at the maximal rate and thinned out.
 */
import type { UnixMillis } from "../../../src/core/time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import type { Random } from "../../support/random.ts";

export type Shape = { readonly max: number; readonly at: (time: UnixMillis) => number };

export type Span = { readonly from: UnixMillis; readonly to: UnixMillis };

const WEEK_DAYS = 7;
/** 1970 began on a Thursday. */
const MONDAY_OFFSET_DAYS = 3;
const NIGHT_SHARE = 0.25;
const WEEKEND_SHARE = 0.4;
const BUSIEST_HOUR = 14;

export const CONSTANT: Shape = { max: 1, at: () => 1 };

/** Busy in the afternoon, quiet at night, quieter at the weekend; about 1 on average. */
export const DAY_AND_WEEK: Shape = {
  max: 2,
  at: (time) => {
    const swing = Math.cos((2 * Math.PI * (hourOfDay(time) - BUSIEST_HOUR)) / 24);
    const ofDay = NIGHT_SHARE + (2 - NIGHT_SHARE) * ((1 + swing) / 2);
    return dayOfWeek(time) >= 5 ? WEEKEND_SHARE * ofDay : ofDay;
  },
};

export function hourOfDay(time: UnixMillis): number {
  return (time % DAY_MS) / HOUR_MS;
}

/** 0 is Monday. */
export function dayOfWeek(time: UnixMillis): number {
  return (Math.floor(time / DAY_MS) + MONDAY_OFFSET_DAYS) % WEEK_DAYS;
}

/** Up to `factor` within `rampMs`, and back as fast at the end of the span. */
export function surge(span: Span, factor: number, rampMs: number): Shape {
  return {
    max: Math.max(1, factor),
    at: (time) => {
      if (time < span.from || time >= span.to) return 1;
      const inside = Math.min(time - span.from, span.to - time);
      const share = rampMs === 0 ? 1 : Math.min(1, inside / rampMs);
      return 1 + share * (factor - 1);
    },
  };
}

export function product(left: Shape, right: Shape): Shape {
  return { max: left.max * right.max, at: (time) => left.at(time) * right.at(time) };
}

export function linearRamp({ from, to }: Span): Shape {
  return { max: 1, at: (time) => (time - from) / (to - from) };
}

/** From a hundredth of its height to the whole. */
export function exponentialRamp({ from, to }: Span): Shape {
  return { max: 1, at: (time) => 100 ** ((time - from) / (to - from) - 1) };
}

export function staircase({ from, to }: Span, steps: number): Shape {
  return { max: 1, at: (time) => Math.min(steps, Math.floor((steps * (time - from)) / (to - from)) + 1) / steps };
}

/** On for the first part of every period. */
export function pulses(from: UnixMillis, periodMs: number, onMs: number): Shape {
  return { max: 1, at: (time) => ((time - from) % periodMs < onMs ? 1 : 0) };
}

/** Every day, or on Mondays alone, from an hour on. */
export function recurring(
  when: { readonly hour: number; readonly lastsMs: number; readonly on: "every day" | "Mondays" },
  factor: number,
): Shape {
  const isDay = (time: UnixMillis) => when.on === "every day" || dayOfWeek(time) === 0;
  const lastsHours = when.lastsMs / HOUR_MS;
  return {
    max: Math.max(1, factor),
    at: (time) => {
      const into = hourOfDay(time) - when.hour;
      return into >= 0 && into < lastsHours && isDay(time) ? factor : 1;
    },
  };
}

/** Moments of a Poisson process of this shape. */
export function* arrivals(random: Random, perSecond: number, shape: Shape, { from, to }: Span): Generator<UnixMillis> {
  const meanMs = SECOND_MS / (perSecond * shape.max);
  for (let at = from + random.exponential(meanMs); at < to; at += random.exponential(meanMs)) {
    if (shape.max * random.uniform() < shape.at(at)) yield at;
  }
}

export const minutes = (count: number): number => count * MINUTE_MS;
export const hours = (count: number): number => count * HOUR_MS;
export const days = (count: number): number => count * DAY_MS;
