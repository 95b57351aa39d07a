/**
 * When a series learns, and when it does not.
 *
 * Calm: each stretch enters the baseline after its delay. Undecided: stretches wait. Alarming: they are
 * dropped, so that an attack never becomes usual. An excess that stays makes a new level.
 */
import type { UnixMillis } from "../time.ts";
import { HOUR_MS } from "../time.ts";
import { lookWhetherLevel } from "./alarm.ts";
import { presentRequestsPerSecond, usualLevel, usualRatio } from "./baseline.ts";
import { CONTROL_AT_REST, controlDeviation } from "./control-limit.ts";
import { aim, clearEvidence, evidenceNats, exponentsAt, highestCusum, limitEvidence } from "./evidence.ts";
import type { Chances, DetectorContext } from "./excursions.ts";
import { discardExcursion, thresholdOf } from "./excursions.ts";
import { guardsOf, isWarm, usualUpperRatio } from "./guard.ts";
import type { WaitingStretch } from "./learning-queue.ts";
import { clearOpenStretch, closeStretch, dropWaiting, enqueue, takeLearnable } from "./learning-queue.ts";
import { adoptCandidate, candidateOdds, learnCandidate, watchFormer } from "./level-change.ts";
import { logistic } from "./odds.ts";
import { clearClients } from "./recent-clients.ts";
import { forgetAccepted } from "./returns.ts";
import { doubtHour } from "./season.ts";
import type { SeasonTerms } from "./season-learning.ts";
import { followSeason, learnHarmless } from "./season-learning.ts";
import type { Series, Watch } from "./series.ts";
import { clearStretch } from "./stretch.ts";

/** What a detector judges all its series by. */
export type Terms = SeasonTerms & {
  readonly windowMs: number;
  readonly minFailures: number;
  /** Null for sequential evidence. */
  readonly controlLimit: number | null;
  context: DetectorContext;
};

const UNDECIDED_CUSUM_SHARE = 0.4;
const UNDECIDED_BELOW_THRESHOLD = 3;
const UNDECIDED_CONTROL_SHARE = 0.5;
/** Too high to learn, too low to alarm, for this long: fewer successes have become the usual state. */
const UNDECIDED_MAX_MS = 6 * HOUR_MS;

/**
 * The classical limit in force, null when the sequential evidence judges: where the rule asks for none, and
 * until it is known from what ratio the deviations are to be counted.
 */
export function controlLimitOf({ baseline }: Watch, { controlLimit }: Terms): number | null {
  return controlLimit !== null && isWarm(baseline) ? controlLimit : null;
}

/** Brings the learning up to `now`. How often it is called changes nothing. */
export function learnUntil(series: Series, watch: Watch, terms: Terms, now: UnixMillis): void {
  for (;;) {
    const closed = closeStretch(watch.queue, series.createdAt, now);
    if (closed === undefined) return;
    learnClosed(series, watch, terms, closed);
    followSeason(series, watch.baseline, terms, closed.endedAt);
    refresh(watch, terms, closed.endedAt);
  }
}

/** Recomputes what depends on the baseline. */
export function refresh(watch: Watch, terms: Terms, now: UnixMillis): void {
  const { baseline, excursions } = watch;
  watch.usual = usualRatio(baseline);
  watch.usualUpper = usualUpperRatio(baseline);
  aim(watch.evidence, guardsOf(baseline));
  watch.threshold = thresholdOf(excursions, chancesOf(watch), terms.context, now).nats;
  limitEvidence(watch.evidence, watch.threshold);
}

export function chancesOf({ baseline, evidence }: Watch): Chances {
  return {
    requestsPerSecond: presentRequestsPerSecond(baseline),
    exponents: exponentsAt(evidence, logistic(usualLevel(baseline))),
  };
}

/** Takes the present ratio and request rate for usual. */
export function acceptLevel(watch: Watch, terms: Terms, now: UnixMillis): void {
  learnCandidate(watch.candidate, watch.queue.open);
  const backBelow = (watch.usual + watch.usualUpper) / 2;
  watch.former = { baseline: watch.baseline, backBelow, leftAt: now, backMs: 0 };
  watch.baseline = adoptCandidate(watch.baseline, watch.candidate);
  forgetExcess(watch);
  refresh(watch, terms, now);
}

/** Starts the search for evidence anew. */
export function forgetExcess(watch: Watch): void {
  clearEvidence(watch.evidence);
  clearClients(watch.clients);
  discardExcursion(watch.excursions);
  clearStretch(watch.candidate);
  clearOpenStretch(watch.queue);
  watch.controlAverage = CONTROL_AT_REST;
  dropWaiting(watch.queue);
  watch.undecidedSince = null;
}

function learnClosed(series: Series, watch: Watch, terms: Terms, closed: WaitingStretch): void {
  const season = terms.seasons.of(series);
  if (season !== undefined && isInDoubt(watch, terms)) doubtHour(season, closed.endedAt);
  if (watch.alarm !== null) {
    learnCandidate(watch.candidate, closed);
    lookWhetherLevel(watch.alarm, candidateOdds(watch.candidate), closed.endedAt);
    return;
  }
  considerFormerLevel(watch, closed);
  enqueue(watch.queue, closed);
  if (isUndecided(watch, terms)) waitAndSee(watch, terms, closed);
  else learnWaiting(series, watch, terms);
}

/** A level that was accepted may yet be given up for the former one. */
function isInDoubt(watch: Watch, terms: Terms): boolean {
  return watch.alarm !== null || watch.former !== null || isUndecided(watch, terms);
}

export function isUndecided(watch: Watch, terms: Terms): boolean {
  const { evidence, threshold } = watch;
  if (highestCusum(evidence) > UNDECIDED_CUSUM_SHARE * threshold) return true;
  const limit = controlLimitOf(watch, terms);
  if (limit === null) return evidenceNats(evidence) > threshold - UNDECIDED_BELOW_THRESHOLD;
  return controlDeviation(watch.controlAverage, watch.usual) > UNDECIDED_CONTROL_SHARE * limit;
}

function waitAndSee(watch: Watch, terms: Terms, closed: WaitingStretch): void {
  learnCandidate(watch.candidate, closed);
  watch.undecidedSince ??= closed.endedAt;
  if (closed.endedAt - watch.undecidedSince >= UNDECIDED_MAX_MS) acceptLevel(watch, terms, closed.endedAt);
}

function learnWaiting(series: Series, watch: Watch, terms: Terms): void {
  watch.undecidedSince = null;
  clearStretch(watch.candidate);
  for (let next = takeNext(series, watch); next !== undefined; next = takeNext(series, watch)) {
    learnHarmless(series, watch.baseline, next, { ...terms, guardRatio: watch.evidence.guardRatio });
  }
}

function takeNext(series: Series, watch: Watch): WaitingStretch | undefined {
  return takeLearnable(watch.queue, series.createdAt);
}

function considerFormerLevel(watch: Watch, closed: WaitingStretch): void {
  if (watch.former === null) return;
  const { durationMs, endedAt } = closed;
  const fate = watchFormer(watch.former, { durationMs, endedAt, ratio: watch.fastRatio.mean });
  if (fate === "return") {
    watch.baseline = watch.former.baseline;
    watch.returns = forgetAccepted(watch.returns);
  }
  if (fate !== "keep") watch.former = null;
}
