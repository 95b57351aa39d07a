import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RATE_DETECTOR, Detector } from "../../../src/core/detection/detector.ts";
import { failuresToGo } from "../../../src/core/detection/failures-to-go.ts";
import { allHold } from "../../../src/core/detection/gate.ts";
import { clientGate } from "../../../src/core/detection/judgement.ts";
import type { Series } from "../../../src/core/detection/series.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { fc } from "../../support/properties.ts";
import { Random } from "../../support/random.ts";
import { BUDGET, START, throughJson } from "./endpoint-under-test.ts";

type Request = {
  readonly afterMs: number;
  readonly isFailure: boolean;
  readonly client: number;
  readonly weight: number;
};

const request: fc.Arbitrary<Request> = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 20 * MINUTE_MS })),
  isFailure: fc.boolean(),
  client: fc.integer({ min: 0, max: 100 }),
  weight: fc.constantFrom(1, 1, 1, 20, 100, Number.NaN, 0, 1e12),
});
const requests = fc.array(request, { minLength: 1, maxLength: 400 });

function newDetector(): Detector {
  return new Detector(DEFAULT_RATE_DETECTOR, { windowMs: MINUTE_MS });
}

function newSeries(detector: Detector): Series {
  return detector.createSeries(START, { isAuthenticationRoute: true });
}

function observe(detector: Detector, series: Series, { isFailure, client, weight }: Request, now: number): boolean {
  return isFailure
    ? detector.observeFailure(series, client, weight, now)
    : detector.observeSuccess(series, client, weight, now);
}

test("a failure never lowers the evidence", () => {
  fc.assert(
    fc.property(requests, (sequence) => {
      const detector = newDetector();
      const series = newSeries(detector);
      let now = START;
      for (const next of sequence) {
        now += Math.min(next.afterMs, 900);
        detector.tick(series, now, BUDGET);
        const before = detector.reading(series, now).evidence;
        const wasAlarming = series.watch?.alarm != null;
        observe(detector, series, next, now);
        const isOver = wasAlarming && series.watch?.alarm == null;
        // Within a second evidence does not fade; over it, by less than a ten-thousandth.
        const after = detector.reading(series, now).evidence;
        if (next.isFailure && !isOver) assert.ok(after >= before - 1e-4, `${before} to ${after}`);
      }
    }),
    { numRuns: 50 },
  );
});

test("a failed request is marked with what the reading says", () => {
  fc.assert(
    fc.property(requests, (sequence) => {
      const detector = newDetector();
      const series = newSeries(detector);
      let now = START;
      for (const next of sequence) {
        now += next.afterMs;
        observe(detector, series, next, now);
        if (!next.isFailure) continue;
        const { deviation, rate, usual } = detector.rateReading(series, now);
        const whole = detector.reading(series, now);
        assert.deepEqual([rate, usual, deviation], [whole.rate, whole.usual, whole.deviation]);
      }
    }),
    { numRuns: 50 },
  );
});

test("an alarm goes on with the failure with which its gates come to hold, and with no other", () => {
  fc.assert(
    fc.property(requests, (sequence) => {
      const detector = newDetector();
      const series = newSeries(detector);
      let now = START;
      for (const { afterMs, ...next } of sequence) {
        now += Math.min(afterMs, 2 * SECOND_MS);
        detector.tick(series, now, BUDGET);
        const wasAlarming = series.watch?.alarm != null;
        observe(detector, series, { afterMs, ...next }, now);
        if (series.watch === null || wasAlarming || !next.isFailure) continue;
        const isProven = allHold(detector.diagnose(series, now).gates);
        const isPersistent = clientGate(series.watch, next.client, now).holds;
        assert.equal(series.watch.alarm !== null, isProven || isPersistent);
        assert.ok(allHold(detector.reading(series, now).gates));
      }
    }),
    { numRuns: 50 },
  );
});

test("asking what stands between a series and its alarm changes nothing", () => {
  fc.assert(
    fc.property(requests, (sequence) => {
      const detector = newDetector();
      const asked = newSeries(detector);
      const left = newSeries(detector);
      let now = START;
      for (const next of sequence) {
        now += next.afterMs;
        for (const series of [asked, left]) {
          observe(detector, series, next, now);
          detector.reading(series, now);
        }
      }
      const watched = detector.watchedCount;
      detector.diagnose(asked, now);
      failuresToGo(detector, asked, { now, isReached: () => true });
      assert.deepEqual(asked, { ...left, watch: left.watch && { ...left.watch, place: asked.watch?.place } });
      assert.equal(detector.watchedCount, watched);
    }),
    { numRuns: 20 },
  );
});

