/** Rule bundles for tests: texts in, outcome out, with an environment that the test names. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { renderRuleDiagnostics } from "../../src/core/rules/diagnostic-text.ts";
import type { Rule, RuleSet } from "../../src/core/rules/rule.ts";
import type { BundleContext, RuleBundleOutcome } from "../../src/core/rules/rule-bundle.ts";
import { readRuleBundle } from "../../src/core/rules/rule-bundle.ts";

export const TEST_NOW_WALL = Date.UTC(2026, 2, 2, 9, 0, 0);

export function bundleContext(environment: Readonly<Record<string, string>> = {}): BundleContext {
  return {
    sources: {
      environment: (name) => environment[name],
      file: (path) => ({ kind: "failed", problem: `no such file: ${path}` }),
    },
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    nowWall: TEST_NOW_WALL,
    directory: "rules",
  };
}

type Texts = Readonly<Record<string, string>>;

/** `texts` by file name; they stand in the directory `rules`. */
export function readBundle(texts: Texts, context: BundleContext = bundleContext()): RuleBundleOutcome {
  return readRuleBundle(filesOf(texts), context);
}

/** Fails the test with the printed errors when the bundle is refused. */
export function ruleSetOf(texts: Texts | string, environment?: Readonly<Record<string, string>>): RuleSet {
  const named = typeof texts === "string" ? { "a.yaml": texts } : texts;
  const outcome = readBundle(named, bundleContext(environment));
  if (outcome.kind === "ok") return outcome.ruleSet;
  assert.fail(renderRuleDiagnostics(outcome.diagnostics, filesOf(named)).join("\n"));
}

/** The first rule of a bundle that consists of `text`. */
export function ruleOf(text: string): Rule {
  const [rule] = ruleSetOf(text).rules;
  assert.ok(rule !== undefined, "the text holds a rule");
  return rule;
}

/** Everything said about a bundle, as `rules check` prints it. */
export function printedOf(texts: Texts | string, environment?: Readonly<Record<string, string>>): string {
  const named = typeof texts === "string" ? { "a.yaml": texts } : texts;
  const outcome = readBundle(named, bundleContext(environment));
  const diagnostics = outcome.kind === "ok" ? outcome.warnings : outcome.diagnostics;
  return renderRuleDiagnostics(diagnostics, filesOf(named)).join("\n");
}

/** Only the codes, in order: `["AS104", "AS201"]`. */
export function codesOf(texts: Texts | string, environment?: Readonly<Record<string, string>>): readonly string[] {
  const named = typeof texts === "string" ? { "a.yaml": texts } : texts;
  const outcome = readBundle(named, bundleContext(environment));
  const diagnostics = outcome.kind === "ok" ? outcome.warnings : outcome.diagnostics;
  return diagnostics.map(({ code }) => code);
}

function filesOf(texts: Texts) {
  return Object.entries(texts).map(([name, text]) => ({ path: `rules/${name}`, text }));
}
