/**
 * The series that belong to one endpoint each, which are nearly all.
 *
 * One that has never failed is a row of numbers. With its first failure it becomes an object, and stays
 * one: its row then says where that is.
 */
import type { RowBlock, RowOwner } from "../detection/row-block.ts";
import { NONE } from "../detection/row-block.ts";
import { seriesOf } from "../detection/series.ts";
import { SeriesRows } from "../detection/series-rows.ts";
import { isAuthenticationRoute } from "../extraction/authentication-route.ts";
import type { Endpoint } from "../extraction/endpoint.ts";
import type { UnixMillis } from "../time.ts";
import type { ActiveRule } from "./watch-plan.ts";
import type { WatchedSeries } from "./watched-series.ts";
import { endpointValues, newWatchedSeries } from "./watched-series.ts";

export type SeriesOwner = { readonly active: ActiveRule; readonly endpoint: Endpoint };

export type EndpointSeriesParts = {
  /** Undefined for a row whose rule or endpoint is gone. */
  readonly ownerOf: (owner: RowOwner) => SeriesOwner | undefined;
  readonly onBlockChanged: (block: RowBlock) => void;
};

export class EndpointSeries {
  readonly #parts: EndpointSeriesParts;
  readonly rows: SeriesRows;
  /** The rows of these say where they are. */
  readonly #failed: (WatchedSeries | undefined)[] = [];
  readonly #freePlaces: number[] = [];

  constructor(parts: EndpointSeriesParts) {
    this.#parts = parts;
    this.rows = new SeriesRows(parts.onBlockChanged);
  }

  get count(): number {
    return this.rows.count;
  }

  has({ active, endpoint }: SeriesOwner): boolean {
    return this.rows.find(endpoint.id, active.number) !== NONE;
  }

  /** The whole cost of a success on most endpoints. Null when it is counted, else the series that counts it. */
  countSuccess(active: ActiveRule, endpoint: Endpoint, weight: number, now: UnixMillis): WatchedSeries | null {
    const row = this.#findOrAdd(active, endpoint, now);
    const failed = this.#failedAt(row);
    if (failed === undefined) active.detector.countNeverFailed(this.rows, row, weight, now);
    return failed ?? null;
  }

  /** The series as an object, which it is from now on. */
  open({ active, endpoint }: SeriesOwner, now: UnixMillis): WatchedSeries {
    const row = this.#findOrAdd(active, endpoint, now);
    return this.#failedAt(row) ?? this.#setFailed(row, newWatchedSeries(this.#factsAt(row, { active, endpoint })));
  }

  /** Undefined for a series that has never failed. */
  find({ active, endpoint }: SeriesOwner): WatchedSeries | undefined {
    const row = this.rows.find(endpoint.id, active.number);
    return row === NONE ? undefined : this.#failedAt(row);
  }

  /** As it stands now: one that has never failed is a copy. */
  lookAt(owner: SeriesOwner): WatchedSeries | undefined {
    const row = this.rows.find(owner.endpoint.id, owner.active.number);
    if (row === NONE) return undefined;
    return this.#failedAt(row) ?? newWatchedSeries(this.#factsAt(row, owner));
  }

  /** Gives the series away. */
  take(owner: SeriesOwner): WatchedSeries | undefined {
    const series = this.lookAt(owner);
    if (series !== undefined) this.#remove(this.rows.find(owner.endpoint.id, owner.active.number));
    return series;
  }

  /** Series that have failed, of one endpoint. */
  failedOf(endpoint: Endpoint): readonly WatchedSeries[] {
    return this.rows.rowsOf(endpoint.id).flatMap((row) => this.#failedAt(row) ?? []);
  }

  /** Returns those that were objects. */
  forget(endpoint: Endpoint): readonly WatchedSeries[] {
    return this.rows.rowsOf(endpoint.id).flatMap((row) => this.#remove(row) ?? []);
  }

  /** The same for a rule that is gone. */
  forgetRule(ruleNumber: number): readonly WatchedSeries[] {
    const rows = [...this.rows.rows()].filter((row) => this.rows.ownerOf(row).ruleNumber === ruleNumber);
    return rows.flatMap((row) => this.#remove(row) ?? []);
  }

  failed(): readonly WatchedSeries[] {
    return this.#failed.filter((series) => series !== undefined);
  }

  /** All as they stand now: those that have never failed are copies. */
  *all(): Generator<WatchedSeries, void> {
    for (const row of this.rows.rows()) {
      const owner = this.#parts.ownerOf(this.rows.ownerOf(row));
      if (owner !== undefined) yield this.#failedAt(row) ?? newWatchedSeries(this.#factsAt(row, owner));
    }
  }

  #findOrAdd({ number }: ActiveRule, { id }: Endpoint, now: UnixMillis): number {
    const row = this.rows.find(id, number);
    return row === NONE ? this.rows.add({ endpointId: id, ruleNumber: number }, now) : row;
  }

  #failedAt(row: number): WatchedSeries | undefined {
    const place = this.rows.failedIndexOf(row);
    return place === NONE ? undefined : this.#failed[place];
  }

  #factsAt(row: number, { active, endpoint }: SeriesOwner) {
    const traits = { isAuthenticationRoute: isAuthenticationRoute(endpoint.route) };
    const state = seriesOf(this.rows.countsOf(row), traits);
    return { active, endpoint, values: endpointValues(active.rule, endpoint), state };
  }

  #setFailed(row: number, series: WatchedSeries): WatchedSeries {
    const place = this.#freePlaces.pop() ?? this.#failed.length;
    this.#failed[place] = series;
    this.rows.setFailed(row, place);
    return series;
  }

  #remove(row: number): WatchedSeries | undefined {
    const series = this.#failedAt(row);
    if (series !== undefined) {
      const place = this.rows.failedIndexOf(row);
      this.#failed[place] = undefined;
      this.#freePlaces.push(place);
    }
    this.rows.remove(row);
    return series;
  }
}
