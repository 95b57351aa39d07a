/** A series in the terms of a reading. */
import type { UnixMillis } from "../time.ts";
import { levelInformation, usualRatio, usualRequestsPerSecond } from "./baseline.ts";
import { leadingExcess } from "./evidence.ts";
import { isWarm, usualUpperRatio } from "./guard.ts";
import { evidenceAndThreshold } from "./judgement.ts";
import type { Terms } from "./learning.ts";
import { unpack } from "./memory.ts";
import { estimateQuietRequests } from "./quiet.ts";
import type { Reading } from "./reading.ts";
import { busiestShare } from "./recent-clients.ts";
import { failureWeight } from "./sampling.ts";
import type { Series, Watch } from "./series.ts";
import { totalsInWindow } from "./sliding-counts.ts";

/** Below this ratio one failure would read as dozens of deviations. */
const DEVIATION_RATIO_MIN = 0.002;

export function describeQuiet(series: Series, terms: Terms, now: UnixMillis): Reading {
  return {
    ...usualOf(series),
    requestCount: estimateQuietRequests(series, now, terms.windowMs),
    failureCount: 0,
    rate: 0,
    deviation: 0,
    requestRate: series.requestsPerSecond * Math.max(1, series.successWeight),
    evidence: 0,
    threshold: 0,
    since: null,
    failuresSince: 0,
    busiestClientShare: 0,
    isAlarming: false,
    alarmKind: null,
    clearedBy: series.clearedBy,
  };
}

/** Of one that has never failed nothing is claimed. */
function usualOf({ memory }: Series): Pick<Reading, "usual" | "usualUpper" | "isWarm"> {
  if (memory === null) return { usual: 0, usualUpper: 0, isWarm: false };
  const { baseline } = unpack(memory);
  return { usual: usualRatio(baseline), usualUpper: usualUpperRatio(baseline), isWarm: isWarm(baseline) };
}

export function describeWatched(watch: Watch, terms: Terms, now: UnixMillis): Reading {
  const { alarm, baseline, fastRatio } = watch;
  const counts = totalsInWindow(watch.window, now, terms.windowMs);
  const excess = excessOf(watch);
  return {
    requestCount: counts.requests,
    failureCount: counts.failures,
    rate: fastRatio.mean,
    usual: watch.usual,
    usualUpper: watch.usualUpper,
    deviation: deviationOf(watch),
    requestRate: usualRequestsPerSecond(baseline) * failureWeight(watch.weights),
    ...evidenceAndThreshold(watch, terms),
    since: excess.since,
    failuresSince: excess.failures * failureWeight(watch.weights),
    busiestClientShare: busiestShare(watch.clients),
    isWarm: isWarm(baseline),
    isAlarming: alarm !== null,
    alarmKind: alarm?.kind ?? null,
    clearedBy: watch.clearedBy,
  };
}

function excessOf(watch: Watch): { since: UnixMillis | null; failures: number } {
  if (watch.alarm !== null) return watch.alarm;
  const excess = leadingExcess(watch.evidence);
  return excess === null ? { since: null, failures: 0 } : { since: excess.onsetAt, failures: excess.failures };
}

/** Chance and clustering act on single outcomes, wander and the baseline's own error on the log-odds. */
function deviationOf(watch: Watch): number {
  const { baseline, fastRatio, usual } = watch;
  const { clusterFactor, wander } = baseline.spread;
  const ratio = Math.max(usual, DEVIATION_RATIO_MIN);
  const spread = ratio * (1 - ratio);
  const chance = clusterFactor * spread * fastRatio.varianceFactor;
  const drift = Math.max(0, wander) + clusterFactor / levelInformation(baseline);
  return fastRatio.varianceFactor === 0 ? 0 : (fastRatio.mean - usual) / Math.sqrt(chance + drift * spread * spread);
}
