import assert from "node:assert/strict";
import { test } from "node:test";
import { smooth, stretchGain } from "../../../src/core/detection/ewma.ts";
import {
  createExcursions,
  discardExcursion,
  followExcursion,
  thresholdOf,
} from "../../../src/core/detection/excursions.ts";
import {
  countFailure,
  countSuccess,
  createSlidingCounts,
  totalsInWindow,
} from "../../../src/core/detection/sliding-counts.ts";
import { createSpread, learnSpread } from "../../../src/core/detection/spread.ts";
import { emptyStretch } from "../../../src/core/detection/stretch.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { BUDGET, START } from "./endpoint-under-test.ts";

test("the variance of an average is exact from the first outcome on", () => {
  const gain = 0.1;
  const ratio = { mean: 0.2, varianceFactor: 0 };
  for (let count = 1; count <= 50; count++) {
    smooth(ratio, count % 5 === 0 ? 1 : 0, gain);
    const exact = (gain / (2 - gain)) * (1 - (1 - gain) ** (2 * count));
    assert.ok(Math.abs(ratio.varianceFactor - exact) < 1e-12);
  }
});

test("an average over time is a plain mean until its memory is full, and splits of silence do not matter", () => {
  assert.equal(stretchGain(MINUTE_MS, { observedMs: 0, memoryMs: HOUR_MS }), 1);
  assert.equal(stretchGain(MINUTE_MS, { observedMs: MINUTE_MS, memoryMs: HOUR_MS }), 0.5);
  const whole = 1 - stretchGain(2 * MINUTE_MS, { observedMs: 9 * HOUR_MS, memoryMs: HOUR_MS });
  const half = 1 - stretchGain(MINUTE_MS, { observedMs: 9 * HOUR_MS, memoryMs: HOUR_MS });
  assert.ok(Math.abs(whole - half * half) < 1e-12);
});

test("a window forgets what is older than itself, even after a long silence", () => {
  const counts = createSlidingCounts(START, MINUTE_MS);
  countFailure(counts, 2, START, MINUTE_MS);
  countSuccess(counts, 1, START + 30 * SECOND_MS, MINUTE_MS);
  assert.deepEqual(totalsInWindow(counts, START + 30 * SECOND_MS, MINUTE_MS), { requests: 3, failures: 2 });
  assert.deepEqual(totalsInWindow(counts, START + 61 * SECOND_MS, MINUTE_MS), { requests: 1, failures: 0 });
  assert.deepEqual(totalsInWindow(counts, START + 9 * HOUR_MS, MINUTE_MS), { requests: 0, failures: 0 });
});

/** Of five charts, while the ratio is as high as their guard. */
const AT_GUARD = [1, 1, 1, 1, 1];

test("the threshold follows the traffic and the fleet, and harmless excursions raise it", () => {
  const excursions = createExcursions(START);
  const quiet = thresholdOf(excursions, { requestsPerSecond: 0.001, exponents: AT_GUARD }, BUDGET, START).nats;
  assert.ok(Math.abs(quiet - Math.log(2e5)) < 1e-9);
  const busy = thresholdOf(excursions, { requestsPerSecond: 100, exponents: AT_GUARD }, BUDGET, START).nats;
  assert.ok(Math.abs(busy - Math.log(100 * 30 * 86_400)) < 1e-9);
  for (let count = 0; count < 10; count++) {
    for (const cusum of [3, 14, 0]) followExcursion(excursions, cusum, START);
  }
  const raised = thresholdOf(excursions, { requestsPerSecond: 100, exponents: AT_GUARD }, BUDGET, START).nats;
  assert.ok(raised > busy + 5 && raised <= 3 * busy, `${raised}`);
});

test("the farther the usual ratio lies below the guard, the less evidence is asked for, down to what the guard itself needs", () => {
  const at = (exponent: number) => {
    const chances = { requestsPerSecond: 100, exponents: AT_GUARD.map(() => exponent) };
    return thresholdOf(createExcursions(START), chances, BUDGET, START).nats;
  };
  assert.ok(at(1.2) < at(1.1) && at(1.1) < at(1));
  assert.ok(Math.abs(at(8) - Math.log(30 * 86_400)) < 1e-9);
});

test("an excursion that was an attack teaches nothing", () => {
  const excursions = createExcursions(START);
  followExcursion(excursions, 20, START);
  discardExcursion(excursions);
  followExcursion(excursions, 0, START);
  assert.equal(excursions.count, 0);
});

test("what wanders is known after hours, not after many requests, and one long window never outweighs all others", () => {
  const minute = { ...emptyStretch(), durationMs: MINUTE_MS, successes: 9000, discountedFailures: 1000 };
  const level = Math.log(1000 / 9000);
  const after = (minutes: number) => {
    const spread = createSpread();
    for (let count = 0; count < minutes; count++) {
      learnSpread(spread, minute, { level, observedMs: count * MINUTE_MS });
    }
    return spread.wander;
  };
  assert.ok(after(30) > 0.5 * after(0));
  assert.ok(after(24 * 60) < 0.1 * after(0));
  const spread = createSpread();
  const dayLong = { ...minute, durationMs: 100 * DAY_MS, successes: 9e6, discountedFailures: 1e6 };
  learnSpread(spread, dayLong, { level, observedMs: DAY_MS });
  assert.ok(spread.wander > 0.4 * after(0) && spread.wander < after(0));
});
