import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { diffRuleSets, isEmptyDiff, summarizeDiff } from "../../../src/core/rules/diff.ts";
import { writeRule } from "../../../src/core/rules/effective-rule.ts";
import { ruleOf, ruleSetOf } from "../../support/rule-bundles.ts";

const EVERYTHING = `
rules:
  - id: a
    match: {service: ["a*", "!ab"], route: /login, enduser.id: "?*"}
    count: {grpc_status: [UNAUTHENTICATED, 7]}
    per: [env, service]
    detector: {half_life: 90m, min_failures: 9, deviation: 4}
    when: {ratio: 3x, rate: 5%, count: 2_000, deviation: 2.5}
    window: 2m
    for: 10s
    keep_firing_for: 1m30s
    recover: {deviation: 1}
    severity: [warning, {level: critical, when: {count: 3000}}]
    single_client: page
    summary: "{{ rate | percent }} of {{endpoint}}"
    description: "line one\\nline two"
    runbook: https://example.com/a
    labels: {team: identity}
`;

test("a rule that is written out reads as the same rule", () => {
  const rule = ruleOf(EVERYTHING);
  const again = ruleOf(stringify({ rules: [writeRule(rule)] }));
  assert.deepEqual(writeRule(again), writeRule(rule));
  assert.deepEqual({ ...again, match: null, source: null }, { ...rule, match: null, source: null });
});

test("a change of layout, order or file is no change", () => {
  const before = ruleSetOf({ "a.yaml": EVERYTHING });
  const after = ruleSetOf({ "z.yaml": `# moved\n${EVERYTHING.replace("half_life: 90m", "half_life: 1h30m")}` });
  assert.ok(isEmptyDiff(diffRuleSets(before, after)));
});

test("what changed is told rule by rule and field by field", () => {
  const rule = (id: string, fields: string) =>
    `  - {id: ${id}, match: {}, count: {http_status: 401}, severity: info${fields}}\n`;
  const before = ruleSetOf(`rules:\n${rule("a", "")}${rule("b", ", overrides: [a]")}`);
  const after = ruleSetOf(
    `budget: {false_pages: 2}\nrules:\n${rule("a", ", window: 2m, when: {ratio: 3x}")}${rule("c", ", overrides: [a]")}` +
      "mutes: [{id: m, match: {service: x}, until: 2026-12-31, owner: o, reason: r}]\n",
  );
  assert.deepEqual(summarizeDiff(diffRuleSets(before, after)), [
    "+ rule c",
    "- rule b",
    '~ rule a: window 1m → 2m; when (none) → {"ratio":"3x"}',
    "+ mute m",
    "~ budget 1 per 30d → 2 per 30d",
  ]);
});

test("a new routing key shows as a new target, never as itself", () => {
  const text = (key: string) =>
    `rules: [{id: a, match: {}, count: {http_status: 401}, severity: info}]\nnotifiers: {p: {pagerduty: {routing_key: "${key}"}}}\n`;
  const lines = summarizeDiff(diffRuleSets(ruleSetOf(text("a".repeat(32))), ruleSetOf(text("b".repeat(32)))));
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^~ notifier p: target [0-9a-f]{24} → [0-9a-f]{24}$/);
});
