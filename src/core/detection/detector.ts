/**
 * Judges series of requests, one request at a time: a guarded Shiryaev-Roberts mixture against an
 * EWMA baseline.
 *
 * The answer to "is this a burst?" is known with the request that completes the evidence; nothing
 * waits for a window to close. Evidence belongs to requests, so it does not matter in what batches
 * they arrive. Requests that are neither a success nor a credential failure (403, 404, 429, 5xx) must
 * not be handed in: a scanner or a rate limiter would hide an attack in the denominator.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../time.ts";
import { usualRequestsPerSecond } from "./baseline.ts";
import { castSuccess, UNKNOWN_CLIENT } from "./client-votes.ts";
import { nextControlAverage } from "./control-limit.ts";
import { crowdSize, joinCrowd } from "./crowding.ts";
import { describeQuiet, describeRate, describeWatched } from "./describe.ts";
import type { Diagnosis, WatchedCopy } from "./diagnosis.ts";
import { diagnose } from "./diagnosis.ts";
import { addFailure, addSuccess, aimAtOddsScale, fade, takeBack, watchedCusum } from "./evidence.ts";
import { smooth } from "./ewma.ts";
import type { DetectorContext } from "./excursions.ts";
import { followExcursion } from "./excursions.ts";
import { fastGain } from "./fast-ratio.ts";
import type { Outcome } from "./judgement.ts";
import { judgeFailure, judgeRecovery, settle } from "./judgement.ts";
import type { Terms } from "./learning.ts";
import { acceptLevel, learnUntil } from "./learning.ts";
import { decayPace, failuresPerSecond, requestsPerSecond } from "./pace.ts";
import { countQuietSuccess } from "./quiet.ts";
import type { RateReading, Reading } from "./reading.ts";
import type { ClientFailures } from "./recent-clients.ts";
import {
  beginTally,
  busiestClients,
  failedAtOf,
  recentFailuresOf,
  recordClientFailure,
  recordClientSuccess,
} from "./recent-clients.ts";
import { noteResidentSeen } from "./residents.ts";
import { failureWeight, learnFailureWeight, nextSuccessWeight, oddsScale, usableWeight } from "./sampling.ts";
import type { SeasonKind } from "./season-learning.ts";
import type { SeasonPlace } from "./seasons.ts";
import { Seasons } from "./seasons.ts";
import type { Series, SeriesTraits, Watch } from "./series.ts";
import { createSeries } from "./series.ts";
import type { SeriesRows } from "./series-rows.ts";
import { countFailure, countSuccess } from "./sliding-counts.ts";
import type { SeriesSnapshot } from "./snapshot.ts";
import { copySeries, readSeasonPlace, readSnapshot, takeSnapshot } from "./snapshot.ts";
import type { Expectation } from "./surplus.ts";
import { isAtRest, REST_AFTER_MS, startWatch } from "./watch.ts";
import { WatchList } from "./watch-list.ts";

export type { DetectorContext } from "./excursions.ts";

export type RateDetectorSettings = {
  readonly kind: "ewma";
  /** Half-life of the baseline's memory. */
  readonly halfLifeMs: number;
  /** Failures that any alarm takes, both as evidence and in excess of what is usual. */
  readonly minFailures: number;
  /** Standard deviations of the classical EWMA control limit; null = sequential evidence. */
  readonly deviation: number | null;
  /** Whether what is usual may depend on the hour of the week. */
  readonly season: SeasonKind;
};

export const DEFAULT_RATE_DETECTOR: RateDetectorSettings = {
  kind: "ewma",
  halfLifeMs: 6 * HOUR_MS,
  minFailures: 7,
  deviation: null,
  season: "week",
};

/**
 * Off the sign-in routes, what one client fails at within a second is one event: all that it had under
 * way when its session expired. Counted one by one, two such clients together were a page.
 */
const PARALLEL_MS = SECOND_MS;

const ONE_FAILURE: Outcome = { failures: 1, requests: 1 };

const UNTIL_FIRST_TICK: DetectorContext = { budgetFalsePages: 1, budgetPerMs: 30 * DAY_MS, activeSeriesCount: 1 };

