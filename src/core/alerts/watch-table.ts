/**
 * The rules in force with the series of each, and how a request finds its own.
 *
 * Mostly a series belongs to one endpoint. Where several share it, because the rule's `per` does not tell
 * them apart, or where attributes of the request name it, it is kept with the shared ones.
 */
import type { RowBlock, RowOwner } from "../detection/row-block.ts";
import type { SeriesRows } from "../detection/series-rows.ts";
import type { Endpoint } from "../extraction/endpoint.ts";
import type { EndpointTable } from "../extraction/endpoint-table.ts";
import type { Observation } from "../extraction/observation.ts";
import type { Rule } from "../rules/rule.ts";
import type { UnixMillis } from "../time.ts";
import type { SeriesOwner } from "./endpoint-series.ts";
import { EndpointSeries } from "./endpoint-series.ts";
import { SharedSeries } from "./shared-series.ts";
import type { ActiveRule, Watch } from "./watch-plan.ts";
import { groupingOf, WatchPlans } from "./watch-plan.ts";
import type { SeriesFacts, WatchedSeries } from "./watched-series.ts";
import { endpointValues, newState, newWatchedSeries, observedValues } from "./watched-series.ts";

export type WatchTableParts = {
  readonly endpoints: EndpointTable;
  readonly onBlockChanged: (block: RowBlock) => void;
  /** The series is the table's no more. */
  readonly onDropped: (series: WatchedSeries) => void;
};

type RuleInForce = Pick<ActiveRule, "rule" | "detector">;

export class WatchTable {
  readonly endpoints: EndpointTable;
  readonly #onDropped: (series: WatchedSeries) => void;
  readonly #own: EndpointSeries;
  readonly #shared = new SharedSeries();
  #rules: ReadonlyMap<string, ActiveRule> = new Map();
  #rulesByNumber: ReadonlyMap<number, ActiveRule> = new Map();
  #plans = new WatchPlans([]);

  constructor({ endpoints, onBlockChanged, onDropped }: WatchTableParts) {
    this.endpoints = endpoints;
    this.#onDropped = onDropped;
    this.#own = new EndpointSeries({ onBlockChanged, ownerOf: (owner) => this.ownerOf(owner) });
  }

  /** Of series that belong to one endpoint each. */
  get rows(): SeriesRows {
    return this.#own.rows;
  }

  get seriesCount(): number {
    return this.#own.count + this.#shared.count;
  }

  rules(): Iterable<ActiveRule> {
    return this.#rules.values();
  }

  ruleById(id: string): ActiveRule | undefined {
    return this.#rules.get(id);
  }

  /** Whose row it is. */
  ownerOf({ endpointId, ruleNumber }: RowOwner): SeriesOwner | undefined {
    const endpoint = this.endpoints.at(endpointId);
    const active = this.#rulesByNumber.get(ruleNumber);
    return endpoint === undefined || active === undefined ? undefined : { endpoint, active };
  }

  /** All as they stand now: those that have never failed are copies. */
  *series(): Generator<WatchedSeries, void> {
    yield* this.#own.all();
    yield* this.#shared.all();
  }

  /** What a rule has on an endpoint: several series where it groups by attributes. Those that have never failed are copies. */
  seriesOn(active: ActiveRule, endpoint: Endpoint): readonly WatchedSeries[] {
    if (active.grouping === "attributes") return this.#shared.byAttributesOn(active, endpoint);
    const series = this.#own.lookAt({ active, endpoint }) ?? this.#shared.findOn(active, endpoint);
    return series === undefined ? [] : [series];
  }

