/**
 * A world drawn from a seed: traffic with bursts, a clock that is stepped, a PagerDuty that fails, rule
 * files that are edited and broken, disks that fill, and crashes between any two effects.
 *
 * The world records what truly happened (its bursts), the processes record what they decided (in
 * SQLite), PagerDuty records what reached it; `checkers.ts` compares the three.
 */
import type { Transition } from "../../src/core/alerts/alert.ts";
import type { SourceFile } from "../../src/core/text/yaml-document.ts";
import type { UnixMillis } from "../../src/core/time.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { Store } from "../../src/io/sqlite/store.ts";
import type { OutboxRow } from "../../src/service/outbox.ts";
import { Random } from "../support/random.ts";
import type { SpanFacts } from "../support/trace-request.ts";
import { traceRequest } from "../support/trace-request.ts";
import { VIRTUAL_START, VirtualScheduler } from "../support/virtual-scheduler.ts";
import { SimulatedPagerDuty } from "./simulated-pagerduty.ts";
import { SimulatedProcess } from "./simulated-process.ts";

export type WorldOptions = {
  readonly seed: number;
  readonly hours: number;
  readonly directory: string;
  /** `calm`: nothing goes wrong. `restarts`: orderly stops and starts. `faults`: everything goes wrong. */
  readonly mood: "calm" | "restarts" | "faults";
};

export type Burst = { readonly route: string; readonly startsAt: UnixMillis; readonly endsAt: UnixMillis };

const ROUTES = ["/login", "/oauth/token", "/orders", "/profile"];
/** Time without bursts before the first and after the last, so that baselines are learned and alerts resolve. */
const QUIET_MS = 30 * MINUTE_MS;
/** The alert of an endpoint whose bursts are known to return stays open for up to so long after the last. */
const HELD_OPEN_MAX_MS = 150 * MINUTE_MS;
const BURST_MS = 4 * MINUTE_MS;
const USUAL_FAILURE_SHARE = 0.03;

const RULES = `
rules:
  - {id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}, severity: error, keep_firing_for: 2m}
notifiers:
  main: {pagerduty: {routing_key: "0123456789abcdef0123456789abcdef"}}
routes: [{notify: [main]}]
`;

export class SimulatedWorld {
  readonly options: WorldOptions;
  readonly time = new VirtualScheduler();
  readonly pagerDuty: SimulatedPagerDuty;
  readonly bursts: readonly Burst[];
  /** What went wrong, and when: printed when a check fails. */
  readonly story: string[] = [];
  crashCount = 0;
  /** Traffic has a chance of its own, so that the same seed sends the same requests in every mood. */
  readonly #trafficRandom: Random;
  readonly #faultRandom: Random;
  #process: SimulatedProcess;
  #rules = RULES;
  #diskFullUntil: UnixMillis = 0;
  #isEnding = false;

  constructor(options: WorldOptions) {
    this.options = options;
    this.#trafficRandom = new Random(options.seed);
    this.#faultRandom = new Random(options.seed + 1_000_003);
    this.pagerDuty = new SimulatedPagerDuty(this.time, this.#faultRandom);
    this.bursts = drawBursts(options, this.#trafficRandom);
    this.#process = this.#startProcess();
  }

  async play(): Promise<void> {
    const end = VIRTUAL_START + this.options.hours * HOUR_MS;
    if (this.options.mood === "faults") this.pagerDuty.faultShare = 0.2;
    while (this.#now < end || (this.#hasOpenIncident && this.#now < end + HELD_OPEN_MAX_MS)) {
      if (end - this.#now < QUIET_MS) this.#calmDown();
      this.#mishap();
      await this.#second();
    }
    await this.#process.stop();
  }

  /** The audit trail as it is on disk, oldest first. */
  transitions(): readonly Transition[] {
    using store = Store.open(this.options.directory);
    return store.alerts.recentTransitions(100_000).toReversed();
  }

  outboxRows(): readonly OutboxRow[] {
    using store = Store.open(this.options.directory);
    return store.outbox.recent(100_000).toReversed();
  }

  get #hasOpenIncident(): boolean {
    return this.pagerDuty.incidents.all.some(({ state }) => state !== "resolved");
  }

  get #now(): UnixMillis {
    return this.time.now().steady;
  }

  /** The requests of one second, each at a moment of its own, then whatever has died comes back. */
  async #second(): Promise<void> {
    for (const { atMs, span } of this.#requests()) {
      this.time.schedule(atMs, () => this.#process.ingest(traceRequest([span])));
    }
    await this.time.advance(SECOND_MS);
    if (this.#process.isDead) this.#startAgain();
  }

  #requests(): readonly { readonly atMs: number; readonly span: SpanFacts }[] {
    const random = this.#trafficRandom;
    return ROUTES.flatMap((route) => {
      const isBurst = this.bursts.some((burst) => burst.route === route && isWithin(burst, this.#now));
      const count = random.poisson(isBurst ? 6 : 1);
      return Array.from({ length: count }, () => ({
        atMs: random.uniform() * SECOND_MS,
        span: {
          method: "POST",
          route,
          status: random.chance(isBurst ? 0.9 : USUAL_FAILURE_SHARE) ? 401 : 200,
          client: `203.0.113.${random.integer(200)}`,
        },
      }));
    });
  }

  #mishap(): void {
    const random = this.#faultRandom;
    const { mood } = this.options;
    if (this.#isEnding || mood === "calm") return;
    if (mood === "restarts") {
      if (random.chance(1 / 1200)) this.#restartLater();
      return;
    }
    if (random.chance(1 / 900)) this.#tell("kill -9", () => this.#kill());
    if (random.chance(1 / 1800)) this.#tell("PagerDuty is down for 10 minutes", () => this.#takePagerDutyDown());
    if (random.chance(1 / 1800)) this.#tell("the disk is full for 2 minutes", () => this.#fillDisk());
    if (random.chance(1 / 1800)) this.#stepClock();
    if (random.chance(1 / 1200)) this.#editRules();
  }

  #kill(): void {
    this.#startAgain();
  }

  #takePagerDutyDown(): void {
    this.pagerDuty.downUntil = this.#now + 10 * MINUTE_MS;
  }

  #fillDisk(): void {
    this.#diskFullUntil = this.#now + 2 * MINUTE_MS;
  }

