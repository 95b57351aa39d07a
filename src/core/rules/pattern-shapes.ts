/**
 * Shapes of `match`: maps from a field to the patterns that its value must fit.
 *
 * A rule matches on an endpoint's fields or on any attribute; a route or mute matches on an alert's
 * labels. A pattern that could never match is refused with what was probably meant, because nothing
 * else would ever tell: a rule that matches nothing is silent.
 */
import { nearestName, withSuggestion } from "../diagnostic.ts";
import { scalar } from "../text/scalar-shapes.ts";
import type { JsonSchema, Shape } from "../text/shape.ts";
import { oneOrMany, wrongKind } from "../text/shape.ts";
import type { MapEntry, Place, Report } from "../text/yaml-document.ts";
import { errorAt, warningAt } from "../text/yaml-document.ts";
import { GLOB_MAX_LENGTH, hasWildcard, isNegated } from "./glob.ts";
import type { FieldPatterns } from "./match.ts";
import { ENDPOINT_FIELDS, SEVERITIES, SIDES } from "./rule.ts";

export const PATTERNS_MAX = 200;
export const MATCH_FIELDS_MAX = 20;

/** Fields by name with their patterns, and where each stands. */
export type PlacedPatterns = { readonly patterns: FieldPatterns; readonly places: ReadonlyMap<string, Place> };

const FIELD_HELP: Readonly<Record<string, string>> = {
  service: "`service.name`",
  namespace: "`service.namespace`",
  env: "`deployment.environment.name`",
  method: "HTTP method in capitals; empty for gRPC",
  route: "Canonical route, such as /users/{}/password, or package.Service/Method; * is one segment, ** any number",
  protocol: "http or grpc",
  side: "server for the requests that a service answers, which is meant where nothing is said; client for those that it sends",
  peer: "Whom the service calls, such as idp.example.com or a `peer.service`; empty for what it answers itself",
  severity: "Level of the alert",
  rule: "Id of the rule",
};

/** `match` of a rule: endpoint fields, or attributes of the span or its resource. */
export const endpointPatterns: Shape<PlacedPatterns> = patternsShape({
  noun: "a map from fields to patterns",
  fields: ENDPOINT_FIELDS,
  others: "or the name of an attribute",
  misspells: nearestField,
});

/** `match` of a route or mute: labels of an alert. */
export const labelPatterns: Shape<PlacedPatterns> = patternsShape({
  noun: "a map from labels to patterns",
  fields: [...ENDPOINT_FIELDS, "severity", "rule"],
  others: "or another label",
  misspells: acceptName,
});

/** A field of the endpoint or an attribute's name, where no patterns belong to it. */
export const fieldName: Shape<string> = scalar({
  noun: "a field of the endpoint, or an attribute",
  schema: { type: "string", minLength: 1, maxLength: 200 },
  read: (name, refuse) => {
    const nearest = nearestField(name);
    return nearest === undefined ? name : refuse("AS104", misspelling(name, nearest));
  },
});

type PatternsDefinition = {
  readonly noun: string;
  readonly fields: readonly string[];
  readonly others: string;
  /** The field that a name nearly spells, when that makes it a slip. */
  readonly misspells: (name: string) => string | undefined;
};

function patternsShape(definition: PatternsDefinition): Shape<PlacedPatterns> {
  const { noun, fields, others, misspells } = definition;
  return {
    noun,
    schema: patternsSchema(fields, others),
    read: (node, report) => {
      if (node.kind !== "map") return wrongKind(node, noun, report);
      if (node.entries.length > MATCH_FIELDS_MAX) {
        report(errorAt(node.place, "AS203", `at most ${MATCH_FIELDS_MAX} fields, not ${node.entries.length}`));
        return undefined;
      }
      return readPatterns(node.entries, misspells, report);
    },
  };
}