  /** Series whose rule keeps its id and its `per` go on; the others are dropped. */
  replaceRules(rules: readonly RuleInForce[]): void {
    const before = [...this.#rules.values()];
    const predecessors = rules.map(({ rule }) => before.find((active) => hasSameSeries(active.rule, rule)));
    for (const active of before) if (!predecessors.includes(active)) this.#dropRule(active.number);
    let nextNumber = 1 + Math.max(-1, ...before.map(({ number }) => number));
    const inForce = rules.map(({ rule, detector }, index) => ({
      rule,
      detector,
      number: predecessors[index]?.number ?? nextNumber++,
      grouping: groupingOf(rule),
    }));
    this.#rules = new Map(inForce.map((active) => [active.rule.id, active]));
    this.#rulesByNumber = new Map(inForce.map((active) => [active.number, active]));
    this.#plans = new WatchPlans(inForce);
    for (const series of [...this.#own.failed(), ...this.#shared.all()]) {
      series.active = this.#rulesByNumber.get(series.active.number) ?? series.active;
    }
  }

  /** The rules that may judge a request of the endpoint. */
  watchesOf(endpoint: Endpoint): readonly Watch[] {
    return this.#plans.of(endpoint);
  }

  /** Counts a success of a series that has never failed; any other is returned, for its detector to count it. */
  countSuccess(watch: Watch, observation: Observation, now: UnixMillis): WatchedSeries | null {
    const { active } = watch;
    const { endpoint, weight } = observation;
    if (this.#hasItsOwn(active, endpoint)) return this.#own.countSuccess(active, endpoint, weight, now);
    return this.open(watch, observation, now);
  }

  /** The series of a request that fails. */
  open({ active }: Watch, observation: Observation, now: UnixMillis): WatchedSeries {
    const { endpoint } = observation;
    if (active.grouping !== "attributes") return this.#openOn({ active, endpoint }, now);
    return this.#openByAttributes({ active, endpoint }, observedValues(active.rule, observation), now);
  }

  /** The same without opening one; undefined where nothing has failed. */
  find({ active }: Watch, observation: Observation): WatchedSeries | undefined {
    const { endpoint } = observation;
    if (active.grouping === "attributes") return this.#shared.find(active, observedValues(active.rule, observation));
    return this.#own.find({ active, endpoint }) ?? this.#shared.findOn(active, endpoint);
  }

  /** The series of these names, as it is, or as one that begins now. */
  reopen({ active, endpoint, values }: Omit<SeriesFacts, "state">, now: UnixMillis): WatchedSeries {
    if (active.grouping !== "attributes") return this.#openOn({ active, endpoint }, now);
    return this.#openByAttributes({ active, endpoint }, values, now);
  }

  /** Takes up a series where an earlier run has left it. */
  restore(facts: SeriesFacts, now: UnixMillis): WatchedSeries {
    const series = this.reopen(facts, now);
    series.state = facts.state;
    return series;
  }

  /** Series that have failed and would go with the endpoint. */
  dependingOn(endpoint: Endpoint): readonly WatchedSeries[] {
    return [...this.#own.failedOf(endpoint), ...this.#shared.linkedTo(endpoint)];
  }

  forget(endpoint: Endpoint): void {
    this.#plans.forget(endpoint);
    for (const series of this.#own.forget(endpoint)) this.#onDropped(series);
    for (const series of this.#shared.forget(endpoint)) this.#onDropped(series);
  }

  #dropRule(ruleNumber: number): void {
    for (const series of this.#own.forgetRule(ruleNumber)) this.#onDropped(series);
    for (const series of this.#shared.forgetRule(ruleNumber)) this.#onDropped(series);
  }

  #hasItsOwn(active: ActiveRule, endpoint: Endpoint): boolean {
    if (active.grouping === "endpoint") return true;
    if (active.grouping !== "endpoint_without_namespace") return false;
    return !this.endpoints.hasNamesakes(endpoint) || this.#own.has({ active, endpoint });
  }

  #openByAttributes(owner: SeriesOwner, values: readonly string[], now: UnixMillis): WatchedSeries {
    const known = this.#shared.find(owner.active, values);
    return known ?? this.#shared.openByAttributes({ ...owner, values, state: newState(owner.endpoint, now) });
  }

  #openOn(owner: SeriesOwner, now: UnixMillis): WatchedSeries {
    if (this.#hasItsOwn(owner.active, owner.endpoint)) return this.#own.open(owner, now);
    return this.#shared.findOn(owner.active, owner.endpoint) ?? this.#openOnSeveral(owner, now);
  }

  #openOnSeveral({ active, endpoint }: SeriesOwner, now: UnixMillis): WatchedSeries {
    const values = endpointValues(active.rule, endpoint);
    const known = this.#shared.find(active, values) ?? this.#shareWithNamesake({ active, endpoint });
    const facts = { active, endpoint, values, state: newState(endpoint, now) };
    const series = known ?? this.#shared.put(newWatchedSeries(facts));
    this.#shared.link(endpoint, series);
    return series;
  }

  /** An endpoint that was alone until now, and had the series for itself. */
  #shareWithNamesake({ active, endpoint }: SeriesOwner): WatchedSeries | undefined {
    for (const namesake of this.endpoints.namesakesOf(endpoint)) {
      const series = this.#own.take({ active, endpoint: namesake });
      if (series === undefined) continue;
      this.#shared.link(namesake, this.#shared.put(series));
      return series;
    }
    return undefined;
  }
}

function hasSameSeries(left: Rule, right: Rule): boolean {
  return left.id === right.id && isSameList(left.per, right.per);
}

export function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
