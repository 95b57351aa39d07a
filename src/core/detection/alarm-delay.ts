/**
 * How long an attack goes on, on average, before the detector alarms: what a budget of false pages costs.
 *
 * A renewal approximation of our own evidence, for attempts from many clients at a steady rate. Under attack
 * the logarithm of each chart rises by a mean step a request, its drift, from a constant that sums up what the
 * chart had before and how unevenly it rises; the alarm comes when the mean of the charts, and the last step
 * beyond it, reach the threshold. A test plays the detector itself against it: where an attack clears the
 * guard well, the two agree within a fifth.
 */
import { SECOND_MS } from "../time.ts";
import type { Steps } from "./chance.ts";
import type { Evidence } from "./evidence.ts";
import { aim, createEvidence, FADE_MS, stepsOf } from "./evidence.ts";
import { allHold } from "./gate.ts";
import { halfWay } from "./guard.ts";
import { surplusGates, TOLERATED_FACTOR } from "./surplus.ts";

export type DelayFacts = {
  readonly requestsPerSecond: number;
  /** Usual share of failures, and the guard, above which a share is evidence. */
  readonly usual: number;
  readonly guard: number;
  readonly thresholdNats: number;
  readonly minFailures: number;
};

export type AlarmDelay = {
  readonly seconds: number;
  readonly attackRequests: number;
};

/** Longer than this nobody waits, and the baseline would have moved. */
const SECONDS_MAX = 7 * 86_400;
/** A chart whose steps scatter so much for their drift never leads. */
const STEADINESS_MIN = 0.5;
/** The last step goes beyond the threshold by so much of a failure's gain. */
const OVERSHOOT_SHARE = 1 / 3;
/** Evidence and counts both have to be there, and chance delays now one, now the other. */
const JOINT_POWER = 8;
const HALVINGS = 60;

/** For an attack that multiplies the usual rate of failures; null when it stays within the guard or takes a week. */
export function alarmDelay(facts: DelayFacts, times: number): AlarmDelay | null {
  const attack = attackOn(facts, times);
  const byEvidence = evidenceRequests(facts, attack) / attack.requestsPerSecond;
  const byCounts = countSeconds(facts, attack);
  const seconds = (byEvidence ** JOINT_POWER + byCounts ** JOINT_POWER) ** (1 / JOINT_POWER);
  // Also when it is infinite.
  if (!(seconds <= SECONDS_MAX)) return null;
  return { seconds, attackRequests: seconds * (attack.failuresPerSecond - facts.usual * facts.requestsPerSecond) };
}

/** The evidence as the detector has it on such an endpoint. */
export function evidenceOn({ guard, usual }: Pick<DelayFacts, "guard" | "usual">): Evidence {
  const evidence = createEvidence(0);
  aim(evidence, { guard, sudden: halfWay({ usual, guard }) });
  return evidence;
}

type Attack = { readonly requestsPerSecond: number; readonly failuresPerSecond: number; readonly ratio: number };

function attackOn({ requestsPerSecond: before, usual }: DelayFacts, times: number): Attack {
  const failuresPerSecond = times * usual * before;
  const requestsPerSecond = before * (1 - usual) + failuresPerSecond;
  return { requestsPerSecond, failuresPerSecond, ratio: failuresPerSecond / requestsPerSecond };
}

/** A chart's logarithm after many requests: a constant and a drift a request. */
type Line = { readonly start: number; readonly drift: number; readonly failureGain: number };

/** Requests until the evidence suffices; infinite when it never does. */
function evidenceRequests(facts: DelayFacts, attack: Attack): number {
  const charts = stepsOf(evidenceOn(facts));
  const lines = charts.flatMap((chart) => lineOf(chart, facts, attack));
  const isThere = (requests: number) => {
    const logs = lines.map(({ start, drift }) => start + drift * requests);
    const highest = Math.max(...logs);
    const total = logs.reduce((sum, log) => sum + Math.exp(log - highest), 0);
    const nats = highest + Math.log(total / charts.length);
    const overshoot = OVERSHOOT_SHARE * (lines[logs.indexOf(highest)]?.failureGain ?? 0);
    return nats >= facts.thresholdNats + overshoot;
  };
  return lines.length === 0 ? Number.POSITIVE_INFINITY : firstAt(isThere);
}

/** None for a chart that does not rise. */
function lineOf({ failureGain, successGain }: Steps, facts: DelayFacts, { ratio, requestsPerSecond }: Attack): Line[] {
  const mean = ratio * failureGain + (1 - ratio) * successGain;
  const variance = ratio * failureGain ** 2 + (1 - ratio) * successGain ** 2 - mean ** 2;
  const drift = mean - fadeAt(requestsPerSecond);
  const steadiness = (2 * drift) / variance;
  if (!(steadiness >= STEADINESS_MIN)) return [];
  // All that the sums from each request on add up to: exact where steps are small.
  const sums = Math.exp(Math.log(steadiness) - digamma(steadiness)) / (1 - Math.exp(-drift));
  return [{ start: Math.log(sums + usualHeight({ failureGain, successGain }, facts)), drift, failureGain }];
}

/** What the chart stands at, on average, in usual times. */
function usualHeight({ failureGain, successGain }: Steps, { requestsPerSecond, usual }: DelayFacts): number {
  const factor = usual * Math.exp(failureGain) + (1 - usual) * Math.exp(successGain);
  const kept = factor * Math.exp(-fadeAt(requestsPerSecond));
  return kept / (1 - kept);
}

/** Nats that fade away from one request to the next. */
function fadeAt(requestsPerSecond: number): number {
  return SECOND_MS / (FADE_MS * requestsPerSecond);
}

/** Seconds until there are failures enough, and enough more than were to be expected. */
function countSeconds({ minFailures, requestsPerSecond, usual }: DelayFacts, attack: Attack): number {
  return firstAt((seconds) => {
    const discountedFailures = attack.failuresPerSecond * seconds;
    const expectedFailures = usual * requestsPerSecond * seconds;
    const surplus = discountedFailures - TOLERATED_FACTOR * expectedFailures;
    return allHold(surplusGates({ discountedFailures, surplus, expectedFailures }, minFailures));
  });
}

/** Where a claim that stays true once it is true becomes so; infinite beyond any number that matters. */
function firstAt(isThere: (amount: number) => boolean): number {
  let enough = 1;
  while (!isThere(enough)) {
    enough *= 2;
    if (enough > Number.MAX_SAFE_INTEGER) return Number.POSITIVE_INFINITY;
  }
  let tooLittle = 0;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (tooLittle + enough) / 2;
    if (isThere(middle)) enough = middle;
    else tooLittle = middle;
  }
  return enough;
}

/** The logarithmic derivative of the gamma function, by its recurrence and asymptotic series. */
function digamma(value: number): number {
  let x = value;
  let shift = 0;
  for (; x < 6; x++) shift -= 1 / x;
  const f = 1 / (x * x);
  return shift + Math.log(x) - 1 / (2 * x) - f * (1 / 12 - f * (1 / 120 - f / 252));
}
