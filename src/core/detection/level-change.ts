/**
 * A new usual level, when an excess has come to stay: a release, a changed client, a long attack.
 *
 * While something is wrong the baseline learns nothing; beside it a candidate learns what usual would
 * be, with a memory of twenty minutes. The candidate is adopted when the excess has lasted. The level
 * before is kept for a day: if the ratio returns to it, an attack has ended, and it is put back.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import type { Baseline } from "./baseline.ts";
import { logit } from "./odds.ts";
import type { Stretch } from "./stretch.ts";
import { trialsOf } from "./stretch.ts";

const CANDIDATE_MEMORY_MS = 20 * MINUTE_MS;
const FORMER_KEPT_MS = DAY_MS;
const FORMER_BACK_MS = 10 * MINUTE_MS;

export type FormerLevel = {
  readonly baseline: Baseline;
  /** A fast ratio below this is the former level's. */
  readonly backBelow: number;
  readonly leftAt: UnixMillis;
  /** For how long the ratio has been back. */
  backMs: number;
};

export function learnCandidate(candidate: Stretch, stretch: Stretch): void {
  const kept = Math.exp(-stretch.durationMs / CANDIDATE_MEMORY_MS);
  candidate.durationMs = kept * candidate.durationMs + stretch.durationMs;
  candidate.successes = kept * candidate.successes + stretch.successes;
  candidate.failures = kept * candidate.failures + stretch.failures;
  candidate.discountedFailures = kept * candidate.discountedFailures + stretch.discountedFailures;
}

export function candidateOdds({ failures, successes }: Readonly<Stretch>): number {
  return (failures + 0.5) / (successes + 0.5);
}

/** The baseline that takes the candidate for usual. How far things wander is kept from the old one. */
export function adoptCandidate(baseline: Baseline, candidate: Stretch): Baseline {
  const trials = trialsOf(candidate);
  const level = logit((candidate.discountedFailures + 0.5) / (trials + 1)) - baseline.season.ratio;
  const withoutSeason = Math.exp(-baseline.season.ratio);
  const seconds = Math.max(1, candidate.durationMs / SECOND_MS);
  const rate = (candidate.successes + candidate.failures) / seconds;
  return {
    ...baseline,
    successes: candidate.successes,
    failures: withoutSeason * candidate.failures,
    discountedFailures: withoutSeason * candidate.discountedFailures,
    level,
    levelCeiling: level,
    hourRate: rate,
    memoryRate: rate,
    steadyRate: rate / baseline.season.rateFactor,
    spread: { ...baseline.spread },
  };
}

/** What to do with the former level after one more stretch: keep it in mind, return to it, or drop it. */
export function watchFormer(
  former: FormerLevel,
  stretch: { readonly durationMs: number; readonly endedAt: UnixMillis; readonly ratio: number },
): "keep" | "return" | "drop" {
  former.backMs = stretch.ratio < former.backBelow ? former.backMs + stretch.durationMs : 0;
  if (former.backMs >= FORMER_BACK_MS) return "return";
  return stretch.endedAt - former.leftAt > FORMER_KEPT_MS ? "drop" : "keep";
}
