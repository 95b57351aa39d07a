import assert from "node:assert/strict";
import { test } from "node:test";
import {
  endOfDay,
  formatMoment,
  isTimeZone,
  isWithinWeekly,
  parseTimestamp,
  startOfDay,
} from "../../../src/core/rules/calendar.ts";
import type { WeeklyWindow } from "../../../src/core/rules/rule.ts";

const at = (text: string) => Date.parse(text);

const tuesdayNight: WeeklyWindow = { days: [2], fromMinute: 22 * 60, toMinute: 2 * 60, timeZone: "Europe/Berlin" };

test("a window over midnight belongs to the day on which it opens", () => {
  // 2026-03-03 is a Tuesday; Berlin is one hour ahead of UTC.
  assert.equal(isWithinWeekly(tuesdayNight, at("2026-03-03T20:59:59Z")), false);
  assert.equal(isWithinWeekly(tuesdayNight, at("2026-03-03T21:00:00Z")), true);
  assert.equal(isWithinWeekly(tuesdayNight, at("2026-03-04T00:59:59Z")), true);
  assert.equal(isWithinWeekly(tuesdayNight, at("2026-03-04T01:00:00Z")), false);
  assert.equal(isWithinWeekly(tuesdayNight, at("2026-03-03T00:30:00Z")), false);
});

test("a window keeps to the clock on the wall when summer time begins", () => {
  const sunday: WeeklyWindow = { days: [7], fromMinute: 60, toMinute: 4 * 60, timeZone: "Europe/Berlin" };
  // On 2026-03-29 clocks go from 2:00 to 3:00, so the window is two hours long.
  assert.equal(isWithinWeekly(sunday, at("2026-03-29T00:00:00Z")), true);
  assert.equal(isWithinWeekly(sunday, at("2026-03-29T01:59:59Z")), true);
  assert.equal(isWithinWeekly(sunday, at("2026-03-29T02:00:00Z")), false);
});

test("a window that closes when it opens lasts a day", () => {
  const saturday: WeeklyWindow = { days: [6], fromMinute: 0, toMinute: 0, timeZone: "UTC" };
  assert.equal(isWithinWeekly(saturday, at("2026-03-07T00:00:00Z")), true);
  assert.equal(isWithinWeekly(saturday, at("2026-03-07T23:59:59Z")), true);
  assert.equal(isWithinWeekly(saturday, at("2026-03-08T00:00:00Z")), false);
});

test("days begin and end by the clocks of their zone", () => {
  const day = { year: 2026, month: 12, day: 31 };
  assert.equal(startOfDay(day, "Europe/Berlin"), at("2026-12-30T23:00:00Z"));
  assert.equal(endOfDay(day, "Europe/Berlin"), at("2026-12-31T23:00:00Z"));
  assert.equal(endOfDay(day, "America/Los_Angeles"), at("2027-01-01T08:00:00Z"));
  const springForward = { year: 2026, month: 3, day: 29 };
  assert.equal(endOfDay(springForward, "Europe/Berlin") - startOfDay(springForward, "Europe/Berlin"), 23 * 3_600_000);
});

test("zones are known by their names and timestamps need theirs", () => {
  assert.ok(isTimeZone("Europe/Berlin"));
  assert.ok(!isTimeZone("Europe/Berln"));
  assert.equal(parseTimestamp("2026-12-31T18:00:00Z"), at("2026-12-31T18:00:00Z"));
  assert.equal(parseTimestamp("2026-12-31T18:00+01:00"), at("2026-12-31T17:00:00Z"));
  for (const text of ["2026-12-31T18:00:00", "2026-13-31T18:00:00Z", "tomorrow"])
    assert.equal(parseTimestamp(text), undefined);
});

test("moments that no calendar holds are unknown", () => {
  assert.equal(formatMoment(at("2026-03-02T09:40:12Z")), "2026-03-02 09:40:12 UTC");
  for (const wall of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) assert.equal(formatMoment(wall), "unknown");
});
