import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DEFAULT_RATE_DETECTOR, Detector, needsTick } from "../../../src/core/detection/detector.ts";
import type { Series } from "../../../src/core/detection/series.ts";
import { WatchList } from "../../../src/core/detection/watch-list.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { fc } from "../../support/properties.ts";
import type { Traffic } from "./endpoint-under-test.ts";
import { EndpointUnderTest, START } from "./endpoint-under-test.ts";

/** Series rest no sooner than the rule's window is over. */
const NEVER_RESTING = { windowMs: 365 * DAY_MS };

function detectorWith(watchList: WatchList): Detector {
  return new Detector(DEFAULT_RATE_DETECTOR, { windowMs: MINUTE_MS, watchList });
}

function newSeries(detector: Detector): Series {
  return detector.createSeries(START, { isAuthenticationRoute: true });
}

/** So many series that fail so often, one after another. */
function failingSeries(detector: Detector, options: { count: number; failures: number; now: number }): Series[] {
  return Array.from({ length: options.count }, () => {
    const series = newSeries(detector);
    for (let client = 1; client <= options.failures; client++) {
      detector.observeFailure(series, client, 1, options.now);
    }
    return series;
  });
}

test("a series rests after an hour without failures, and still knows what is usual", () => {
  const endpoint = new EndpointUnderTest({ seed: 31 });
  endpoint.play({ forMs: 12 * HOUR_MS, perSecond: 1, ratio: 0.06 });
  const before = endpoint.reading;
  endpoint.play({ forMs: 59 * MINUTE_MS, perSecond: 1, ratio: 0 });
  assert.notEqual(endpoint.series.watch, null);
  endpoint.play({ forMs: 3 * MINUTE_MS, perSecond: 1, ratio: 0 });
  assert.equal(endpoint.series.watch, null);
  assert.equal(endpoint.detector.watchedCount, 0);
  const after = endpoint.reading;
  assert.ok(after.usual > 0.8 * before.usual && after.usual < before.usual, `${before.usual} to ${after.usual}`);
  assert.ok(after.usualUpper > after.usual && after.isWarm);
  assert.ok(Math.abs(after.requestRate - 1) < 0.1);
});

test("why the last alarm ended is known while the series rests", () => {
  const endpoint = new EndpointUnderTest({ seed: 32 });
  endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 1, ratio: 0.002 });
  endpoint.play({ forMs: 2 * MINUTE_MS, perSecond: 1, ratio: 0.002, attackPerSecond: 2 });
  assert.equal(endpoint.reading.isAlarming, true);
  endpoint.play({ forMs: 2 * HOUR_MS, perSecond: 1, ratio: 0 });
  assert.equal(endpoint.series.watch, null);
  assert.equal(endpoint.reading.clearedBy, "recovered");
});

test("a series that fell silent with evidence against it does not rest until that has faded", () => {
  const endpoint = new EndpointUnderTest({ seed: 33 });
  endpoint.play({ forMs: HOUR_MS, perSecond: 0.1, ratio: 0 });
  for (let failure = 0; failure < 3; failure++) endpoint.fail(endpoint.person());
  endpoint.play({ forMs: 3 * HOUR_MS, perSecond: 0, ratio: 0 });
  endpoint.succeed(endpoint.person());
  assert.notEqual(endpoint.series.watch, null);
});

const steady = fc.record({
  seed: fc.nat(),
  perSecond: fc.constantFrom(1 / 60, 0.1, 1),
  ratio: fc.constantFrom(0.0005, 0.005, 0.03),
  attackFactor: fc.constantFrom(2, 5, 20),
});

test("resting and waking change no decision: steady traffic is silent, and an attack pages with the same failure", () => {
  let restCount = 0;
  fc.assert(
    fc.property(steady, ({ seed, perSecond, ratio, attackFactor }) => {
      const forMs = Math.min(20 * DAY_MS, (20_000 * SECOND_MS) / perSecond);
      const people: Traffic = { forMs, perSecond, ratio };
      const attack = { ...people, forMs: DAY_MS, attackPerSecond: attackFactor * perSecond };
      const resting = new EndpointUnderTest({ seed });
      const watched = new EndpointUnderTest({ seed, ...NEVER_RESTING });
      for (const endpoint of [resting, watched]) {
        endpoint.play(people);
        assert.deepEqual(endpoint.alarms, []);
      }
      restCount += resting.detector.demotedCount;
      assert.equal(watched.detector.demotedCount, 0);
      for (const endpoint of [resting, watched]) endpoint.delayUntilAlarm(attack);
      assert.deepEqual([resting.alarms.length, watched.alarms.length], [1, 1]);
      assert.ok(Math.abs(resting.attackCount - watched.attackCount) <= 1);
    }),
    { numRuns: 15 },
  );
  assert.ok(restCount > 15, `${restCount} rests`);
});

