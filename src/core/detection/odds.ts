/** Ratios as odds, and on the scale on which they add up: the logarithm of the odds. */

export function oddsOf(ratio: number): number {
  return ratio / (1 - ratio);
}

/** The ratio that has these odds. */
export function shareOf(odds: number): number {
  return odds / (1 + odds);
}

export function logit(ratio: number): number {
  return Math.log(oddsOf(ratio));
}

export function logistic(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

export function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(highest, Math.max(lowest, value));
}
