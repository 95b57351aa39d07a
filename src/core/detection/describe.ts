/** A series in the terms of a reading. */
import type { UnixMillis } from "../time.ts";
import type { Alarm } from "./alarm.ts";
import { ratioOf } from "./alarm.ts";
import { levelInformation, usualRatio, usualRequestsPerSecond } from "./baseline.ts";
import { leadingExcess } from "./evidence.ts";
import type { Gate } from "./gate.ts";
import { isWarm, usualUpperRatio } from "./guard.ts";
import { evidenceAndThreshold } from "./judgement.ts";
import type { Terms } from "./learning.ts";
import { estimateQuietRequests, recall } from "./quiet.ts";
import type { RateReading, Reading } from "./reading.ts";
import { busiestShare } from "./recent-clients.ts";
import { recurredTimes } from "./recurrence.ts";
import { isKnownRise } from "./returns.ts";
import { failureWeight } from "./sampling.ts";
import type { Series, SeriesTraits, Watch } from "./series.ts";
import { isOneClientFailing } from "./single-client.ts";
import { totalsInWindow } from "./sliding-counts.ts";

/** Below this ratio one failure would read as dozens of deviations. */
const DEVIATION_RATIO_MIN = 0.002;

const NO_GATES: readonly Gate[] = [];

export function describeQuiet(series: Series, terms: Terms, now: UnixMillis): Reading {
  return {
    ...usualOf(series, terms),
    requestCount: estimateQuietRequests(series, now, terms.windowMs),
    failureCount: 0,
    rate: 0,
    deviation: 0,
    requestRate: series.requestsPerSecond * Math.max(1, series.successWeight),
    evidence: 0,
    threshold: 0,
    since: null,
    failuresSince: 0,
    requestsSince: 0,
    busiestClientShare: 0,
    isOneClientFailing: false,
    isKnownRise: false,
    recurredTimes: 0,
    isAlarming: false,
    alarmKind: null,
    gates: NO_GATES,
    clearedBy: series.past?.clearedBy ?? null,
  };
}

/** Of one that has never failed nothing is claimed. */
function usualOf(series: Series, terms: Terms): Pick<Reading, "usual" | "usualUpper" | "isWarm" | "holdMs"> {
  if (series.memory === null) return { usual: 0, usualUpper: 0, isWarm: false, holdMs: 0 };
  const { baseline, returns } = recall(series, terms);
  return {
    usual: usualRatio(baseline),
    usualUpper: usualUpperRatio(baseline),
    isWarm: isWarm(baseline),
    holdMs: returns?.holdMs ?? 0,
  };
}

export function describeWatched(
  { isAuthenticationRoute }: SeriesTraits,
  watch: Watch,
  terms: Terms,
  now: UnixMillis,
): Reading {
  const { alarm, baseline } = watch;
  const counts = totalsInWindow(watch.window, now, terms.windowMs);
  const excess = excessOf(watch);
  const rate = rateNow(watch);
  return {
    requestCount: counts.requests,
    failureCount: counts.failures,
    rate,
    usual: watch.usual,
    usualUpper: watch.usualUpper,
    deviation: deviationOf(watch, rate),
    requestRate: usualRequestsPerSecond(baseline) * failureWeight(watch.weights),
    ...evidenceAndThreshold(watch, terms),
    since: excess.since,
    failuresSince: excess.failures * failureWeight(watch.weights),
    requestsSince: (excess.failures + excess.successes) * failureWeight(watch.weights),
    busiestClientShare: busiestShare(watch.clients),
    isOneClientFailing: !isAuthenticationRoute && isOneClientFailing(watch.clients, watch.successVotes),
    isKnownRise: isKnownStory(watch),
    recurredTimes: timesRecurred(watch),
    holdMs: watch.returns?.holdMs ?? 0,
    isWarm: isWarm(baseline),
    isAlarming: alarm !== null,
    alarmKind: alarm?.kind ?? null,
    gates: alarm?.gates ?? NO_GATES,
    clearedBy: watch.clearedBy,
  };
}

/** The part that every failed request is marked with. Working out the whole for it took 3 % of the core's time. */
export function describeRate(watch: Watch): RateReading {
  const rate = rateNow(watch);
  return { rate, usual: watch.usual, deviation: deviationOf(watch, rate) };
}

/** A single client's alarm is no rise of the ratio: that somebody else was paged for says nothing of it. */
function isKnownStory(watch: Watch): boolean {
  const { alarm, returns } = watch;
  return alarm !== null && alarm.kind !== "client" && isKnownRise(returns, steadyRatio(alarm, watch));
}

type ExcessSoFar = { readonly since: UnixMillis | null; readonly failures: number; readonly successes: number };

function excessOf(watch: Watch): ExcessSoFar {
  if (watch.alarm !== null) return watch.alarm;
  const excess = leadingExcess(watch.evidence);
  if (excess === null) return { since: null, failures: 0, successes: 0 };
  return { since: excess.onsetAt, failures: excess.failures, successes: excess.successes };
}

/**
 * The fast average needs half a minute to follow; an alarm knows better from its first moment on. A
 * single client's alarm says nothing of the ratio.
 */
function rateNow({ alarm, fastRatio }: Watch): number {
  if (alarm === null || alarm.calm !== null || alarm.kind === "client") return fastRatio.mean;
  return Math.max(fastRatio.mean, alarm.failures / (alarm.failures + alarm.successes));
}

/** Of all that has come since the onset: a lucky or unlucky half minute must not decide who is woken. */
function steadyRatio(alarm: Alarm, { fastRatio }: Watch): number {
  return alarm.kind === "client" ? fastRatio.mean : ratioOf(alarm);
}

function timesRecurred({ alarm, clients, pastExcesses }: Watch): number {
  return alarm === null ? 0 : recurredTimes(pastExcesses, { beganAt: alarm.startedAt, clients });
}

/** Chance and clustering act on single outcomes, wander and the baseline's own error on the log-odds. */
function deviationOf(watch: Watch, rate: number): number {
  const { baseline, fastRatio, usual } = watch;
  const { clusterFactor, wander } = baseline.spread;
  const ratio = Math.max(usual, DEVIATION_RATIO_MIN);
  const spread = ratio * (1 - ratio);
  const chance = clusterFactor * spread * fastRatio.varianceFactor;
  const drift = Math.max(0, wander) + clusterFactor / levelInformation(baseline);
  return fastRatio.varianceFactor === 0 ? 0 : (rate - usual) / Math.sqrt(chance + drift * spread * spread);
}
