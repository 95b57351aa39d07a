/**
 * How a series comes to be watched, and how it becomes quiet again.
 *
 * The way there and back changes no decision worth speaking of: what takes long to learn is kept, and
 * what only depends on how long nothing has failed is computed from that when it is needed again.
 */
import type { UnixMillis } from "../time.ts";
import { HOUR_MS } from "../time.ts";
import { usualRatio } from "./baseline.ts";
import { CONTROL_AT_REST } from "./control-limit.ts";
import { createCrowd } from "./crowding.ts";
import { aimAtOddsScale, createEvidence, gainCalm, highestCusum } from "./evidence.ts";
import { endExcursion } from "./excursions.ts";
import { fastRatioAfterCalm } from "./fast-ratio.ts";
import type { Terms } from "./learning.ts";
import { refresh } from "./learning.ts";
import type { LearningQueue } from "./learning-queue.ts";
import { createLearningQueue, unlearned } from "./learning-queue.ts";
import type { Memory } from "./memory.ts";
import { pack } from "./memory.ts";
import { createPace } from "./pace.ts";
import { closeQuietStretch, estimateQuietRequests, recall, successesSinceFailure } from "./quiet.ts";
import { createRecentClients } from "./recent-clients.ts";
import { NO_RESIDENTS } from "./residents.ts";
import { oddsScale } from "./sampling.ts";
import { followSeason } from "./season-learning.ts";
import type { Series, Watch } from "./series.ts";
import { createSlidingCounts, seedRequests } from "./sliding-counts.ts";
import { emptyStretch } from "./stretch.ts";

/** After so long without a failure the clients, the window and the pace remember none either. */
export const REST_AFTER_MS = HOUR_MS;
/** Less than any one failure adds; the CUSUM of a silent endpoint takes many hours to fade to it. */
const REST_CUSUM = 0.5;

/** Gives a quiet series its full state, as it would be had it been watched all along. */
export function startWatch(series: Series, terms: Terms, now: UnixMillis): Watch {
  closeQuietStretch(series, now, terms);
  const memory = recall(series, terms);
  const watch = createWatch(series, memory, terms, now);
  followSeason(series, watch.baseline, terms, now);
  series.watch = watch;
  series.memory = null;
  aimAtOddsScale(watch.evidence, oddsScale(watch.weights));
  refresh(watch, terms, now);
  const successes = successesSinceFailure(series, memory.lastFailureAt);
  gainCalm(watch.evidence, { successes, forMs: Math.max(0, now - memory.lastFailureAt) });
  return watch;
}

/** True when there was no failure for so long and nothing is lost by not watching the series any more. */
export function isAtRest(watch: Watch, now: UnixMillis, forMs: number): boolean {
  if (now - watch.evidence.surplus.judgedAt < forMs) return false;
  if (watch.alarm !== null || watch.former !== null || watch.undecidedSince !== null) return false;
  return highestCusum(watch.evidence) < REST_CUSUM && watch.controlAverage <= watch.usual;
}

/** Ends the watch. What has not been learned yet is learned with the next quiet stretch. */
export function endWatch(series: Series, watch: Watch): void {
  const { baseline, excursions, returns, successVotes, evidence } = watch;
  const { success, failurePerSuccess } = watch.weights;
  const { since, counts } = unlearned(watch.queue);
  endExcursion(excursions, watch.lastOutcomeAt);
  series.watch = null;
  series.past = pastOf(watch);
  series.memory = pack({
    baseline,
    excursions,
    failurePerSuccess,
    lastFailureAt: evidence.surplus.judgedAt,
    unlearnedFailures: counts.failures,
    unlearnedDiscounted: counts.discountedFailures,
    successVotes,
    returns,
  });
  series.quietSince = since;
  series.quietSuccesses = counts.successes * failurePerSuccess;
  series.requestsPerSecond = baseline.hourRate * failurePerSuccess;
  series.successWeight = success;
  series.successes = 0;
}

function createWatch(series: Series, memory: Memory, terms: Terms, now: UnixMillis): Watch {
  const { baseline, excursions, successVotes, failurePerSuccess, lastFailureAt, returns } = memory;
  const usual = usualRatio(baseline);
  const window = createSlidingCounts(now, terms.windowMs);
  seedRequests(window, estimateQuietRequests(series, now, terms.windowMs));
  const successes = successesSinceFailure(series, lastFailureAt);
  return {
    place: -1,
    baseline,
    former: null,
    queue: resumeQueue(series, memory),
    candidate: emptyStretch(),
    undecidedSince: null,
    evidence: createEvidence(now),
    excursions,
    clients: createRecentClients(),
    crowd: createCrowd(),
    residents: NO_RESIDENTS,
    successVotes,
    weights: { success: series.successWeight, failurePerSuccess },
    pace: createPace(now, { requestsPerSecond: baseline.hourRate, ageMs: now - series.createdAt }),
    window,
    fastRatio: fastRatioAfterCalm(usual, successes, baseline.hourRate),
    controlAverage: CONTROL_AT_REST,
    usual,
    usualUpper: usual,
    threshold: 0,
    lastOutcomeAt: now,
    alarm: null,
    clearedBy: series.past?.clearedBy ?? null,
    returns,
    pastExcesses: series.past?.excesses ?? [],
  };
}

function pastOf({ clearedBy, pastExcesses }: Watch): Series["past"] {
  return clearedBy === null && pastExcesses.length === 0 ? null : { clearedBy, excesses: pastExcesses };
}

function resumeQueue(series: Series, memory: Memory): LearningQueue {
  const queue = createLearningQueue(series.quietSince);
  queue.open.successes = series.quietSuccesses / memory.failurePerSuccess;
  queue.open.failures = memory.unlearnedFailures;
  queue.open.discountedFailures = memory.unlearnedDiscounted;
  return queue;
}
