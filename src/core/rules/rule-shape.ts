/**
 * The shape of one rule, from which its reader, its defaults and its JSON schema come.
 *
 * What a rule means is in `rule.ts`; this module says how people write it. Checks that need more than
 * one field of a rule are here, checks that need more than one rule in `check.ts`.
 */

import { DEFAULT_RATE_DETECTOR } from "../detection/detector.ts";
import { SEASON_KINDS } from "../detection/season-learning.ts";
import { OUTCOMES } from "../extraction/observation.ts";
import {
  duration,
  factor,
  identifier,
  number,
  oneOf,
  percentage,
  text,
  url,
  wholeNumber,
} from "../text/scalar-shapes.ts";
import type { Placed, Shape, ValueOf } from "../text/shape.ts";
import {
  byKind,
  list,
  mapped,
  object,
  oneOrMany,
  optional,
  placed,
  record,
  required,
  withDefault,
} from "../text/shape.ts";
import type { Report, YamlNode } from "../text/yaml-document.ts";
import { entryOf, errorAt, placeWithin } from "../text/yaml-document.ts";
import { CONDITION_NAMES } from "./conditions.ts";
import { compileMatcher } from "./match.ts";
import type { PlacedPatterns } from "./pattern-shapes.ts";
import { endpointPatterns, fieldName } from "./pattern-shapes.ts";
import type { Conditions, DetectorSettings, FailureTest, Rule, SeverityStep, Template } from "./rule.ts";
import { ENDPOINT_FIELDS, SEVERITIES, SINGLE_CLIENT } from "./rule.ts";
import { compareSeverity } from "./severity.ts";
import { grpcStatus, httpStatus } from "./status-shapes.ts";
import { parseTemplate } from "./template.ts";

export const RULE_LABELS_MAX = 32;
const FAR_TOO_MANY = 1_000_000_000;

/** A rule, and what the checks across rules need to point at. */
export type ReadRule = {
  readonly rule: Rule;
  readonly id: Placed<string>;
  readonly overrides: readonly Placed<string>[];
  readonly match: PlacedPatterns;
  readonly severity: Placed<readonly SeverityStep[]>;
};

const conditions: Shape<Conditions> = object({
  ratio: optional(factor({ min: "1x", max: "1000000x" }), "The rate over the usual rate, as in 3x."),
  rate: optional(percentage({ min: "0%", max: "100%" }), "Share of requests that fail, as in 5%."),
  count: optional(wholeNumber({ min: 1, max: FAR_TOO_MANY }), "Failures within `window`."),
  deviation: optional(
    number({ min: 0, max: 1000 }),
    "Distance of the rate from the usual one, in standard deviations of the baseline.",
  ),
});

const failureTest: Shape<FailureTest> = mapped(
  object({
    outcome: optional(
      oneOrMany(oneOf(OUTCOMES), { max: OUTCOMES.length }),
      "Outcomes that count as failures; they take HTTP, gRPC and what frameworks report together.",
    ),
    http_status: optional(oneOrMany(httpStatus, { max: 100 }), "HTTP statuses that count as failures."),
    grpc_status: optional(oneOrMany(grpcStatus, { max: 17 }), "gRPC statuses that count as failures."),
  }),
  ({ outcome, http_status, grpc_status }, { node, report }) => {
    const tests: FailureTest[] = [];
    if (outcome !== null) tests.push({ kind: "outcome", outcomes: outcome });
    if (http_status !== null) tests.push({ kind: "http_status", statuses: http_status });
    if (grpc_status !== null) tests.push({ kind: "grpc_status", statuses: grpc_status });
    if (tests.length === 1) return tests[0];
    report(errorAt(node.place, "AS205", "give exactly one of outcome, http_status and grpc_status"));
    return undefined;
  },
);

/** A higher one would make its run lengths others than those of the textbooks. */
const MIN_FAILURES_OF_CONTROL_CHART = 1;

const detector: Shape<DetectorSettings> = mapped(
  object({
    kind: withDefault(
      oneOf(["ewma", "takeover"]),
      "ewma",
      "What an alert rests on. `ewma`: a rate that has left the usual one, which an exponentially weighted moving average learns. `takeover`: a success of whoever had kept failing, whatever the rate; it has no further fields.",
    ),
    half_life: withDefault(
      duration({ min: "1m", max: "30d" }),
      "6h",
      "How soon the past loses half of its weight in the baseline.",
    ),
    min_failures: optional(
      wholeNumber({ min: 1, max: 1_000_000 }),
      "Failures in a burst without which there is never an alarm, however small the usual rate is. Left out, 7; with `deviation`, 1.",
    ),
    deviation: optional(
      number({ min: 0.5, max: 1000 }),
      "Asks for the textbooks' EWMA control chart with its limit at so many standard deviations, in place of sequential evidence.",
    ),
    season: withDefault(
      oneOf(SEASON_KINDS),
      "week",
      "Whether the usual rate may depend on the hour of the week, once three weeks have shown that it does.",
    ),
  }),
  ({ kind, half_life, min_failures, deviation, season }, { node, report }) => {
    if (kind === "takeover") return hasNoRate(node, report) ? { kind } : undefined;
    return {
      kind,
      halfLifeMs: half_life,
      minFailures:
        min_failures ?? (deviation === null ? DEFAULT_RATE_DETECTOR.minFailures : MIN_FAILURES_OF_CONTROL_CHART),
      deviation,
      season,
    };
  },
);

