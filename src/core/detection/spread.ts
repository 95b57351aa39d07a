/**
 * How far an endpoint's ratio strays from its level in harmless times: in clusters, because people
 * retry, and by wandering over hours.
 *
 * The two are told apart by what traffic does to them. Clustering multiplies chance at every scale,
 * so it is measured in windows of a few failures. Wander does not shrink with traffic, so it is
 * measured in windows of a dozen failures and more, and from downward moves alone: an attacker can
 * add failures but not remove any.
 */
import { HOUR_MS, MINUTE_MS } from "../time.ts";
import type { Crowding } from "./crowding.ts";
import { clamp, logistic, logit } from "./odds.ts";
import type { Stretch } from "./stretch.ts";
import { trialsOf } from "./stretch.ts";

export type Spread = Crowding & {
  /** Variance of failure counts over that of independent requests. */
  clusterFactor: number;
  /** The window being filled, and the one before it; failures are discounted. */
  clusterTrials: number;
  clusterFailures: number;
  clusterTrialsBefore: number;
  clusterFailuresBefore: number;
  /** Variance of the level over hours, on the log-odds scale. */
  wander: number;
  /** What has been learned of it, in units of the prior. */
  wanderKnowledge: number;
  /** The window being filled. */
  wanderMs: number;
  wanderTrials: number;
  wanderFailures: number;
};

const CLUSTER_EXPECTED_MIN = 1;
const CLUSTER_EXPECTED_MAX = 25;
const CLUSTER_FACTOR_MAX = 9;
const CLUSTER_SURPRISE_MAX = 100;
const CLUSTER_GAIN = 1 / 100;

const WANDER_EXPECTED_MIN = 12;
const WANDER_WINDOW_MIN_MS = MINUTE_MS;
const WANDER_WINDOW_MAX_MS = 5 * MINUTE_MS;
const WANDER_PRIOR = 0.3 ** 2;
/**
 * So long the windows last that together outweigh the prior: what wanders takes its time, and a hundred windows of one
 * hour have seen it in one place. With the windows merely counted, and a prior of 0.2, nearly all false pages were those of
 * ratios that wander by 0.4 and had been watched for one to four hours.
 */
const WANDER_PRIOR_MS = 1.5 * HOUR_MS;
/** The variance of a window's variance at which that window alone would outweigh the prior. */
const WANDER_PRIOR_UNCERTAINTY = 0.0008;
/** Variance, over its square, of the part of a normal variable's square that lies below 0, doubled. */
const HALF_SQUARE_KURTOSIS = 5;
/** The estimate may fall below 0, or it would be biased upwards; but not so far that wander starts in debt. */
const WANDER_MIN = -0.01;
/** A ratio that falls for good looks like wander until the level has followed; without a bound the guard rose to 97 %. */
const WANDER_MAX = 0.45 ** 2;
const WANDER_KNOWLEDGE_MAX = 20;

export function createSpread(): Spread {
  return {
    crowdedFailures: 0,
    crowdedSquares: 0,
    clusterFactor: 1,
    clusterTrials: 0,
    clusterFailures: 0,
    clusterTrialsBefore: 0,
    clusterFailuresBefore: 0,
    wander: WANDER_PRIOR,
    wanderKnowledge: 0,
    wanderMs: 0,
    wanderTrials: 0,
    wanderFailures: 0,
  };
}

/** `level` is the log-odds that counted as usual before the stretch. */
export function learnSpread(
  spread: Spread,
  stretch: Stretch,
  past: { readonly level: number; readonly observedMs: number },
): void {
  learnClustering(spread, stretch, logistic(past.level));
  learnWander(spread, stretch, past);
}

/**
 * Compares each window with the one before it, not with the level: a ratio that drifts would look
 * like clustering, and what it explains away as chance is then missing from the wander.
 */
function learnClustering(spread: Spread, stretch: Stretch, ratio: number): void {
  spread.clusterTrials += trialsOf(stretch);
  spread.clusterFailures += stretch.discountedFailures;
  const expected = ratio * spread.clusterTrials;
  if (expected < CLUSTER_EXPECTED_MIN) return;
  if (spread.clusterTrialsBefore > 0 && expected <= CLUSTER_EXPECTED_MAX) {
    const surprise = Math.min(CLUSTER_SURPRISE_MAX, windowSurprise(spread, ratio));
    const smoothed = spread.clusterFactor + CLUSTER_GAIN * (surprise - spread.clusterFactor);
    spread.clusterFactor = clamp(smoothed, 1, CLUSTER_FACTOR_MAX);
  }
  spread.clusterTrialsBefore = spread.clusterTrials;
  spread.clusterFailuresBefore = spread.clusterFailures;
  spread.clusterTrials = 0;
  spread.clusterFailures = 0;
}

/** Squared difference of the two windows' ratios over what it would be by chance; 1 on average if independent. */
function windowSurprise(spread: Spread, ratio: number): number {
  const { clusterTrials, clusterFailures, clusterTrialsBefore, clusterFailuresBefore } = spread;
  const difference = clusterFailures / clusterTrials - clusterFailuresBefore / clusterTrialsBefore;
  const chance = ratio * (1 - ratio) * (1 / clusterTrials + 1 / clusterTrialsBefore);
  return (difference * difference) / chance;
}

function learnWander(
  spread: Spread,
  stretch: Stretch,
  past: { readonly level: number; readonly observedMs: number },
): void {
  spread.wanderMs += stretch.durationMs;
  spread.wanderTrials += trialsOf(stretch);
  spread.wanderFailures += stretch.discountedFailures;
  const trials = spread.wanderTrials;
  const ratio = logistic(past.level);
  const windowMinMs = clamp(past.observedMs / 60, WANDER_WINDOW_MIN_MS, WANDER_WINDOW_MAX_MS);
  if (spread.wanderMs < windowMinMs || trials * ratio < WANDER_EXPECTED_MIN) return;
  const move = logit((spread.wanderFailures + 0.5) / (trials + 1)) - past.level;
  const noise = spread.clusterFactor / (trials * ratio * (1 - ratio));
  const variance = (move < 0 ? 2 * move * move : 0) - noise;
  const weight = windowWeight(spread.wanderMs, noise);
  spread.wanderKnowledge = Math.min(WANDER_KNOWLEDGE_MAX, spread.wanderKnowledge + weight);
  const gain = weight / (1 + spread.wanderKnowledge);
  spread.wander = clamp(spread.wander + gain * (variance - spread.wander), WANDER_MIN, WANDER_MAX);
  spread.wanderMs = 0;
  spread.wanderTrials = 0;
  spread.wanderFailures = 0;
}

/** A window says no more than its time allows, no more than chance leaves of it, and never more than the prior. */
function windowWeight(durationMs: number, noise: number): number {
  const uncertainty = HALF_SQUARE_KURTOSIS * noise * noise;
  return Math.min(1, durationMs / WANDER_PRIOR_MS, WANDER_PRIOR_UNCERTAINTY / uncertainty);
}
