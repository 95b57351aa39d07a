/**
 * What stands between a series and its alarm at one instant, for a person who asks why it is silent.
 *
 * Nothing is decided here: every figure comes from the functions that decide. A series that nobody watches
 * is looked at through a copy, as it would be with its next failure.
 */
import type { UnixMillis } from "../time.ts";
import { trialCount } from "./baseline.ts";
import { requestsByChance } from "./chance.ts";
import { UNKNOWN_CLIENT } from "./client-votes.ts";
import { describeQuiet, describeWatched } from "./describe.ts";
import { evidenceNats, leadingExcess } from "./evidence.ts";
import type { Chances, Threshold } from "./excursions.ts";
import { thresholdOf } from "./excursions.ts";
import type { Gate } from "./gate.ts";
import { gateAtLeast } from "./gate.ts";
import { WARM_TRIALS } from "./guard.ts";
import { excessGates } from "./judgement.ts";
import type { Terms } from "./learning.ts";
import { chancesOf, controlLimitOf, isUndecided } from "./learning.ts";
import type { Reading } from "./reading.ts";
import { failuresOf, mostPersistentClient, recentFailuresOf } from "./recent-clients.ts";
import { clientLimitOf } from "./residents.ts";
import { failureWeight, oddsScale } from "./sampling.ts";
import type { Series, Watch } from "./series.ts";

export type WatchedCopy = Series & { readonly watch: Watch };

export type Diagnosis = {
  readonly reading: Reading;
  /** Whether anything has ever failed here. */
  readonly hasFailed: boolean;
  /** All must hold for an alarm that is not one client's. */
  readonly gates: readonly Gate[];
  /** The client that fails most; null when none is known. */
  readonly client: ClientDiagnosis | null;
  readonly baseline: BaselineDiagnosis;
  /** Since the onset, in units of one received failure; null when nothing speaks for an excess. */
  readonly excess: { readonly failures: number; readonly expectedFailures: number } | null;
  /** Null with a control limit, which needs none. */
  readonly threshold: Threshold | null;
  /** Seconds in which chance alone reaches the evidence, and the threshold, at the usual ratio; null where there is no threshold. */
  readonly byChance: { readonly evidenceSeconds: number; readonly thresholdSeconds: number } | null;
  readonly sampling: SamplingDiagnosis;
};

export type ClientDiagnosis = {
  readonly client: number;
  /** Since the onset. */
  readonly failures: number;
  readonly share: number;
  readonly gate: Gate;
  /** On a sign-in route its gate alone is an alarm; elsewhere it never is. */
  readonly isAlarmOfItsOwn: boolean;
};

export type BaselineDiagnosis = {
  /** Requests that it was learned from, of late, and how many make it trusted. */
  readonly requests: number;
  readonly requestsNeeded: number;
  readonly observedMs: number;
  /** How far failures come in clusters: 1 when they are independent. */
  readonly clusterFactor: number;
  /** Standard deviation of the level over hours, in log-odds. */
  readonly wander: number;
  /** What the hour of the week makes of it: times the odds of a failure, and times the requests. 1 without a season. */
  readonly seasonOdds: number;
  readonly seasonRequests: number;
  readonly learning: "learns" | "waits_in_doubt" | "stands_still_in_alarm";
};

/** What one received request stands for. */
export type SamplingDiagnosis = {
  readonly successWeight: number;
  readonly failureWeight: number;
  /** How many times more often failures are seen than their share. */
  readonly oddsScale: number;
};

export function diagnose(series: Series, { watch }: WatchedCopy, terms: Terms, now: UnixMillis): Diagnosis {
  const { excursions, weights } = watch;
  const isClassical = controlLimitOf(watch, terms) !== null;
  const excess = leadingExcess(watch.evidence);
  const chances = chancesOf(watch);
  const threshold = isClassical ? null : thresholdOf(excursions, chances, terms.context, now);
  return {
    reading: { ...describeWatched(series, watch, terms, now), ...quietFigures(series, terms, now) },
    hasFailed: series.watch !== null || series.memory !== null,
    gates: excessGates(watch, terms),
    client: clientOf(series, watch, now),
    baseline: baselineOf(watch, terms),
    excess: excess === null ? null : { failures: excess.failures, expectedFailures: excess.expectedFailures },
    threshold,
    byChance: threshold === null ? null : byChanceOf(evidenceNats(watch.evidence), threshold, chances),
    sampling: {
      // Before the first request nothing is known, and one is what most requests stand for.
      successWeight: weights.success || 1,
      failureWeight: failureWeight(weights) || 1,
      oddsScale: oddsScale(weights),
    },
  };
}

function byChanceOf(evidence: number, threshold: Threshold, chances: Chances): Diagnosis["byChance"] {
  const { exponents, requestsPerSecond } = chances;
  const seconds = (nats: number) => requestsByChance(exponents, nats) / requestsPerSecond;
  return { evidenceSeconds: seconds(evidence), thresholdSeconds: seconds(threshold.nats) };
}

/** The copy of a quiet series has counted nothing itself. */
function quietFigures(series: Series, terms: Terms, now: UnixMillis): Partial<Reading> {
  if (series.watch !== null) return {};
  const { deviation, failureCount, rate, requestCount } = describeQuiet(series, terms, now);
  return { deviation, failureCount, rate, requestCount };
}

function clientOf({ isAuthenticationRoute }: Series, { clients, residents }: Watch, now: UnixMillis) {
  const client = mostPersistentClient(clients, now);
  if (client === UNKNOWN_CLIENT) return null;
  const failures = failuresOf(clients, client);
  return {
    client,
    failures,
    share: failures / Math.max(1, clients.tallyTotal),
    gate: gateAtLeast("client", recentFailuresOf(clients, client, now), clientLimitOf(residents, client, now)),
    isAlarmOfItsOwn: isAuthenticationRoute,
  };
}

function baselineOf(watch: Watch, terms: Terms): BaselineDiagnosis {
  const { alarm, baseline } = watch;
  const calm = isUndecided(watch, terms) ? "waits_in_doubt" : "learns";
  return {
    requests: trialCount(baseline),
    requestsNeeded: WARM_TRIALS,
    observedMs: baseline.observedMs,
    clusterFactor: baseline.spread.clusterFactor,
    wander: Math.sqrt(Math.max(0, baseline.spread.wander)),
    seasonOdds: Math.exp(baseline.season.ratio),
    seasonRequests: baseline.season.rateFactor,
    learning: alarm === null ? calm : "stands_still_in_alarm",
  };
}