function readPatterns(
  entries: readonly MapEntry[],
  misspells: PatternsDefinition["misspells"],
  report: Report,
): PlacedPatterns | undefined {
  const patterns = new Map<string, readonly string[]>();
  const places = new Map<string, Place>();
  for (const { key, keyPlace, value } of entries) {
    const nearest = misspells(key);
    if (nearest !== undefined) report(errorAt(keyPlace, "AS104", misspelling(key, nearest)));
    const list = patternListOf(key).read(value, report);
    if (list !== undefined && nearest === undefined) patterns.set(key, list);
    places.set(key, keyPlace);
  }
  return patterns.size === entries.length ? { patterns, places } : undefined;
}

/** Any name may be an attribute's; one that nearly spells a field is taken for a slip. */
function nearestField(name: string): string | undefined {
  return ENDPOINT_FIELDS.some((field) => field === name) ? undefined : nearestName(name, ENDPOINT_FIELDS);
}

/** Labels are judged in `check.ts`, where those that the rules add are known too. */
function acceptName(): undefined {
  return undefined;
}

function misspelling(name: string, nearest: string): string {
  return `unknown field "${name}"; did you mean "${nearest}"?`;
}

function patternListOf(field: string): Shape<readonly string[]> {
  return oneOrMany(patternOf(field), { max: PATTERNS_MAX });
}

/** A status code or a number is a pattern too: `http.response.status_code: 401` needs no quotes. */
function patternOf(field: string): Shape<string> {
  return scalar({
    noun: "a pattern",
    schema: { type: ["string", "number", "boolean"] },
    read: (pattern, refuse, node, report) => {
      if (field === "route" && /^!?[A-Za-z][\w.-]*$/.test(pattern))
        report(warningAt(node.place, "AS311", slashless(pattern)));
      const problem = patternProblem(field, pattern);
      return problem === undefined ? pattern : refuse("AS220", problem);
    },
  });
}

function patternProblem(field: string, pattern: string): string | undefined {
  const positive = isNegated(pattern) ? pattern.slice(1) : pattern;
  if (pattern.length > GLOB_MAX_LENGTH) return `a pattern has at most ${GLOB_MAX_LENGTH} characters`;
  if (isNegated(positive)) return 'one "!" negates; two say nothing';
  if (positive !== pattern && positive === "") return 'a "!" needs a pattern after it';
  if (positive.trim() !== positive) return "blanks around a pattern never match";
  if (field === "route") return routeProblem(positive);
  if (field === "method" && positive !== positive.toUpperCase())
    return `methods are in capitals; did you mean "${positive.toUpperCase()}"?`;
  if (field === "protocol") return wordProblem(positive, ["http", "grpc"]);
  if (field === "side") return wordProblem(positive, SIDES);
  if (field === "severity") return wordProblem(positive, SEVERITIES);
  return undefined;
}

function routeProblem(pattern: string): string | undefined {
  const hasAlternatives = /\{[^/}]*,[^/]*\}/.test(pattern);
  return hasAlternatives ? "alternatives in braces are not understood; write a list of patterns" : undefined;
}

/** HTTP routes begin with a slash, gRPC has one before the method. */
function slashless(pattern: string): string {
  return `a route without a slash hardly ever occurs; did you mean "${pattern.replace(/^(!?)/, "$1/")}"?`;
}

function wordProblem(pattern: string, words: readonly string[]): string | undefined {
  if (hasWildcard(pattern) || words.includes(pattern)) return undefined;
  return `${withSuggestion(`"${pattern}" never matches`, pattern, words)} (one of ${words.join(", ")})`;
}

function patternsSchema(fields: readonly string[], others: string): JsonSchema {
  const one = { type: ["string", "number", "boolean"] };
  const patterns = { anyOf: [one, { type: "array", items: one, minItems: 1, maxItems: PATTERNS_MAX }] };
  const properties: Record<string, JsonSchema> = {};
  for (const field of fields) properties[field] = { description: FIELD_HELP[field] ?? field, ...patterns };
  return {
    type: "object",
    description: `Patterns by ${fields.join(", ")}, ${others}. All fields must match; lists mean any; a leading ! negates.`,
    properties,
    additionalProperties: patterns,
    maxProperties: MATCH_FIELDS_MAX,
  };
}
