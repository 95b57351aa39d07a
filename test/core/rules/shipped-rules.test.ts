/** The rules that come with authspike: what a newcomer runs on, copies from, and opens in an editor. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { candidateRules } from "../../../src/core/rules/match.ts";
import { notifiersFor } from "../../../src/core/rules/routing.ts";
import { ruleFileSchema } from "../../../src/core/rules/rule-schema.ts";
import { schemaViolations } from "../../support/json-schema.ts";
import { printedOf, ruleSetOf } from "../../support/rule-bundles.ts";

const directory = new URL("../../../rules/", import.meta.url);
const names = readdirSync(directory).filter((name) => name.endsWith(".yaml") && !name.endsWith(".test.yaml"));
const texts = Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, directory), "utf8")]));
const KEY = "0123456789abcdef0123456789abcdef";

test("they have neither errors nor warnings, with a routing key and without", () => {
  assert.equal(printedOf(texts), "");
  assert.equal(printedOf(texts, { PAGERDUTY_ROUTING_KEY: KEY }), "");
});

test("each file names the schema and fits it", () => {
  const schema = ruleFileSchema();
  for (const [name, text] of Object.entries(texts)) {
    assert.match(text, /^# yaml-language-server: \$schema=\.\/authspike-rules\.schema\.json\n/, name);
    assert.deepEqual(schemaViolations(schema, parse(text)), [], name);
  }
});

test("the schema beside them is the one that this version makes", () => {
  const committed = readFileSync(new URL("authspike-rules.schema.json", directory), "utf8");
  assert.equal(
    committed,
    `${JSON.stringify(ruleFileSchema(), null, 2)}\n`,
    "run `authspike rules schema > rules/authspike-rules.schema.json`",
  );
});

test("the schema refuses what reading refuses", () => {
  const schema = ruleFileSchema();
  const rule = { id: "a", match: {}, count: { http_status: 401 } };
  const wrong = [
    { ...rule, window: 60 },
    { ...rule, windw: "1m" },
    { ...rule, when: { ratio: "3" } },
    { ...rule, severity: "high" },
    { match: {}, count: {} },
  ];
  for (const each of wrong) assert.notDeepEqual(schemaViolations(schema, { rules: [each] }), [], JSON.stringify(each));
});

test("every endpoint has one rule for failed authentication, and login routes have the critical one", () => {
  const { rules } = ruleSetOf(texts);
  const judges = (protocol: "http" | "grpc", route: string) => {
    const method = protocol === "http" ? "POST" : "";
    const endpoint = {
      id: 0,
      name: route,
      hash: 0,
      isOverflow: false,
      environment: "",
      namespace: "",
      service: "s",
      method,
      route,
      protocol,
    };
    return candidateRules(rules, endpoint).map(({ rule }) => `${rule.id} ${rule.severity.map(({ level }) => level)}`);
  };
  assert.deepEqual(judges("http", "/users/{}"), ["http-401 error", "http-403 warning"]);
  assert.deepEqual(judges("http", "/login"), ["http-403 warning", "login-401 critical", "login-takeover critical"]);
  assert.deepEqual(judges("http", "/api/v2/oauth/token"), ["http-403 warning", "login-401 critical"]);
  assert.deepEqual(judges("grpc", "shop.v1.Carts/Get"), ["grpc-unauthenticated error"]);
});

test("what services call has a ticket of its own, and no other rule", () => {
  const { rules } = ruleSetOf(texts);
  const names = { environment: "", namespace: "", service: "s", peer: "idp.example.com" };
  const endpoint = {
    ...names,
    id: 0,
    name: "",
    hash: 0,
    isOverflow: false,
    method: "POST",
    route: "",
    protocol: "http",
  } as const;
  const judges = candidateRules(rules, endpoint).map(({ rule }) => rule);
  assert.deepEqual(
    judges.map(({ id, per, severity }) => [id, per, severity.map(({ level }) => level)]),
    [["dependency-401", ["env", "service", "peer"], ["warning"]]],
  );
});

test("PAGERDUTY_ROUTING_KEY alone is enough to be paged, and tickets page nobody", () => {
  const { routes, notifiers } = ruleSetOf(texts, { PAGERDUTY_ROUTING_KEY: KEY });
  const kindsFor = (severity: string) =>
    notifiersFor(routes, { severity }).map((name) => notifiers.find((notifier) => notifier.name === name)?.kind);
  assert.deepEqual(kindsFor("critical"), ["pagerduty"]);
  assert.deepEqual(kindsFor("error"), ["pagerduty"]);
  assert.deepEqual(kindsFor("warning"), ["log"]);
});
