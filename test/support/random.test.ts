import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "./random.ts";

function meanAndVariance(draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: 40_000 }, draw);
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 0.05 * expected, `${actual}, expected ${expected}`);
}

test("one seed gives one sequence, another seed another", () => {
  const draw = (seed: number) => {
    const random = new Random(seed);
    return [random.uniform(), random.uniform(), random.uniform()];
  };
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
});

test("the distributions have their mean and variance", () => {
  const random = new Random(42);
  const uniform = meanAndVariance(() => random.uniform());
  assertNear(uniform.mean, 1 / 2);
  assertNear(uniform.variance, 1 / 12);
  const exponential = meanAndVariance(() => random.exponential(3));
  assertNear(exponential.mean, 3);
  assertNear(exponential.variance, 9);
  assertNear(meanAndVariance(() => random.normal(5, 2)).variance, 4);
  for (const rate of [0.3, 7, 45, 2000]) {
    const poisson = meanAndVariance(() => random.poisson(rate));
    assertNear(poisson.mean, rate);
    assertNear(poisson.variance, rate);
  }
});
