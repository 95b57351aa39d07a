import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnostic } from "../../../src/core/diagnostic.ts";
import {
  boolean,
  byteSize,
  calendarDate,
  duration,
  factor,
  identifier,
  oneOf,
  percentage,
  text,
  timeOfDay,
  url,
  wholeNumber,
} from "../../../src/core/text/scalar-shapes.ts";
import type { Shape } from "../../../src/core/text/shape.ts";
import {
  byKind,
  list,
  object,
  oneOrMany,
  optional,
  record,
  required,
  withDefault,
} from "../../../src/core/text/shape.ts";
import { readYamlDocument } from "../../../src/core/text/yaml-document.ts";

function read<Value>(shape: Shape<Value>, yaml: string) {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic) => diagnostics.push(diagnostic);
  const { root } = readYamlDocument({ path: "f.yaml", text: yaml }, report);
  const value = root === null ? undefined : shape.read(root, report);
  return {
    value,
    printed: diagnostics.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`),
  };
}

const limits = object({
  name: required(identifier(), "Names it."),
  wait: withDefault(duration({ min: "1s", max: "1h" }), "1m", "How long."),
  share: optional(percentage({ min: "0%", max: "100%" }), "How much."),
});

test("fields that are left out take their default, or null, or are missed", () => {
  assert.deepEqual(read(limits, "name: a").value, { name: "a", wait: 60_000, share: null });
  assert.deepEqual(read(limits, "wait: 2s").printed, ['1:1 AS105 "name" is missing']);
});

test("everything wrong in a map is told at once", () => {
  assert.deepEqual(read(limits, "name: -a\nwait: 60\nshare: 120%\nwiat: 1s\n__proto__: 1\n").printed, [
    '1:7 AS202 a name consists of letters, digits, ".", "_" and "-", and begins with a letter or digit',
    '2:7 AS201 duration "60" needs a unit; did you mean "60s"?',
    "3:8 AS203 120% is above the maximum of 100%",
    '4:1 AS104 unknown field "wiat"; did you mean "wait"?',
    '5:1 AS104 unknown field "__proto__"; known here: name, wait, share',
  ]);
});

test("an unknown field names the field that it stands under", () => {
  const outer = object({ limits: required(limits, "Limits.") });
  assert.deepEqual(read(outer, "limits: {name: a, shares: 1%}").printed, [
    '1:19 AS104 unknown field "shares" under "limits"; did you mean "share"?',
  ]);
});

test("units are asked for, and bounds are told in the form in which people write", () => {
  assert.deepEqual(read(byteSize({ min: "1KiB", max: "1GiB" }), "64").printed, [
    '1:1 AS201 size "64" needs a unit; did you mean "64MiB"?',
  ]);
  assert.deepEqual(read(byteSize({ min: "1KiB", max: "1GiB" }), "2GiB").printed, [
    "1:1 AS203 2GiB is above the maximum of 1GiB",
  ]);
  assert.deepEqual(read(factor({ min: "1x", max: "9x" }), "3").printed, [
    '1:1 AS201 factor "3" needs a unit; did you mean "3x"?',
  ]);
  assert.deepEqual(read(percentage({ min: "0%", max: "9%" }), "5").printed, [
    '1:1 AS201 percentage "5" needs a unit; did you mean "5%"?',
  ]);
  assert.equal(read(factor({ min: "1x", max: "9x" }), "1.5x").value, 1.5);
});

test("a wrong kind of value says what belongs there and what was found", () => {
  assert.deepEqual(read(duration({ min: "1s", max: "1h" }), "[1s]").printed, [
    "1:1 AS103 expected a duration such as 30s or 1h30m, not a list",
  ]);
  assert.deepEqual(read(limits, "hello").printed, ['1:1 AS103 expected a map of fields, not the text "hello"']);
  assert.deepEqual(read(text({ max: 9 }), "5").printed, ['1:1 AS103 expected a text; put it in quotes: "5"']);
});

test("words, numbers, dates and addresses are checked", () => {
  assert.deepEqual(read(oneOf(["grpc", "http"]), "grcp").printed, [
    '1:1 AS204 "grcp" is not possible here; did you mean "grpc"? (one of "grpc", "http")',
  ]);
  assert.equal(read(wholeNumber({ min: 1, max: 9999 }), "2_000").value, 2000);
  assert.deepEqual(read(wholeNumber({ min: 1, max: 9 }), "1.5").printed, [
    '1:1 AS202 expected a whole number, not "1.5"',
  ]);
  assert.equal(read(timeOfDay, '"22:30"').value, 1350);
  assert.deepEqual(read(calendarDate, "2026-02-30").printed, ['1:1 AS202 there is no day "2026-02-30"']);
  assert.equal(read(boolean, "true").value, true);
  assert.deepEqual(read(boolean, "yes").printed, ['1:1 AS202 expected true or false, not "yes"']);
  assert.equal(read(url(["https"]), "https://example.com/a").value, "https://example.com/a");
  assert.deepEqual(read(url(["https"]), "http://example.com").printed, [
    '1:1 AS202 expected an address beginning with https://, not "http://example.com"',
  ]);
});

test("lists, single values, records and kinds are read by their parts", () => {
  const word = oneOf(["a", "b"]);
  assert.deepEqual(read(oneOrMany(word, { max: 2 }), "a").value, ["a"]);
  assert.deepEqual(read(oneOrMany(word, { max: 2 }), "[a, b]").value, ["a", "b"]);
  assert.deepEqual(read(list(word, { max: 1 }), "[a, b]").printed, ["1:1 AS203 at most 1 items, not 2"]);
  const named = record(word, { shape: identifier(), max: 2 });
  assert.deepEqual(
    read(named, "x: a\ny: b").value,
    new Map([
      ["x", "a"],
      ["y", "b"],
    ]),
  );
  assert.deepEqual(read(named, "{x: a, y: b, z: a}").printed, ["1:1 AS203 at most 2 entries, not 3"]);
  const either = byKind({ scalar: word, map: limits });
  assert.equal(read(either, "a").value, "a");
  assert.deepEqual(read(either, "[a]").printed, ['1:1 AS103 expected one of "a", "b", or a map of fields, not a list']);
});

test("the schema says what reading does", () => {
  assert.deepEqual(limits.schema, {
    type: "object",
    additionalProperties: false,
    properties: {
      name: { description: "Names it.", type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$", maxLength: 100 },
      wait: { description: "How long.", type: "string", pattern: "^([0-9]+(\\.[0-9]+)?(ms|[dhms]))+$", default: "1m" },
      share: { description: "How much.", type: "string", pattern: "^[0-9]+(\\.[0-9]+)?%$" },
    },
    required: ["name"],
  });
});
