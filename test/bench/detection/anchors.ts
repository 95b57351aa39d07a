/**
 * The rules that others use, as anchors for the figures: each sees what we see and has the constants of
 * its usual recipe. They keep state per endpoint; minutes are closed when the next request or the end
 * comes, which gives the same pages as a clock would.
 */
import type { UnixMillis } from "../../../src/core/time.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import type { Contestant, Entrant, Page } from "./contestant.ts";
import { knowingCusum } from "./knowing-cusum.ts";
import { Pager } from "./pager.ts";
import type { BenchEndpoint, BenchRequest } from "./request.ts";
import { endpointKey } from "./request.ts";
import type { Scenario } from "./scenario.ts";

/** A rule on one endpoint. Each answers whether it would page now. */
type Rule = {
  /** After a request. */
  readonly request?: (request: BenchRequest) => boolean;
  /** After a minute, with what it held. */
  readonly minute?: (counts: MinuteCounts) => boolean;
};

type MinuteCounts = { readonly failures: number; readonly requests: number };

const DEVIATIONS = 3;
/** A new series learns for so long before a deviation means anything. */
const WARM_MINUTES = 60;
const MEMORY_MINUTES = DAY_MS / MINUTE_MS;

export const ANCHORS: readonly Entrant[] = [
  { name: "CUSUM that knows both rates", enter: (scenario) => ruled((endpoint) => cusumOn(endpoint, scenario)) },
  { name: "z-score of 401s per minute > 3", enter: () => ruled(zScore) },
  { name: "EWMA of the minute ratio, 3 sigma", enter: () => ruled(ratioChart) },
  { name: "ratio > 20 % for 5 minutes", enter: () => ruled(staticRatio) },
  { name: "> 100 401s in 5 minutes", enter: () => ruled(staticCount) },
  { name: "leaky bucket per address (5, 10 s)", enter: () => ruled(leakyBuckets) },
];

function ruled(ruleOn: (endpoint: BenchEndpoint) => Rule): Contestant {
  return new RuledContestant(ruleOn);
}

type Followed = { readonly rule: Rule; readonly pager: Pager; minute: number; failures: number; requests: number };

class RuledContestant implements Contestant {
  readonly #ruleOn: (endpoint: BenchEndpoint) => Rule;
  readonly #followed = new Map<BenchEndpoint, Followed>();
  #now: UnixMillis = 0;

  constructor(ruleOn: (endpoint: BenchEndpoint) => Rule) {
    this.#ruleOn = ruleOn;
  }

  observe(request: BenchRequest): void {
    const now = request.arrived;
    this.#now = now;
    const followed = this.#find(request.endpoint, now);
    closeMinutes(followed, now);
    followed.requests += request.weight;
    if (request.status === 401) followed.failures += request.weight;
    if (followed.rule.request?.(request) === true) followed.pager.raise(now);
  }

  finish(): readonly Page[] {
    return [...this.#followed.values()].flatMap((followed) => {
      closeMinutes(followed, this.#now + MINUTE_MS);
      return followed.pager.finish();
    });
  }

  #find(endpoint: BenchEndpoint, now: UnixMillis): Followed {
    const known = this.#followed.get(endpoint);
    if (known !== undefined) return known;
    const minute = Math.floor(now / MINUTE_MS);
    const pager = new Pager(endpointKey(endpoint));
    const followed: Followed = { rule: this.#ruleOn(endpoint), pager, minute, failures: 0, requests: 0 };
    this.#followed.set(endpoint, followed);
    return followed;
  }
}

function closeMinutes(followed: Followed, now: UnixMillis): void {
  const minute = Math.floor(now / MINUTE_MS);
  while (followed.minute < minute) {
    followed.minute++;
    if (followed.rule.minute?.(followed) === true) followed.pager.raise(followed.minute * MINUTE_MS);
    followed.failures = 0;
    followed.requests = 0;
  }
}

/** Mean and variance with a memory of a day. */
class Moments {
  mean = 0;
  variance = 0;
  #count = 0;

  get isWarm(): boolean {
    return this.#count >= WARM_MINUTES;
  }

  get deviation(): number {
    return Math.sqrt(this.variance);
  }

  learn(value: number): void {
    this.#count++;
    const gain = 1 / Math.min(this.#count, MEMORY_MINUTES);
    const difference = value - this.mean;
    this.mean += gain * difference;
    this.variance = (1 - gain) * (this.variance + gain * difference * difference);
  }
}

function zScore(): Rule {
  const usual = new Moments();
  return {
    minute: ({ failures }) => {
      const isHigh = usual.isWarm && usual.variance > 0 && failures > usual.mean + DEVIATIONS * usual.deviation;
      usual.learn(failures);
      return isHigh;
    },
  };
}

const CHART_GAIN = 0.3;
const CHART_DEVIATION = Math.sqrt(CHART_GAIN / (2 - CHART_GAIN));

/** A control chart: the limit is that of the smoothed ratio. */
function ratioChart(): Rule {
  const usual = new Moments();
  let smoothed: number | null = null;
  return {
    minute: ({ failures, requests }) => {
      if (requests === 0) return false;
      const ratio = failures / requests;
      smoothed = smoothed === null ? ratio : smoothed + CHART_GAIN * (ratio - smoothed);
      const limit = usual.mean + DEVIATIONS * CHART_DEVIATION * usual.deviation;
      const isHigh = usual.isWarm && usual.variance > 0 && smoothed > limit;
      usual.learn(ratio);
      return isHigh;
    },
  };
}

const STATIC_MINUTES = 5;
const STATIC_RATIO = 0.2;
const STATIC_COUNT = 100;

function staticRatio(): Rule {
  let minutesAbove = 0;
  return {
    minute: ({ failures, requests }) => {
      minutesAbove = failures > STATIC_RATIO * requests ? minutesAbove + 1 : 0;
      return minutesAbove >= STATIC_MINUTES;
    },
  };
}

function staticCount(): Rule {
  const latest: number[] = [];
  return {
    minute: ({ failures }) => {
      latest.push(failures);
      if (latest.length > STATIC_MINUTES) latest.shift();
      return latest.reduce((sum, count) => sum + count, 0) > STATIC_COUNT;
    },
  };
}

const BUCKET_CAPACITY = 5;
const BUCKET_LEAK_MS = 10 * SECOND_MS;
const BUCKETS_MAX = 50_000;

function leakyBuckets(): Rule {
  const buckets = new Map<string, { level: number; at: UnixMillis }>();
  return {
    request: ({ status, client, arrived }) => {
      if (status !== 401 || client === null) return false;
      if (buckets.size > BUCKETS_MAX) buckets.clear();
      const { level, at } = buckets.get(client) ?? { level: 0, at: arrived };
      const filled = Math.max(0, level - (arrived - at) / BUCKET_LEAK_MS) + 1;
      const isOver = filled > BUCKET_CAPACITY;
      buckets.set(client, { level: Math.min(filled, BUCKET_CAPACITY), at: arrived });
      return isOver;
    },
  };
}

function cusumOn(endpoint: BenchEndpoint, scenario: Scenario): Rule {
  const alarms = knowingCusum(endpoint, scenario);
  return { request: alarms };
}
