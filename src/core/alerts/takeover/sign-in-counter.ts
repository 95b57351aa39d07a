/**
 * Counts requests for rules about takeovers: hands them to the watch of their series, of which there are a bounded number.
 *
 * A series begins with its first failure, so that sign-ins at which nobody fails cost one look-up. When there are too
 * many watches, the one at whose sign-in nobody has failed for longest is let go.
 */
import type { Observation } from "../../extraction/observation.ts";
import { isFailure } from "../../rules/failure-test.ts";
import type { UnixMillis } from "../../time.ts";
import type { KnownClients } from "../patterns/known-clients.ts";
import type { Watch } from "../watch-plan.ts";
import type { WatchTable } from "../watch-table.ts";
import type { WatchedSeries } from "../watched-series.ts";
import type { SignInSnapshot } from "./sign-in-watch.ts";
import { SignInWatch } from "./sign-in-watch.ts";

/** About 150 KB each at most, under attack by many. */
export const SIGN_IN_WATCHES_MAX = 1000;

/** What has become of a series that a request was counted in. */
export type SignInChange = { readonly series: WatchedSeries; readonly isTakeover: boolean };

export class SignInCounter {
  /** The longest without a failure first. */
  readonly #series = new Set<WatchedSeries>();
  #displacedBefore = 0;

  /** Series that are watched for takeovers. They have no rate, and no share in what rates are judged by. */
  get watchCount(): number {
    return this.#series.size;
  }

  /** Watches, and clients and accounts within them, that had to make room for others. */
  get displacedCount(): number {
    let count = this.#displacedBefore;
    for (const { signIns } of this.#series) count += signIns?.displacedCount ?? 0;
    return count;
  }

  /** Null when the request changes nothing. To be called before a success makes its client a known one. */
  count(
    watch: Watch,
    observation: Observation,
    parts: { readonly table: WatchTable; readonly knownClients: KnownClients },
    now: UnixMillis,
  ): SignInChange | null {
    const { knownClients, table } = parts;
    if (isFailure(watch.active.rule.count, observation)) {
      const series = table.open(watch, observation, now);
      const isTakeover = this.#watchOf(series, now).observeFailure(observation, knownClients, now);
      return { series, isTakeover };
    }
    const series = observation.outcome === "ok" ? table.find(watch, observation) : undefined;
    const signIns = series?.signIns ?? null;
    if (series === undefined || signIns === null) return null;
    beginEpisode(series, signIns, now);
    return { series, isTakeover: signIns.observeSuccess(observation, knownClients, now) };
  }

  /** Goes on from what an earlier run has learned. */
  restore(series: WatchedSeries, snapshot: SignInSnapshot | undefined): void {
    series.signIns = new SignInWatch(snapshot);
    this.#series.add(series);
  }

  /** The series is gone. */
  forget(series: WatchedSeries): void {
    this.#displacedBefore += series.signIns?.displacedCount ?? 0;
    this.#series.delete(series);
    series.signIns = null;
  }

  /** Of a series at whose sign-in somebody has just failed. */
  #watchOf(series: WatchedSeries, now: UnixMillis): SignInWatch {
    const signIns = series.signIns ?? new SignInWatch();
    series.signIns = signIns;
    beginEpisode(series, signIns, now);
    this.#series.delete(series);
    this.#series.add(series);
    if (this.#series.size > SIGN_IN_WATCHES_MAX) this.#displaceOldest();
    return signIns;
  }

  #displaceOldest(): void {
    for (const series of this.#series) {
      if (series.alert !== null) continue;
      this.forget(series);
      this.#displacedBefore += 1;
      return;
    }
  }
}

/** Takeovers of an alert that is over are not told again with the next. */
function beginEpisode({ alert }: WatchedSeries, signIns: SignInWatch, now: UnixMillis): void {
  if (alert === null && signIns.takeovers.length > 0 && !signIns.isAlarming(now)) signIns.endEpisode();
}
