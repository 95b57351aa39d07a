/**
 * What the detector costs in false pages and in delay: pages per endpoint-month on benign processes,
 * delays beside a CUSUM that knows both rates, and the time and memory of an update. Budget everywhere:
 * one false page per endpoint in thirty days.
 *
 * `FIRST_SEED=1001` draws other traffic: a constant that was chosen on one draw is judged on another.
 */
import type { DetectorContext } from "../../src/core/detection/detector.ts";
import { DEFAULT_RATE_DETECTOR, Detector } from "../../src/core/detection/detector.ts";
import type { Series } from "../../src/core/detection/series.ts";
import type { UnixMillis } from "../../src/core/time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { Random } from "../support/random.ts";
import type { Table } from "./bench.ts";
import { cpuSeconds, itemsPerCpuSecond } from "./measure.ts";

export const name = "detection";
export const description = "false pages, delays, and what a request and a series cost";
export const pace = "long";

const FIRST_SEED = Number(process.env["FIRST_SEED"] ?? 1);
const CONTEXT: DetectorContext = { budgetFalsePages: 1, budgetPerMs: 30 * DAY_MS, activeSeriesCount: 1 };
const START: UnixMillis = Date.UTC(2026, 0, 5);
const MONTH_DAYS = 30;

type Process = {
  readonly name: string;
  readonly perSecond: number;
  readonly ratio: number;
  readonly days: number;
  readonly seeds: number;
  /** Deviation of the log-odds, wandering with a memory of half an hour. */
  readonly wander?: number;
  /** Probability that a failed client tries again and fails again. */
  readonly retry?: number;
  /** Swing of the request rate over a day, 0 to 1, and of the log-odds. */
  readonly season?: { readonly rate: number; readonly logOdds: number };
};

const BENIGN: readonly Process[] = [
  { name: "independent 1/min, 6 %", perSecond: 1 / 60, ratio: 0.06, days: 120, seeds: 10 },
  { name: "independent 1/s, 5 %", perSecond: 1, ratio: 0.05, days: 20, seeds: 5 },
  { name: "independent 1/s, 30 %", perSecond: 1, ratio: 0.3, days: 20, seeds: 5 },
  { name: "independent 20/s, 2 %", perSecond: 20, ratio: 0.02, days: 4, seeds: 5 },
  { name: "retries 1/min, 6 %", perSecond: 1 / 60, ratio: 0.06, days: 120, seeds: 10, retry: 0.5 },
  { name: "retries 2/s, 6 %", perSecond: 2, ratio: 0.06, days: 20, seeds: 5, retry: 0.5 },
  { name: "wander .2, 5/s, 6 %", perSecond: 5, ratio: 0.06, days: 15, seeds: 5, wander: 0.2 },
  { name: "wander .35, 18/s, 6 %", perSecond: 18, ratio: 0.06, days: 8, seeds: 4, wander: 0.35 },
  { name: "wander .35 and retries, 2/s", perSecond: 2, ratio: 0.06, days: 30, seeds: 5, wander: 0.35, retry: 0.5 },
  {
    name: "day and night, 2/s, 6 %",
    perSecond: 2,
    ratio: 0.06,
    days: 20,
    seeds: 5,
    retry: 0.3,
    season: { rate: 0.8, logOdds: 0.3 },
  },
];

type Attacked = {
  readonly perSecond: number;
  readonly ratio: number;
  readonly warmMs: number;
  readonly seeds: number;
};

const ATTACKED: readonly Attacked[] = [
  { perSecond: 1 / 60, ratio: 0.06, warmMs: 5 * DAY_MS, seeds: 60 },
  { perSecond: 1, ratio: 0.06, warmMs: DAY_MS, seeds: 60 },
  { perSecond: 20, ratio: 0.02, warmMs: 3 * HOUR_MS, seeds: 30 },
  { perSecond: 200, ratio: 0.01, warmMs: HOUR_MS, seeds: 10 },
];
const ATTACK_FACTORS = [1, 3, 10, 50];
const ATTACK_MAX_MS = 2 * HOUR_MS;

export function* run(): Generator<Table> {
  yield falsePages();
  for (const endpoint of ATTACKED) yield delays(endpoint);
  yield nanosecondsPerUpdate();
  yield bytesPerSeries();
  yield scan();
}

function falsePages(): Table {
  return {
    title: "false pages, nominal: at most 1 per endpoint-month",
    columns: ["endpoint-days", "pages", "per endpoint-month"],
    rows: BENIGN.map((benign) => {
      let pages = 0;
      for (const seed of seedsOf(benign)) pages += countFalsePages(benign, seed);
      const days = benign.days * benign.seeds;
      return { name: benign.name, figures: [days, pages, (pages * MONTH_DAYS) / days] };
    }),
  };
}

function seedsOf({ seeds }: { readonly seeds: number }): readonly number[] {
  return Array.from({ length: seeds }, (_, index) => FIRST_SEED + index);
}