test("readings are finite and shares stay between 0 and 1, whatever comes", () => {
  fc.assert(
    fc.property(requests, (sequence) => {
      const detector = newDetector();
      const series = newSeries(detector);
      let now = START;
      for (const next of sequence) {
        now += next.afterMs;
        observe(detector, series, next, now);
        const reading = detector.reading(series, now);
        for (const value of Object.values(reading)) if (typeof value === "number") assert.ok(Number.isFinite(value));
        for (const share of [reading.rate, reading.usual, reading.usualUpper, reading.busiestClientShare]) {
          assert.ok(share >= 0 && share <= 1, `${share}`);
        }
        assert.ok(reading.failureCount <= reading.requestCount + 1e-6);
      }
    }),
    { numRuns: 50 },
  );
});

test("a series restored from JSON decides exactly as the one that went on", () => {
  fc.assert(
    fc.property(requests, fc.nat(), (sequence, cut) => {
      const detector = newDetector();
      const original = newSeries(detector);
      let restored = original;
      let now = START;
      sequence.forEach((next, index) => {
        now += next.afterMs;
        const expected = observe(detector, original, next, now);
        if (restored !== original) assert.equal(observe(detector, restored, next, now), expected);
        if (index === cut % sequence.length) {
          restored = detector.restore(throughJson(detector.snapshot(original)), now);
        }
      });
      assert.deepEqual(detector.reading(restored, now), detector.reading(original, now));
      assert.deepEqual(detector.topClients(restored), detector.topClients(original));
    }),
    { numRuns: 100 },
  );
});

test("a snapshot is a copy: what comes later does not reach it", () => {
  const detector = newDetector();
  const series = newSeries(detector);
  for (let index = 1; index <= 50; index++) detector.observeFailure(series, index % 9, 1, START + index * 100);
  const snapshot = detector.snapshot(series);
  const before = JSON.stringify(snapshot);
  for (let index = 1; index <= 500; index++) detector.observeFailure(series, index % 70, 1, START + index * SECOND_MS);
  assert.equal(JSON.stringify(snapshot), before);
});

test("a snapshot of another version starts the series anew", () => {
  const detector = newDetector();
  const series = newSeries(detector);
  detector.observeFailure(series, 1, 1, START);
  const restored = detector.restore({ ...detector.snapshot(series), version: 0 }, START);
  assert.equal(restored.watch, null);
  assert.equal(restored.isAuthenticationRoute, true);
});

test("time that passed while nobody was watching is not learned as silence", () => {
  const detector = newDetector();
  const series = newSeries(detector);
  let now = START;
  for (let index = 0; index < 20_000; index++) {
    now += SECOND_MS;
    observe(detector, series, { afterMs: 0, isFailure: index % 20 === 0, client: index, weight: 1 }, now);
  }
  const restored = detector.restore(detector.snapshot(series), now + 3 * DAY_MS);
  now += 3 * DAY_MS;
  for (let index = 0; index < 600; index++) {
    now += SECOND_MS;
    observe(detector, restored, { afterMs: 0, isFailure: index % 20 === 0, client: index, weight: 1 }, now);
  }
  assert.ok(detector.reading(restored, now).requestRate > 0.9);
});

/** Six hours of a login, then an attack; `readAt` says when each request is handed over. */
function alarmAfter(seed: number, readAt: (at: number) => number, tickEveryMs: number): number {
  const random = new Random(seed);
  const detector = newDetector();
  const series = newSeries(detector);
  const attackAt = START + 6 * HOUR_MS;
  let nextTickAt = START;
  let at = START;
  for (let count = 1; ; count++) {
    const isAttacked = at > attackAt;
    at += random.exponential(isAttacked ? 250 : 1000);
    const isFailure = random.chance(isAttacked ? 0.7 : 0.06);
    const now = readAt(at);
    for (; nextTickAt <= now; nextTickAt += tickEveryMs) detector.tick(series, nextTickAt, BUDGET);
    observe(detector, series, { afterMs: 0, isFailure, client: count, weight: 1 }, now);
    if (series.watch?.alarm != null) return count;
  }
}

test("the same request completes the evidence however often the series is ticked", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const rarely = alarmAfter(seed, (at) => at, DAY_MS);
    assert.equal(
      alarmAfter(seed, (at) => at, SECOND_MS),
      rarely,
    );
  }
});

test("requests handed over in batches are judged as if they came one by one", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const single = alarmAfter(seed, (at) => at, MINUTE_MS);
    for (const batchMs of [200, SECOND_MS, 5 * SECOND_MS]) {
      const batched = alarmAfter(seed, (at) => Math.ceil(at / batchMs) * batchMs, MINUTE_MS);
      // What moves is the clock: stretches end elsewhere and less time passes between failures. The
      // evidence itself does not, so the alarm shifts by a failure or two, never by a batch.
      assert.ok(Math.abs(batched - single) <= 6, `${single} and ${batched} in batches of ${batchMs} ms`);
    }
  }
});
