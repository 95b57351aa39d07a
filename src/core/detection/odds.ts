/** Ratios on the scale on which they add up: the logarithm of the odds. */

export function logit(ratio: number): number {
  return Math.log(ratio / (1 - ratio));
}

export function logistic(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

export function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(highest, Math.max(lowest, value));
}