function countFalsePages(benign: Process, seed: number): number {
  const detector = newDetector();
  const series = detector.createSeries(START, { isAuthenticationRoute: true });
  let pages = 0;
  let nextTickAt = START;
  playBenign(benign, new Random(seed), (now, client, isFailure) => {
    for (; nextTickAt <= now; nextTickAt += MINUTE_MS) detector.tick(series, nextTickAt, CONTEXT);
    const hasChanged = isFailure
      ? detector.observeFailure(series, client, 1, now)
      : detector.observeSuccess(series, client, 1, now);
    if (hasChanged && series.watch?.alarm?.startedAt === now) pages++;
  });
  return pages;
}

type Visit = { readonly at: UnixMillis; readonly client: number; readonly tries: number };

function playBenign(
  benign: Process,
  random: Random,
  request: (now: UnixMillis, client: number, isFailure: boolean) => void,
): void {
  const end = START + benign.days * DAY_MS;
  const level = Math.log(benign.ratio / (1 - benign.ratio));
  const retries: Visit[] = [];
  let offset = 0;
  let offsetAt = START;
  let client = 1;
  for (let now = START; now < end; ) {
    const season = Math.sin((2 * Math.PI * (now - START)) / DAY_MS);
    const rate = benign.perSecond * (1 + (benign.season?.rate ?? 0) * season);
    const arrival = now + random.exponential(SECOND_MS / rate);
    const retry = retries[0];
    if (retry !== undefined && retry.at < arrival) {
      retries.shift();
      now = retry.at;
      const isFailure = random.chance(benign.retry ?? 0);
      request(now, retry.client, isFailure);
      if (isFailure && retry.tries < 6) scheduleRetry(retries, random, { ...retry, at: now, tries: retry.tries + 1 });
      continue;
    }
    now = arrival;
    if (benign.wander !== undefined && now - offsetAt > 10 * SECOND_MS) {
      const kept = Math.exp(-(now - offsetAt) / (30 * MINUTE_MS));
      offset = kept * offset + benign.wander * Math.sqrt(1 - kept * kept) * random.normal(0, 1);
      offsetAt = now;
    }
    const logOdds = level + offset + (benign.season?.logOdds ?? 0) * season;
    const isFailure = random.chance(1 / (1 + Math.exp(-logOdds)));
    request(now, client, isFailure);
    if (isFailure && benign.retry !== undefined) scheduleRetry(retries, random, { at: now, client, tries: 1 });
    client++;
  }
}

function scheduleRetry(retries: Visit[], random: Random, visit: Visit): void {
  const at = visit.at + (4 + 21 * random.uniform()) * SECOND_MS;
  const later = retries.findIndex((retry) => retry.at > at);
  retries.splice(later < 0 ? retries.length : later, 0, { ...visit, at });
}

function delays(endpoint: Attacked): Table {
  return {
    title: `delay at ${endpoint.perSecond.toPrecision(2)}/s, ${endpoint.ratio * 100} %, by the attack over the usual failures`,
    columns: ["mean delay s", "attack requests", "CUSUM told both rates s", "ours / CUSUM", "missed"],
    rows: ATTACK_FACTORS.map((factor) => ({ name: `x${factor}`, figures: delayFigures(endpoint, factor) })),
  };
}

function delayFigures(endpoint: Attacked, factor: number): readonly number[] {
  const all = seedsOf(endpoint).map((seed) => delayOfAttack(endpoint, factor, seed));
  const seen = all.filter(({ ms }) => ms !== undefined);
  const ours = mean(seen.map(({ ms = Number.NaN }) => ms / SECOND_MS));
  const best = mean(all.map(({ omniscientMs }) => omniscientMs / SECOND_MS));
  return [ours, mean(seen.map(({ attackCount }) => attackCount)), best, ours / best, all.length - seen.length];
}

/** Both detectors see the same requests; the CUSUM is told the rates and starts with the attack. */
function delayOfAttack(endpoint: Attacked, factor: number, seed: number) {
  const { perSecond, ratio, warmMs } = endpoint;
  const random = new Random(seed);
  const detector = newDetector();
  const series = detector.createSeries(START, { isAuthenticationRoute: false });
  detector.tick(series, START, CONTEXT);
  let now = START;
  let client = 1;
  while (now < START + warmMs) {
    now += random.exponential(SECOND_MS / perSecond);
    observe(detector, series, { client: client++, isFailure: random.chance(ratio), now });
  }
  const attackPerSecond = factor * perSecond * ratio;
  const attackRatio = (ratio * perSecond + attackPerSecond) / (perSecond + attackPerSecond);
  const threshold = Math.log((perSecond * CONTEXT.budgetPerMs) / SECOND_MS);
  const start = now;
  const seen = { attackCount: 0, ms: undefined as number | undefined, omniscientMs: Number.NaN };
  for (let cusum = 0; now - start < ATTACK_MAX_MS && (seen.ms === undefined || Number.isNaN(seen.omniscientMs)); ) {
    now += random.exponential(SECOND_MS / (perSecond + attackPerSecond));
    const isAttack = random.chance(attackPerSecond / (perSecond + attackPerSecond));
    const isFailure = isAttack || random.chance(ratio);
    if (isAttack && seen.ms === undefined) seen.attackCount++;
    observe(detector, series, { client: client++, isFailure, now });
    if (series.watch?.alarm) seen.ms ??= now - start;
    const nats = isFailure ? Math.log(attackRatio / ratio) : Math.log((1 - attackRatio) / (1 - ratio));
    cusum = Math.max(0, cusum + nats);
    if (cusum > threshold && Number.isNaN(seen.omniscientMs)) seen.omniscientMs = now - start;
  }
  return seen;
}

