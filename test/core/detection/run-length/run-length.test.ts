import assert from "node:assert/strict";
import { test } from "node:test";
import { changingRunLength } from "./changing-chart.ts";
import {
  bernoulli,
  binomial,
  countCusumRunLengths,
  countEwmaRunLength,
  poisson,
  poissonEwmaRunLength,
} from "./count-charts.ts";
import type { CusumDesign, EwmaDesign } from "./gaussian-charts.ts";
import { settledDeviation, shiryaevRoberts, twoSidedEwma, upperCusum, upperEwma } from "./gaussian-charts.ts";
import { averageRunLength, steadyStateRunLength } from "./integral-equation.ts";
import { chainRunLengths } from "./markov-chain.ts";
import { normalDistribution } from "./normal.ts";

const TOLERANCE = 0.005;

/** Within half a percent, or rounding to what was printed. */
function assertAgrees(computed: number, printed: string, what: string): void {
  const value = Number(printed);
  const lastDigit = 10 ** -(printed.split(".")[1]?.length ?? 0);
  const allowed = Math.max(TOLERANCE * value, lastDigit / 2);
  assert.ok(Math.abs(computed - value) <= allowed, `${what}: ${computed} computed, ${printed} published`);
}

function assertRow(means: readonly number[], printed: string, lengthAt: (mean: number) => number): void {
  const values = printed.split(" ");
  assert.equal(values.length, means.length);
  for (const [index, mean] of means.entries()) assertAgrees(lengthAt(mean), values[index] ?? "", `at mean ${mean}`);
}

const twoSided = (design: EwmaDesign) => (mean: number) => averageRunLength(twoSidedEwma(design, mean), 0);
const SHIFTS = [0, 0.25, 0.5, 1, 2, 3, 5];

test("two-sided EWMA charts of Lucas and Saccucci (1990), table 3", () => {
  assertRow(SHIFTS, "500 255 88.8 17.5 3.63 1.93 1.07", twoSided({ smoothing: 0.5, deviations: 3.071 }));
  assertRow(SHIFTS, "500 76.7 29.3 12.6 5.99 4.03 2.55", twoSided({ smoothing: 0.03, deviations: 2.437 }));
});

test("the same charts once they have run for long", () => {
  const design = { smoothing: 0.03, deviations: 2.437 };
  const before = twoSidedEwma(design, 0);
  const settled = (mean: number) => steadyStateRunLength(twoSidedEwma(design, mean), { before });
  assertRow([0, 0.5, 3], "480 28.6 4.02", settled);
});

test("two-sided EWMA charts of Crowder (1987), table 1", () => {
  assertRow([0, 0.5, 1, 2, 3, 4], "26.45 11.89 4.91 1.94 1.26 1.05", twoSided({ smoothing: 0.5, deviations: 2 }));
});

test("critical values of Crowder (1989) for a run length of 250", () => {
  for (const [smoothing, printed] of [
    [0.05, "2.32"],
    [0.1, "2.55"],
    [0.15, "2.65"],
    [0.2, "2.72"],
    [0.25, "2.76"],
  ] as const) {
    const length = (deviations: number) => twoSided({ smoothing, deviations })(0);
    assertAgrees(criticalValue(length, 250), printed, `smoothing ${smoothing}`);
  }
});

test("an EWMA chart to ten digits, and one that was simulated with 10⁹ runs", () => {
  assert.ok(Math.abs(twoSided({ smoothing: 0.25, deviations: 3 })(1) - 11.154267016) < 1e-8);
  assertAgrees(twoSided({ smoothing: 0.2, deviations: 2.636 })(0), "200.325", "Jones, Champ and Rigdon (2001)");
});

test("upper EWMA charts with a reflecting barrier of Waldmann (1986)", () => {
  for (const [smoothing, printed] of [
    [0.75, "209.3"],
    [0.5, "3907.5"],
  ] as const) {
    const deviations = 2 / settledDeviation(smoothing);
    const chart = upperEwma({ smoothing, deviations, barrier: -2 * deviations }, 0);
    assertAgrees(averageRunLength(chart, 0), printed, `smoothing ${smoothing}`);
  }
});

test("an upper EWMA chart whose limit widens from the first observation on", () => {
  const smoothing = 0.1;
  const widening = (mean: number) =>
    changingRunLength((observation) => {
      const share = Math.sqrt(1 - (1 - smoothing) ** (2 * observation));
      return upperEwma({ smoothing, deviations: 2.5433166 * share, barrier: -6 }, mean);
    }, 0);
  assertRow([0, 0.5, 1, 2, 3], "500 21.637 6.7596 2.3038 1.3675", widening);
});

test("an EWMA chart whose mean drifts", () => {
  const drifting = (drift: number) =>
    changingRunLength((observation) => twoSidedEwma({ smoothing: 0.1, deviations: 2.7 }, drift * observation), 0);
  assertRow([0.1, 0.5, 1, 2], "12.986 5.318 3.688 2.616", drifting);
});

const cusum =
  (design: CusumDesign, start = 0) =>
  (mean: number) =>
    averageRunLength(upperCusum(design, mean), start);

test("upper CUSUM charts of Waldmann, Vance (1986) and SAS", () => {
  // Brook and Evans print 117.4 for the first, from a chain of few states.
  assertRow([0, 0.5], "117.59 17.35", cusum({ reference: 0.5, limit: 3 }));
  assertRow([-0.25, 0, 0.25, 1], "2071.51 124.66 36.71 10.75", cusum({ reference: 0, limit: 10 }));
  assertAgrees(cusum({ reference: 0.25, limit: 8 })(2.5), "4.1500836225", "no headstart");
  assertAgrees(cusum({ reference: 0.25, limit: 8 }, 0.1)(2.5), "4.1061588131", "headstart 0.1");
});