  #stepClock(): void {
    const byMs = this.#faultRandom.pick([-HOUR_MS, -MINUTE_MS, MINUTE_MS, HOUR_MS]);
    this.#tell(`the wall clock steps by ${byMs / MINUTE_MS} minutes`, () => this.time.stepWall(byMs));
  }

  /** Half of the edits are broken, and all of them go back to what they were at the end. */
  #editRules(): void {
    const edited = this.#faultRandom.pick([
      RULES,
      RULES.replace("keep_firing_for: 2m", "keep_firing_for: 3m"),
      RULES.replace("severity:", "sevrity:"),
      "rules: [",
    ]);
    this.#tell("the rules are edited", () => {
      this.#rules = edited;
    });
  }

  /** The end of the world is quiet: what is still under way must come to its end by itself. */
  #calmDown(): void {
    this.#isEnding = true;
    this.#rules = RULES;
    this.#diskFullUntil = 0;
    this.pagerDuty.faultShare = 0;
    this.pagerDuty.downUntil = 0;
  }

  #restartLater(): void {
    this.#tell("an orderly restart", () => {
      const stopping = this.#process;
      void stopping.stop().then(() => this.#startAgain());
    });
  }

  #startAgain(): void {
    this.crashCount += 1;
    this.#process.kill();
    this.#process = this.#startProcess();
  }

  #startProcess(): SimulatedProcess {
    return new SimulatedProcess({
      directory: this.options.directory,
      time: this.time,
      random: this.#faultRandom,
      files: () => [{ path: "rules/a.yaml", text: this.#rules } satisfies SourceFile],
      crashesAt: (place) => this.#crashesAt(place),
      deliver: (row) => this.pagerDuty.receive(row),
      isDiskFull: () => this.#now < this.#diskFullUntil,
    });
  }

  #crashesAt(place: string): boolean {
    if (this.options.mood !== "faults" || this.#isEnding || !this.#faultRandom.chance(0.02)) return false;
    this.#tell(`a crash ${place}`, () => {});
    return true;
  }

  #tell(what: string, happen: () => void): void {
    this.story.push(`${((this.#now - VIRTUAL_START) / SECOND_MS).toFixed(1)} s: ${what}`);
    happen();
  }
}

function isWithin({ startsAt, endsAt }: Burst, now: UnixMillis): boolean {
  return now >= startsAt && now < endsAt;
}

/** Two strikes an hour, apart from each other; some strike one endpoint, some two or three at once. */
function drawBursts({ hours }: WorldOptions, random: Random): readonly Burst[] {
  const bursts: Burst[] = [];
  const last = VIRTUAL_START + hours * HOUR_MS - QUIET_MS - BURST_MS;
  for (let startsAt = VIRTUAL_START + QUIET_MS; startsAt < last; startsAt += (15 + random.integer(30)) * MINUTE_MS) {
    const first = random.integer(ROUTES.length);
    const struck = random.chance(0.5) ? 1 : 2 + random.integer(2);
    for (let index = first; index < first + struck; index++) {
      const route = ROUTES[index % ROUTES.length] ?? "/login";
      bursts.push({ route, startsAt, endsAt: startsAt + BURST_MS });
    }
  }
  return bursts;
}
