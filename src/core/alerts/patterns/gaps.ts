/** How long the gaps between events are and how much they differ, in three numbers (Welford). */
export type Gaps = {
  count: number;
  meanMs: number;
  /** Sum of squared distances from the mean. */
  squares: number;
};

export function noGaps(): Gaps {
  return { count: 0, meanMs: 0, squares: 0 };
}

export function addGap(gaps: Gaps, gapMs: number): void {
  gaps.count += 1;
  const distance = gapMs - gaps.meanMs;
  gaps.meanMs += distance / gaps.count;
  gaps.squares += distance * (gapMs - gaps.meanMs);
}

/** Standard deviation of the gaps as a share of their mean: 0 is a metronome, 1 is chance. Null with too few of them. */
export function gapVariation({ count, meanMs, squares }: Gaps, countMin: number): number | null {
  if (count < countMin || meanMs <= 0) return null;
  return Math.sqrt(squares / count) / meanMs;
}
