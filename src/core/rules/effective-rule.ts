/**
 * A rule as someone would write it who leaves nothing to defaults.
 *
 * Shown by `rules show`, compared by `diffRuleSets`, and readable again: it gives the same rule.
 */
import { assertNever } from "../assert.ts";
import { formatDuration, formatFactor, formatPercentage } from "../text/quantity.ts";
import type { JsonValue } from "../text/shape.ts";
import { GRPC_STATUS_NAMES } from "./failure-test.ts";
import type { Conditions, FailureTest, FieldTest, Rule, SeverityStep } from "./rule.ts";
import { templateText } from "./template.ts";

export type WrittenRule = { readonly [field: string]: JsonValue };

/** Fields in the order of the reference page; those that say nothing are left out. */
export function writeRule(rule: Rule): WrittenRule {
  return {
    id: rule.id,
    ...(rule.overrides.length > 0 && { overrides: rule.overrides }),
    match: writePatterns([...rule.match.endpoint, ...rule.match.attributes]),
    count: writeFailureTest(rule.count),
    per: rule.per,
    detector: writeDetector(rule),
    ...(hasConditions(rule.when) && { when: writeConditions(rule.when) }),
    window: formatDuration(rule.windowMs),
    for: formatDuration(rule.forMs),
    keep_firing_for: formatDuration(rule.keepFiringForMs),
    ...(hasConditions(rule.recover) && { recover: writeConditions(rule.recover) }),
    severity: writeSeverity(rule.severity),
    single_client: rule.singleClient,
    summary: templateText(rule.summary),
    ...(rule.description !== null && { description: templateText(rule.description) }),
    ...(rule.runbook !== null && { runbook: rule.runbook }),
    ...(Object.keys(rule.labels).length > 0 && { labels: rule.labels }),
  };
}

export function writePatterns(tests: readonly FieldTest<string>[]): WrittenRule {
  return Object.fromEntries(tests.map(({ field, patterns }) => [field, oneOrList(patterns)]));
}

export function writeConditions({ ratio, rate, count, deviation }: Conditions): WrittenRule {
  return {
    ...(ratio !== null && { ratio: formatFactor(ratio) }),
    ...(rate !== null && { rate: formatPercentage(rate) }),
    ...(count !== null && { count }),
    ...(deviation !== null && { deviation }),
  };
}

export function writeFailureTest(test: FailureTest): WrittenRule {
  switch (test.kind) {
    case "outcome":
      return { outcome: oneOrList(test.outcomes) };
    case "http_status":
      return { http_status: oneOrList(test.statuses) };
    case "grpc_status":
      return { grpc_status: oneOrList(test.statuses.map((code) => GRPC_STATUS_NAMES[code] ?? String(code))) };
    default:
      return assertNever(test);
  }
}

function hasConditions(conditions: Conditions): boolean {
  return Object.values(conditions).some((bound) => bound !== null);
}

function writeDetector({ detector }: Rule): WrittenRule {
  if (detector.kind === "takeover") return { kind: detector.kind };
  const { kind, halfLifeMs, minFailures, deviation, season } = detector;
  return {
    kind,
    half_life: formatDuration(halfLifeMs),
    min_failures: minFailures,
    ...(deviation !== null && { deviation }),
    season,
  };
}

function writeSeverity(steps: readonly SeverityStep[]): JsonValue {
  const written = steps.map(({ level, when }) => (when === null ? level : { level, when: writeConditions(when) }));
  return written.length === 1 ? (written[0] ?? []) : written;
}

function oneOrList(items: readonly (string | number)[]): JsonValue {
  const [only] = items;
  return items.length === 1 && only !== undefined ? only : items;
}
