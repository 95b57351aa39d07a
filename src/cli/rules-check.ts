/**
 * `authspike rules check`: everything that is wrong with the rules of a directory, in one go.
 *
 * Exits with 0 when the bundle would be taken, 1 when it would not, and 3 when it would but for
 * warnings under `--strict`.
 */
import type { Diagnostic } from "../core/diagnostic.ts";
import { RULE_CODES } from "../core/rules/codes.ts";
import { renderRuleDiagnostics } from "../core/rules/diagnostic-text.ts";
import { TEXT_CODES } from "../core/text/codes.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine, wantsColor } from "./command-context.ts";
import { githubAnnotations, sarifLog } from "./diagnostic-formats.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import type { RulesDirectory } from "./rules-directory.ts";
import { readRulesDirectory } from "./rules-directory.ts";

export const RULES_CHECK_FORMATS = ["text", "json", "github", "sarif"] as const;

export type RulesCheckOptions = {
  readonly directory: string;
  /** Whether warnings fail the check. */
  readonly strictness: "strict" | "lenient";
  readonly format: (typeof RULES_CHECK_FORMATS)[number];
};

export async function runRulesCheck(options: RulesCheckOptions, context: CommandContext): Promise<number> {
  const read = readRulesDirectory(options.directory, context);
  if (read.kind === "unreadable") {
    printLine(context.stderr, read.problem);
    return EXIT_CODES.failed;
  }
  const check = toCheck(read);
  printCheck(check, options, context);
  if (check.errorCount > 0) return EXIT_CODES.failed;
  return check.warningCount > 0 && options.strictness === "strict" ? EXIT_CODES.warnings : EXIT_CODES.ok;
}

type Check = {
  readonly read: Extract<RulesDirectory, { kind: "read" }>;
  readonly diagnostics: readonly Diagnostic[];
  readonly errorCount: number;
  readonly warningCount: number;
};

function toCheck(read: Check["read"]): Check {
  const { outcome } = read;
  const diagnostics = outcome.kind === "ok" ? outcome.warnings : outcome.diagnostics;
  const errorCount = diagnostics.filter(({ severity }) => severity === "error").length;
  return { read, diagnostics, errorCount, warningCount: diagnostics.length - errorCount };
}

function printCheck(check: Check, { format }: RulesCheckOptions, context: CommandContext): void {
  const { diagnostics } = check;
  if (format === "text") printText(check, context);
  if (format === "json") printLine(context.stdout, jsonReport(check));
  if (format === "github" && diagnostics.length > 0) printLine(context.stdout, githubAnnotations(diagnostics));
  if (format === "sarif") printLine(context.stdout, sarifLog(diagnostics, { ...TEXT_CODES, ...RULE_CODES }));
}

function printText(check: Check, context: CommandContext): void {
  const { outcome, files } = check.read;
  const texts = renderRuleDiagnostics(check.diagnostics, files);
  check.diagnostics.forEach((diagnostic, index) => {
    const text = texts[index] ?? "";
    printLine(context.stdout, wantsColor(context) ? colored(text, diagnostic) : text);
  });
  for (const notice of outcome.kind === "ok" ? outcome.notices : []) printLine(context.stdout, `note: ${notice}`);
  printLine(context.stdout, summary(check));
}

function summary({ read, errorCount, warningCount }: Check): string {
  const found = `${counted(errorCount, "error")}, ${counted(warningCount, "warning")}`;
  const files = counted(read.files.length, "file");
  if (read.outcome.kind === "invalid") return `${files}: ${found}; the bundle would be refused as a whole`;
  return `${files}, ${counted(read.outcome.ruleSet.rules.length, "rule")}: ${found}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const RED = "\u001b[31m";
const YELLOW = "\u001b[33m";
const PLAIN = "\u001b[39m";

function colored(text: string, { severity, code }: Diagnostic): string {
  const color = severity === "error" ? RED : YELLOW;
  return text.replace(`${severity} ${code}`, `${color}${severity} ${code}${PLAIN}`);
}

function jsonReport({ read, diagnostics }: Check): string {
  const { outcome, files } = read;
  const report = {
    valid: outcome.kind === "ok",
    files: files.map(({ path }) => path),
    rules: outcome.kind === "ok" ? outcome.ruleSet.rules.map(({ id }) => id) : [],
    hash: outcome.kind === "ok" ? outcome.ruleSet.hash : null,
    diagnostics,
    notices: outcome.kind === "ok" ? outcome.notices : [],
  };
  return JSON.stringify(report, null, 2);
}
