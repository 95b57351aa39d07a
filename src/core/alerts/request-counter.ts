/**
 * Counts a request in every series that it belongs to. Runs for every request.
 *
 * A request that is neither a success nor a rule's failure is left out for that rule: a scanner's 404s
 * must not thin out an attack.
 */
import type { EndpointTable } from "../extraction/endpoint-table.ts";
import type { Observation } from "../extraction/observation.ts";
import { isFailure } from "../rules/failure-test.ts";
import type { UnixMillis } from "../time.ts";
import { failuresIn, isBetweenEpisodes } from "./cause-tally.ts";
import { countFailureCause } from "./counted-cause.ts";
import type { HotSeries } from "./hot-series.ts";
import { rememberExample } from "./judge.ts";
import type { EpisodeMemory } from "./patterns/episode-sketch.ts";
import {
  createEpisodeSketch,
  isOfNewVersion,
  SKETCHED_FROM_FAILURES,
  sketchFailure,
} from "./patterns/episode-sketch.ts";
import { KnownClients } from "./patterns/known-clients.ts";
import { ScanningClients } from "./patterns/scanning-clients.ts";
import { ServiceVersions } from "./patterns/service-versions.ts";
import { noteSuccessAfterFailures } from "./patterns/success-after-failures.ts";
import { referenceTo } from "./span-reference.ts";
import { SignInCounter } from "./takeover/sign-in-counter.ts";
import type { Unwritten } from "./unwritten.ts";
import type { Watch } from "./watch-plan.ts";
import { judges } from "./watch-plan.ts";
import type { WatchTable } from "./watch-table.ts";
import type { WatchedSeries } from "./watched-series.ts";

/** How a series stands when one of its requests fails. */
export type FailureFigures = {
  /** Share of requests that fail now, 0 to 1. */
  readonly rate: number;
  /** The usual share. */
  readonly baseline: number;
  /** Their distance in standard deviations of the baseline. */
  readonly deviation: number;
  /** Of the alert that is firing for the series; null when none is. */
  readonly alertId: string | null;
};

export type RequestCounterParts = {
  readonly endpoints: EndpointTable;
  readonly table: WatchTable;
  readonly hot: HotSeries;
  readonly unwritten: Unwritten;
};

export class RequestCounter {
  /** A series has crossed its limit since somebody has set this to false. */
  isUrgent = false;
  readonly #parts: RequestCounterParts;
  readonly signIns = new SignInCounter();
  readonly scans = new ScanningClients();
  readonly knownClients: KnownClients;
  readonly #memory: EpisodeMemory;

  constructor(parts: RequestCounterParts) {
    this.#parts = parts;
    this.knownClients = new KnownClients((page) => parts.unwritten.addPage(page));
    this.#memory = { knownClients: this.knownClients, versions: new ServiceVersions() };
  }

  /** The figures of the first series for which the request is a failure, null where there is none. */
  count(observation: Observation, now: UnixMillis): FailureFigures | null {
    const { endpoints, table } = this.#parts;
    const { endpoint, outcome } = observation;
    endpoints.noteRequest(endpoint, outcome);
    let figures: FailureFigures | null = null;
    for (const watch of table.watchesOf(endpoint)) {
      if (!judges(watch, observation)) continue;
      if (watch.active.rule.detector.kind === "takeover") this.#followSignIn(watch, observation, now);
      else if (isFailure(watch.active.rule.count, observation)) {
        const series = this.#countFailure(watch, observation, now);
        figures ??= figuresOf(series, now);
      } else if (outcome === "ok") this.#countSuccess(watch, observation, now);
    }
    this.#remember(observation, now);
    return figures;
  }

  /** What tells clients apart, whatever rules there are. */
  #remember(observation: Observation, now: UnixMillis): void {
    const { knownClients } = this;
    if (observation.outcome !== "ok") {
      this.scans.noteRefusal(observation, knownClients, now);
      return;
    }
    this.scans.noteSuccess(observation, now);
    knownClients.noteSuccess(observation.client, observation.endpoint.hash, now);
  }

  #followSignIn(watch: Watch, observation: Observation, now: UnixMillis): void {
    const { knownClients } = this;
    const change = this.signIns.count(watch, observation, { table: this.#parts.table, knownClients }, now);
    if (change !== null) this.#noteCounted(change.series, change.isTakeover ? "judge now" : "judge in time");
  }

  #countFailure(watch: Watch, observation: Observation, now: UnixMillis): WatchedSeries {
    const { client, weight } = observation;
    const series = this.#parts.table.open(watch, observation, now);
    countFailureCause(series, observation);
    this.#sketch(series, observation, now);
    const needsJudging = watch.active.detector.observeFailure(series.state, client, weight, now);
    rememberExample(series, referenceTo(observation));
    this.#noteCounted(series, needsJudging ? "judge now" : "judge in time");
    return series;
  }

  #countSuccess(watch: Watch, observation: Observation, now: UnixMillis): void {
    const series = this.#parts.table.countSuccess(watch, observation, now);
    if (series === null) return;
    this.#noteAfterFailures(series, observation, now);
    const { client, weight } = observation;
    const needsJudging = watch.active.detector.observeSuccess(series.state, client, weight, now);
    if (series.sketch !== null && isBetweenEpisodes(series.state)) series.sketch = null;
    this.#noteCounted(series, needsJudging ? "judge now" : "judge in time");
  }

  /** Failures of a new rise are tallied anew, and so a short tally means a rise that has just begun. */
  #sketch(series: WatchedSeries, observation: Observation, now: UnixMillis): void {
    if (isBetweenEpisodes(series.state)) series.sketch = null;
    if (series.sketch === null && failuresIn(series.causes) < SKETCHED_FROM_FAILURES) {
      isOfNewVersion(observation, this.#memory.versions, now);
      return;
    }
    series.sketch ??= createEpisodeSketch(now);
    sketchFailure(series.sketch, observation, this.#memory, now);
  }

  #noteAfterFailures({ active, sketch, state }: WatchedSeries, observation: Observation, now: UnixMillis): void {
    if (sketch === null || !state.isAuthenticationRoute) return;
    const failures = active.detector.recentFailuresOf(state, observation.client, now);
    const { knownClients } = this;
    noteSuccessAfterFailures(sketch.successes, observation, { failures, knownClients }, now);
  }

  #noteCounted(series: WatchedSeries, urgency: "judge now" | "judge in time"): void {
    if (urgency === "judge now") {
      this.isUrgent = true;
      this.#parts.hot.add(series);
    }
    this.#parts.unwritten.markChanged(series);
  }
}

function figuresOf({ active, alert, state }: WatchedSeries, now: UnixMillis): FailureFigures {
  const { deviation, rate, usual } = active.detector.rateReading(state, now);
  return { rate, baseline: usual, deviation, alertId: alert?.state === "firing" ? alert.id : null };
}
