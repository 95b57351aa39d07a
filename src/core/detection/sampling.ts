/**
 * Makes evidence from sampled requests exact: weights never multiply it.
 *
 * A request that stands for a hundred is still one draw. What sampling changes is the odds at which
 * failures are seen: when errors are all kept and of the rest one in twenty, a failure is seen
 * twenty times as often as its share. The odds scale says by how much.
 *
 * Only the failures' weight relative to the successes' is learned from failures. When the sampling
 * rate of everything changes, the frequent successes say so at once and the rare failures follow.
 */
export type SampleWeights = {
  /** Mean weight of the latest successes; 0 before the first request. */
  success: number;
  /** Mean weight of the latest failures, as a multiple of `success`. */
  failurePerSuccess: number;
};

const WEIGHT_MAX = 1_000_000;
const WEIGHT_GAIN = 1 / 8;
/** A change of sampling is a step, not noise: when a failure's weight is this far off, trust it more. */
const STEP_FACTOR = 1.5;
const STEP_GAIN = 1 / 2;
const SHARE_MIN = 1e-6;

/** An adjusted count is at least 1; anything else is a sender's mistake and counts as one request. */
export function usableWeight(weight: number): number {
  return weight >= 1 ? Math.min(weight, WEIGHT_MAX) : 1;
}

/** The mean weight of successes after one more. */
export function nextSuccessWeight(mean: number, weight: number): number {
  return mean === 0 ? weight : mean + WEIGHT_GAIN * (weight - mean);
}

/** Returns the odds scale that is safe for judging this very failure. */
export function learnFailureWeight(weights: SampleWeights, weight: number): number {
  if (weights.success === 0) weights.success = weight;
  const relative = Math.max(SHARE_MIN, weight / weights.success);
  const former = weights.failurePerSuccess;
  const isStep = relative > former * STEP_FACTOR || relative < former / STEP_FACTOR;
  weights.failurePerSuccess = former + (isStep ? STEP_GAIN : WEIGHT_GAIN) * (relative - former);
  // Right after a change of sampling the two disagree; the larger scale makes the failure worth less.
  return 1 / Math.min(former, relative);
}

/** How many times more often failures are seen than their share of the requests. */
export function oddsScale(weights: SampleWeights): number {
  return 1 / weights.failurePerSuccess;
}

/** Adjusted count of one failure received now. */
export function failureWeight(weights: SampleWeights): number {
  return weights.success * weights.failurePerSuccess;
}
