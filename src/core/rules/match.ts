/**
 * Which rules judge a request.
 *
 * Tests on endpoint fields are answered once per endpoint, tests on attributes once per request, so
 * `candidateRules` does the first part ahead of time and `appliesTo` the second on the way. Rules
 * that are overridden drop out at the earliest moment at which that is certain.
 */
import type { Endpoint, EndpointNames } from "../extraction/endpoint.ts";
import type { Observation } from "../extraction/observation.ts";
import type { Accepts } from "./glob.ts";
import { canonicalRoutePattern, compileGlobs } from "./glob.ts";
import type { EndpointField, FieldTest, LabelMatcher, Matcher, Rule } from "./rule.ts";
import { ENDPOINT_FIELDS, endpointField, isEndpointField } from "./rule.ts";

/** Patterns by field, as they stand in a file. */
export type FieldPatterns = ReadonlyMap<string, readonly string[]>;

export function compileMatcher(patterns: FieldPatterns): Matcher {
  const endpoint: FieldTest<EndpointField>[] = [];
  const attributes: FieldTest<string>[] = [];
  for (const [name, list] of patterns) {
    const field = ENDPOINT_FIELDS.find((candidate) => candidate === name);
    if (field === undefined) attributes.push(fieldTest(name, list));
    else endpoint.push(fieldTest(field, list));
  }
  return { endpoint, attributes };
}

export function compileLabelMatcher(patterns: FieldPatterns): LabelMatcher {
  return [...patterns].map(([name, list]) => fieldTest(name, list));
}

export function matchesEndpoint(matcher: Matcher, endpoint: EndpointNames): boolean {
  return refusals(matcher, endpoint).length === 0;
}

/** The parts of `match` that keep the endpoint out. */
export function refusals(matcher: Matcher, endpoint: EndpointNames): readonly FieldTest<EndpointField>[] {
  return matcher.endpoint.filter((test) => !test.accepts(endpointField(endpoint, test.field)));
}

/** An attribute that the request lacks counts as "". */
export function matchesAttributes(matcher: Matcher, observation: Observation): boolean {
  return matcher.attributes.every((test) => test.accepts(observation.attribute(test.field) ?? ""));
}

export function matchesLabels(matcher: LabelMatcher, labels: Readonly<Record<string, string>>): boolean {
  return matcher.every((test) => test.accepts(labels[test.field] ?? ""));
}

/** A rule that may judge an endpoint's requests, and the rules that may take a request away from it. */
export type Candidate = { readonly rule: Rule; readonly unless: readonly Rule[] };

/** The rules that may judge requests of an endpoint, in the bundle's order. */
export function candidateRules(rules: readonly Rule[], endpoint: Endpoint): readonly Candidate[] {
  const matching = rules.filter((rule) => matchesEndpoint(rule.match, endpoint));
  return matching.flatMap((rule) => {
    const unless = overridersOf(rule, matching);
    return unless.some(takesEveryRequest) ? [] : [{ rule, unless }];
  });
}

/** `matching` are all rules that match an endpoint. */
export function overridersOf(rule: Rule, matching: readonly Rule[]): readonly Rule[] {
  return matching.filter((other) => other.overrides.includes(rule.id));
}

/** Of the endpoints that it matches: it has no tests on attributes. */
export function takesEveryRequest({ match }: Rule): boolean {
  return match.attributes.length === 0;
}

export function appliesTo(candidate: Candidate, observation: Observation): boolean {
  return (
    matchesAttributes(candidate.rule.match, observation) &&
    !candidate.unless.some((other) => matchesAttributes(other.match, observation))
  );
}

/** Attributes that some rule matches on or groups by: the scanner picks up no others. */
export function attributeKeysOf(rules: readonly Rule[]): readonly string[] {
  const keys = rules.flatMap(({ match, per }) => [...match.attributes.map(({ field }) => field), ...per]);
  return [...new Set(keys)].filter((key) => !isEndpointField(key));
}

function fieldTest<Field extends string>(field: Field, patterns: readonly string[]): FieldTest<Field> {
  return { field, patterns, accepts: compileField(field, patterns) };
}

function compileField(field: string, patterns: readonly string[]): Accepts {
  return field === "route" ? compileGlobs(patterns.map(canonicalRoutePattern), "path") : compileGlobs(patterns, "name");
}