export type DetectorOptions = {
  readonly windowMs: number;
  readonly watchList?: WatchList;
  readonly seasons?: Seasons;
};

export class Detector {
  readonly #terms: Terms;
  readonly #watchList: WatchList;
  readonly #restAfterMs: number;

  /** Detectors that share a list share its bound. */
  constructor(settings: RateDetectorSettings, options: DetectorOptions) {
    this.#watchList = options.watchList ?? new WatchList();
    this.#restAfterMs = Math.max(REST_AFTER_MS, options.windowMs);
    this.#terms = {
      memoryMs: settings.halfLifeMs / Math.LN2,
      windowMs: options.windowMs,
      minFailures: settings.minFailures,
      controlLimit: settings.deviation,
      season: settings.season,
      seasons: options.seasons ?? new Seasons(),
      context: UNTIL_FIRST_TICK,
    };
  }

  /** Series that hold the full state, over all detectors that share the list. */
  get watchedCount(): number {
    return this.#watchList.watchedCount;
  }

  /** How often a series became quiet again, calm by itself or to make place. */
  get demotedCount(): number {
    return this.#watchList.demotedCount;
  }

  /** Failures that found no place among the watched: learned from, but no evidence. */
  get refusedCount(): number {
    return this.#watchList.refusedCount;
  }

  createSeries(now: UnixMillis, traits: SeriesTraits): Series {
    return createSeries(now, traits);
  }

  /** True when this request turns the alarm on or off: the series wants judging now. */
  observeFailure(series: Series, client: number, weight: number, now: UnixMillis): boolean {
    if (series.watch === null) return this.#observeFirstFailure(series, client, weight, now);
    return this.#observeWatchedFailure(series, series.watch, client, weight, now);
  }

  /** True when this request turns the alarm off: the series wants judging now. */
  observeSuccess(series: Series, client: number, weight: number, now: UnixMillis): boolean {
    const { watch } = series;
    if (watch === null) {
      countQuietSuccess(series, usableWeight(weight), now, this.#terms);
      return false;
    }
    const at = Math.max(now, watch.lastOutcomeAt);
    const hasEnded = this.#advance(series, watch, at);
    const requests = takeSuccess(series, watch, { client, weight: usableWeight(weight) }, this.#terms, at);
    const hasRecovered =
      watch.alarm !== null && judgeRecovery(series, watch, this.#terms, { failures: 0, requests }, at);
    this.#restIfCalm(series, watch, at);
    return hasRecovered || hasEnded;
  }

  /** The same for a series that has never failed. */
  countNeverFailed(rows: SeriesRows, row: number, weight: number, now: UnixMillis): void {
    rows.countSuccess(row, usableWeight(weight), now, this.#terms.memoryMs);
  }

  /** What thresholds follow from here on. Without it a fleet is judged as a single series until one is ticked. */
  updateContext(context: DetectorContext): void {
    this.#terms.context = context;
  }

  /** Lets time pass: ends alarms that are over, learns. True when the alarm went off. */
  tick(series: Series, now: UnixMillis, context: DetectorContext): boolean {
    this.#terms.context = context;
    const { watch } = series;
    if (watch === null) return false;
    const hasEnded = this.#advance(series, watch, now);
    this.#restIfCalm(series, watch, now);
    return hasEnded;
  }

  reading(series: Series, now: UnixMillis): Reading {
    if (series.watch === null) return describeQuiet(series, this.#terms, now);
    learnUntil(series, series.watch, this.#terms, now);
    return describeWatched(series, series.watch, this.#terms, now);
  }

  /** The same, of a series that has just failed, for its rate alone. */
  rateReading(series: Series, now: UnixMillis): RateReading {
    return series.watch === null ? describeQuiet(series, this.#terms, now) : describeRate(series.watch);
  }

  /** What stands between the series and its alarm, for a person who asks. */
  diagnose(series: Series, now: UnixMillis): Diagnosis {
    return diagnose(series, this.rehearsal(series, now), this.#terms, now);
  }

  /** A watched copy, to try out what would happen: whatever is played to it, the series knows nothing of it. */
  rehearsal(series: Series, now: UnixMillis): WatchedCopy {
    if (series.watch !== null) learnUntil(series, series.watch, this.#terms, now);
    const copy = copySeries(series);
    this.#terms.seasons.lend(series, copy);
    return Object.assign(copy, { watch: copy.watch ?? startWatch(copy, this.#terms, now) });
  }

  /** Clients with failures since the onset, busiest first, at most 64. */
  topClients(series: Series): readonly ClientFailures[] {
    return series.watch === null ? [] : busiestClients(series.watch.clients);
  }

  /** Failures of the client, fading within ten minutes, less what its successes since have paid back. */
  recentFailuresOf(series: Series, client: number, now: UnixMillis): number {
    return series.watch === null ? 0 : recentFailuresOf(series.watch.clients, client, now);
  }

  /** Someone says that this is how it is now. An alarm that is on goes off as `new_level`. */
  acceptPresentLevel(series: Series, now: UnixMillis): void {
    const { watch } = series;
    if (watch === null) return;
    if (watch.alarm !== null) watch.clearedBy = "new_level";
    watch.alarm = null;
    acceptLevel(watch, this.#terms, now);
  }

  /** Frees the places that the series has. */
  forget(series: Series): void {
    if (series.watch !== null) this.#watchList.demote(series, series.watch);
    this.#terms.seasons.release(series);
  }

  snapshot(series: Series): SeriesSnapshot {
    return takeSnapshot(series, this.#terms.seasons.placeOf(series));
  }

  /** Decides from here on as the stored series would have; a snapshot of another version starts anew. */
  restore(snapshot: SeriesSnapshot, now: UnixMillis): Series {
    const series = readSnapshot(snapshot, now);
    this.#findSeasonPlace(series, readSeasonPlace(snapshot));
    if (series.watch !== null) this.#findPlace(series, series.watch, now);
    return series;
  }

  #observeFirstFailure(series: Series, client: number, weight: number, now: UnixMillis): boolean {
    const watch = startWatch(series, this.#terms, now);
    const needsJudging = this.#observeWatchedFailure(series, watch, client, weight, now);
    return this.#findPlace(series, watch, now) && needsJudging;
  }

  #observeWatchedFailure(series: Series, watch: Watch, client: number, weight: number, now: UnixMillis): boolean {
    const at = Math.max(now, watch.lastOutcomeAt);
    const hasEnded = this.#advance(series, watch, at);
    takeFailure(series, watch, { client, weight: usableWeight(weight) }, this.#terms, at);
    const hasBegun = judgeFailure(series, watch, this.#terms, client, at);
    const hasRecovered = watch.alarm !== null && judgeRecovery(series, watch, this.#terms, ONE_FAILURE, at);
    return hasRecovered || hasBegun || hasEnded;
  }

  /** Without a place a stored season is given up; so it is when the rule wants none any more. */
  #findSeasonPlace(series: Series, { season, waitsUntil }: SeasonPlace): void {
    if (waitsUntil !== null) this.#terms.seasons.wait(series, waitsUntil);
    if (season !== null && this.#terms.season !== "none") this.#terms.seasons.admit(series, season);
  }

  /** Without a place the watch ends with the failure that it began with. */
  #findPlace(series: Series, watch: Watch, now: UnixMillis): boolean {
    const hasPlace = this.#watchList.admit(series, watch, now);
    if (!hasPlace) this.#watchList.demote(series, watch);
    return hasPlace;
  }

  #restIfCalm(series: Series, watch: Watch, now: UnixMillis): void {
    if (isAtRest(watch, now, this.#restAfterMs)) this.#watchList.demote(series, watch);
  }

  #advance(series: Series, watch: Watch, now: UnixMillis): boolean {
    learnUntil(series, watch, this.#terms, now);
    return settle(series, watch, this.#terms, now);
  }
}

/** Only alarms depend on the clock: a series without one may wait for its next request. */
export function needsTick(series: Series): boolean {
  return series.watch !== null && series.watch.alarm !== null;
}

function takeFailure(
  { isAuthenticationRoute }: SeriesTraits,
  watch: Watch,
  { client, weight }: { readonly client: number; readonly weight: number },
  terms: Terms,
  now: UnixMillis,
): void {
  const { evidence, pace, queue } = watch;
  if (watch.alarm === null && watchedCusum(evidence) === 0) beginTally(watch.clients);
  decayPace(pace, now);
  fade(evidence, now);
  aimAtOddsScale(evidence, learnFailureWeight(watch.weights, weight));
  const parallelMs = isAuthenticationRoute ? 0 : PARALLEL_MS;
  const isCrowding = client === UNKNOWN_CLIENT && !isAuthenticationRoute;
  const share = isCrowding ? shareOfCrowd(watch, now) : 1;
  const worth = share * recordClientFailure(watch.clients, { client, parallelMs }, now);
  if (isAuthenticationRoute) noteResidentSeen(watch.residents, client, now);
  addFailure(evidence, worth, expectationOf(watch), now);
  if (watch.alarm === null) followExcursion(watch.excursions, watchedCusum(evidence), now);
  queue.open.failures += 1;
  queue.open.discountedFailures += worth;
  countFailure(watch.window, weight, now, terms.windowMs);
  smoothOutcome(watch, 1, 1, terms);
  pace.requests += 1;
  pace.failures += 1;
  if (watch.alarm !== null) watch.alarm.failures += 1;
  watch.lastOutcomeAt = now;
}

/** What a failure whose client is not known counts for: it may be one of several of one event. */
function shareOfCrowd({ baseline, crowd, queue }: Watch, now: UnixMillis): number {
  queue.open.crowdedFailures += 1;
  queue.open.crowdedSquares += joinCrowd(crowd, now);
  return 1 / crowdSize(baseline.spread);
}

/** Returns what the success stands for, in units of one received failure. */
function takeSuccess(
  { isAuthenticationRoute }: SeriesTraits,
  watch: Watch,
  { client, weight }: { readonly client: number; readonly weight: number },
  terms: Terms,
  now: UnixMillis,
): number {
  const { evidence, pace, queue, weights } = watch;
  weights.success = nextSuccessWeight(weights.success, weight);
  const requests = weight / failureWeight(weights);
  decayPace(pace, now);
  fade(evidence, now);
  aimAtOddsScale(evidence, oddsScale(weights));
  const owed = recordClientSuccess(watch.clients, client, now);
  if (owed > 0 && watch.alarm === null && !isAuthenticationRoute) {
    takeBack(evidence, owed, failedAtOf(watch.clients, client));
  }
  // During an alarm the clients that still succeed would outvote the one that usually does.
  if (watch.alarm === null) castSuccess(watch.successVotes, client);
  addSuccess(evidence, requests);
  if (watch.alarm === null) followExcursion(watch.excursions, watchedCusum(evidence), now);
  queue.open.successes += requests;
  countSuccess(watch.window, weight, now, terms.windowMs);
  smoothOutcome(watch, 0, requests, terms);
  pace.requests += requests;
  if (watch.alarm !== null) watch.alarm.successes += requests;
  watch.lastOutcomeAt = now;
  return requests;
}

function expectationOf(watch: Watch): Expectation {
  return {
    failuresPerSecond: watch.usual * usualRequestsPerSecond(watch.baseline),
    requestsPerSecondBefore: requestsPerSecond(watch.pace),
    failuresPerSecondBefore: failuresPerSecond(watch.pace),
    clusterFactor: watch.baseline.spread.clusterFactor,
  };
}

/** `requests` is what the outcome stands for, in units of one received failure. */
function smoothOutcome(watch: Watch, outcome: 0 | 1, requests: number, terms: Terms): void {
  smooth(watch.fastRatio, outcome, fastGain(requests, requestsPerSecond(watch.pace)));
  if (terms.controlLimit !== null) {
    watch.controlAverage = nextControlAverage(watch.controlAverage, outcome, watch.usual);
  }
}