test("two-sided CUSUM charts with and without a headstart of Lucas and Crosier (1982)", () => {
  const design = { reference: 0.5, limit: 4 };
  const twoSidedCusum = (headstart: number) => (mean: number) => {
    const [upper, lower] = [cusum(design)(mean), cusum(design)(-mean)];
    const [upperAhead, lowerAhead] = [cusum(design, headstart)(mean), cusum(design, headstart)(-mean)];
    return (upperAhead * lower + upper * lowerAhead - upper * lower) / (upper + lower);
  };
  assertRow([0, 1, 2], "168 8.38 3.34", twoSidedCusum(0));
  assertRow([0, 1, 2], "149 5.29 2.01", twoSidedCusum(2));
});

test("the Shiryaev-Roberts chart of Knoth (2006)", () => {
  const length = (mean: number) => averageRunLength(shiryaevRoberts({ shift: 1, limit: 390 }, mean), 0);
  assertRow([0, 0.5, 1, 2], "697 33 10.4 4.4", length);
});

test("Poisson CUSUM charts of Lucas (1985), with and without a headstart", () => {
  const lengths = countCusumRunLengths({ gain: 4, loss: 1, limit: 40 }, poisson(0.25));
  assertAgrees(lengths[0] ?? 0, "438", "no headstart");
  assertAgrees(lengths[20] ?? 0, "333", "half-way");
});

test("the Poisson EWMA chart of Borror, Champ and Rigdon (1998), table 2", () => {
  const design = { smoothing: 0.27, deviations: 3.319, usualMean: 20 };
  assertAgrees(poissonEwmaRunLength(design, poisson(20), 101), "1233.4", "101 states");
});

test("the binomial EWMA chart of Knoth and Steinmetz (2013)", () => {
  const chart = { smoothing: 0.3, barrier: 0, limit: 0.649169922 };
  assertAgrees(countEwmaRunLength(chart, binomial(5, 0.02), 0.1), "370.4", "5 trials at 2 %");
});

test("Bernoulli CUSUM charts, computed on their lattice", () => {
  for (const { ratio, shifted, nats, limit, printed } of [
    { ratio: 0.01, shifted: 0.2405, nats: 3.18, limit: 11.395, printed: "1009947 20.70" },
    { ratio: 0.02, shifted: 0.0653, nats: 1.183, limit: 9.656, printed: "1023099 275.3" },
    { ratio: 0.02, shifted: 0.302, nats: 2.715, limit: 11.877, printed: "1255857 20.55" },
    { ratio: 0.05, shifted: 0.1717, nats: 1.234, limit: 10.829, printed: "1129318 104.8" },
    { ratio: 0.05, shifted: 0.5804, nats: 2.452, limit: 13.076, printed: "1817371 12.17" },
    { ratio: 0.1, shifted: 0.6459, nats: 1.865, limit: 13.058, printed: "1468797 14.68" },
  ]) {
    const unit = Math.log((1 - ratio) / (1 - shifted));
    // Every request takes one unit, a failure too, so that it brings one more than it is worth.
    const chart = { gain: Math.round(nats / unit) + 1, loss: 1, limit: Math.round(limit / unit) };
    assertRow([ratio, shifted], printed, (mean) => countCusumRunLengths(chart, bernoulli(mean))[0] ?? 0);
  }
});

test("the integral equation and the Markov chain give one answer", () => {
  for (const [smoothing, deviations] of [
    [0.1, 2.7],
    [0.25, 3],
  ] as const) {
    for (const mean of [0, 0.5, 1]) {
      const byEquation = twoSided({ smoothing, deviations })(mean);
      const byChain = chainOfEwma({ smoothing, deviations }, mean, 151);
      assert.ok(Math.abs(byChain / byEquation - 1) < TOLERANCE, `${byChain} and ${byEquation}`);
    }
  }
});

for (const [row, reason] of [
  ["Crowder (1987), 3.95", "a misprint: the equation gives 3.59"],
  ["Steiner (1999), last column", "printed to one digit: 1.1 where the exact value is 1.16"],
  ["Borror and others (1998), 351 at smoothing .2 and limit 2.8275", "chain and simulation give 321"],
  ["Lucas and Saccucci (1990), 12.5 at a shift of 1 once settled", "equation and simulation give 12.40"],
  ["Jones, Champ and Rigdon (2001), 144.458 with estimated moments", "our chart learns on and has no such phase"],
] as const) {
  test(`not compared: ${row}`, { skip: reason }, () => {});
}

/** Brook and Evans: so many states, the average standing in the middle of each. */
function chainOfEwma({ smoothing, deviations }: EwmaDesign, mean: number, stateCount: number): number {
  const limit = deviations * settledDeviation(smoothing);
  const width = (2 * limit) / stateCount;
  const edge = (state: number) => width * state - limit;
  const reached = (value: number, from: number) =>
    normalDistribution((value - (1 - smoothing) * (edge(from) + width / 2)) / smoothing - mean);
  const lengths = chainRunLengths(stateCount, (from, to) => reached(edge(to + 1), from) - reached(edge(to), from));
  return lengths[(stateCount - 1) / 2] ?? 0;
}

function criticalValue(lengthAt: (deviations: number) => number, wanted: number): number {
  let [low, high] = [1, 5];
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (lengthAt(middle) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