/** What shapes a rate would be passed over without a word. */
function hasNoRate(detectorNode: YamlNode, report: Report): boolean {
  const given = ["half_life", "min_failures", "deviation", "season"].flatMap(
    (name) => entryOf(detectorNode, name) ?? [],
  );
  for (const { key, keyPlace } of given) {
    report(errorAt(keyPlace, "AS205", `\`${key}\` is about rates, of which \`kind: takeover\` knows none`));
  }
  return given.length === 0;
}

const level = oneOf(SEVERITIES);

const ladderStep: Shape<SeverityStep> = byKind({
  scalar: mapped(level, (word): SeverityStep => ({ level: word, when: null })),
  map: object({
    level: required(level, "The level that is reached."),
    when: optional(conditions, "What must hold for it; the first level has no condition."),
  }),
});

const severity: Shape<readonly SeverityStep[]> = byKind({
  scalar: mapped(level, (word): readonly SeverityStep[] => [{ level: word, when: null }]),
  list: mapped(list(ladderStep, { min: 1, max: SEVERITIES.length }), (steps, at) =>
    isRisingLadder(steps, at) ? steps : undefined,
  ),
});

export function template(bounds: { readonly max: number }): Shape<Template> {
  return mapped(text({ min: 1, max: bounds.max }), (value, { node, report }) => {
    const parse = parseTemplate(value);
    if (parse.kind === "ok") return parse.template;
    for (const { message, fragment } of parse.problems) {
      const place = node.kind === "scalar" ? placeWithin(node, fragment) : node.place;
      report(errorAt(place, "AS216", message));
    }
    return undefined;
  });
}

/** Labels that an alert has of itself. */
const OWN_LABELS: readonly string[] = [...ENDPOINT_FIELDS, "rule", "severity"];

const labelName: Shape<string> = mapped(identifier({ noun: "a label's name" }), (name, { node, report }) => {
  if (!OWN_LABELS.includes(name)) return name;
  report(errorAt(node.place, "AS223", `authspike sets the label "${name}" itself; choose another name`));
  return undefined;
});

const DEFAULT_SIDE: readonly string[] = ["server"];
const DEFAULT_PER = ["env", "service", "method", "route"] as const;
const DEFAULT_PER_OF_CALLS = ["env", "service", "peer"] as const;

const ruleFields = object({
  id: required(
    placed(identifier({ noun: "a rule's id" })),
    "Names the rule for ever: its history, its state and its incidents hang on it.",
  ),
  match: required(endpointPatterns, "Which requests the rule judges."),
  count: required(failureTest, "Which of them count as failures."),
  per: optional(
    list(fieldName, { min: 1, max: 8 }),
    `Fields whose values together name one series, with a baseline and an alert of its own. Left out, ${DEFAULT_PER.join(", ")}; with \`side: client\`, ${DEFAULT_PER_OF_CALLS.join(", ")}.`,
  ),
  detector: withDefault(detector, {}, "How the usual rate is learned and left."),
  when: withDefault(conditions, {}, "What must hold as well, besides the detector's alarm. All of it."),
  window: withDefault(duration({ min: "10s", max: "1h" }), "1m", "The span of time that `count` looks at."),
  for: withDefault(duration({ min: "0s", max: "1d" }), "0s", "How long the alarm must last before the alert fires."),
  keep_firing_for: withDefault(
    duration({ min: "0s", max: "1d" }),
    "5m",
    "How long, at least, the alert goes on after the alarm has ended, so that a flapping rate is one page.",
  ),
  recover: withDefault(
    conditions,
    {},
    "What must hold before the alert may begin to resolve, each at most. Empty: the detector decides.",
  ),
  severity: withDefault(
    placed(severity),
    "error",
    "error and critical page, warning and info are tickets. A list is a ladder that a growing burst climbs.",
  ),
  single_client: withDefault(
    oneOf(SINGLE_CLIENT),
    "ticket",
    "What a burst is while one client fails alone where others succeed, as with a dead token: at most a ticket until others join, or whatever `severity` says. Always the latter on authentication routes.",
  ),
  summary: withDefault(
    template({ max: 1000 }),
    "{{rule}}: {{rate}} of requests to {{endpoint}} of {{service}} fail, usually {{usual}}",
    "The page's first line, with {{variable}} places.",
  ),
  description: optional(
    template({ max: 10_000 }),
    "What the person on call should know and do, with {{variable}} places.",
  ),
  runbook: optional(url(["https", "http"]), "Address of the runbook, linked from the page."),
  labels: withDefault(
    record(text({ min: 1, max: 200 }), { shape: labelName, max: RULE_LABELS_MAX }),
    {},
    "Fixed labels for routes and mutes to match on, such as team.",
  ),
  overrides: withDefault(
    list(placed(identifier({ noun: "a rule's id" })), { max: 100 }),
    [],
    "Ids of more general rules that stay silent for whatever this rule matches.",
  ),
});

