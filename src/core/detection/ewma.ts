/**
 * Exponentially weighted moving averages: of outcomes one by one, and of stretches of time.
 *
 * The variance of such an average starts at nothing and grows to its asymptote (Roberts 1959). The
 * exact value is kept along with the mean, because limits drawn from the asymptote are blind at first.
 */
export type SmoothedRatio = {
  mean: number;
  /** Variance of the mean in units of one outcome's variance; its inverse is the effective sample size. */
  varianceFactor: number;
};

/** `gain` is the weight of the newest outcome, above 0 and at most 1. */
export function smooth(ratio: SmoothedRatio, outcome: 0 | 1, gain: number): void {
  const kept = 1 - gain;
  ratio.mean += gain * (outcome - ratio.mean);
  ratio.varianceFactor = kept * kept * ratio.varianceFactor + gain * gain;
}

/**
 * Weight of the newest stretch in an average over time: a plain mean until the memory is full, so
 * that the first minutes of an endpoint count for what they are worth.
 */
export function stretchGain(
  stretchMs: number,
  past: { readonly observedMs: number; readonly memoryMs: number },
): number {
  const plainMean = stretchMs / (past.observedMs + stretchMs);
  return Math.max(plainMean, 1 - Math.exp(-stretchMs / past.memoryMs));
}
