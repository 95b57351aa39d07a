/**
 * The series that hold a season, over all detectors that share this, and how many may.
 *
 * Kept beside the series and not in them, because of a million series a few thousand have one. First come, first
 * served: a season takes three weeks to show what it is worth, and one that is taken away for another would have to
 * begin anew. What turns out to explain nothing makes its place free.
 */
import type { UnixMillis } from "../time.ts";
import type { Season } from "./season.ts";
import { copySeason } from "./season.ts";
import type { Series } from "./series.ts";

/** At about 1.6 kilobytes each. */
const SEASONS_MAX = 20_000;

/** A series' season, or until when it does without: it gave one up, or found no place. */
export type SeasonPlace = { readonly season: Season | null; readonly waitsUntil: UnixMillis | null };

export class Seasons {
  readonly #max: number;
  readonly #held = new Map<Series, Season>();
  readonly #waiting = new WeakMap<Series, UnixMillis>();
  readonly #lent = new WeakMap<Series, Season>();
  #refusedCount = 0;

  constructor(max: number = SEASONS_MAX) {
    this.#max = max;
  }

  /** Series that hold a season, whether it has proved itself or not. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** How often a series that could have begun one found no place. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  of(series: Series): Season | undefined {
    return this.#held.get(series) ?? this.#lent.get(series);
  }

  placeOf(series: Series): SeasonPlace {
    return { season: this.of(series) ?? null, waitsUntil: this.#waiting.get(series) ?? null };
  }

  mayBegin(series: Series, now: UnixMillis): boolean {
    return now >= (this.#waiting.get(series) ?? Number.NEGATIVE_INFINITY);
  }

  /** False when there is no place: the series is to go on without. */
  admit(series: Series, season: Season): boolean {
    const hasPlace = this.#held.size < this.#max;
    if (hasPlace) this.#held.set(series, season);
    else this.#refusedCount++;
    return hasPlace;
  }

  release(series: Series): void {
    this.#held.delete(series);
  }

  /** A copy of the series, to try things out, knows the same season; it takes no place and begins none. */
  lend(series: Series, copy: Series): void {
    const season = this.of(series);
    if (season !== undefined) this.#lent.set(copy, copySeason(season));
    this.wait(copy, Number.POSITIVE_INFINITY);
  }

  wait(series: Series, until: UnixMillis): void {
    this.#waiting.set(series, until);
  }
}
