import assert from "node:assert/strict";
import { test } from "node:test";
import { natsByChance, requestsByChance } from "../../../src/core/detection/chance.ts";
import type { Evidence } from "../../../src/core/detection/evidence.ts";
import {
  addFailure,
  addSuccess,
  aim,
  aimAtOddsScale,
  createEvidence,
  evidenceNats,
  exponentsAt,
  leadingExcess,
  limitEvidence,
} from "../../../src/core/detection/evidence.ts";
import { allHold } from "../../../src/core/detection/gate.ts";
import { halfWay } from "../../../src/core/detection/guard.ts";
import type { Expectation } from "../../../src/core/detection/surplus.ts";
import { surplusGates } from "../../../src/core/detection/surplus.ts";
import { SECOND_MS } from "../../../src/core/time.ts";
import { Random } from "../../support/random.ts";

const NOTHING_EXPECTED: Expectation = {
  failuresPerSecond: 0,
  requestsPerSecondBefore: 0,
  failuresPerSecondBefore: 0,
  clusterFactor: 1,
};

function evidenceAbove(guardRatio: number, threshold: number): Evidence {
  const evidence = createEvidence(0);
  aim(evidence, { guard: guardRatio, sudden: guardRatio });
  limitEvidence(evidence, threshold);
  return evidence;
}

function showsSurplus(evidence: Evidence): boolean {
  return allHold(surplusGates(leadingExcess(evidence), 7));
}

type Runs = {
  readonly guard: number;
  /** Left out, the guard. */
  readonly sudden?: number;
  readonly ratio: number;
  readonly threshold: number;
  readonly runs: number;
  readonly seed: number;
  /** Requests at the guard's ratio before the change. */
  readonly calmRequests: number;
};

/** Mean number of requests from the change until the evidence passes the threshold. */
function meanRunLength(options: Runs): number {
  const random = new Random(options.seed);
  let requestCount = 0;
  for (let run = 0; run < options.runs; run++) {
    const evidence = createEvidence(0);
    aim(evidence, { guard: options.guard, sudden: options.sudden ?? options.guard });
    limitEvidence(evidence, options.threshold);
    for (let calm = 0; calm < options.calmRequests; calm++) {
      if (random.chance(options.guard)) addFailure(evidence, 1, NOTHING_EXPECTED, 0);
      else addSuccess(evidence, 1);
    }
    for (let isOver = false; !isOver; requestCount++) {
      const isFailure = random.chance(options.ratio);
      if (isFailure) addFailure(evidence, 1, NOTHING_EXPECTED, 0);
      else addSuccess(evidence, 1);
      isOver = isFailure && evidenceNats(evidence) > options.threshold;
    }
  }
  return requestCount / options.runs;
}

for (const guard of [0.01, 0.05, 0.2]) {
  test(`at a guard of ${guard}, chance alone takes as many requests as the threshold promises`, () => {
    const promised = 1000;
    const measured = meanRunLength({
      guard,
      ratio: guard,
      threshold: Math.log(promised),
      runs: 300,
      seed: 1,
      calmRequests: 0,
    });
    assert.ok(measured > promised && measured < 3 * promised, `${measured} requests`);
  });
}

// Delays that an independent computation of the same mixture gave for 100,000 requests between false
// alarms at a ratio of .05. The promise is exceeded, so that its threshold is below ln(100,000).
for (const [ratio, delay] of [
  [0.1163, 212],
  [0.208, 56.2],
  [0.5, 13],
  [0.9, 5.5],
] as const) {
  test(`a rise from .05 to ${ratio} is seen after about ${delay} requests`, () => {
    const measured = meanRunLength({ guard: 0.05, ratio, threshold: 11.03, runs: 2000, seed: 2, calmRequests: 500 });
    assert.ok(Math.abs(measured / delay - 1) < 0.1, `${measured} requests`);
  });
}

test("below the guard chance takes as many requests as the exponents say, and up to three times as many", () => {
  const [usual, guard] = [0.05, 0.07];
  const sudden = halfWay({ usual, guard });
  const evidence = createEvidence(0);
  aim(evidence, { guard, sudden });
  const exponents = exponentsAt(evidence, usual);
  assert.ok(Math.min(...exponents) > 1);
  const threshold = natsByChance(exponents, 2000);
  assert.ok(Math.abs(requestsByChance(exponents, threshold) - 2000) < 1);
  assert.ok(threshold < Math.log(2000));
  const measured = meanRunLength({ guard, sudden, ratio: usual, threshold, runs: 200, seed: 3, calmRequests: 0 });
  assert.ok(measured > 2000 && measured < 6000, `${measured} requests`);
});

test("at the guard the exponent is 1, and so it is above", () => {
  const evidence = evidenceAbove(0.1, 15);
  for (const usual of [0.1, 0.3]) {
    assert.ok(exponentsAt(evidence, usual).every((exponent) => Math.abs(exponent - 1) < 1e-3));
  }
});

test("a sudden burst is seen sooner for being measured from half-way to the guard", () => {
  const burst = { guard: 0.1, ratio: 0.6, threshold: 12, runs: 2000, seed: 4, calmRequests: 100 };
  const sooner = meanRunLength({ ...burst, sudden: halfWay({ usual: 0.05, guard: 0.1 }) });
  const later = meanRunLength(burst);
  assert.ok(sooner < 0.95 * later, `${sooner} requests, not ${later}`);
});

test("the odds scale of sampling makes a failure worth what it would have been", () => {
  const tailSampled = evidenceAbove(0.05, 20);
  aimAtOddsScale(tailSampled, 20);
  const guardOdds = (20 * 0.05) / 0.95;
  const equivalent = evidenceAbove(guardOdds / (1 + guardOdds), 20);
  for (const evidence of [tailSampled, equivalent]) {
    addFailure(evidence, 1, NOTHING_EXPECTED, 0);
    addSuccess(evidence, 1);
    addFailure(evidence, 1, NOTHING_EXPECTED, 0);
  }
  assert.ok(Math.abs(evidenceNats(tailSampled) - evidenceNats(equivalent)) < 1e-9);
});

test("failures at the expected pace are no surplus, however few the successes", () => {
  const evidence = evidenceAbove(0.05, 15);
  const expectation = { ...NOTHING_EXPECTED, failuresPerSecond: 1 };
  for (let second = 0; second < 600; second++) addFailure(evidence, 1, expectation, second * SECOND_MS);
  assert.equal(showsSurplus(evidence), false);
});

test("the debt of a long lull is bounded: a later burst is seen after a few dozen failures", () => {
  const evidence = evidenceAbove(0.05, 15);
  const expectation = { ...NOTHING_EXPECTED, failuresPerSecond: 1 };
  const lullMs = 6 * 3600 * SECOND_MS;
  for (let at = 0; at < lullMs; at += SECOND_MS) addFailure(evidence, 1, expectation, at);
  let burst = 0;
  while (!showsSurplus(evidence)) addFailure(evidence, 1, expectation, lullMs + burst++ * 10);
  assert.ok(burst < 40, `${burst} failures`);
});

test("when requests thin out after a surge, its retries are expected", () => {
  const evidence = evidenceAbove(0.05, 15);
  const surge = {
    ...NOTHING_EXPECTED,
    failuresPerSecond: 0.1,
    requestsPerSecondBefore: 80,
    failuresPerSecondBefore: 5,
  };
  for (let index = 0; index < 100; index++) addFailure(evidence, 1, surge, index * 250);
  assert.equal(showsSurplus(evidence), false);
});
