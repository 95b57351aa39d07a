/** What is computed of delays, against the detector itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { alarmDelay } from "../../../src/core/detection/alarm-delay.ts";
import { DEFAULT_RATE_DETECTOR, Detector } from "../../../src/core/detection/detector.ts";
import { guardRatio } from "../../../src/core/detection/guard.ts";
import type { Series } from "../../../src/core/detection/series.ts";
import { settledGuard } from "../../../src/core/detection/settled-guard.ts";
import { HOUR_MS, SECOND_MS } from "../../../src/core/time.ts";
import { fc } from "../../support/properties.ts";
import { Random } from "../../support/random.ts";
import { BUDGET, START } from "./endpoint-under-test.ts";

type Traffic = { readonly perSecond: number; readonly usual: number };

const RUNS = 100;
const WARM_REQUESTS = 40_000;

/** Independent requests, each of another client. */
class PlainTraffic {
  readonly detector = new Detector(DEFAULT_RATE_DETECTOR, { windowMs: 60 * SECOND_MS });
  readonly #random: Random;
  now = START;
  #client = 1;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.detector.updateContext(BUDGET);
  }

  next(series: Series, perSecond: number, ratio: number): void {
    this.now += this.#random.exponential(SECOND_MS / perSecond);
    const client = this.#client++;
    if (this.#random.chance(ratio)) this.detector.observeFailure(series, client, 1, this.now);
    else this.detector.observeSuccess(series, client, 1, this.now);
  }
}

/** The detector's own mean delay, and what is computed for the guard and the threshold that it had. */
function playedAndComputed({ perSecond, usual }: Traffic, times: number): readonly [number, number] {
  const traffic = new PlainTraffic(times);
  const { detector } = traffic;
  const series = detector.createSeries(START, { isAuthenticationRoute: false });
  for (let count = 0; count < WARM_REQUESTS; count++) traffic.next(series, perSecond, usual);
  const warmAt = traffic.now;
  const { baseline, threshold } = detector.rehearsal(series, warmAt).watch;
  const underAttack = perSecond * (1 - usual + times * usual);
  let totalMs = 0;
  for (let run = 0; run < RUNS; run++) {
    traffic.now = warmAt;
    const copy: Series = detector.rehearsal(series, warmAt);
    for (let count = 0; count < 100; count++) traffic.next(copy, perSecond, usual);
    const begin = traffic.now;
    while (copy.watch?.alarm == null) traffic.next(copy, underAttack, (perSecond * times * usual) / underAttack);
    totalMs += traffic.now - begin;
  }
  const facts = { requestsPerSecond: perSecond, usual, guard: guardRatio(baseline) };
  const computed = alarmDelay(
    { ...facts, thresholdNats: threshold, minFailures: DEFAULT_RATE_DETECTOR.minFailures },
    times,
  );
  return [totalMs / RUNS / SECOND_MS, computed?.seconds ?? Number.POSITIVE_INFINITY];
}

test("computed delays agree within a fifth with those of the detector", () => {
  const cases: readonly (Traffic & { readonly times: number })[] = [
    { perSecond: 1 / 60, usual: 0.06, times: 10 },
    { perSecond: 1, usual: 0.02, times: 10 },
    { perSecond: 1, usual: 0.06, times: 50 },
    { perSecond: 20, usual: 0.02, times: 50 },
    { perSecond: 20, usual: 0.1, times: 5 },
    { perSecond: 20, usual: 0.1, times: 10 },
    { perSecond: 200, usual: 0.01, times: 10 },
  ];
  for (const { times, ...traffic } of cases) {
    const [played, computed] = playedAndComputed(traffic, times);
    const ratio = computed / played;
    const said = `${times}x on ${traffic.usual} of ${traffic.perSecond}/s: ${played} s, computed ${computed} s`;
    assert.ok(ratio > 0.8 && ratio < 1.2, said);
  }
});

test("what stays below the guard is never an alarm", () => {
  const facts = { requestsPerSecond: 1, usual: 0.02, guard: 0.035, thresholdNats: 15, minFailures: 7 };
  assert.equal(alarmDelay(facts, 1), null);
  assert.equal(alarmDelay(facts, 1.5), null);
  assert.ok((alarmDelay(facts, 10)?.seconds ?? 0) > 0);
});

test("a stronger attack is noticed sooner, and a lower threshold notices the same one sooner", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 1000, noNaN: true }),
      fc.double({ min: 0.0005, max: 0.4, noNaN: true }),
      fc.double({ min: 1.2, max: 3, noNaN: true }),
      fc.double({ min: 2, max: 60, noNaN: true }),
      (requestsPerSecond, usual, width, times) => {
        const guard = (usual * width) / (1 - usual + usual * width);
        const facts = { requestsPerSecond, usual, guard, thresholdNats: 18, minFailures: 7 };
        const seconds = alarmDelay(facts, times)?.seconds ?? Number.POSITIVE_INFINITY;
        const stronger = alarmDelay(facts, 1.5 * times)?.seconds ?? Number.POSITIVE_INFINITY;
        const eager = alarmDelay({ ...facts, thresholdNats: 15 }, times)?.seconds ?? Number.POSITIVE_INFINITY;
        assert.ok(seconds > 0);
        assert.ok(stronger <= seconds, `${stronger} after ${seconds}`);
        assert.ok(eager <= seconds, `${eager} after ${seconds}`);
      },
    ),
  );
});

test("the guard of a settled endpoint stands above the usual rate, the nearer the more requests there are", () => {
  const guards = [1 / 60, 1, 100].map((requestsPerSecond) =>
    settledGuard({ requestsPerSecond, usual: 0.02, halfLifeMs: 6 * HOUR_MS }),
  );
  const [quiet = 0, ordinary = 0, busy = 0] = guards;
  assert.ok(quiet > ordinary && ordinary > busy && busy > 0.02, guards.join(" "));
  assert.ok(busy < 0.03, `${busy}`);
});
