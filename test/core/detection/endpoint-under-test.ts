/**
 * One endpoint and its detector, played through virtual time: `endpoint.play({...})` is a stretch of
 * Poisson traffic, and what the detector made of it is kept in `alarms`.
 */
import type { DetectorContext, RateDetectorSettings } from "../../../src/core/detection/detector.ts";
import { DEFAULT_RATE_DETECTOR, Detector, needsTick } from "../../../src/core/detection/detector.ts";
import type { AlarmKind, Reading } from "../../../src/core/detection/reading.ts";
import { Seasons } from "../../../src/core/detection/seasons.ts";
import type { SeriesSnapshot } from "../../../src/core/detection/snapshot.ts";
import { WatchList } from "../../../src/core/detection/watch-list.ts";
import type { UnixMillis } from "../../../src/core/time.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { Random } from "../../support/random.ts";

export type Traffic = {
  readonly forMs: number;
  /** Requests per second from people; `ratio` of them fail. */
  readonly perSecond: number;
  readonly ratio: number;
  /** Failures per second on top, from so many clients; 0 clients = a new one each time. */
  readonly attackPerSecond?: number;
  readonly attackClients?: number;
  /** How many requests a received one stands for. */
  readonly failureWeight?: number;
  readonly successWeight?: number;
};

export type EndpointOptions = {
  readonly seed: number;
  readonly isAuthenticationRoute?: boolean;
  readonly settings?: Partial<RateDetectorSettings>;
  readonly windowMs?: number;
  readonly watchList?: WatchList;
  readonly seasons?: Seasons;
};

export type AlarmSeen = {
  readonly at: UnixMillis;
  readonly kind: AlarmKind | null;
  /** Attack requests played before it, the deciding one included. */
  readonly attackCount: number;
};

export const BUDGET: DetectorContext = { budgetFalsePages: 1, budgetPerMs: 30 * DAY_MS, activeSeriesCount: 1 };
export const START: UnixMillis = Date.UTC(2026, 0, 5);

export function throughJson(snapshot: SeriesSnapshot): SeriesSnapshot {
  return JSON.parse(JSON.stringify(snapshot)) as SeriesSnapshot;
}

export class EndpointUnderTest {
  readonly detector: Detector;
  readonly seasons: Seasons;
  readonly random: Random;
  readonly alarms: AlarmSeen[] = [];
  series;
  now = START;
  attackCount = 0;
  #nextClient = 1_000_000;
  #wasAlarming = false;
  #tickedAt = START;

  constructor(options: EndpointOptions) {
    const { windowMs = MINUTE_MS, watchList = new WatchList(), seasons = new Seasons() } = options;
    this.detector = new Detector({ ...DEFAULT_RATE_DETECTOR, ...options.settings }, { windowMs, watchList, seasons });
    this.seasons = seasons;
    this.random = new Random(options.seed);
    const isAuthenticationRoute = options.isAuthenticationRoute ?? false;
    this.series = this.detector.createSeries(START, { isAuthenticationRoute });
    this.detector.tick(this.series, START, BUDGET);
  }

  get reading(): Reading {
    return this.detector.reading(this.series, this.now);
  }

  /** Stops early, and says true, when `until` holds after a request. */
  play(traffic: Traffic, until: () => boolean = () => false): boolean {
    const attackPerSecond = traffic.attackPerSecond ?? 0;
    const total = traffic.perSecond + attackPerSecond;
    const end = this.now + traffic.forMs;
    for (;;) {
      const at = total > 0 ? this.now + this.random.exponential(SECOND_MS / total) : end;
      this.#tickUntil(Math.min(at, end));
      this.now = Math.min(at, end);
      if (at >= end) return false;
      const isAttack = this.random.chance(attackPerSecond / total);
      if (isAttack) this.fail(this.#attacker(traffic.attackClients ?? 0), traffic.failureWeight ?? 1, "attack");
      else if (this.random.chance(traffic.ratio)) this.fail(this.person(), traffic.failureWeight ?? 1);
      else this.succeed(this.person(), traffic.successWeight ?? 1);
      if (until()) return true;
    }
  }

  /** Plays until the alarm goes on; how long that took, or undefined. */
  delayUntilAlarm(traffic: Traffic): number | undefined {
    const start = this.now;
    const before = this.alarms.length;
    return this.play(traffic, () => this.alarms.length > before) ? this.now - start : undefined;
  }

  fail(client: number, weight = 1, origin: "person" | "attack" = "person"): void {
    if (origin === "attack") this.attackCount++;
    this.detector.observeFailure(this.series, client, weight, this.now);
    this.#noteAlarm();
  }

  succeed(client: number, weight = 1): void {
    this.detector.observeSuccess(this.series, client, weight, this.now);
    this.#noteAlarm();
  }

  /** The process stops, is away for so long, and goes on from what it stored. */
  restart(awayMs: number): void {
    const stored = throughJson(this.detector.snapshot(this.series));
    this.now += awayMs;
    this.series = this.detector.restore(stored, this.now);
    if (awayMs !== 0) this.#tickedAt = this.now;
  }

  /** Somebody who was never here before. */
  person(): number {
    return this.#nextClient++;
  }

  #attacker(clientCount: number): number {
    return clientCount === 0 ? this.person() : 1 + this.random.integer(clientCount);
  }

  #tickUntil(end: UnixMillis): void {
    while (needsTick(this.series) && this.#tickedAt + SECOND_MS <= end) {
      this.#tickedAt = Math.max(this.#tickedAt + SECOND_MS, this.now);
      this.detector.tick(this.series, this.#tickedAt, BUDGET);
      this.#noteAlarm();
    }
    if (!needsTick(this.series)) this.#tickedAt = end;
  }

  #noteAlarm(): void {
    const isAlarming = needsTick(this.series);
    if (isAlarming && !this.#wasAlarming) {
      this.alarms.push({ at: this.now, kind: this.reading.alarmKind, attackCount: this.attackCount });
    }
    this.#wasAlarming = isAlarming;
  }
}
