import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeasonHistory } from "../../../src/core/detection/season-history.ts";
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
} from "../../../src/core/detection/season-history.ts";
import { fc } from "../../support/properties.ts";
import { Random } from "../../support/random.ts";

/** A midnight at which a week begins, as hours are counted from 1970: of a Thursday. */
const BEGIN = Date.UTC(2026, 0, 8) / 3_600_000;
const FIRST_NINE = BEGIN + 9;

/** `valueAt` is told the week, 0 to 2, and the hour of it from its beginning on. */
function weeksOf(valueAt: (week: number, hour: number) => number, weeks = HISTORY_WEEKS): SeasonHistory {
  const history = createHistory();
  for (let week = 0; week < weeks; week++) {
    for (let hour = 0; hour < WEEK_HOURS; hour++) {
      rememberHour(history, BEGIN + week * WEEK_HOURS + hour, valueAt(week, hour));
    }
  }
  return history;
}

function offsetAt(history: SeasonHistory, hour: number): number {
  return agreedOffset(history, studyHistory(history), hour);
}

const rush = (hour: number) => (hour === 9 ? 1.5 : 0);

test("an hour on which three weeks agree has its offset", () => {
  const history = weeksOf((_, hour) => rush(hour));
  assert.ok(Math.abs(offsetAt(history, FIRST_NINE) - 1.5) < 0.1);
  assert.ok(Math.abs(offsetAt(history, FIRST_NINE + 1)) < 0.05);
  assert.ok(Math.abs(offsetAt(history, FIRST_NINE + 24)) < 0.05);
});

test("an hour on which the weeks disagree has none", () => {
  for (const unlike of [
    [1.5, 0, 0],
    [1.5, -1.5, 1.5],
    [0.2, 1.5, 0.1],
  ]) {
    const history = weeksOf((week, hour) => (hour === 9 ? (unlike[week] ?? 0) : 0));
    assert.equal(offsetAt(history, FIRST_NINE), 0, `${unlike}`);
  }
});

test("two weeks are not enough for an hour of the week", () => {
  const history = weeksOf((_, hour) => rush(hour), 2);
  assert.equal(offsetAt(history, FIRST_NINE), 0);
});

test("hours of the day are known sooner, and what the weekend does otherwise is its refinement", () => {
  const swing = (hour: number) => Math.cos((2 * Math.PI * ((hour % 24) - 14)) / 24);
  const twoWeeks = weeksOf((_, hour) => swing(hour), 2);
  assert.ok(Math.abs(offsetAt(twoWeeks, BEGIN + 14) - 1) < 0.15);
  const weekend = weeksOf((_, hour) => (hour >= 120 ? 0 : swing(hour)));
  assert.ok(offsetAt(weekend, BEGIN + 14) > 0.7);
  assert.ok(offsetAt(weekend, BEGIN + 120 + 14) < 0.3);
});

test("a level that moves from week to week is no season", () => {
  const history = weeksOf((week, hour) => week + rush(hour));
  assert.ok(Math.abs(offsetAt(history, FIRST_NINE) - 1.5) < 0.1);
  assert.ok(Math.abs(offsetAt(history, BEGIN + 40)) < 0.05);
});

test("chance explains nothing", () => {
  const random = new Random(3);
  for (let draw = 0; draw < 10; draw++) {
    const history = weeksOf(() => random.normal(0, 0.3));
    assert.ok(explainedShare(history, studyHistory(history)) < 0.1);
  }
});

test("a pattern that repeats under chance explains what it is worth", () => {
  const random = new Random(4);
  const history = weeksOf((_, hour) => Math.cos((2 * Math.PI * hour) / 24) + random.normal(0, 0.3));
  const share = explainedShare(history, studyHistory(history));
  assert.ok(share > 0.7 && share < 0.95, `${share}`);
});

test("an offset is never more than the mean of its weeks, and never on the other side", () => {
  const three = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(three, (values) => {
      const history = weeksOf((week, hour) => (hour === 9 ? (values[week] ?? 0) : 0));
      const offset = offsetAt(history, FIRST_NINE);
      const mean = values.reduce((sum, value) => sum + value, 0) / 3;
      assert.ok(Math.abs(offset) <= Math.abs(mean) + 0.1, `${offset} of ${mean}`);
      assert.ok(offset * mean >= -0.1);
    }),
  );
});

test("a history is stored as text and comes back byte by byte", () => {
  const steps = fc.int8Array({ minLength: WEEK_HOURS * HISTORY_WEEKS, maxLength: WEEK_HOURS * HISTORY_WEEKS });
  fc.assert(
    fc.property(steps, (history) => {
      const text = JSON.stringify(historyText(history));
      assert.deepEqual(historyOf(String(JSON.parse(text))), history);
      assert.ok(text.length === history.length + 2, "nothing is escaped");
    }),
    { numRuns: 20 },
  );
});
