/**
 * The delay of the detector beside the least that there is, over a ladder of traffic and of attack strengths.
 *
 * The least is a CUSUM that has been told both rates (Moustakides 1986), for one false alarm in the same thirty
 * days. Its threshold can be the logarithm of the requests in that time, which is a bound whatever the rates
 * (Lorden 1971) and the way in which ours is chosen, or the smaller one that is exact for these rates. Requests are independent, and each attempt comes from a client of its own.
 * The detector itself has to find out what is usual: it has watched the endpoint for as long as the rung says.
 */
import type { DetectorContext, RateDetectorSettings } from "../../../src/core/detection/detector.ts";
import { DEFAULT_RATE_DETECTOR, Detector } from "../../../src/core/detection/detector.ts";
import type { Series } from "../../../src/core/detection/series.ts";
import type { UnixMillis } from "../../../src/core/time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { Random } from "../../support/random.ts";
import type { Row, Table } from "../bench.ts";
import { START } from "./scenario.ts";

type Rung = { readonly name: string; readonly perSecond: number; readonly usual: number; readonly watchedMs: number };
type Mix = { readonly perSecond: number; readonly ratio: number };
export type Ratios = { readonly usual: number; readonly attacked: number };

const RUNGS: readonly Rung[] = [
  { name: "1 a minute, 6 %", perSecond: 1 / 60, usual: 0.06, watchedMs: 30 * DAY_MS },
  { name: "1 a second, 6 %", perSecond: 1, usual: 0.06, watchedMs: 7 * DAY_MS },
  { name: "20 a second, 2 %", perSecond: 20, usual: 0.02, watchedMs: DAY_MS },
  { name: "200 a second, 1 %", perSecond: 200, usual: 0.01, watchedMs: 3 * HOUR_MS },
];
/** How many times the usual failures the attack adds. */
const STRENGTHS = [3, 10, 50];
const HISTORIES = 4;
const ATTACKS_PER_HISTORY = 10;
const BUDGET: DetectorContext = { budgetFalsePages: 1, budgetPerMs: 30 * DAY_MS, activeSeriesCount: 1 };
const SETTINGS: RateDetectorSettings = { ...DEFAULT_RATE_DETECTOR, season: "none" };
/** Longer than this no attack is played; what is not seen by then counts as seen then. */
const ATTACK_MAX_MS = 6 * HOUR_MS;
const OVERSHOOTS = 4000;
const OPTIMAL_ATTACKS = 1000;

export function strengthTable(seed: number): Table {
  return {
    title:
      "seconds to the alarm for attacks of so many times the usual failures, and that over a CUSUM which knows both rates",
    columns: STRENGTHS.flatMap((strength) => [`${strength}x`, "/ bound", "/ exact"]),
    rows: RUNGS.map((rung) => rowOf(rung, new Random(seed))),
    notes: [
      "bound: the CUSUM's threshold is the logarithm of the requests in thirty days; exact: one false alarm in thirty days",
      `means of ${HISTORIES * ATTACKS_PER_HISTORY} attacks; independent requests, every attempt from another client`,
    ],
  };
}

/** The threshold, in nats, with which a CUSUM told both ratios alarms falsely once in so many requests. */
export function optimalThreshold({ usual, attacked }: Ratios, requestsPerFalseAlarm: number, random: Random): number {
  const information = divergence(attacked, usual);
  const shrinkage = meanShrinkage({ usual, attacked }, random);
  return Math.log(requestsPerFalseAlarm * information * shrinkage * shrinkage);
}

function rowOf(rung: Rung, random: Random): Row {
  const histories = Array.from({ length: HISTORIES }, () => watch(rung, random));
  const figures = STRENGTHS.flatMap((strength) => {
    const attack = attackOn(rung, strength);
    const ours = mean(
      histories.flatMap((history) => times(ATTACKS_PER_HISTORY, () => ourDelay(history, attack, random))),
    );
    const ratios = { usual: rung.usual, attacked: attack.ratio };
    const requests = (rung.perSecond * BUDGET.budgetPerMs) / SECOND_MS;
    const least = [Math.log(requests), optimalThreshold(ratios, requests, random)].map((threshold) => {
      return mean(times(OPTIMAL_ATTACKS, () => optimalDelay(ratios, threshold, random))) / attack.perSecond;
    });
    return [ours, ...least.map((seconds) => ours / seconds)];
  });
  return { name: rung.name, figures };
}

function attackOn({ perSecond, usual }: Rung, strength: number): Mix {
  const attempts = strength * usual * perSecond;
  return { perSecond: perSecond + attempts, ratio: (perSecond * usual + attempts) / (perSecond + attempts) };
}

type History = { readonly detector: Detector; readonly series: Series; readonly at: UnixMillis };

function watch({ perSecond, usual, watchedMs }: Rung, random: Random): History {
  const detector = new Detector(SETTINGS, { windowMs: MINUTE_MS });
  const series = detector.createSeries(START, { isAuthenticationRoute: true });
  detector.tick(series, START, BUDGET);
  const at = START + watchedMs;
  playUntil(series, { detector, mix: { perSecond, ratio: usual }, from: START, to: at }, random);
  return { detector, series, at };
}

/** Seconds, to the alarm or to the end of the attack. */
function ourDelay({ detector, series, at }: History, mix: Mix, random: Random): number {
  const copy = detector.restore(detector.snapshot(series), at);
  const until = playUntil(copy, { detector, mix, from: at, to: at + ATTACK_MAX_MS }, random);
  return (until - at) / SECOND_MS;
}

type Play = { readonly detector: Detector; readonly mix: Mix; readonly from: UnixMillis; readonly to: UnixMillis };

function playUntil(series: Series, { detector, mix, from, to }: Play, random: Random): UnixMillis {
  const apartMs = SECOND_MS / mix.perSecond;
  let client = 1;
  for (let now = from + random.exponential(apartMs); now < to; now += random.exponential(apartMs)) {
    client++;
    if (random.chance(mix.ratio)) detector.observeFailure(series, client, 1, now);
    else detector.observeSuccess(series, client, 1, now);
    if (series.watch !== null && series.watch.alarm !== null) return now;
  }
  return to;
}

/** Requests until it alarms. */
function optimalDelay(ratios: Ratios, threshold: number, random: Random): number {
  let requests = 0;
  for (let nats = 0; nats < threshold; requests++) nats = Math.max(0, nats + step(ratios, random));
  return requests;
}

/**
 * Mean of the exponential of minus what is beyond a high threshold when it is passed. A CUSUM's mean time to a false
 * alarm grows as the exponential of its threshold over the divergence and over the square of this.
 */
function meanShrinkage(ratios: Ratios, random: Random): number {
  return mean(
    times(OVERSHOOTS, () => {
      const threshold = 12 + 3 * random.uniform();
      let nats = 0;
      while (nats < threshold) nats += step(ratios, random);
      return Math.exp(threshold - nats);
    }),
  );
}

/** What one request under attack adds, in nats. */
function step({ usual, attacked }: Ratios, random: Random): number {
  return random.chance(attacked) ? Math.log(attacked / usual) : Math.log((1 - attacked) / (1 - usual));
}

function divergence(from: number, to: number): number {
  return from * Math.log(from / to) + (1 - from) * Math.log((1 - from) / (1 - to));
}

function times<Value>(count: number, make: () => Value): readonly Value[] {
  return Array.from({ length: count }, make);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
