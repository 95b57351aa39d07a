import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { RULE_CODES } from "../../../src/core/rules/codes.ts";
import { ruleReference } from "../../../src/core/rules/rule-reference.ts";
import { TEXT_CODES } from "../../../src/core/text/codes.ts";
import { codesOf } from "../../support/rule-bundles.ts";

const manual = readFileSync(new URL("../../../docs/rules.md", import.meta.url), "utf8");

test("the reference in the manual is the one that this version makes", () => {
  assert.ok(
    manual.endsWith(`\n${ruleReference()}\n`),
    "replace the end of docs/rules.md by what `authspike rules schema --format markdown` prints",
  );
});

test("every code is explained once", () => {
  const explained = (manual.match(/^\| AS\d{3} /gm) ?? []).map((row) => row.slice(2, 7));
  assert.deepEqual(explained, [...Object.keys(TEXT_CODES), ...Object.keys(RULE_CODES)]);
});

test("the first rule of the manual is a whole rule", () => {
  const [, text = ""] = /```yaml\n([\s\S]*?)```/.exec(manual) ?? [];
  assert.deepEqual(codesOf(text), ["AS306"]);
});
