/**
 * Streams of weeks with a clear shape, for what comes and for what fails of it: quiet ones, and ones that
 * are attacked at their busiest and at their quietest in the last week.
 *
 * They take long and are about one question, whether knowing the hour of the week helps. So they are
 * played by themselves (`npm run bench:detection -- --seasons`), with the season on and off.
 */

import type { UnixMillis } from "../../../src/core/time.ts";
import { DAY_MS, HOUR_MS } from "../../../src/core/time.ts";
import { attacked } from "./attack-scenarios.ts";
import type { Draw } from "./draw.ts";
import type { BenchEndpoint } from "./request.ts";
import type { Recipe, ScenarioPlan } from "./scenario.ts";
import { START } from "./scenario.ts";
import type { Shape } from "./shapes.ts";
import { dayOfWeek, days, hourOfDay, hours, minutes, product, recurring } from "./shapes.ts";
import { silent } from "./silent-scenarios.ts";

const WEEKS = 6;
const WEEK_MS = 7 * DAY_MS;
const SUNDAY = 6;

const NIGHT = 0.08;
const WEEKEND = 0.2;
const BUSIEST = 2.4;

/** An office's sign-ins: little at night and at the weekend, most in the morning and after lunch. */
export const OFFICE_WEEK: Shape = {
  max: BUSIEST,
  at: (time) => {
    const ofDay = Math.max(NIGHT, BUSIEST * Math.max(peak(time, 9.5, 2), 0.8 * peak(time, 14, 3)));
    return dayOfWeek(time) >= 5 ? Math.max(NIGHT, WEEKEND * ofDay) : ofDay;
  },
};

export const SEASONAL_SCENARIOS: readonly Recipe[] = [
  silent("season-office-week", (plan, draw) => {
    plan.lasts(WEEKS * WEEK_MS);
    plan.signIns({ perSecond: draw.between(0.1, 0.4), ratio: draw.evenly(0.02, 0.1), shape: OFFICE_WEEK });
    plan.apiCalls({ perSecond: draw.between(0.1, 0.4), ratio: draw.between(0.004, 0.06), shape: OFFICE_WEEK });
  }),
  silent("season-forgetful-mornings", (plan, draw) => {
    plan.lasts(WEEKS * WEEK_MS);
    forgetfulOffice(plan, draw, draw.evenly(1.5, 2.5));
  }),
  silent("season-tokens-expire-at-night", (plan, draw) => {
    plan.lasts(WEEKS * WEEK_MS);
    const factor = draw.between(2, 5);
    const ratio = draw.between(0.01, 0.04);
    // Few people, and programs whose sessions end at midnight: the ratio is high while the traffic is low.
    const oddsFactor = (time: UnixMillis) => 1 + (factor - 1) * peak(time, 3, 5);
    plan.apiCalls({ perSecond: draw.between(0.1, 0.4), ratio, shape: OFFICE_WEEK, oddsFactor });
  }),
  silent("season-nights-fail-fourfold", (plan, draw) => {
    plan.lasts(WEEKS * WEEK_MS);
    // 2 % by day and 8 % for eight hours of the night, at a drawn time: some streams begin by day.
    const oddsFactor = night({ from: draw.whole(0, 23), edgeHours: draw.between(0.02, 3), factor: 4.26 });
    plan.apiCalls({ perSecond: draw.between(0.1, 0.4), ratio: 0.02, oddsFactor });
  }),
  silent("season-nightly-job-fails", (plan, draw) => {
    plan.lasts(WEEKS * WEEK_MS);
    const perSecond = draw.between(0.1, 0.3);
    const orders = plan.apiCalls({ perSecond, ratio: draw.between(0.005, 0.04), shape: OFFICE_WEEK });
    const addresses = draw.whole(1, 6);
    const failures = draw.between(0.05, 0.5);
    for (let day = 0; day < WEEKS * 7; day++) {
      const span = plan.part(days(day) + hours(2), minutes(10));
      plan.noise({ endpoints: [orders], network: "job", status: 401, perSecond: failures, addresses, span });
    }
  }),
  silent("season-monday-rush", (plan, draw) => {
    plan.lasts(WEEKS * WEEK_MS);
    const when = { hour: 9, lastsMs: hours(2), on: "Mondays" } as const;
    const shape = product(OFFICE_WEEK, recurring(when, draw.between(2, 4)));
    const oddsFactor = recurring(when, 3).at;
    plan.signIns({ perSecond: draw.between(0.05, 0.2), ratio: draw.evenly(0.03, 0.1), shape, oddsFactor });
  }),
  silent("season-weekly-import", (plan, draw) => {
    plan.lasts(WEEKS * WEEK_MS);
    const perSecond = draw.between(0.1, 0.3);
    const orders = plan.apiCalls({ perSecond, ratio: draw.between(0.005, 0.04), shape: OFFICE_WEEK });
    const load = { endpoints: [orders], network: "job", addresses: draw.whole(3, 12) } as const;
    const importsPerSecond = draw.between(0.5, 2);
    for (let week = 0; week < WEEKS; week++) {
      const span = plan.part(week * WEEK_MS + days(SUNDAY) + hours(3), hours(1));
      plan.noise({ ...load, status: 200, perSecond: 0.7 * importsPerSecond, span });
      plan.noise({ ...load, status: 401, perSecond: 0.3 * importsPerSecond, span });
    }
  }),
  silent("season-clocks-change", (plan, draw) => {
    plan.lasts(WEEKS * WEEK_MS);
    // Of the people, not of UTC: in the last two weeks all of it comes an hour sooner.
    const changedAt = START + 4 * WEEK_MS;
    const local = (time: UnixMillis) => (time < changedAt ? time : time + HOUR_MS);
    forgetfulOffice(plan, draw, draw.evenly(1.5, 2.5), local);
  }),
  attacked("season-attacks-at-troughs", (plan, draw) => {
    plan.lasts(WEEKS * WEEK_MS);
    const on = forgetfulOffice(plan, draw, draw.evenly(1.2, 2));
    for (const at of [days(1) + hours(2.2), days(3) + hours(23.1), days(5) + hours(4.4), days(6) + hours(1.5)]) {
      strike(plan, draw, on, at);
    }
  }),
  attacked("season-attacks-at-peaks", (plan, draw) => {
    plan.lasts(WEEKS * WEEK_MS);
    const on = forgetfulOffice(plan, draw, draw.evenly(1.2, 2));
    for (const at of [days(0) + hours(9.3), days(1) + hours(13.6), days(3) + hours(10.2), days(4) + hours(8.7)]) {
      strike(plan, draw, on, at);
    }
  }),
];

