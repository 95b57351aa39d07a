/** `authspike rules list`: the rules of a directory at a glance, one line each. */
import { writeConditions, writeFailureTest, writePatterns } from "../core/rules/effective-rule.ts";
import { notifiersFor } from "../core/rules/routing.ts";
import type { Rule, RuleSet, Severity } from "../core/rules/rule.ts";
import type { JsonValue } from "../core/text/shape.ts";
import type { CommandContext } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import type { Output } from "./output.ts";
import { printEntries } from "./output.ts";
import { loadRulesOrPrint } from "./rules-directory.ts";

export type RulesListOptions = { readonly directory: string; readonly output: Output };

export async function runRulesList(options: RulesListOptions, context: CommandContext): Promise<number> {
  const ruleSet = loadRulesOrPrint(options.directory, context);
  if (ruleSet === undefined) return EXIT_CODES.failed;
  const entries = ruleSet.rules.map((rule) => toEntry(rule, ruleSet));
  printEntries(entries, { output: options.output, headers: HEADERS, toRow }, context);
  return EXIT_CODES.ok;
}

type RuleEntry = {
  readonly id: string;
  readonly severity: readonly Severity[];
  readonly match: { readonly [field: string]: JsonValue };
  readonly count: { readonly [field: string]: JsonValue };
  readonly when: { readonly [field: string]: JsonValue };
  readonly overrides: readonly string[];
  /** Where its alerts go at each level, by the labels that are known beforehand. */
  readonly notify: readonly string[];
  readonly source: Rule["source"];
};

function toEntry(rule: Rule, { routes }: RuleSet): RuleEntry {
  const severity = rule.severity.map(({ level }) => level);
  const notify = severity.flatMap((level) => notifiersFor(routes, { ...rule.labels, rule: rule.id, severity: level }));
  return {
    id: rule.id,
    severity,
    match: writePatterns([...rule.match.endpoint, ...rule.match.attributes]),
    count: writeFailureTest(rule.count),
    when: writeConditions(rule.when),
    overrides: rule.overrides,
    notify: [...new Set(notify)],
    source: rule.source,
  };
}

const HEADERS = ["ID", "SEVERITY", "MATCH", "COUNT", "WHEN", "NOTIFY"];

function toRow({ id, severity, match, count, when, notify }: RuleEntry): readonly string[] {
  const { side, ...others } = match;
  // Nearly every rule is about what services answer.
  const shown = side === "server" ? others : match;
  return [id, severity.join(" "), fieldsText(shown), fieldsText(count), fieldsText(when) || "-", notify.join(" ")];
}

const CELL_MAX_LENGTH = 48;

function fieldsText(fields: { readonly [field: string]: JsonValue }): string {
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(" ");
  return text.length > CELL_MAX_LENGTH ? `${text.slice(0, CELL_MAX_LENGTH - 1)}…` : text;
}

function valueText(value: JsonValue): string {
  return Array.isArray(value) ? value.join(",") : String(value);
}
