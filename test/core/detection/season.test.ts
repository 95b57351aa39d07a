import assert from "node:assert/strict";
import { test } from "node:test";
import { createBaseline } from "../../../src/core/detection/baseline.ts";
import { guardRatio } from "../../../src/core/detection/guard.ts";
import { logistic } from "../../../src/core/detection/odds.ts";
import type { Season, StoredSeason } from "../../../src/core/detection/season.ts";
import { NO_SEASON, offsetsAt, readSeason, storeSeason } from "../../../src/core/detection/season.ts";
import { Seasons } from "../../../src/core/detection/seasons.ts";
import type { SeriesSnapshot } from "../../../src/core/detection/snapshot.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../src/core/time.ts";
import { fc } from "../../support/properties.ts";
import type { EndpointOptions } from "./endpoint-under-test.ts";
import { EndpointUnderTest, START, throughJson } from "./endpoint-under-test.ts";

const WEEK_MS = 7 * DAY_MS;
const PER_SECOND = 0.05;
const RATIO = 0.06;

type HourShape = (hourOfWeek: number) => { readonly perSecond: number; readonly ratio: number };

/** Ten times the traffic by day, and three times the failures in the evening. */
const office: HourShape = (hour) => ({
  perSecond: hour % 24 >= 8 && hour % 24 < 18 ? 2 * PER_SECOND : PER_SECOND / 5,
  ratio: hour % 24 >= 18 ? 2.5 * RATIO : RATIO,
});
/** The same traffic, of which always as much fails. */
const evenlyFailing: HourShape = (hour) => ({ ...office(hour), ratio: RATIO });
const even: HourShape = () => ({ perSecond: PER_SECOND, ratio: RATIO });

/** From midnight of a Monday on; `shiftHours` is by how much people's clocks are ahead. */
function playHours(endpoint: EndpointUnderTest, shape: HourShape, forMs: number, shiftHours = 0): void {
  const end = endpoint.now + forMs;
  while (endpoint.now < end) {
    const hour = Math.round((endpoint.now - START) / HOUR_MS);
    endpoint.play({ ...shape((hour + shiftHours) % 168), forMs: HOUR_MS });
  }
}

function officeAfter(forMs: number, options: Partial<EndpointOptions> = {}): EndpointUnderTest {
  const endpoint = new EndpointUnderTest({ seed: 51, ...options });
  playHours(endpoint, office, forMs);
  return endpoint;
}

function seasonOf({ seasons, series }: EndpointUnderTest): Season | undefined {
  return seasons.of(series);
}

/** What is taken for usual in the middle of the hour of the coming day. */
function readingAt(endpoint: EndpointUnderTest, hourOfDay: number) {
  playHours(endpoint, office, hourOfDay * HOUR_MS);
  endpoint.play({ ...office(hourOfDay), forMs: 12 * MINUTE_MS });
  return endpoint.reading;
}

test("after three weeks the usual ratio and rate of an hour are known before it has begun to show them", () => {
  const endpoint = officeAfter(23 * DAY_MS);
  const morning = readingAt(endpoint, 8);
  assert.ok(morning.requestRate > 1.4 * PER_SECOND, `${morning.requestRate}/s`);
  const evening = readingAt(officeAfter(23 * DAY_MS), 19);
  assert.ok(evening.usual > 1.4 * RATIO, `${evening.usual}`);
  assert.deepEqual(endpoint.alarms, []);
});

test("a pattern of the traffic alone leaves the usual ratio as it is, and pages no attack later", () => {
  const [known, unknown] = (["week", "none"] as const).map((season) => {
    const endpoint = new EndpointUnderTest({ seed: 59, settings: { season } });
    playHours(endpoint, evenlyFailing, 23 * DAY_MS + 8 * HOUR_MS);
    endpoint.play({ ...evenlyFailing(8), forMs: 40 * MINUTE_MS });
    return endpoint;
  });
  assert.ok(known !== undefined && unknown !== undefined);
  assert.ok(known.reading.requestRate > 1.2 * unknown.reading.requestRate);
  assert.equal(known.reading.usualUpper, unknown.reading.usualUpper);
  for (const endpoint of [known, unknown]) {
    endpoint.delayUntilAlarm({ ...evenlyFailing(8), forMs: HOUR_MS, attackPerSecond: PER_SECOND / 2 });
  }
  assert.ok(known.attackCount > 0 && known.attackCount <= unknown.attackCount);
});

