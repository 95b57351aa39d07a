/** Readings, rules and alerts for tests: what a test does not mention is as in a quiet, ordinary case. */
import type { Alert } from "../../src/core/alerts/alert.ts";
import { NO_CLUES } from "../../src/core/alerts/evidence.ts";
import type { AlertStep } from "../../src/core/alerts/lifecycle.ts";
import { advanceAlert } from "../../src/core/alerts/lifecycle.ts";
import type { Reading } from "../../src/core/detection/reading.ts";
import type { EndpointNames } from "../../src/core/extraction/endpoint.ts";
import type { Conditions, Mute, Route, Rule, RuleSet } from "../../src/core/rules/rule.ts";
import { parseTemplate } from "../../src/core/rules/template.ts";
import type { UnixMillis } from "../../src/core/time.ts";
import { MINUTE_MS } from "../../src/core/time.ts";
import { VIRTUAL_START } from "./virtual-scheduler.ts";

export const LOGIN: EndpointNames = {
  environment: "prod",
  namespace: "",
  service: "auth",
  method: "POST",
  route: "/login",
  protocol: "http",
};
export const LOGIN_FIELDS = { env: "prod", service: "auth", method: "POST", route: "/login" };

export function quietReading(facts: Partial<Reading> = {}): Reading {
  return {
    requestCount: 600,
    failureCount: 7,
    rate: 0.012,
    usual: 0.012,
    usualUpper: 0.02,
    deviation: 0,
    requestRate: 10,
    evidence: 0,
    threshold: 17,
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
    ...facts,
  };
}

export function alarmingReading(facts: Partial<Reading> = {}): Reading {
  return quietReading({
    failureCount: 240,
    rate: 0.43,
    deviation: 31,
    evidence: 20,
    since: VIRTUAL_START - 4_000,
    failuresSince: 240,
    requestsSince: 600,
    busiestClientShare: 0.08,
    isAlarming: true,
    alarmKind: "ratio",
    gates: [
      { name: "evidence", value: 20, needed: 17, holds: true },
      { name: "failures", value: 191.37, needed: 7, holds: true },
      { name: "surplus", value: 229.92, needed: 7.74, holds: true },
    ],
    ...facts,
  });
}

export function conditions(some: Partial<Conditions> = {}): Conditions {
  return { ratio: null, rate: null, count: null, deviation: null, ...some };
}

export function template(text: string) {
  const parsed = parseTemplate(text);
  if (parsed.kind === "invalid") throw new Error(`not a template: ${text}`);
  return parsed.template;
}

export function rule(facts: Partial<Rule> = {}): Rule {
  return {
    id: "login-401",
    match: { endpoint: [], attributes: [] },
    count: { kind: "outcome", outcomes: ["unauthenticated"] },
    per: ["env", "service", "method", "route"],
    detector: { kind: "ewma", halfLifeMs: 360 * MINUTE_MS, minFailures: 7, deviation: null, season: "week" },
    when: conditions(),
    windowMs: MINUTE_MS,
    forMs: 0,
    keepFiringForMs: 5 * MINUTE_MS,
    recover: conditions(),
    severity: [
      { level: "warning", when: null },
      { level: "error", when: conditions({ count: 200 }) },
      { level: "critical", when: conditions({ count: 2000 }) },
    ],
    singleClient: "ticket",
    summary: template("401s on {{endpoint}} of {{service}}: {{rate|percent}} against a usual {{usual|percent}}"),
    description: null,
    runbook: null,
    labels: { team: "identity" },
    overrides: [],
    source: { file: "rules/auth.yaml", line: 12 },
    ...facts,
  };
}

export function mute(id: string): Mute {
  return { id, match: [], weekly: null, fromWall: null, untilWall: null, owner: "sec", reason: "test" };
}

/** Notifiers by name; each has its address frozen under `id-of-<name>`. */
export function ruleSet(facts: { readonly routes: readonly Route[]; readonly notifiers: readonly string[] }): RuleSet {
  return {
    hash: "b".repeat(64),
    budget: { falsePages: 1, perMs: 30 * 24 * 60 * MINUTE_MS },
    rules: [rule()],
    notifiers: facts.notifiers.map((name) => ({ kind: "log", name, targetId: `id-of-${name}` })),
    routes: facts.routes,
    mutes: [],
  };
}

export function at(afterMs: number): { steady: UnixMillis; wall: UnixMillis } {
  return { steady: VIRTUAL_START + afterMs, wall: VIRTUAL_START + afterMs };
}

export function alertStep(facts: Partial<AlertStep> = {}): AlertStep {
  return {
    alert: null,
    rule: rule(),
    fields: LOGIN_FIELDS,
    endpoint: LOGIN,
    reading: alarmingReading(),
    clues: () => NO_CLUES,
    toldIncidents: { mayTell: () => true },
    muteFor: () => null,
    bundle: "b".repeat(64),
    now: at(0),
    ...facts,
  };
}

export function firingAlert(facts: Partial<AlertStep> = {}): Extract<Alert, { state: "firing" }> {
  const { alert } = advanceAlert(alertStep(facts));
  if (alert?.state !== "firing") throw new Error("the step does not make an alert fire");
  return alert;
}

/** The alert in an incident of its own, or in the one that is given. */
export function placed<Kind extends Alert>(alert: Kind, incident: Alert["incident"] = null): Kind {
  const own = { id: alert.id, dedupKey: alert.dedupKey, openedAt: alert.pendingAt, place: 1 };
  return { ...alert, incident: incident ?? own };
}
