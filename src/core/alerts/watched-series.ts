/**
 * A series that somebody may be paged about: what its detector remembers, with the alert on it.
 *
 * A series is one rule on one combination of the values of its `per` fields.
 */
import type { Series } from "../detection/series.ts";
import { createSeries } from "../detection/series.ts";
import { isAuthenticationRoute } from "../extraction/authentication-route.ts";
import { cleanName } from "../extraction/clean-text.ts";
import type { Endpoint } from "../extraction/endpoint.ts";
import type { Observation } from "../extraction/observation.ts";
import type { Rule } from "../rules/rule.ts";
import { endpointField, isEndpointField } from "../rules/rule.ts";
import type { UnixMillis } from "../time.ts";
import type { Alert, SpanReference } from "./alert.ts";
import type { CauseTally } from "./cause-tally.ts";
import type { EpisodeSketch } from "./patterns/episode-sketch.ts";
import type { SignInWatch } from "./takeover/sign-in-watch.ts";
import type { ActiveRule } from "./watch-plan.ts";

export type WatchedSeries = {
  active: ActiveRule;
  /** Values of the rule's `per` fields in their order; with the rule's id it names the series. */
  readonly values: readonly string[];
  /** The endpoint on which the series was first seen. */
  readonly endpoint: Endpoint;
  state: Series;
  alert: Alert | null;
  /** Newest last, at most `EXAMPLES_MAX`. */
  examples: readonly SpanReference[];
  /** Why the failures of the present rise were refused. */
  causes: CauseTally;
  /** What they have in common; null while there are but a few. */
  sketch: EpisodeSketch | null;
  /** Of a rule about takeovers: who has failed lately; null for other rules, and before anybody has. */
  signIns: SignInWatch | null;
  /** Needs judging at every tick. */
  isHot: boolean;
  /** Has learned something since the last checkpoint. */
  isChanged: boolean;
};

export type SeriesFacts = Pick<WatchedSeries, "active" | "endpoint" | "values" | "state">;

export function newWatchedSeries({ active, endpoint, values, state }: SeriesFacts): WatchedSeries {
  return {
    active,
    endpoint,
    values,
    state,
    alert: null,
    examples: [],
    causes: [],
    sketch: null,
    signIns: null,
    isHot: false,
    isChanged: false,
  };
}

/** What a detector remembers of a series that begins now. */
export function newState({ route }: Endpoint, now: UnixMillis): Series {
  return createSeries(now, { isAuthenticationRoute: isAuthenticationRoute(route) });
}

/** The `per` fields of a series with their values. */
export function seriesFields(rule: Rule, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(rule.per.map((field, index) => [field, values[index] ?? ""]));
}

export function seriesKey(ruleId: string, values: readonly string[]): string {
  return `${ruleId}\u0000${values.join("\u0000")}`;
}

/** Of a rule that looks at nothing but the endpoint. */
export function endpointValues(rule: Rule, endpoint: Endpoint): readonly string[] {
  return rule.per.map((field) => (isEndpointField(field) ? endpointField(endpoint, field) : ""));
}

export function observedValues(rule: Rule, observation: Observation): readonly string[] {
  return rule.per.map((field) => {
    if (isEndpointField(field)) return endpointField(observation.endpoint, field);
    // Text of strangers that is kept for every series and shown in pages, as the names of endpoints are.
    return cleanName(observation.attribute(field) ?? "");
  });
}
