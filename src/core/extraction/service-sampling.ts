/**
 * How each service is sampled: what its spans stand for, and signs that a sampler distorts what is seen.
 *
 * A span that states its sampling threshold is weighted by it, any other by the ratio that was declared for its
 * service. Weights make a rate right however differently failures and successes are sampled. What no weight can
 * make right is a sampler that looks at the outcome and leaves no threshold: then failures arrive without their
 * share of successes. That, and thresholds on part of the spans or against their own randomness, is found here and
 * told to people; nothing is decided by it.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { adjustedCount, statesThreshold } from "../otlp/trace-state.ts";
import type { UnixMillis } from "../time.ts";
import { HOUR_MS } from "../time.ts";
import type { DeclaredSampling } from "./declared-sampling.ts";
import { declaredWeight, WEIGHT_MAX } from "./declared-sampling.ts";
import type { ServiceNames, ServiceScope } from "./service-table.ts";

/**
 * `failures_only`: hardly any success has arrived for an hour, as after "keep errors" in a tail sampler.
 * `partly_stated`: some spans state a threshold and some do not, so they count differently by accident.
 * `contradicted`: spans state a threshold that their own randomness cannot have passed.
 */
export type SamplingSign = "failures_only" | "partly_stated" | "contradicted";
export const SAMPLING_SIGNS: readonly SamplingSign[] = ["failures_only", "partly_stated", "contradicted"];

export type SamplingFinding = ServiceNames & {
  readonly sign: SamplingSign;
  /** Of the requests looked at last: how many there were, and the share that shows the sign. */
  readonly requests: number;
  readonly share: number;
};

/** Services beyond these are weighted and not watched for signs. */
export const SAMPLED_SERVICES_MAX = 10_000;

/** Requests are looked at in portions of this many. */
const PORTION = 200;
const SUCCESS_SHARE_MIN = 0.2;
const FAILURES_ONLY_MIN_MS = HOUR_MS;
const FAILURES_ONLY_MIN_PORTIONS = 5;
const MIXED_SHARE_MIN = 0.05;
const CONTRADICTED_SHARE_MIN = 0.02;

type Tally = {
  readonly names: ServiceNames;
  readonly declaredWeight: number;
  /** Of the portion under way. */
  requests: number;
  successes: number;
  stated: number;
  contradicted: number;
  /** Portions in a row with hardly a success, and when the first of them began, by senders' clocks. */
  failingPortions: number;
  failingSince: UnixMillis;
  findings: readonly SamplingFinding[];
};

export class ServiceSampling {
  readonly #declared: readonly DeclaredSampling[];
  readonly #tallies = new Map<ServiceScope, Tally>();
  #latestScope: ServiceScope | null = null;
  #latest: Tally | null = null;

  constructor(declared: readonly DeclaredSampling[] = []) {
    this.#declared = declared;
  }

  /** How many requests the span stands for: at least 1. */
  weightOf(view: SpanView, scope: ServiceScope): number {
    const tally = this.#tallyOf(scope);
    const count = adjustedCount(view);
    if (!Number.isNaN(count)) {
      tally.stated++;
      return Math.min(count, WEIGHT_MAX);
    }
    if (statesThreshold(view)) tally.contradicted++;
    return tally.declaredWeight;
  }

  /** Takes note of the request whose weight was asked for last. */
  note(outcome: "success" | "other", endedAt: UnixMillis): void {
    const tally = this.#latest;
    if (tally === null) return;
    tally.requests++;
    if (outcome === "success") tally.successes++;
    if (tally.requests >= PORTION) judgePortion(tally, endedAt);
  }

  /** What people should know, as of the portion of requests before the one under way. */
  *findings(): Iterable<SamplingFinding> {
    for (const { findings } of this.#tallies.values()) yield* findings;
  }

  #tallyOf(scope: ServiceScope): Tally {
    if (this.#latest !== null && this.#latestScope === scope) return this.#latest;
    const tally = this.#tallies.get(scope) ?? this.#newTally(scope);
    this.#latestScope = scope;
    this.#latest = tally;
    return tally;
  }

  #newTally(scope: ServiceScope): Tally {
    const { environment, namespace, service } = scope;
    const tally: Tally = {
      names: { environment, namespace, service },
      declaredWeight: declaredWeight(this.#declared, service),
      requests: 0,
      successes: 0,
      stated: 0,
      contradicted: 0,
      failingPortions: 0,
      failingSince: Infinity,
      findings: [],
    };
    if (this.#tallies.size < SAMPLED_SERVICES_MAX) this.#tallies.set(scope, tally);
    return tally;
  }
}

function judgePortion(tally: Tally, endedAt: UnixMillis): void {
  const { contradicted, names, requests, stated, successes } = tally;
  const failed = 1 - successes / requests;
  const isFailing = successes < SUCCESS_SHARE_MIN * requests;
  tally.failingPortions = isFailing ? tally.failingPortions + 1 : 0;
  tally.failingSince = isFailing ? Math.min(tally.failingSince, endedAt) : Infinity;
  const isLong = endedAt - tally.failingSince >= FAILURES_ONLY_MIN_MS;
  const found = (sign: SamplingSign, share: number): SamplingFinding => ({ ...names, sign, requests, share });
  const findings: SamplingFinding[] = [];
  if (isLong && tally.failingPortions >= FAILURES_ONLY_MIN_PORTIONS) findings.push(found("failures_only", failed));
  if (contradicted >= CONTRADICTED_SHARE_MIN * requests) findings.push(found("contradicted", contradicted / requests));
  // What states a ratio elsewhere is declared, and then both kinds count as they should.
  const isMixed = stated >= MIXED_SHARE_MIN * requests && stated <= (1 - MIXED_SHARE_MIN) * requests;
  if (isMixed && tally.declaredWeight === 1) findings.push(found("partly_stated", stated / requests));
  tally.findings = findings;
  tally.requests = tally.successes = tally.stated = tally.contradicted = 0;
}
