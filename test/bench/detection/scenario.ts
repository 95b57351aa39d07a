/**
 * A scenario: a stream of requests, what is true about it, and what a detector should do.
 *
 * `ScenarioPlan` is how one is written down. It collects sources; nothing is drawn before the stream
 * is read, and each reading draws the same.
 */
import type { UnixMillis } from "../../../src/core/time.ts";
import { Random } from "../../support/random.ts";
import type { Delivery, Stream } from "./delivery.ts";
import { merge } from "./delivery.ts";
import type { Draw } from "./draw.ts";
import type { Ratio, Wander } from "./ratios.ts";
import { timesOdds, wandering } from "./ratios.ts";
import type { BenchEndpoint, BenchRequest } from "./request.ts";
import type { Shape, Span } from "./shapes.ts";
import { CONSTANT, minutes } from "./shapes.ts";
import type { Noise, Traffic } from "./sources.ts";
import { apiCalls, attackers, independentCalls, mistyping, noise, signInFailureShare, signIns } from "./sources.ts";

/** `silent`: any page is false. `one page`: one for all that happens in `incident`. `page`: one for each attack. */
export type Expectation = "silent" | "one page" | "page";

/** What an endpoint usually gets; detectors that are told the truth are told this. */
export type Watched = {
  readonly endpoint: BenchEndpoint;
  readonly perSecond: number;
  /** Share of its requests that fail. */
  readonly ratio: number;
};

export type Attack = {
  readonly endpoints: readonly BenchEndpoint[];
  /** At its height, on each endpoint. */
  readonly perSecond: number;
  readonly failing: number;
};

export type Scenario = {
  readonly name: string;
  readonly expectation: Expectation;
  readonly span: Span;
  readonly watched: readonly Watched[];
  /** A request's `attack` is a place in this list. */
  readonly attacks: readonly Attack[];
  readonly incident: Span | null;
  readonly stream: () => Stream;
};

/** How a scenario is written down. */
export type Recipe = {
  readonly name: string;
  readonly expectation: Expectation;
  /** `heavy` ones have millions of requests and are left out of a quick run. */
  readonly size?: "heavy";
  readonly write: (plan: ScenarioPlan, draw: Draw) => void;
};

type Seeded = (random: Random) => Stream;

export type TrafficOptions = {
  readonly perSecond: number;
  /** Of sign-ins, how many fail at the first try; of calls, the share that fails. */
  readonly ratio: number;
  readonly route?: string;
  readonly service?: string;
  readonly shape?: Shape;
  readonly wander?: Wander;
  /** A factor on the odds of failing. */
  readonly oddsFactor?: (time: UnixMillis) => number;
  readonly version?: (time: UnixMillis) => string;
  readonly span?: Span;
};

export type AttackOptions = {
  readonly on: readonly BenchEndpoint[];
  readonly span: Span;
  readonly perSecond: number;
  readonly addresses: number;
  readonly shape?: Shape;
  readonly failing?: number;
  readonly failureStatus?: (time: UnixMillis) => number;
  readonly version?: string;
};

export type NoiseOptions = Omit<Noise, "shape"> & { readonly shape?: Shape };

/** A Monday at midnight. */
export const START: UnixMillis = Date.UTC(2026, 0, 5);
const VERSION = "1.0.0";
const POPULATION_MIN = 200;
/** Everybody comes about once a day. */
const POPULATION_SECONDS = 50_000;

export class ScenarioPlan {
  span: Span = { from: START, to: START };
  incident: Span | null = null;
  readonly watched: Watched[] = [];
  readonly attacks: Attack[] = [];
  readonly #draw: Draw;
  readonly #sources: { readonly seed: number; readonly make: Seeded }[] = [];
  readonly #deliveries: { readonly seed: number; readonly deliver: Delivery }[] = [];

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  lasts(durationMs: number): void {
    this.span = { from: START, to: START + durationMs };
  }

  /** A part of the scenario, from so long after its beginning. */
  part(afterMs: number, lastsMs: number): Span {
    return { from: START + afterMs, to: START + afterMs + lastsMs };
  }

  signIns(options: TrafficOptions): BenchEndpoint {
    return this.#traffic({ route: "/login", ...options }, signIns, signInFailureShare(options.ratio));
  }

  apiCalls(options: TrafficOptions): BenchEndpoint {
    return this.#traffic({ route: "/api/v1/orders", ...options }, apiCalls, options.ratio);
  }

  independentCalls(options: TrafficOptions): BenchEndpoint {
    return this.#traffic({ route: "/oauth/token", ...options }, independentCalls, options.ratio);
  }

  attack(options: AttackOptions): void {
    const { on: endpoints, failing = 1, shape = CONSTANT, perSecond } = options;
    const attack = this.attacks.push({ endpoints, perSecond: perSecond / endpoints.length, failing }) - 1;
    const { span, addresses, failureStatus = () => 401, version = VERSION } = options;
    const plan = { attack, endpoints, perSecond, shape, span, addresses, failing, failureStatus, version };
    this.add((random) => attackers(random, plan));
  }

  noise(options: NoiseOptions): void {
    this.add((random) => noise(random, { shape: CONSTANT, ...options }));
  }

  mistyping(endpoint: BenchEndpoint, at: UnixMillis, times: number): void {
    this.add((random) => mistyping(random, endpoint, at, times));
  }

  deliver(deliver: Delivery): void {
    this.#deliveries.push({ seed: this.#draw.seed(), deliver });
  }

  add(make: Seeded): void {
    this.#sources.push({ seed: this.#draw.seed(), make });
  }

  stream(): Stream {
    let stream: Stream = merge(this.#sources.map(({ seed, make }) => make(new Random(seed))));
    for (const { seed, deliver } of this.#deliveries) stream = deliver(stream, new Random(seed));
    return stream;
  }

  #traffic(
    options: TrafficOptions & { readonly route: string },
    source: (random: Random, traffic: Traffic) => Iterable<BenchRequest>,
    ratio: number,
  ): BenchEndpoint {
    const { perSecond, service = "web", route, shape = CONSTANT, span = this.span } = options;
    const endpoint = { service, env: "production", method: "POST", route };
    const version = options.version ?? (() => VERSION);
    const population = Math.max(POPULATION_MIN, Math.round(perSecond * POPULATION_SECONDS));
    this.watched.push({ endpoint, perSecond, ratio });
    this.add((random) => {
      const chances = ratioOf(options, random);
      return source(random, { endpoint, perSecond, shape, span, ratio: chances, population, version });
    });
    return endpoint;
  }
}

export function writeScenario(recipe: Recipe, draw: Draw): Scenario {
  const plan = new ScenarioPlan(draw);
  recipe.write(plan, draw);
  const { span, watched, attacks, incident } = plan;
  const { name, expectation } = recipe;
  return { name, expectation, span, watched, attacks, incident, stream: () => plan.stream() };
}

/** A wander as harmless endpoints have it: slight or marked, over minutes or an hour. */
export function drawWander(draw: Draw, deviationMax: number): Wander {
  return { deviation: draw.evenly(deviationMax / 2, deviationMax), memoryMs: draw.between(minutes(2), minutes(60)) };
}

function ratioOf({ ratio, wander, oddsFactor }: TrafficOptions, random: Random): Ratio {
  const base: Ratio = wander === undefined ? () => ratio : wandering(random, ratio, wander);
  return oddsFactor === undefined ? base : (time) => timesOdds(base(time), oddsFactor(time));
}