test("series that take turns at one place are silent on steady traffic and know their ratios", () => {
  const watchList = new WatchList(1);
  const [login, token] = [0.06, 0.02].map((ratio, index) => ({
    ratio,
    endpoint: new EndpointUnderTest({ seed: 34 + index, watchList }),
  }));
  assert.ok(login !== undefined && token !== undefined);
  for (let minute = 0; minute < 24 * 60; minute++) {
    for (const { endpoint, ratio } of [login, token]) endpoint.play({ forMs: MINUTE_MS, perSecond: 1, ratio });
  }
  assert.ok(watchList.demotedCount > 200, `${watchList.demotedCount}`);
  for (const { endpoint, ratio } of [login, token]) {
    assert.deepEqual(endpoint.alarms, []);
    assert.ok(Math.abs(endpoint.reading.usual / ratio - 1) < 0.25, `${endpoint.reading.usual}`);
  }
});

test("a scan of ten thousand endpoints does not take the place of one with evidence against it", () => {
  const watchList = new WatchList(100);
  const detector = detectorWith(watchList);
  const [target] = failingSeries(detector, { count: 1, failures: 5, now: START });
  assert.ok(target !== undefined);
  const evidence = detector.reading(target, START).evidence;
  for (let second = 1; second <= 60; second++) {
    failingSeries(detector, { count: 170, failures: 1, now: START + second * SECOND_MS });
  }
  assert.equal(watchList.watchedCount, 100);
  assert.ok(watchList.demotedCount > 10_000);
  assert.ok(Math.abs(detector.reading(target, START + MINUTE_MS).evidence - evidence) < 0.01);
});

test("a busy login keeps its place while a scan touches thousands of endpoints once", () => {
  const detector = detectorWith(new WatchList(200));
  const login = newSeries(detector);
  detector.observeFailure(login, 1, 1, START);
  const { watch } = login;
  for (let second = 1; second <= 300; second++) {
    const now = START + second * SECOND_MS;
    detector.observeSuccess(login, second, 1, now);
    if (second % 10 === 0) detector.observeFailure(login, second, 1, now);
    if (second > 60) failingSeries(detector, { count: 50, failures: 1, now });
  }
  assert.equal(login.watch, watch);
  assert.equal(detector.watchedCount, 200);
});

test("an alarm that is on is never pushed out, whatever else fails", () => {
  const watchList = new WatchList(50);
  const detector = detectorWith(watchList);
  const [target] = failingSeries(detector, { count: 1, failures: 60, now: START });
  assert.ok(target !== undefined && needsTick(target));
  for (let second = 1; second <= 60; second++) {
    failingSeries(detector, { count: 50, failures: 1 + (second % 5), now: START + second * SECOND_MS });
  }
  assert.equal(needsTick(target), true);
});

test("the calmest goes first, and of two the one that failed longest ago", () => {
  const watchList = new WatchList(3);
  const detector = detectorWith(watchList);
  const [twice] = failingSeries(detector, { count: 1, failures: 2, now: START });
  const [longAgo] = failingSeries(detector, { count: 1, failures: 1, now: START });
  const [lately] = failingSeries(detector, { count: 1, failures: 1, now: START + MINUTE_MS });
  failingSeries(detector, { count: 1, failures: 1, now: START + 2 * MINUTE_MS });
  assert.equal(longAgo?.watch, null);
  assert.ok(twice?.watch != null && lately?.watch != null);
});

test("when all are hot the newcomer finds no place, is counted, and still learns", () => {
  const watchList = new WatchList(10);
  const detector = detectorWith(watchList);
  const hot = failingSeries(detector, { count: 10, failures: 60, now: START });
  const [newcomer] = failingSeries(detector, { count: 1, failures: 20, now: START + SECOND_MS });
  assert.ok(newcomer !== undefined);
  assert.equal(newcomer.watch, null);
  assert.equal(watchList.refusedCount, 20);
  assert.ok(hot.every(needsTick));
  for (let second = 0; second < 300; second++) {
    detector.observeSuccess(newcomer, 1, 1, START + second * SECOND_MS);
  }
  const { usual } = detector.reading(newcomer, START + 300 * SECOND_MS);
  assert.ok(usual > 0.02, `${usual}`);
});

test("detectors that share a list share its bound", () => {
  const watchList = new WatchList(20);
  const detectors = [detectorWith(watchList), detectorWith(watchList)];
  for (const detector of detectors) failingSeries(detector, { count: 20, failures: 1, now: START });
  assert.deepEqual(
    detectors.map((detector) => detector.watchedCount),
    [20, 20],
  );
});

test("series without any request leave the list when others come", () => {
  const watchList = new WatchList();
  const detector = detectorWith(watchList);
  failingSeries(detector, { count: 100, failures: 1, now: START });
  for (let hour = 24; hour < 124; hour++)
    failingSeries(detector, { count: 1, failures: 1, now: START + hour * HOUR_MS });
  assert.ok(watchList.watchedCount < 60, `${watchList.watchedCount}`);
});

test("a hundred thousand endpoints with one failure each take less than 60 MB when 5,000 may be watched", () => {
  const collectGarbage = exposeGarbageCollector();
  const detector = detectorWith(new WatchList(5_000));
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = failingSeries(detector, { count: 100_000, failures: 1, now: START });
  collectGarbage();
  const bytes = process.memoryUsage().heapUsed - before;
  assert.equal(detector.watchedCount, 5_000);
  assert.ok(kept.length === 100_000 && bytes < 60e6, `${bytes} bytes`);
});

function exposeGarbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
