/** Reads a directory of rules for a command: the files, and what the bundle comes to. */

import { RuleFilesError, readRuleFiles, ruleBundleContext } from "../config/rule-files.ts";
import { renderRuleDiagnostics } from "../core/rules/diagnostic-text.ts";
import type { RuleSet } from "../core/rules/rule.ts";
import type { RuleBundleOutcome } from "../core/rules/rule-bundle.ts";
import { readRuleBundle } from "../core/rules/rule-bundle.ts";
import type { SourceFile } from "../core/text/yaml-document.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";

export type RulesDirectory =
  | { readonly kind: "read"; readonly files: readonly SourceFile[]; readonly outcome: RuleBundleOutcome }
  | { readonly kind: "unreadable"; readonly problem: string };

export function readRulesDirectory(directory: string, { environment }: CommandContext): RulesDirectory {
  try {
    const files = readRuleFiles(directory);
    return {
      kind: "read",
      files,
      outcome: readRuleBundle(files, ruleBundleContext({ environment, directory, nowWall: Date.now() })),
    };
  } catch (error) {
    if (error instanceof RuleFilesError) return { kind: "unreadable", problem: error.message };
    throw error;
  }
}

/** The rules in a directory, or undefined after everything wrong with them was printed. */
export function loadRulesOrPrint(directory: string, context: CommandContext): RuleSet | undefined {
  const read = readRulesDirectory(directory, context);
  if (read.kind === "unreadable") {
    printLine(context.stderr, read.problem);
    return undefined;
  }
  if (read.outcome.kind === "ok") return read.outcome.ruleSet;
  for (const text of renderRuleDiagnostics(read.outcome.diagnostics, read.files)) printLine(context.stderr, text);
  return undefined;
}