/** Garbage is collected when the bench is started with `--expose-gc`, as `npm run bench` does. */
function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function bytesPerSeries(): Table {
  return {
    title: "heap of a series",
    columns: ["bytes"],
    rows: [
      { name: "never failed", figures: [bytesEach(100_000, succeedOnce)] },
      { name: "after a failure", figures: [bytesEach(2_000, failOnce)] },
      { name: "64 clients failing for 20 minutes", figures: [bytesEach(2_000, crowd)] },
    ],
  };
}

type Preparation = (detector: Detector, series: Series) => void;

function bytesEach(count: number, prepare: Preparation): number {
  const detector = newDetector();
  const before = heapBytes();
  const kept = Array.from({ length: count }, () => {
    const series = detector.createSeries(START, { isAuthenticationRoute: true });
    prepare(detector, series);
    return series;
  });
  return (heapBytes() - before) / kept.length;
}

function succeedOnce(detector: Detector, series: Series): void {
  detector.observeSuccess(series, 1, 1, START);
}

function failOnce(detector: Detector, series: Series): void {
  detector.observeFailure(series, 1, 1, START);
}

function crowd(detector: Detector, series: Series): void {
  for (let minute = 0; minute < 20; minute++) {
    const now = START + minute * MINUTE_MS;
    for (let client = 1; client <= 64; client++) {
      detector.observeFailure(series, client, 1, now);
      for (let success = 0; success < 10; success++) detector.observeSuccess(series, 1000 + success, 1, now);
    }
  }
}

function scan(): Table {
  const endpoints = 1_000_000;
  const detector = newDetector();
  const before = heapBytes();
  const startedAt = cpuSeconds();
  const kept = Array.from({ length: endpoints }, (_, index) => {
    const series = detector.createSeries(START, { isAuthenticationRoute: true });
    detector.observeFailure(series, 1 + index, 1, START + index / 20);
    return series;
  });
  const microseconds = ((cpuSeconds() - startedAt) * 1e6) / endpoints;
  const megabytes = (heapBytes() - before) / 1e6;
  const { watchedCount, demotedCount, refusedCount } = detector;
  return {
    title: "a scan that draws one failure from each of a million endpoints",
    columns: ["MB", "watched", "made place", "refused", "CPU-us each"],
    rows: [{ name: `${kept.length}`, figures: [megabytes, watchedCount, demotedCount, refusedCount, microseconds] }],
  };
}

function nanosecondsPerUpdate(): Table {
  const shares = [0.05, 0.95];
  const works = shares.map((share) => ({ name: `${share * 100} % failures`, itemsPerCall: 1, call: updateOf(share) }));
  const rates = itemsPerCpuSecond(works);
  return {
    title: "processor time of an update, 100 series in turn",
    columns: ["ns"],
    rows: works.map((work, index) => ({ name: work.name, figures: [1e9 / (rates[index] ?? Number.NaN)] })),
  };
}

function updateOf(failureShare: number): () => void {
  const random = new Random(FIRST_SEED);
  const detector = newDetector();
  const series = Array.from({ length: 100 }, () => detector.createSeries(START, { isAuthenticationRoute: true }));
  const draws = Array.from({ length: 4096 }, () => ({
    series: random.pick(series),
    client: random.integer(100_000) + 1,
    isFailure: random.chance(failureShare),
  }));
  let count = 0;
  return () => {
    const draw = draws[count % draws.length];
    if (draw !== undefined) observe(detector, draw.series, { ...draw, now: START + count * 0.05 });
    count++;
  };
}

function observe(
  detector: Detector,
  series: Series,
  request: { readonly client: number; readonly isFailure: boolean; readonly now: UnixMillis },
): void {
  if (request.isFailure) detector.observeFailure(series, request.client, 1, request.now);
  else detector.observeSuccess(series, request.client, 1, request.now);
}

function newDetector(): Detector {
  return new Detector(DEFAULT_RATE_DETECTOR, { windowMs: MINUTE_MS });
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
