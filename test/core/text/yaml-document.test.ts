import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnostic } from "../../../src/core/diagnostic.ts";
import { entryOf, placeWithin, readYamlDocument } from "../../../src/core/text/yaml-document.ts";
import { fc } from "../../support/properties.ts";

function read(text: string) {
  const diagnostics: Diagnostic[] = [];
  const document = readYamlDocument({ path: "f.yaml", text }, (diagnostic) => diagnostics.push(diagnostic));
  const printed = diagnostics.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);
  return { ...document, diagnostics, printed };
}

test("an empty file is sound and has no root", () => {
  for (const text of ["", "\n", "# only a comment\n"]) {
    const { root, isSound, printed } = read(text);
    assert.deepEqual({ root, isSound, printed }, { root: null, isSound: true, printed: [] });
  }
});

test("every node knows its place, its source and the key above it", () => {
  const { root } = read('a:\n  b: "x y"\n');
  const inner = entryOf(root, "a")?.value;
  assert.equal(inner?.kind === "map" && inner.under, "a");
  const scalar = entryOf(inner, "b")?.value;
  assert.deepEqual(scalar, {
    kind: "scalar",
    value: "x y",
    source: '"x y"',
    place: { file: "f.yaml", line: 2, column: 6, length: 5 },
  });
});

test("a part of a text is found across lines", () => {
  const { root } = read("a: |\n  first {{x}}\n  second {{y}}\n");
  const scalar = entryOf(root, "a")?.value;
  assert.ok(scalar?.kind === "scalar");
  assert.deepEqual(placeWithin(scalar, "{{y}}"), { file: "f.yaml", line: 3, column: 10, length: 5 });
});

test("merged maps give way to the map's own keys", () => {
  const { root } = read("base: &base {a: 1, b: 2}\nrest:\n  <<: *base\n  b: 3\n");
  const rest = entryOf(root, "rest")?.value;
  const values =
    rest?.kind === "map" ? rest.entries.map(({ key, value }) => [key, value.kind === "scalar" && value.value]) : [];
  assert.deepEqual(values, [
    ["a", 1],
    ["b", 3],
  ]);
});

test("duplicate keys, second documents, unknown tags and anchors are errors with a place", () => {
  assert.deepEqual(read("a: 1\na: 2\n").printed, [
    "2:1 AS102 this key is already given above; keys of a map are unique",
  ]);
  assert.deepEqual(read("a: 1\n---\nb: 2\n").printed, [
    "2:1 AS107 a second document begins here; split it into a file of its own",
  ]);
  assert.deepEqual(read("a: *none\n").printed, ['1:4 AS108 no anchor "&none" is complete above this alias']);
  assert.deepEqual(read("a: &a [*a]\n").printed, ['1:8 AS108 no anchor "&a" is complete above this alias']);
  assert.deepEqual(read("a: !secret b\n").printed, ["1:4 AS108 Unresolved tag: !secret"]);
});

test("aliases that multiply are refused at the size they would have", () => {
  const tenOf = (name: string) => `[${Array.from({ length: 10 }, () => `*${name}`).join(", ")}]`;
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b ${tenOf("a")}\nc: &c ${tenOf("b")}\nd: &d ${tenOf("c")}\ne: ${tenOf("d")}\n`;
  const { root, printed } = read(bomb);
  assert.equal(root, null);
  assert.match(printed.join(), /^5:\d+ AS106 more than 100000 values/);
});

test("bottomless nesting is refused without exhausting the stack", () => {
  assert.match(read("[".repeat(20_000)).printed.join(), /^1:1 AS106/);
  assert.match(read(`${"[".repeat(100)}${"]".repeat(100)}`).printed.join(), /AS106 nested more than 64 levels deep/);
});

test("no text throws, and every place lies inside the text", () => {
  const line = fc.constantFrom(
    "a: 1",
    "- b",
    "  c: [",
    "}",
    "&x *x",
    "'",
    '"\\q"',
    "---",
    "? k",
    "\t",
    "!t v",
    "<<: *x",
    "é: \u2028",
    "%YAML 1.1",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(line).map((lines) => lines.join("\n")),
  );
  fc.assert(
    fc.property(text, (value) => {
      const lines = value.split(/\r?\n/);
      for (const { line: number, column, length } of read(value).diagnostics) {
        assert.ok(number >= 1 && number <= lines.length, `line ${number} of ${lines.length}`);
        assert.ok(column >= 1 && column <= (lines[number - 1] ?? "").length + 1, `column ${column}`);
        assert.ok(length >= 1);
      }
    }),
  );
});