test("before three weeks, and with `season: none`, every hour is like the ones before it", () => {
  for (const endpoint of [officeAfter(16 * DAY_MS), officeAfter(23 * DAY_MS, { settings: { season: "none" } })]) {
    const { requestRate } = readingAt(endpoint, 8);
    assert.ok(requestRate < 0.7 * PER_SECOND, `${requestRate}/s`);
  }
});

test("an endpoint without a pattern gives its season up after three weeks, and is left alone for a quarter", () => {
  const seasons = new Seasons();
  const endpoint = new EndpointUnderTest({ seed: 52, seasons });
  playHours(endpoint, even, 20 * DAY_MS);
  assert.equal(seasons.heldCount, 1);
  playHours(endpoint, even, 4 * DAY_MS);
  assert.equal(seasons.heldCount, 0);
  endpoint.restart(0);
  assert.equal(seasons.mayBegin(endpoint.series, endpoint.now + 80 * DAY_MS), false);
});

test("an endpoint with few failures never begins one", () => {
  const seasons = new Seasons();
  const endpoint = new EndpointUnderTest({ seed: 53, seasons });
  endpoint.play({ forMs: 10 * DAY_MS, perSecond: 0.01, ratio: 0.02 });
  assert.equal(seasons.heldCount, 0);
});

test("where the list is full a series goes on without, and is counted", () => {
  const seasons = new Seasons(1);
  const [first, second] = [54, 55].map((seed) => new EndpointUnderTest({ seed, seasons }));
  assert.ok(first !== undefined && second !== undefined);
  for (const endpoint of [first, second]) playHours(endpoint, office, 3 * DAY_MS);
  assert.ok(seasons.of(first.series) !== undefined && seasons.of(second.series) === undefined);
  assert.deepEqual([seasons.heldCount, seasons.refusedCount], [1, 1]);
  seasons.release(first.series);
  assert.deepEqual([seasons.heldCount, seasons.of(first.series)], [0, undefined]);
});

test("people whose clocks change by an hour page nobody", () => {
  const endpoint = officeAfter(4 * WEEK_MS);
  playHours(endpoint, office, 2 * WEEK_MS, 1);
  assert.deepEqual(endpoint.alarms, []);
});

test("a neighbouring hour raises the guard only beyond what the deviations of wander allow for", () => {
  const known = { ...createBaseline({ successes: 1e5, requestsPerSecond: 1, observedMs: DAY_MS }), level: -3 };
  const guardBeside = (ratioNearby: number) => guardRatio({ ...known, season: { ...NO_SEASON, ratioNearby } });
  assert.equal(guardBeside(0.3), guardBeside(0));
  assert.ok(guardBeside(1.2) > logistic(-3 + 1.2) && guardBeside(1.2) > guardBeside(0));
});

test("an attack in the same hour of every week teaches nothing and pages every time", () => {
  const endpoint = new EndpointUnderTest({ seed: 56 });
  for (let week = 0; week < 5; week++) {
    playHours(endpoint, office, 3 * HOUR_MS);
    endpoint.play({ ...office(3), forMs: HOUR_MS, attackPerSecond: PER_SECOND });
    playHours(endpoint, office, WEEK_MS - 4 * HOUR_MS);
  }
  assert.equal(endpoint.alarms.length, 5);
  assert.ok(readingAt(endpoint, 3).usual < 1.5 * RATIO);
});

test("an attack just below the guard in the same hour of every week moves what is usual by less than half", () => {
  const endpoint = new EndpointUnderTest({ seed: 57 });
  for (let week = 0; week < 6; week++) {
    playHours(endpoint, office, 3 * HOUR_MS);
    endpoint.play({ ...office(3), forMs: HOUR_MS, attackPerSecond: 0.4 * RATIO * office(3).perSecond });
    playHours(endpoint, office, WEEK_MS - 4 * HOUR_MS);
  }
  assert.ok(readingAt(endpoint, 3).usual < 1.5 * RATIO);
});

