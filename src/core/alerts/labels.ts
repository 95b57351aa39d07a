/**
 * The labels of an alert: what routes, mutes and people sort alerts by.
 *
 * A rule's own labels never hide the series' fields, since the fields say which series this is, and
 * nothing hides `rule` and `severity`.
 */
import type { Rule, Severity } from "../rules/rule.ts";

export function alertLabels(facts: {
  readonly rule: Pick<Rule, "id" | "labels">;
  readonly fields: Readonly<Record<string, string>>;
  readonly severity: Severity;
}): Readonly<Record<string, string>> {
  const { rule, fields, severity } = facts;
  return { ...rule.labels, ...fields, rule: rule.id, severity };
}