/** Sign-ins of an office, of which so many times more fail in the first hours of its days. */
function forgetfulOffice(
  plan: ScenarioPlan,
  draw: Draw,
  morningFactor: number,
  localTime: (time: UnixMillis) => UnixMillis = (time) => time,
): readonly BenchEndpoint[] {
  const shape = { max: OFFICE_WEEK.max, at: (time: UnixMillis) => OFFICE_WEEK.at(localTime(time)) };
  const oddsFactor = (time: UnixMillis) => 1 + (morningFactor - 1) * peak(localTime(time), 9, 1.5);
  return [plan.signIns({ perSecond: draw.between(0.1, 0.4), ratio: draw.evenly(0.02, 0.1), shape, oddsFactor })];
}

/** Twenty minutes in the last week, from once to eight times as many requests as an average moment has. */
function strike(plan: ScenarioPlan, draw: Draw, on: readonly BenchEndpoint[], at: number): void {
  const span = plan.part((WEEKS - 1) * WEEK_MS + at, minutes(20));
  plan.attack({ on, span, perSecond: draw.between(0.05, 0.8), addresses: draw.whole(50, 1_000) });
}

type Night = { readonly from: number; readonly edgeHours: number; readonly factor: number };

const NIGHT_HOURS = 8;

/** A factor on the odds from an hour of the day on, reached and left within so many hours. */
function night({ from, edgeHours, factor }: Night): (time: UnixMillis) => number {
  return (time) => {
    const into = (hourOfDay(time) - from + 24) % 24;
    const share = Math.min(into, NIGHT_HOURS - into) / edgeHours;
    return 1 + (factor - 1) * Math.min(1, Math.max(0, share));
  };
}

/** 1 at an hour of the day, almost nothing so many hours away. */
function peak(time: UnixMillis, hour: number, widthHours: number): number {
  const away = Math.abs(hourOfDay(time) - hour);
  const hoursAway = Math.min(away, 24 - away);
  return Math.exp(-((hoursAway / widthHours) ** 2) * 2);
}
