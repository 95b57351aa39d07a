/** `authspike rules show ID`: one rule with all that its file leaves to defaults, and where it stands. */
import { stringify } from "yaml";
import { withSuggestion } from "../core/diagnostic.ts";
import { writeRule } from "../core/rules/effective-rule.ts";
import { notifiersFor } from "../core/rules/routing.ts";
import type { Rule, RuleSet } from "../core/rules/rule.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { loadRulesOrPrint } from "./rules-directory.ts";

export type RulesShowOptions = { readonly directory: string; readonly id: string; readonly output: "yaml" | "json" };

export async function runRulesShow(options: RulesShowOptions, context: CommandContext): Promise<number> {
  const ruleSet = loadRulesOrPrint(options.directory, context);
  if (ruleSet === undefined) return EXIT_CODES.failed;
  const rule = ruleSet.rules.find(({ id }) => id === options.id);
  if (rule === undefined) {
    const ids = ruleSet.rules.map(({ id }) => id);
    printLine(context.stderr, withSuggestion(`no rule has the id "${options.id}"`, options.id, ids));
    return EXIT_CODES.notFound;
  }
  printLine(context.stdout, options.output === "json" ? asJson(rule) : asYaml(rule, ruleSet));
  return EXIT_CODES.ok;
}

function asJson(rule: Rule): string {
  return JSON.stringify({ rule: writeRule(rule), source: rule.source }, null, 2);
}

/** A list of one rule: what is printed can be put under `rules:` as it is. */
function asYaml(rule: Rule, ruleSet: RuleSet): string {
  const head = [`# ${rule.source.file}:${rule.source.line}, with defaults filled in`];
  for (const { level } of rule.severity) {
    const notify = notifiersFor(ruleSet.routes, { ...rule.labels, rule: rule.id, severity: level });
    head.push(`# ${level} goes to ${notify.join(", ")}`);
  }
  return `${head.join("\n")}\n${stringify([writeRule(rule)], { lineWidth: 0, blockQuote: "literal" }).trimEnd()}`;
}
