/**
 * From the texts of a directory to a rule set, or to everything that is wrong with them.
 *
 * A bundle is taken whole or not at all: one error anywhere refuses all files, and whoever called
 * goes on with the last good bundle. Neither environment nor files nor hashing belong to the core, so
 * they arrive as functions.
 */
import type { Diagnostic } from "../diagnostic.ts";
import type { ExpansionSources } from "../text/expansion.ts";
import type { MapEntry, SourceFile, YamlNode } from "../text/yaml-document.ts";
import { entryOf, readYamlDocument } from "../text/yaml-document.ts";
import type { RuleFile } from "./bundle-shapes.ts";
import { ruleFileShape } from "./bundle-shapes.ts";
import { checkBundle } from "./check.ts";
import type { RuleSet } from "./rule.ts";

export type BundleContext = {
  readonly sources: ExpansionSources;
  /** SHA-256 in hex. */
  readonly hash: (text: string) => string;
  /** Wall clock: tells whether a mute is over. */
  readonly nowWall: number;
  /** Where the files were looked for: named when there are none. */
  readonly directory: string;
};

export type RuleBundleOutcome =
  | {
      readonly kind: "ok";
      readonly ruleSet: RuleSet;
      readonly warnings: readonly Diagnostic[];
      /** Sentences for the log that are no fault of the files, such as a pager that has no key. */
      readonly notices: readonly string[];
    }
  /** Errors and warnings alike. */
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] };

/** What the checks across files work on. */
export type ReadBundle = {
  readonly files: readonly RuleFile[];
  /** False when some file could not be read: what it declares is then unknown. */
  readonly isComplete: boolean;
  /** Ids and names in all files, also of entries that could not be read. */
  readonly declared: { readonly rules: ReadonlySet<string>; readonly notifiers: ReadonlySet<string> };
};

const DIAGNOSTICS_MAX = 500;

/** The order of `files` does not matter: they are read by path. */
export function readRuleBundle(files: readonly SourceFile[], context: BundleContext): RuleBundleOutcome {
  const sorted = [...files].sort((left, right) => compareText(left.path, right.path));
  const diagnostics: Diagnostic[] = [];
  const bundle = readFiles(sorted, (diagnostic) => diagnostics.push(diagnostic));
  const checked = checkBundle(bundle, context, (diagnostic) => diagnostics.push(diagnostic));
  const inOrder = diagnostics.sort(compareDiagnostics).slice(0, DIAGNOSTICS_MAX);
  if (diagnostics.some(({ severity }) => severity === "error")) return { kind: "invalid", diagnostics: inOrder };
  const ruleSet: RuleSet = { hash: context.hash(bundleText(sorted)), ...checked.parts };
  return { kind: "ok", ruleSet, warnings: inOrder, notices: checked.notices };
}

function readFiles(files: readonly SourceFile[], report: (diagnostic: Diagnostic) => void): ReadBundle {
  const read: RuleFile[] = [];
  const declared = { rules: new Set<string>(), notifiers: new Set<string>() };
  let isComplete = true;
  for (const file of files) {
    const { root, isSound } = readYamlDocument(file, report);
    isComplete = isComplete && isSound;
    if (root === null) continue;
    declareNames(root, declared);
    const value = ruleFileShape.read(root, report);
    if (value === undefined) isComplete = false;
    else read.push(value);
  }
  return { files: read, isComplete, declared };
}

/** A rule with a fault elsewhere still exists: whoever overrides it has made no mistake. */
function declareNames(
  root: YamlNode,
  declared: { readonly rules: Set<string>; readonly notifiers: Set<string> },
): void {
  const rules = entryOf(root, "rules")?.value;
  for (const rule of rules?.kind === "list" ? rules.items : []) {
    const id = entryOf(rule, "id")?.value;
    if (id?.kind === "scalar") declared.rules.add(String(id.value));
  }
  const notifiers = entryOf(root, "notifiers")?.value;
  const entries: readonly MapEntry[] = notifiers?.kind === "map" ? notifiers.entries : [];
  for (const { key } of entries) declared.notifiers.add(key);
}

/** What is hashed: names and texts, so that moving the directory changes nothing and moving a rule does. */
function bundleText(files: readonly SourceFile[]): string {
  return files.map(({ path, text }) => `${path.split("/").at(-1)}\0${text}\0`).join("");
}

function compareDiagnostics(left: Diagnostic, right: Diagnostic): number {
  return (
    compareText(left.file, right.file) ||
    left.line - right.line ||
    left.column - right.column ||
    compareText(left.code, right.code)
  );
}

/** By code units, as file systems and git sort: the machine's language plays no part. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
