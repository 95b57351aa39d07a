/**
 * How many more failures it would take, found by playing them to a copy of the series.
 *
 * Each comes from a client of its own, evenly spread beside the usual successes. No formula could say it as
 * surely: what answers here is the detector itself.
 */
import type { UnixMillis } from "../time.ts";
import { MINUTE_MS, SECOND_MS } from "../time.ts";
import { usualRequestsPerSecond } from "./baseline.ts";
import type { Detector } from "./detector.ts";
import type { Reading } from "./reading.ts";
import { failureWeight } from "./sampling.ts";
import type { Series } from "./series.ts";

export type FailuresToGo = {
  readonly failures: number;
  readonly withinMs: number;
  /** What would be known once they had come. */
  readonly reading: Reading;
};

const WITHIN_MS = MINUTE_MS;
/** A busy endpoint is played for less than a minute: this is answered while spans wait. */
const SUCCESSES_MAX = 2000;
const FAILURES_MAX = 4096;
/** Counted downwards from here: no client that was ever seen. */
const NEW_CLIENT = Number.MAX_SAFE_INTEGER;

/** Null when even the most that is tried is not enough. */
export function failuresToGo(
  detector: Detector,
  series: Series,
  { now, isReached }: { readonly now: UnixMillis; readonly isReached: (reading: Reading) => boolean },
): FailuresToGo | null {
  const { baseline, usual, weights } = detector.rehearsal(series, now).watch;
  // As they are received, of which each may stand for several.
  const successesPerSecond = usualRequestsPerSecond(baseline) * (1 - usual) * weights.failurePerSuccess;
  const withinMs = Math.min(WITHIN_MS, (SUCCESSES_MAX / successesPerSecond) * SECOND_MS);
  const successes = Math.round((successesPerSecond * withinMs) / SECOND_MS);
  const play = (failures: number) => playTo(detector, series, { failures, successes, withinMs, now, isReached });
  const failures = fewest((count) => play(count) !== null);
  const reading = failures === null ? null : play(failures);
  return failures === null || reading === null ? null : { failures, withinMs, reading };
}

type Play = {
  readonly failures: number;
  readonly successes: number;
  readonly withinMs: number;
  readonly now: UnixMillis;
  readonly isReached: (reading: Reading) => boolean;
};

/** The reading with which it is reached; null when it is not. */
function playTo(detector: Detector, series: Series, play: Play): Reading | null {
  const { failures, successes, withinMs, now, isReached } = play;
  const copy = detector.rehearsal(series, now);
  const { success } = copy.watch.weights;
  const weights = { success: success || 1, failure: failureWeight(copy.watch.weights) || 1 };
  let succeeded = 0;
  for (let failed = 0; failed < failures; failed++) {
    const at = now + (withinMs * failed) / failures;
    for (; succeeded < (successes * failed) / failures; succeeded++) {
      detector.observeSuccess(copy, 0, weights.success, now + (withinMs * succeeded) / successes);
    }
    detector.observeFailure(copy, NEW_CLIENT - failed, weights.failure, at);
    if (copy.watch.alarm === null) continue;
    const reading = detector.reading(copy, at);
    if (isReached(reading)) return reading;
  }
  return null;
}

/** Where some are enough, more are too; so halving finds the fewest. */
function fewest(isEnough: (count: number) => boolean): number | null {
  let enough = 1;
  while (!isEnough(enough)) {
    enough *= 2;
    if (enough > FAILURES_MAX) return null;
  }
  let tooFew = Math.floor(enough / 2);
  while (enough - tooFew > 1) {
    const middle = (enough + tooFew) >> 1;
    if (isEnough(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
