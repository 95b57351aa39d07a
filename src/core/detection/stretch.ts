/** What happened in one stretch of time. Requests and failures are in units of one received failure. */
export type Stretch = {
  durationMs: number;
  successes: number;
  failures: number;
  /** Failures, the repeats of one client counting for less. */
  discountedFailures: number;
  /** Of those failures the ones that nobody says whose they are, and how they crowd (see crowding.ts). */
  crowdedFailures: number;
  crowdedSquares: number;
};

export function emptyStretch(): Stretch {
  return { durationMs: 0, successes: 0, failures: 0, discountedFailures: 0, crowdedFailures: 0, crowdedSquares: 0 };
}

export function clearStretch(stretch: Stretch): void {
  stretch.durationMs = 0;
  stretch.successes = 0;
  stretch.failures = 0;
  stretch.discountedFailures = 0;
  stretch.crowdedFailures = 0;
  stretch.crowdedSquares = 0;
}

export function addStretch(sum: Stretch, stretch: Readonly<Stretch>): void {
  sum.durationMs += stretch.durationMs;
  sum.successes += stretch.successes;
  sum.failures += stretch.failures;
  sum.discountedFailures += stretch.discountedFailures;
  sum.crowdedFailures += stretch.crowdedFailures;
  sum.crowdedSquares += stretch.crowdedSquares;
}

/** Requests the ratio is estimated from, a discounted failure counting as that part of a request. */
export function trialsOf({ successes, discountedFailures }: Readonly<Stretch>): number {
  return successes + discountedFailures;
}
