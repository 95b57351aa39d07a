/** What rules say about readings, requests, alerts and moments. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reading } from "../../../src/core/detection/reading.ts";
import type { Endpoint } from "../../../src/core/extraction/endpoint.ts";
import type { Observation } from "../../../src/core/extraction/observation.ts";
import { holds, NO_CONDITIONS, ratioToUsual } from "../../../src/core/rules/conditions.ts";
import { isFailure } from "../../../src/core/rules/failure-test.ts";
import { appliesTo, candidateRules } from "../../../src/core/rules/match.ts";
import { muteHolding } from "../../../src/core/rules/mute.ts";
import { notifiersFor } from "../../../src/core/rules/routing.ts";
import { severityOf } from "../../../src/core/rules/severity.ts";
import { ruleOf, ruleSetOf } from "../../support/rule-bundles.ts";

const QUIET: Reading = {
  requestCount: 100,
  failureCount: 2,
  rate: 0.02,
  usual: 0.02,
  usualUpper: 0.03,
  deviation: 0,
  requestRate: 10,
  evidence: 0,
  threshold: 15,
  since: null,
  failuresSince: 0,
  requestsSince: 0,
  busiestClientShare: 0,
  isOneClientFailing: false,
  isKnownRise: false,
  recurredTimes: 0,
  holdMs: 0,
  isWarm: true,
  isAlarming: false,
  alarmKind: null,
  gates: [],
  clearedBy: null,
};

function endpoint(names: Partial<Endpoint>): Endpoint {
  const { method = "POST", route = "/login" } = names;
  return {
    id: 0,
    environment: "production",
    namespace: "",
    service: "auth",
    protocol: "http",
    hash: 0,
    isOverflow: false,
    name: `${method} ${route}`,
    ...names,
    method,
    route,
  };
}

function observation(
  parts: Partial<Observation> & { readonly attributes?: Readonly<Record<string, string>> },
): Observation {
  return {
    endpoint: endpoint({}),
    outcome: "ok",
    cause: null,
    httpStatus: 200,
    grpcStatus: -1,
    weight: 1,
    client: 0,
    user: 0,
    session: 0,
    endedAt: 0,
    traceId: () => "",
    spanId: () => "",
    attribute: (key) => parts.attributes?.[key],
    ...parts,
  };
}

test("conditions hold from their bound on, and for recovery up to it", () => {
  const atThreefold = { ...QUIET, rate: 0.06 };
  const threefold = { ...NO_CONDITIONS, ratio: 3 };
  assert.equal(holds(threefold, atThreefold, "when"), true);
  assert.equal(holds(threefold, { ...QUIET, rate: 0.059 }, "when"), false);
  assert.equal(holds(threefold, atThreefold, "recover"), true);
  assert.equal(holds(threefold, { ...QUIET, rate: 0.061 }, "recover"), false);
});

test("all conditions must hold, and none at all hold always", () => {
  const both = { ...NO_CONDITIONS, count: 2, rate: 0.5 };
  assert.equal(holds(both, QUIET, "when"), false);
  assert.equal(holds(both, { ...QUIET, rate: 0.5 }, "when"), true);
  assert.equal(holds(NO_CONDITIONS, QUIET, "when"), true);
  assert.equal(holds(NO_CONDITIONS, QUIET, "recover"), true);
});

test("failures where there never were any are beyond every ratio", () => {
  assert.equal(ratioToUsual({ rate: 0.1, usual: 0 }), Number.POSITIVE_INFINITY);
  assert.equal(ratioToUsual({ rate: 0, usual: 0 }), 1);
});

test("severity is the highest level whose condition holds", () => {
  const rule = ruleOf(`
rules:
  - id: a
    match: {}
    count: {http_status: 401}
    runbook: https://example.com
    severity: [warning, {level: error, when: {count: 200}}, {level: critical, when: {count: 2_000}}]
`);
  const levels = [1, 200, 1999, 2000].map((failureCount) => severityOf(rule, { ...QUIET, failureCount }));
  assert.deepEqual(levels, ["warning", "error", "error", "critical"]);
});

for (const [asked, severity, expected] of [
  ["", "critical", "warning"],
  ["single_client: ticket", "info", "info"],
  ["single_client: page", "critical", "critical"],
] as const) {
  test(`one client that fails alone is ${expected} where the rule says ${severity} and ${asked || "nothing else"}`, () => {
    const rule = ruleOf(`
rules:
  - id: a
    match: {}
    count: {http_status: 401}
    runbook: https://example.com
    severity: ${severity}
    ${asked}
`);
    assert.equal(severityOf(rule, { ...QUIET, isOneClientFailing: true }), expected);
    assert.equal(severityOf(rule, QUIET), severity);
  });
}

test("what comes at its hour again and again is a ticket, whatever the rule's severity", () => {
  for (const [level, expected] of [
    ["critical", "warning"],
    ["info", "info"],
  ] as const) {
    const rule = { severity: [{ level, when: null }], singleClient: "page" } as const;
    assert.equal(severityOf(rule, { ...QUIET, recurredTimes: 3 }), expected);
  }
});

test("a request fails by its outcome, its HTTP status or its gRPC status", () => {
  const unauthenticated = observation({ outcome: "unauthenticated", httpStatus: 200, grpcStatus: 16 });
  const countOf = (count: string) => ruleOf(`rules: [{id: a, match: {}, count: ${count}, severity: info}]`).count;
  assert.equal(isFailure(countOf("{outcome: [forbidden, unauthenticated]}"), unauthenticated), true);
  assert.equal(isFailure(countOf("{http_status: [401, 419]}"), unauthenticated), false);
  assert.equal(isFailure(countOf("{grpc_status: UNAUTHENTICATED}"), unauthenticated), true);
  assert.equal(isFailure(countOf("{grpc_status: 7}"), unauthenticated), false);
});

const OVERLAPPING = `
rules:
  - {id: all, match: {service: "*"}, count: {outcome: unauthenticated}, severity: info}
  - {id: login, overrides: [all], match: {route: /login}, count: {outcome: unauthenticated}, severity: info}
  - {id: robots, overrides: [login], match: {user_agent.original: "*bot*"}, count: {outcome: unauthenticated}, severity: info}
`;

test("a rule that is overridden for every request of an endpoint is no candidate there", () => {
  const { rules } = ruleSetOf(OVERLAPPING);
  const idsFor = (route: string) => candidateRules(rules, endpoint({ route })).map(({ rule }) => rule.id);
  assert.deepEqual(idsFor("/login"), ["login", "robots"]);
  assert.deepEqual(idsFor("/users"), ["all", "robots"]);
});

test("a rule that is overridden by an attribute yields only the requests that have it", () => {
  const { rules } = ruleSetOf(OVERLAPPING);
  const candidates = candidateRules(rules, endpoint({ route: "/login" }));
  const idsFor = (agent: string) =>
    candidates
      .filter((candidate) => appliesTo(candidate, observation({ attributes: { "user_agent.original": agent } })))
      .map(({ rule }) => rule.id);
  assert.deepEqual(idsFor("somebot/1.0"), ["robots"]);
  assert.deepEqual(idsFor("Mozilla/5.0"), ["login"]);
});

test("the first matching route takes an alert, and goes on only where it says so", () => {
  const { routes } = ruleSetOf(`
rules: [{id: a, match: {}, count: {http_status: 401}, severity: info, labels: {team: x}}]
notifiers: {one: {log: {}}, two: {log: }}
routes:
  - {match: {team: x}, notify: one, continue: true}
  - {match: {severity: [error, critical]}, notify: [two, one]}
  - {notify: [log]}
`);
  assert.deepEqual(notifiersFor(routes, { team: "x", severity: "error" }), ["one", "two"]);
  assert.deepEqual(notifiersFor(routes, { team: "x", severity: "info" }), ["one", "log"]);
  assert.deepEqual(notifiersFor(routes, { severity: "info" }), ["log"]);
});

test("a mute holds within its days and hours, for the labels that it names", () => {
  const { mutes } = ruleSetOf(`
rules: [{id: a, match: {}, count: {http_status: 401}, severity: info}]
mutes:
  - id: pentest
    match: {service: auth}
    weekly: {days: [tue], from: "22:00", to: "02:00", tz: Europe/Berlin}
    until: 2026-03-10
    owner: security
    reason: penetration test
`);
  const heldAt = (moment: string, service = "auth") => muteHolding(mutes, { service }, Date.parse(moment))?.id;
  assert.equal(heldAt("2026-03-03T22:00:00Z"), "pentest");
  assert.equal(heldAt("2026-03-03T22:00:00Z", "billing"), undefined);
  assert.equal(heldAt("2026-03-04T22:00:00Z"), undefined);
  assert.equal(heldAt("2026-03-10T22:59:00Z"), "pentest");
  // The last day ends at midnight in Berlin, in the middle of the window.
  assert.equal(heldAt("2026-03-10T23:00:00Z"), undefined);
});
