import assert from "node:assert/strict";
import { test } from "node:test";
import type { TemplateValues } from "../../../src/core/rules/template.ts";
import {
  parseTemplate,
  renderTemplate,
  TEMPLATE_FILTERS,
  TEMPLATE_VARIABLES,
  templateText,
} from "../../../src/core/rules/template.ts";
import { fc } from "../../support/properties.ts";

const values: TemplateValues = {
  endpoint: "POST /login",
  service: "auth",
  env: "production",
  namespace: "",
  method: "POST",
  route: "/login",
  peer: "",
  rule: "login-401",
  severity: "error",
  rate: 0.3124,
  usual: 0.0312,
  ratio: 10.01,
  deviation: 7.25,
  failures: 12_345,
  requests: 40_000,
  since: Date.UTC(2026, 2, 2, 9, 40, 12),
  top_client: "203.0.113.7",
  top_client_share: 0.5,
  threshold: 15.3,
  evidence: 16.04,
  window: 90_000,
  pattern: null,
  cause: "bad_password",
};

function rendered(text: string, changed: Partial<TemplateValues> = {}): string {
  const parse = parseTemplate(text);
  assert.ok(parse.kind === "ok", JSON.stringify(parse));
  return renderTemplate(parse.template, { ...values, ...changed });
}

test("each variable is written in its usual form, or as a filter asks", () => {
  assert.equal(rendered("{{rate}} against {{ usual | percent }}"), "31% against 3.1%");
  assert.equal(rendered("{{failures}} of {{requests|round}}"), "12,345 of 40000");
  assert.equal(rendered("{{ratio}} {{deviation}} {{deviation|round}}"), "10x 7.3 7");
  assert.equal(rendered("{{window}} {{window|seconds}}"), "1m30s 90");
  assert.equal(rendered("since {{since}}"), "since 2026-03-02 09:40:12 UTC");
  assert.equal(rendered("{{service|upper}} {{severity}}"), "AUTH error");
});

test("what is not known is said to be unknown, and an endless ratio is put in words", () => {
  assert.equal(rendered("{{pattern}}"), "unknown");
  assert.equal(rendered("{{ratio}}", { ratio: Number.POSITIVE_INFINITY }), "far more than ever");
});

test("values cannot break the line or fill the page", () => {
  assert.equal(rendered("{{route}}", { route: "/a\r\nIGNORE\u2028\u202e/b" }), "/a IGNORE /b");
  assert.equal([...rendered("{{route}}", { route: "😀".repeat(500) })].length, 200);
});

test("every misspelling and misuse is told with the part it is about", () => {
  const parse = parseTemplate("{{ratee}} {{rate|percnt}} {{endpoint|percent}} {{}} {{rate|round|round}} {{rate");
  assert.deepEqual(parse, {
    kind: "invalid",
    problems: [
      { message: 'unknown variable "ratee"; did you mean "rate"?', fragment: "ratee" },
      { message: 'unknown filter "percnt"; did you mean "percent"?', fragment: "percnt" },
      { message: '"endpoint" is a text, which the filter "percent" cannot write', fragment: "percent" },
      { message: 'unknown variable ""', fragment: "{{}}" },
      { message: "one filter at most", fragment: "{{rate|round|round}}" },
      { message: 'a "{{" without its "}}"', fragment: "{{" },
    ],
  });
});

test("text that was read can be written and read again, and renders whatever the values are", () => {
  const names = Object.keys(TEMPLATE_VARIABLES);
  const filters = ["", ...Object.keys(TEMPLATE_FILTERS).map((filter) => `|${filter}`)];
  const place = fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...filters))
    .map(([name, filter]) => `{{${name}${filter}}}`);
  const anyValue = fc.oneof(fc.double(), fc.string(), fc.constant(null));
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), place)), anyValue, (pieces, value) => {
      const parse = parseTemplate(pieces.join(""));
      if (parse.kind === "invalid") return;
      assert.deepEqual(parseTemplate(templateText(parse.template)), parse);
      const same = Object.fromEntries(names.map((name) => [name, value])) as TemplateValues;
      assert.equal(typeof renderTemplate(parse.template, same), "string");
    }),
  );
});
