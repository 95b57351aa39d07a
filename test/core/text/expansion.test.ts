// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax under test
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExpansionSources } from "../../../src/core/text/expansion.ts";
import { expandText } from "../../../src/core/text/expansion.ts";
import { fc } from "../../support/properties.ts";

const sources: ExpansionSources = {
  environment: (name) => ({ KEY: "abc", EMPTY: "", NESTED: "${env:KEY}" })[name],
  file: (path) =>
    path === "/run/secret"
      ? { kind: "ok", text: "s3cret\n" }
      : { kind: "failed", problem: "no such file or directory" },
};

const expanded = (text: string) => {
  const expansion = expandText(text, sources);
  return expansion.kind === "ok" ? expansion.text : expansion.problem;
};

test("variables, defaults, files and dollar signs are filled in", () => {
  assert.equal(expanded("x-${env:KEY}-y"), "x-abc-y");
  assert.equal(expanded("${env:NONE:-fallback}"), "fallback");
  assert.equal(expanded("${env:EMPTY:-fallback}"), "fallback");
  assert.equal(expanded("[${env:EMPTY}]"), "[]");
  assert.equal(expanded("${env:NONE:-}"), "");
  assert.equal(expanded("${file:/run/secret}"), "s3cret");
  assert.equal(expanded("costs $$5 or $5"), "costs $5 or $5");
  assert.equal(expanded("$${env:KEY}"), "${env:KEY}");
});

test("what a value expands to is not expanded again", () => {
  assert.equal(expanded("${env:NESTED}"), "${env:KEY}");
});

test("what cannot be filled in says why, and which part it was", () => {
  const unset = expandText("a ${env:NONE} b", sources);
  assert.deepEqual(unset, {
    kind: "failed",
    isUnset: true,
    fragment: "${env:NONE}",
    problem: "the environment variable NONE is not set; ${env:NONE:-default} gives a default",
  });
  assert.equal(expanded("${file:/none}"), "cannot read /none: no such file or directory");
  assert.match(expanded("${KEY}"), /^expected \$\{env:NAME\}/);
  assert.match(expanded("${env:KEY"), /without its "}"/);
});

test("text without a dollar sign stays as it is, and no text throws", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const expansion = expandText(text, sources);
      if (!text.includes("$")) assert.deepEqual(expansion, { kind: "ok", text, isExpanded: false });
    }),
  );
});