test("a season survives a restart, and times when nobody watches", () => {
  const endpoint = officeAfter(23 * DAY_MS);
  const restarted = officeAfter(23 * DAY_MS);
  restarted.restart(0);
  const { rates, ratios } = seasonOf(endpoint) ?? {};
  assert.ok(rates !== undefined && ratios !== undefined);
  assert.deepEqual([seasonOf(restarted)?.rates, seasonOf(restarted)?.ratios], [rates, ratios]);
  const [before, after] = [readingAt(endpoint, 8), readingAt(restarted, 8)];
  // What an open stretch held is given up by a restart.
  for (const figure of ["usual", "requestRate"] as const)
    assert.ok(Math.abs(after[figure] / before[figure] - 1) < 0.02);
  endpoint.play({ forMs: 3 * HOUR_MS, perSecond: PER_SECOND, ratio: 0 });
  assert.equal(endpoint.series.watch, null);
  assert.notEqual(seasonOf(endpoint), undefined);
  playHours(endpoint, office, DAY_MS - ((endpoint.now - START) % DAY_MS));
  assert.ok(readingAt(endpoint, 8).requestRate > 1.2 * PER_SECOND);
});

test("whenever a series is stored and restored, asked or left alone, it decides as it would have, while its season becomes known", () => {
  const known = officeAfter(21 * DAY_MS + 20 * HOUR_MS);
  const stored = throughJson(known.detector.snapshot(known.series));
  const stretch = fc.record({
    requests: fc.integer({ min: 1, max: 3000 }),
    ratio: fc.constantFrom(RATIO, 2.5 * RATIO),
    attackPerSecond: fc.constantFrom(0, 0, 0, PER_SECOND / 2, 5 * PER_SECOND),
  });
  fc.assert(
    fc.property(fc.array(stretch, { minLength: 3, maxLength: 6 }), (stretches) => {
      const [left, restarted] = [resumed(known, stored), resumed(known, stored)];
      for (const { requests, ...traffic } of stretches) {
        for (const endpoint of [left, restarted]) {
          let count = 0;
          endpoint.play({ forMs: DAY_MS, perSecond: PER_SECOND, ...traffic }, () => ++count === requests);
        }
        assert.ok(restarted.reading.usual > 0);
        restarted.restart(0);
      }
      assert.deepEqual(restarted.alarms, left.alarms);
      assert.deepEqual(stateOf(restarted), stateOf(left));
    }),
    { numRuns: 8 },
  );
});

/** All of it but its place in the list. */
function stateOf({ detector, series }: EndpointUnderTest): SeriesSnapshot {
  const snapshot = throughJson(detector.snapshot(series));
  if (snapshot.series.watch !== null) snapshot.series.watch.place = 0;
  return snapshot;
}

/** Another endpoint that goes on from what was stored of this one, in a process of its own. */
function resumed({ now }: EndpointUnderTest, stored: SeriesSnapshot): EndpointUnderTest {
  const endpoint = new EndpointUnderTest({ seed: 60 });
  endpoint.now = now;
  endpoint.series = endpoint.detector.restore(stored, now);
  return endpoint;
}

test("a stored season is given up by a rule that wants none", () => {
  const endpoint = officeAfter(3 * DAY_MS);
  const without = new EndpointUnderTest({ seed: 58, settings: { season: "none" } });
  const restored = without.detector.restore(endpoint.detector.snapshot(endpoint.series), endpoint.now);
  assert.equal(without.seasons.of(restored), undefined);
});

test("a copy to try things out knows the season, and leaves the series' own alone", () => {
  const endpoint = officeAfter(23 * DAY_MS);
  const { heldCount } = endpoint.seasons;
  const copy = endpoint.detector.rehearsal(endpoint.series, endpoint.now);
  const lent = endpoint.seasons.of(copy);
  assert.ok(lent !== undefined && lent !== seasonOf(endpoint));
  assert.equal(copy.watch.usual, endpoint.reading.usual);
  assert.equal(endpoint.seasons.heldCount, heldCount);
});

test("a season that was stored says the same of every hour", () => {
  const season = seasonOf(officeAfter(23 * DAY_MS));
  assert.ok(season?.isRatioKnown && season.isRateKnown);
  const restored = readSeason(JSON.parse(JSON.stringify(storeSeason(season))) as StoredSeason);
  for (let hour = 0; hour < 168; hour++) {
    const at = START + 23 * DAY_MS + hour * HOUR_MS;
    assert.deepEqual(offsetsAt(restored, at), offsetsAt(season, at));
  }
});
