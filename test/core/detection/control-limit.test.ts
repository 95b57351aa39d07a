import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CONTROL_AT_REST,
  CONTROL_SMOOTHING,
  controlDeviation,
  nextControlAverage,
} from "../../../src/core/detection/control-limit.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { Random } from "../../support/random.ts";
import { EndpointUnderTest } from "./endpoint-under-test.ts";
import { bernoulli, countEwmaRunLength } from "./run-length/count-charts.ts";
import { settledDeviation } from "./run-length/gaussian-charts.ts";

type Ratios = { readonly usual: number; readonly ratio: number; readonly deviation: number };

function textbookLimit(usual: number, deviation: number): number {
  return usual + deviation * Math.sqrt(usual * (1 - usual)) * settledDeviation(CONTROL_SMOOTHING);
}

/** Reflected at the usual ratio. */
function nextTextbookAverage(average: number, outcome: 0 | 1, usual: number): number {
  const from = average > usual ? average : usual;
  const to = (1 - CONTROL_SMOOTHING) * from + CONTROL_SMOOTHING * outcome;
  return to > usual ? to : usual;
}

/** What the textbooks' upper chart comes to: exact but for the lattice, see `run-length/count-charts.ts`. */
function textbookRunLength({ usual, ratio, deviation }: Ratios): number {
  const limit = textbookLimit(usual, deviation);
  return countEwmaRunLength({ smoothing: CONTROL_SMOOTHING, barrier: usual, limit }, bernoulli(ratio), usual);
}

function simulatedRunLength({ usual, ratio, deviation }: Ratios, runCount: number): number {
  const random = new Random(4);
  let observationCount = 0;
  for (let run = 0; run < runCount; run++) {
    let average = CONTROL_AT_REST;
    while (controlDeviation(average, usual) <= deviation) {
      average = nextControlAverage(average, random.chance(ratio) ? 1 : 0, usual);
      observationCount += 1;
    }
  }
  return observationCount / runCount;
}

test("successes give a control chart no credit: it never falls below the usual ratio", () => {
  let average = CONTROL_AT_REST;
  for (let count = 0; count < 100; count++) average = nextControlAverage(average, 0, 0.1);
  assert.equal(average, 0.1);
  for (let count = 0; count < 10; count++) average = nextControlAverage(average, 1, 0.1);
  assert.ok(controlDeviation(average, 0.1) > 5);
});

test("the chart has the textbooks' average run length, with and without a shift", () => {
  for (const [ratios, runCount] of [
    // Half a percent is three standard errors of so many runs.
    [{ usual: 0.05, ratio: 0.05, deviation: 2 }, 360_000],
    [{ usual: 0.05, ratio: 0.15, deviation: 4 }, 200_000],
    [{ usual: 0.2, ratio: 0.5, deviation: 5 }, 100_000],
  ] as const) {
    const [simulated, computed] = [simulatedRunLength(ratios, runCount), textbookRunLength(ratios)];
    assert.ok(Math.abs(simulated / computed - 1) < 0.005, `${JSON.stringify(ratios)}: ${simulated}, ${computed}`);
  }
});

/** An endpoint whose usual ratio is known to be `ratio`: evenly spread failures, each from somebody else. */
function knownEndpoint(ratio: number, deviation: number): EndpointUnderTest {
  const settings = { deviation, minFailures: 1, halfLifeMs: 1000 * HOUR_MS };
  const endpoint = new EndpointUnderTest({ seed: 31, settings });
  for (let request = 1; request <= 30_000; request++) {
    endpoint.now += SECOND_MS;
    if (request % Math.round(1 / ratio) === 0) endpoint.fail(endpoint.person());
    else endpoint.succeed(endpoint.person());
  }
  return endpoint;
}

test("the detector alarms with the very request with which the chart of the textbooks does", () => {
  const ratio = 0.05;
  for (const deviation of [3, 4]) {
    const endpoint = knownEndpoint(ratio, deviation);
    let [average, alarmCount] = [0, 0];
    for (let request = 0; request < 40_000; request++) {
      endpoint.now += SECOND_MS;
      const outcome = endpoint.random.chance(ratio) ? 1 : 0;
      const { isAlarming: wasAlarming, usual } = endpoint.reading;
      if (outcome === 1) endpoint.fail(endpoint.person());
      else endpoint.succeed(endpoint.person());
      // An alarm that is over begins the chart anew.
      average = wasAlarming ? 0 : nextTextbookAverage(average, outcome, usual);
      if (wasAlarming) continue;
      const isBeyond = average > textbookLimit(usual, deviation);
      assert.equal(endpoint.reading.isAlarming, isBeyond, `request ${request}`);
      if (isBeyond) alarmCount += 1;
    }
    assert.ok(alarmCount > 10, `${alarmCount} alarms`);
  }
});

test("what was learned is close enough for the run length that `deviation` promises", () => {
  const { usual } = knownEndpoint(0.05, 4).reading;
  const learned = textbookRunLength({ usual, ratio: 0.05, deviation: 4 });
  const known = textbookRunLength({ usual: 0.05, ratio: 0.05, deviation: 4 });
  assert.ok(Math.abs(learned / known - 1) < 0.005, `${learned} and ${known}`);
});

test("until the usual ratio is known the sequential evidence judges", () => {
  const endpoint = new EndpointUnderTest({ seed: 32, settings: { deviation: 3, minFailures: 1 } });
  endpoint.fail(endpoint.person());
  endpoint.fail(endpoint.person());
  assert.equal(endpoint.reading.isAlarming, false);
  endpoint.play({ forMs: MINUTE_MS, perSecond: 0, ratio: 0, attackPerSecond: 2 });
  assert.equal(endpoint.alarms[0]?.kind, "ratio");
});

test("min_failures holds for the chart as well, where the rule asks for it", () => {
  const settings = { deviation: 3, minFailures: 20 };
  const endpoint = new EndpointUnderTest({ seed: 33, settings });
  endpoint.play({ forMs: 2 * HOUR_MS, perSecond: 1, ratio: 0.05 });
  endpoint.play({ forMs: MINUTE_MS, perSecond: 1, ratio: 0.05, attackPerSecond: 5 });
  assert.equal(endpoint.alarms.length, 1);
  assert.ok((endpoint.alarms[0]?.attackCount ?? 0) >= 15);
});
