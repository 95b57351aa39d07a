/**
 * Where the guard stands on an endpoint that has been calm for weeks, for those who ask beforehand.
 *
 * The baseline itself is played four weeks of independent requests, drawn from a fixed seed so that the same
 * question has the same answer. An endpoint whose people retry, or whose ratio wanders, has a wider guard.
 */
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import { createBaseline, learnStretch } from "./baseline.ts";
import { guardRatio } from "./guard.ts";
import { logistic, logit } from "./odds.ts";
import { emptyStretch } from "./stretch.ts";

export type SteadyTraffic = {
  readonly requestsPerSecond: number;
  readonly usual: number;
  readonly halfLifeMs: number;
};

const PLAYED_MS = 28 * DAY_MS;
/** From then on the guard is averaged: at any one moment chance has moved it. */
const SETTLED_AFTER_MS = 14 * DAY_MS;
/** Beyond this mean a Poisson number is as good as normal. */
const COUNTED_ONE_BY_ONE_MAX = 30;

export function settledGuard({ halfLifeMs, requestsPerSecond, usual }: SteadyTraffic): number {
  const next = generator();
  const perMinute = (requestsPerSecond * MINUTE_MS) / SECOND_MS;
  const baseline = createBaseline({ successes: 0, requestsPerSecond, observedMs: 0 });
  let levels = 0;
  for (let playedMs = 0; playedMs < PLAYED_MS; playedMs += MINUTE_MS) {
    const failures = poisson(perMinute * usual, next);
    const successes = poisson(perMinute * (1 - usual), next);
    const stretch = { ...emptyStretch(), durationMs: MINUTE_MS, successes, failures, discountedFailures: failures };
    learnStretch(baseline, stretch, { guardRatio: guardRatio(baseline), memoryMs: halfLifeMs / Math.LN2 });
    if (playedMs >= SETTLED_AFTER_MS) levels += logit(guardRatio(baseline));
  }
  return logistic((levels * MINUTE_MS) / (PLAYED_MS - SETTLED_AFTER_MS));
}

function poisson(mean: number, next: () => number): number {
  if (mean > COUNTED_ONE_BY_ONE_MAX) return Math.max(0, Math.round(mean + normal(next) * Math.sqrt(mean)));
  const floor = Math.exp(-mean);
  let count = 0;
  for (let product = next(); product > floor; product *= next()) count++;
  return count;
}

/** Standard normal, after Box and Muller. */
function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Numbers from 0 to 1, always the same: a 32-bit Weyl sequence, mixed. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
