/**
 * The series that do not belong to one endpoint: of rules that group by less than that, or by attributes
 * of each request.
 *
 * There are few of them, and so each is an object found by key. For rules that look at nothing but the
 * endpoint the key is made once per endpoint; a series is forgotten with the last endpoint that found it.
 */
import type { Endpoint } from "../extraction/endpoint.ts";
import type { ActiveRule } from "./watch-plan.ts";
import type { SeriesFacts, WatchedSeries } from "./watched-series.ts";
import { newWatchedSeries, seriesKey } from "./watched-series.ts";

/** A rule that is grouped by attributes may open this many series; the rest share one. */
const ATTRIBUTE_SERIES_MAX = 10_000;
const OVERFLOW_VALUE = "__other__";

export class SharedSeries {
  readonly #byKey = new Map<string, WatchedSeries>();
  /** By the number of the rule, then by the endpoint's id. */
  readonly #byEndpoint = new Map<number, Map<number, WatchedSeries>>();
  readonly #endpointCounts = new Map<WatchedSeries, number>();
  readonly #attributeSeriesCounts = new Map<number, number>();

  get count(): number {
    return this.#byKey.size;
  }

  all(): Iterable<WatchedSeries> {
    return this.#byKey.values();
  }

  find(active: ActiveRule, values: readonly string[]): WatchedSeries | undefined {
    return this.#byKey.get(seriesKey(active.rule.id, values));
  }

  findOn({ number }: ActiveRule, { id }: Endpoint): WatchedSeries | undefined {
    return this.#byEndpoint.get(number)?.get(id);
  }

  /** Of a rule that is grouped by attributes, those that were first seen on the endpoint. */
  byAttributesOn({ number }: ActiveRule, { id }: Endpoint): readonly WatchedSeries[] {
    return [...this.all()].filter(({ active, endpoint }) => active.number === number && endpoint.id === id);
  }

  put(series: WatchedSeries): WatchedSeries {
    this.#byKey.set(seriesKey(series.active.rule.id, series.values), series);
    return series;
  }

  /** From now on the endpoint finds the series. */
  link({ id }: Endpoint, series: WatchedSeries): void {
    const { number } = series.active;
    const byEndpoint = this.#byEndpoint.get(number) ?? new Map<number, WatchedSeries>();
    this.#byEndpoint.set(number, byEndpoint);
    byEndpoint.set(id, series);
    this.#endpointCounts.set(series, 1 + (this.#endpointCounts.get(series) ?? 0));
  }

  /** The series of values that come with a request, or that of all others when there are too many. */
  openByAttributes(facts: SeriesFacts): WatchedSeries {
    const { active, values } = facts;
    const known = this.find(active, values);
    if (known !== undefined) return known;
    const others = values.map(() => OVERFLOW_VALUE);
    const count = this.#attributeSeriesCounts.get(active.number) ?? 0;
    if (count >= ATTRIBUTE_SERIES_MAX) {
      return this.find(active, others) ?? this.put(newWatchedSeries({ ...facts, values: others }));
    }
    const isOthers = values.every((value) => value === OVERFLOW_VALUE);
    this.#attributeSeriesCounts.set(active.number, isOthers ? count : count + 1);
    return this.put(newWatchedSeries(facts));
  }

  linkedTo({ id }: Endpoint): readonly WatchedSeries[] {
    return [...this.#byEndpoint.values()].flatMap((byEndpoint) => byEndpoint.get(id) ?? []);
  }

  /** Returns the series that no endpoint finds any more. */
  forget(endpoint: Endpoint): readonly WatchedSeries[] {
    const gone: WatchedSeries[] = [];
    for (const series of this.linkedTo(endpoint)) {
      this.#byEndpoint.get(series.active.number)?.delete(endpoint.id);
      const left = (this.#endpointCounts.get(series) ?? 1) - 1;
      this.#endpointCounts.set(series, left);
      if (left === 0) gone.push(series);
    }
    for (const series of gone) this.#remove(series);
    return gone;
  }

  /** Returns the series of a rule that is gone. */
  forgetRule(ruleNumber: number): readonly WatchedSeries[] {
    const gone = [...this.all()].filter(({ active }) => active.number === ruleNumber);
    for (const series of gone) this.#remove(series);
    this.#byEndpoint.delete(ruleNumber);
    this.#attributeSeriesCounts.delete(ruleNumber);
    return gone;
  }

  #remove(series: WatchedSeries): void {
    this.#byKey.delete(seriesKey(series.active.rule.id, series.values));
    this.#endpointCounts.delete(series);
  }
}
