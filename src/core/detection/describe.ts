/** A series in the terms of a reading. */
import type { UnixMillis } from "../time.ts";
import { levelInformation, usualRequestsPerSecond } from "./baseline.ts";
import { leadingChart } from "./evidence.ts";
import { isWarm } from "./guard.ts";
import { evidenceAndThreshold } from "./judgement.ts";
import type { Terms } from "./learning.ts";
import type { Reading } from "./reading.ts";
import { busiestShare } from "./recent-clients.ts";
import { failureWeight } from "./sampling.ts";
import type { Series, Watch } from "./series.ts";
import { estimateQuietRequests } from "./series.ts";
import { totalsInWindow } from "./sliding-counts.ts";

/** Below this ratio one failure would read as dozens of deviations. */
const DEVIATION_RATIO_MIN = 0.002;

export function describeQuiet(series: Series, terms: Terms, now: UnixMillis): Reading {
  return {
    requestCount: estimateQuietRequests(series, now, terms.windowMs),
    failureCount: 0,
    rate: 0,
    usual: 0,
    usualUpper: 0,
    deviation: 0,
    requestRate: series.requestsPerSecond,
    evidence: 0,
    threshold: 0,
    since: null,
    failuresSince: 0,
    busiestClientShare: 0,
    isWarm: false,
    isAlarming: false,
    alarmKind: null,
    clearedBy: null,
  };
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
  const { cusum, onsetAt, failures } = leadingChart(watch.evidence);
  return cusum > 0 ? { since: onsetAt, failures } : { since: null, failures: 0 };
}

/** Chance and clustering act on single outcomes, wander and the baseline's own error on the log-odds. */
function deviationOf(watch: Watch): number {
  const { baseline, fastRatio, usual } = watch;
  const ratio = Math.max(usual, DEVIATION_RATIO_MIN);
  const spread = ratio * (1 - ratio);
  const chance = baseline.clusterFactor * spread * fastRatio.varianceFactor;
  const drift = Math.max(0, baseline.wander) + baseline.clusterFactor / levelInformation(baseline);
  return fastRatio.varianceFactor === 0 ? 0 : (fastRatio.mean - usual) / Math.sqrt(chance + drift * spread * spread);
}