export const ruleShape: Shape<ReadRule> = mapped(ruleFields, (fields, { node, report }) => {
  const isRight = recoversBelowWhen(fields, node, report) && asksForNoRate(fields, node, report);
  return isRight ? toReadRule(fields, node) : undefined;
});

type RuleFields = ValueOf<typeof ruleFields>;

function toReadRule(fields: RuleFields, node: YamlNode): ReadRule {
  const match = { ...fields.match, patterns: new Map([["side", DEFAULT_SIDE], ...fields.match.patterns]) };
  const isAboutCalls = match.patterns.get("side")?.join() === "client";
  const rule: Rule = {
    id: fields.id.value,
    match: compileMatcher(match.patterns),
    count: fields.count,
    per: [...new Set(fields.per ?? (isAboutCalls ? DEFAULT_PER_OF_CALLS : DEFAULT_PER))],
    detector: fields.detector,
    when: fields.when,
    windowMs: fields.window,
    forMs: fields.for,
    keepFiringForMs: fields.keep_firing_for,
    recover: fields.recover,
    severity: fields.severity.value,
    singleClient: fields.single_client,
    summary: fields.summary,
    description: fields.description,
    runbook: fields.runbook,
    labels: Object.fromEntries(fields.labels),
    overrides: fields.overrides.map(({ value }) => value),
    source: { file: node.place.file, line: node.place.line },
  };
  return { rule, id: fields.id, overrides: fields.overrides, match, severity: fields.severity };
}

function isRisingLadder(steps: readonly SeverityStep[], { node, report }: { node: YamlNode; report: Report }): boolean {
  const places = node.kind === "list" ? node.items.map((item) => item.place) : [];
  let isRising = true;
  steps.forEach((step, index) => {
    const problem = ladderProblem(steps[index - 1], step);
    if (problem === undefined) return;
    report(errorAt(places[index] ?? node.place, "AS215", problem));
    isRising = false;
  });
  return isRising;
}

function ladderProblem(below: SeverityStep | undefined, step: SeverityStep): string | undefined {
  if (below === undefined)
    return step.when === null ? undefined : "the first level has no condition: it holds whenever the rule fires";
  if (compareSeverity(step.level, below.level) <= 0)
    return `levels must rise, but "${step.level}" is not above "${below.level}"`;
  if (step.when === null) return `"${step.level}" needs a \`when\`, or "${below.level}" would never be reached`;
  return undefined;
}

/** A condition on a rate would hold always or never where there is none. */
function asksForNoRate({ detector: { kind }, when, recover }: RuleFields, node: YamlNode, report: Report): boolean {
  if (kind !== "takeover") return true;
  const asked = [
    ...CONDITION_NAMES.filter((name) => name !== "count" && when[name] !== null).map((name) => ["when", name] as const),
    ...CONDITION_NAMES.filter((name) => recover[name] !== null).map((name) => ["recover", name] as const),
  ];
  for (const [field, name] of asked) {
    const place = entryOf(entryOf(node, field)?.value, name)?.value.place ?? node.place;
    const remedy = field === "when" ? "; `count` asks for failures before the success" : "";
    report(errorAt(place, "AS205", `\`${name}\` compares rates, of which \`kind: takeover\` knows none${remedy}`));
  }
  return asked.length === 0;
}

/** Where both name a condition there must be room between them, or the alert flaps at the line. */
function recoversBelowWhen({ when, recover }: RuleFields, node: YamlNode, report: Report): boolean {
  let isBelow = true;
  for (const name of CONDITION_NAMES) {
    const bound = when[name];
    const relief = recover[name];
    if (bound === null || relief === null || relief < bound) continue;
    const entry = entryOf(entryOf(node, "recover")?.value, name);
    report(
      errorAt(
        entry?.value.place ?? node.place,
        "AS217",
        `\`recover\` must ask for less than \`when\` does for "${name}"`,
      ),
    );
    isBelow = false;
  }
  return isBelow;
}
