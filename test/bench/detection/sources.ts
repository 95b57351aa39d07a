/**
 * Where requests come from: people who sign in and mistype, programs whose sessions expire, attackers,
 * and noise. Each source is a stream in order of time and holds only what is still to come of it.
 */
import type { UnixMillis } from "../../../src/core/time.ts";
import { MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import type { Random } from "../../support/random.ts";
import type { Ratio } from "./ratios.ts";
import type { BenchEndpoint, BenchRequest } from "./request.ts";
import { BENIGN } from "./request.ts";
import type { Shape, Span } from "./shapes.ts";
import { arrivals } from "./shapes.ts";
import { TimeQueue } from "./time-queue.ts";

export type Traffic = {
  readonly endpoint: BenchEndpoint;
  readonly perSecond: number;
  readonly shape: Shape;
  readonly span: Span;
  readonly ratio: Ratio;
  /** Addresses that requests come from. */
  readonly population: number;
  readonly version: (time: UnixMillis) => string;
};

/** What fails once and is tried again. */
type FollowUp = { readonly client: string; readonly triesLeft: number };

/** The first number of an address tells who it is. */
const NETWORKS = { person: 31, program: 45, attacker: 185, scanner: 91, job: 52 } as const;

const RETRY_MIN_MS = 4 * SECOND_MS;
const RETRY_MAX_MS = 25 * SECOND_MS;
const RETRY_FAILS = 0.5;
const RETRIES_MAX = 6;

const PARALLEL_MAX = 8;
const PARALLEL_MEAN = (1 + PARALLEL_MAX) / 2;
const PARALLEL_WITHIN_MS = 300;

export function address(network: keyof typeof NETWORKS, index: number): string {
  return `${NETWORKS[network]}.${(index >>> 16) & 255}.${(index >>> 8) & 255}.${index & 255}`;
}

/** People. Who fails at the first try is back after a few seconds, and fails about every other time. */
export function* signIns(random: Random, traffic: Traffic): Generator<BenchRequest> {
  const retries = new TimeQueue<FollowUp>();
  const fail = (at: UnixMillis, retry: FollowUp): BenchRequest => {
    const waitMs = RETRY_MIN_MS + random.uniform() * (RETRY_MAX_MS - RETRY_MIN_MS);
    if (retry.triesLeft > 0) retries.push(at + waitMs, { ...retry, triesLeft: retry.triesLeft - 1 });
    return requestOf(traffic, { at, client: retry.client, status: 401 });
  };
  for (const at of visits(random, traffic, retries)) {
    const retry = retries.nextAt === at ? retries.pop() : undefined;
    const client = retry?.client ?? address("person", random.integer(traffic.population));
    const isFailed = random.chance(retry === undefined ? traffic.ratio(at) : RETRY_FAILS);
    if (isFailed) yield fail(at, { client, triesLeft: retry?.triesLeft ?? RETRIES_MAX });
    else yield requestOf(traffic, { at, client, status: 200 });
  }
}

/** Of sign-ins whose first try fails with this probability, the share of requests that fail. */
export function signInFailureShare(firstTryRatio: number): number {
  const failures = firstTryRatio / (1 - RETRY_FAILS);
  return failures / (1 + failures);
}

/** Programs. A session that has expired answers all that its client has under way at that moment. */
export function* apiCalls(random: Random, traffic: Traffic): Generator<BenchRequest> {
  const parallel = new TimeQueue<FollowUp>();
  for (const at of visits(random, traffic, parallel)) {
    const repeated = parallel.nextAt === at ? parallel.pop() : undefined;
    const client = repeated?.client ?? address("program", random.integer(traffic.population));
    const isFailed = repeated !== undefined || random.chance(visitsThatFail(traffic.ratio(at)));
    if (isFailed && repeated === undefined) {
      const more = random.integer(PARALLEL_MAX);
      for (let count = 0; count < more; count++) {
        parallel.push(at + random.uniform() * PARALLEL_WITHIN_MS, { client, triesLeft: 0 });
      }
    }
    yield requestOf(traffic, { at, client, status: isFailed ? 401 : 200 });
  }
}

/** Requests that fail independently of one another. */
export function* independentCalls(random: Random, traffic: Traffic): Generator<BenchRequest> {
  for (const at of arrivals(random, traffic.perSecond, traffic.shape, traffic.span)) {
    const client = address("program", random.integer(traffic.population));
    yield requestOf(traffic, { at, client, status: random.chance(traffic.ratio(at)) ? 401 : 200 });
  }
}

export type AttackPlan = {
  readonly attack: number;
  /** Taken in turns. */
  readonly endpoints: readonly BenchEndpoint[];
  readonly perSecond: number;
  readonly shape: Shape;
  readonly span: Span;
  readonly addresses: number;
  /** Share of the attempts that fail. */
  readonly failing: number;
  /** What a failure is answered with. */
  readonly failureStatus: (time: UnixMillis) => number;
  readonly version: string;
};

export function* attackers(random: Random, plan: AttackPlan): Generator<BenchRequest> {
  const [first] = plan.endpoints;
  if (first === undefined) return;
  let count = 0;
  for (const at of arrivals(random, plan.perSecond, plan.shape, plan.span)) {
    const isFailed = random.chance(plan.failing);
    yield {
      ...basicsOf(at, plan.endpoints[count % plan.endpoints.length] ?? first, plan.version),
      status: isFailed ? plan.failureStatus(at) : 200,
      client: address("attacker", count % plan.addresses),
      userAgent: "python-requests/2.31",
      cause: isFailed ? "invalid_credentials" : null,
      attack: plan.attack,
    };
    count++;
  }
}

export type Noise = {
  /** One after another, or one at random. */
  readonly endpoints: readonly BenchEndpoint[];
  readonly status: number;
  readonly perSecond: number;
  readonly shape: Shape;
  readonly span: Span;
  readonly network: keyof typeof NETWORKS;
  readonly addresses: number;
};

/** Always the same answer: a scanner, a program in a loop, a person who mistypes. */
export function* noise(random: Random, plan: Noise): Generator<BenchRequest> {
  const [first] = plan.endpoints;
  if (first === undefined) return;
  let count = 0;
  for (const at of arrivals(random, plan.perSecond, plan.shape, plan.span)) {
    yield {
      ...basicsOf(at, plan.endpoints[count % plan.endpoints.length] ?? first, "1.0.0"),
      status: plan.status,
      client: address(plan.network, random.integer(plan.addresses)),
      userAgent: "curl/8.5.0",
      cause: null,
      attack: BENIGN,
    };
    count++;
  }
}

/** A person who mistypes so often, at this moment. */
export function* mistyping(random: Random, endpoint: BenchEndpoint, from: UnixMillis, times: number) {
  const client = address("person", random.integer(1e6));
  let at = from;
  for (let count = 0; count < times; count++) {
    yield {
      ...basicsOf(at, endpoint, "1.0.0"),
      status: 401,
      client,
      userAgent: "Mozilla/5.0",
      cause: null,
      attack: BENIGN,
    };
    at += random.exponential(MINUTE_MS / 8);
  }
}

/** New visits and follow-ups in order of time. The reader takes a follow-up out of the queue at its moment. */
function* visits(random: Random, traffic: Traffic, followUps: TimeQueue<FollowUp>): Generator<UnixMillis> {
  for (const at of arrivals(random, traffic.perSecond, traffic.shape, traffic.span)) {
    while (followUps.nextAt < at) yield followUps.nextAt;
    yield at;
  }
  while (followUps.nextAt < traffic.span.to) yield followUps.nextAt;
}

/** A visit whose session has expired fails `PARALLEL_MEAN` times. */
function visitsThatFail(failureShare: number): number {
  return failureShare / (PARALLEL_MEAN - (PARALLEL_MEAN - 1) * failureShare);
}

function requestOf(traffic: Traffic, fact: { at: UnixMillis; client: string; status: number }): BenchRequest {
  return {
    ...basicsOf(fact.at, traffic.endpoint, traffic.version(fact.at)),
    status: fact.status,
    client: fact.client,
    userAgent: "Mozilla/5.0",
    cause: null,
    attack: BENIGN,
  };
}

function basicsOf(at: UnixMillis, endpoint: BenchEndpoint, version: string) {
  return { time: at, arrived: at, endpoint, version, weight: 1 } as const;
}
