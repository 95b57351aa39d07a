/**
 * Which rules watch an endpoint, and the state that each of them keeps.
 *
 * A series is one rule on one combination of the values of its `per` fields. Where those are fields
 * of the endpoint the series of an endpoint never changes, and a request finds it by array index;
 * rules on other attributes look their series up by key on every request.
 */
import type { Detector } from "../detection/detector.ts";
import type { Series } from "../detection/series.ts";
import { isAuthenticationRoute } from "../extraction/authentication-route.ts";
import { cleanName } from "../extraction/clean-text.ts";
import type { Endpoint } from "../extraction/endpoint.ts";
import type { Observation } from "../extraction/observation.ts";
import type { Candidate } from "../rules/match.ts";
import { appliesTo, candidateRules } from "../rules/match.ts";
import type { Rule } from "../rules/rule.ts";
import { endpointField, isEndpointField } from "../rules/rule.ts";
import type { UnixMillis } from "../time.ts";
import type { Alert, SpanReference } from "./alert.ts";
import type { CauseTally } from "./cause-tally.ts";

/** A rule in force. Its detector holds settings only; what it has learned lives in the series. */
export type ActiveRule = { readonly rule: Rule; readonly detector: Detector };

export type WatchedSeries = {
  active: ActiveRule;
  /** Values of the rule's `per` fields in their order; with the rule's id it names the series. */
  readonly values: readonly string[];
  /** The endpoint on which the series was first seen. */
  readonly endpoint: Endpoint;
  state: Series;
  alert: Alert | null;
  /** Newest last, at most `EXAMPLES_MAX`. */
  readonly examples: SpanReference[];
  /** Why the failures of the present rise were refused. */
  causes: CauseTally;
  /** Needs judging at every tick. */
  isHot: boolean;
  /** Has learned something since the last checkpoint. */
  isChanged: boolean;
};

export type SeriesFacts = Pick<WatchedSeries, "active" | "endpoint" | "values" | "state">;

/** One rule on one endpoint. */
export type Watch = {
  readonly active: ActiveRule;
  /** null when the series depends on attributes of each request. */
  readonly series: WatchedSeries | null;
  /** null when the rule judges every request of the endpoint, as most do. */
  readonly condition: Candidate | null;
};

/** A rule that is grouped by attributes may open this many series; the rest share one. */
const ATTRIBUTE_SERIES_MAX = 10_000;
const OVERFLOW_VALUE = "__other__";

export class WatchTable {
  readonly #rules: ReadonlyMap<string, ActiveRule>;
  readonly #ruleList: readonly Rule[];
  readonly #series: Map<string, WatchedSeries>;
  /** Index: the endpoint's id. */
  readonly #watches: (readonly Watch[] | undefined)[] = [];
  readonly #attributeSeriesCount = new Map<string, number>();

  /** `series` are those that go on from an earlier table; their rules must be among `rules`. */
  constructor(rules: readonly ActiveRule[], series: Iterable<WatchedSeries> = []) {
    this.#rules = new Map(rules.map((active) => [active.rule.id, active]));
    this.#ruleList = rules.map(({ rule }) => rule);
    this.#series = new Map();
    for (const known of series) this.#series.set(seriesKey(known.active.rule.id, known.values), known);
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  rules(): Iterable<ActiveRule> {
    return this.#rules.values();
  }

  series(): Iterable<WatchedSeries> {
    return this.#series.values();
  }

  ruleById(id: string): ActiveRule | undefined {
    return this.#rules.get(id);
  }

  find(ruleId: string, values: readonly string[]): WatchedSeries | undefined {
    return this.#series.get(seriesKey(ruleId, values));
  }

  /** Puts a series into the table that was not in it. */
  add(facts: SeriesFacts): WatchedSeries {
    const series = newWatchedSeries(facts);
    this.#series.set(seriesKey(series.active.rule.id, series.values), series);
    return series;
  }

  watchesOf(endpoint: Endpoint, now: UnixMillis): readonly Watch[] {
    return this.#watches[endpoint.id] ?? this.#openWatches(endpoint, now);
  }

  /** The series that a request belongs to, or undefined when the rule does not look at this request. */
  seriesOf(watch: Watch, observation: Observation, now: UnixMillis): WatchedSeries | undefined {
    if (watch.condition !== null && !appliesTo(watch.condition, observation)) return undefined;
    return watch.series ?? this.#attributeSeries(watch.active, observation, now);
  }

  #openWatches(endpoint: Endpoint, now: UnixMillis): readonly Watch[] {
    const watches = candidateRules(this.#ruleList, endpoint).flatMap((candidate): Watch[] => {
      const active = this.ruleById(candidate.rule.id);
      return active === undefined ? [] : [this.#openWatch(active, candidate, endpoint, now)];
    });
    this.#watches[endpoint.id] = watches;
    return watches;
  }

  #openWatch(active: ActiveRule, candidate: Candidate, endpoint: Endpoint, now: UnixMillis): Watch {
    const { rule } = active;
    const isConditional = rule.match.attributes.length > 0 || candidate.unless.length > 0;
    return {
      active,
      series: isPerEndpoint(rule) ? this.#open(active, endpoint, endpointValues(rule, endpoint), now) : null,
      condition: isConditional ? candidate : null,
    };
  }

  #attributeSeries(active: ActiveRule, observation: Observation, now: UnixMillis): WatchedSeries {
    const values = active.rule.per.map((field) => fieldValue(field, observation));
    const known = this.find(active.rule.id, values);
    if (known !== undefined) return known;
    const count = this.#attributeSeriesCount.get(active.rule.id) ?? 0;
    if (count >= ATTRIBUTE_SERIES_MAX) {
      return this.#open(
        active,
        observation.endpoint,
        values.map(() => OVERFLOW_VALUE),
        now,
      );
    }
    this.#attributeSeriesCount.set(active.rule.id, count + 1);
    return this.#open(active, observation.endpoint, values, now);
  }

  #open(active: ActiveRule, endpoint: Endpoint, values: readonly string[], now: UnixMillis): WatchedSeries {
    const known = this.find(active.rule.id, values);
    if (known !== undefined) return known;
    const state = active.detector.createSeries(now, { isAuthenticationRoute: isAuthenticationRoute(endpoint.route) });
    return this.add({ active, endpoint, values, state });
  }
}

function newWatchedSeries(facts: SeriesFacts): WatchedSeries {
  return { ...facts, alert: null, examples: [], causes: [], isHot: false, isChanged: false };
}

/** The `per` fields of a series with their values. */
export function seriesFields(rule: Rule, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(rule.per.map((field, index) => [field, values[index] ?? ""]));
}

function seriesKey(ruleId: string, values: readonly string[]): string {
  return `${ruleId}\u0000${values.join("\u0000")}`;
}

function isPerEndpoint(rule: Rule): boolean {
  return rule.per.every(isEndpointField);
}

function endpointValues(rule: Rule, endpoint: Endpoint): readonly string[] {
  return rule.per.map((field) => (isEndpointField(field) ? endpointField(endpoint, field) : ""));
}

function fieldValue(field: string, observation: Observation): string {
  if (isEndpointField(field)) return endpointField(observation.endpoint, field);
  // Text of strangers that is kept for every series and shown in pages, as the names of endpoints are.
  return cleanName(observation.attribute(field) ?? "");
}
