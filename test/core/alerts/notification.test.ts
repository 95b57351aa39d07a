import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Alert, Effect, Transition } from "../../../src/core/alerts/alert.ts";
import { alertLogRecord, otlpLogRecord } from "../../../src/core/alerts/alert-log-record.ts";
import { endAlert } from "../../../src/core/alerts/lifecycle.ts";
import { freezePage, thawPage } from "../../../src/core/alerts/page.ts";
import { settle, withTriggered } from "../../../src/core/alerts/settle.ts";
import { encodeLogsRequest } from "../../../src/core/otlp/log-record.ts";
import { compileLabelMatcher } from "../../../src/core/rules/match.ts";
import type { Route } from "../../../src/core/rules/rule.ts";
import { alarmingReading, at, firingAlert, placed, rule, ruleSet } from "../../support/alert-builders.ts";

const ROUTES: readonly Route[] = [
  { match: compileLabelMatcher(new Map([["severity", ["critical"]]])), notify: ["pagers"], continues: false },
  { match: [], notify: ["tickets"], continues: false },
];
const RULES = ruleSet({ routes: ROUTES, notifiers: ["pagers", "tickets"] });
const TICKETS = { notifier: "tickets", targetId: "id-of-tickets" };

/** What follows when `before` becomes `alert`. */
function effects(kind: Transition["kind"], alert: Alert, before: Alert | null = null): readonly Effect[] {
  const advance = {
    alert: alert.state === "resolved" ? null : alert,
    transitions: [{ kind, at: at(0).steady, alert }],
  };
  const open = before === null ? [] : [before];
  return settle([{ before, advance, rule: rule() }], open, { ruleSet: RULES, now: at(0), inDoubtSince: -Infinity })
    .effects;
}

/** `record`, `trigger name`, `publish authspike.alert.firing`. */
function inWords(list: readonly Effect[]): readonly string[] {
  return list.map((effect) => {
    if (effect.kind === "record") return "record";
    if (effect.kind === "publish") return `publish ${effect.event.eventName}`;
    const { action, target } = effect.notification;
    return `${action} ${target.kind === "notifier" ? target.name : `frozen ${target.target.targetId}`}`;
  });
}

describe("effects of a transition", () => {
  test("firing: recorded, sent to whom the routes name, told downstream", () => {
    assert.deepEqual(inWords(effects("firing", firingAlert())), [
      "record",
      "trigger tickets",
      "publish authspike.alert.firing",
    ]);
  });

  test("firing under a mute pages nobody and is still told downstream", () => {
    const muted = { ...firingAlert(), mutedBy: "pentest" };
    assert.deepEqual(inWords(effects("firing", muted)), ["record", "publish authspike.alert.firing"]);
  });

  test("pending, cancelled and muted are recorded and nothing more", () => {
    const firing = placed(firingAlert());
    const pending: Alert = { ...firingAlert(), state: "pending" };
    assert.deepEqual(inWords(effects("pending", pending)), ["record"]);
    assert.deepEqual(inWords(effects("cancelled", ended(pending), pending)), ["record"]);
    assert.deepEqual(inWords(effects("muted", { ...firing, mutedBy: "pentest" }, firing)), ["record"]);
  });

  test("an escalation reaches new notifiers by name and the open incident where it is", () => {
    const before = withTriggered(placed(firingAlert()), TICKETS);
    const critical = firingAlert({ reading: alarmingReading({ failureCount: 9_000 }) });
    assert.deepEqual(inWords(effects("escalated", critical, before)), [
      "record",
      "trigger frozen id-of-tickets",
      "trigger pagers",
      "publish authspike.alert.escalated",
    ]);
  });

  test("the end of a mute triggers and is no event", () => {
    const muted = placed({ ...firingAlert(), mutedBy: "pentest" });
    assert.deepEqual(inWords(effects("unmuted", { ...muted, mutedBy: null }, muted)), ["record", "trigger tickets"]);
  });

  test("a resolve goes to exactly those that were triggered, muted or not, re-routed or not", () => {
    const muted = placed({ ...firingAlert(), mutedBy: "late" });
    const alert = withTriggered(muted, { notifier: "gone", targetId: "t9" });
    assert.deepEqual(inWords(effects("resolved", ended(alert), alert)), [
      "record",
      "resolve frozen t9",
      "publish authspike.alert.resolved",
    ]);
  });
});

test("a target is noted once", () => {
  const once = withTriggered(placed(firingAlert()), TICKETS);
  assert.deepEqual(once.triggered, [TICKETS]);
  assert.equal(withTriggered(once, { ...TICKETS, notifier: "another name" }), once);
});

test("a page comes out of the outbox as it went in", () => {
  const notify = effects("firing", firingAlert()).find((effect) => effect.kind === "notify");
  assert.ok(notify?.kind === "notify");
  const page = thawPage(freezePage(notify.notification));
  assert.equal(page.action, "trigger");
  assert.equal(page.dedupKey, "authspike/login-401/0ab29b0471639a04");
  assert.deepEqual(page.text, notify.notification.text);
});

describe("the log record of an event", () => {
  test("carries rule, endpoint, figures and the trace of an example", () => {
    const example = { traceId: "a".repeat(32), spanId: "b".repeat(16) };
    const alert = firingAlert({
      clues: () => ({
        topClients: [],
        examples: [example],
        successesAfterFailures: [],
        pattern: "password_spraying",
        patternConfidence: "medium",
        causes: [],
      }),
    });
    const record = alertLogRecord(eventIn(effects("firing", alert)));
    assert.equal(record.eventName, "authspike.alert.firing");
    assert.deepEqual([record.severityNumber, record.severityText], [17, "ERROR"]);
    assert.deepEqual([record.traceId, record.spanId], [example.traceId, example.spanId]);
    assert.equal(record.attributes["authspike.rule"], "login-401");
    assert.equal(record.attributes["authspike.endpoint"], "POST /login");
    assert.equal(record.attributes["service.name"], "auth");
    assert.equal(record.attributes["authspike.rate"], 0.43);
    assert.equal(record.attributes["authspike.since"], "2026-03-02T08:59:56Z");
    assert.equal(record.attributes["authspike.requests"], 600);
    assert.equal(record.attributes["authspike.by_chance"], "once in 1.5 years");
    assert.match(String(record.attributes["authspike.gates"]), /^evidence: 20 nats, needed more than 17; failures/);
    assert.equal(record.attributes["authspike.pattern"], "password_spraying");
    assert.equal("authspike.cause" in record.attributes, false);
    assert.equal("service.namespace" in record.attributes, false);
  });

  test("can be encoded for the wire", () => {
    const record = otlpLogRecord(alertLogRecord(eventIn(effects("firing", firingAlert()))), at(20).wall);
    assert.equal(record.occurredAtWall, at(0).wall);
    assert.equal(record.observedAtWall, at(20).wall);
    assert.deepEqual(record.attributes["authspike.failures"], { double: 240 });
    const scope = { name: "authspike", version: "1.0.0" };
    assert.ok(encodeLogsRequest({ resource: {}, scope, records: [record] }).length > 0);
  });

  test("calls the end of an alert information, whatever the alert was", () => {
    const alert = placed(firingAlert());
    const record = alertLogRecord(eventIn(effects("resolved", ended(alert, "silent"), alert)));
    assert.equal(record.severityNumber, 9);
    assert.equal(record.attributes["authspike.alert.severity"], "error");
    assert.equal(record.attributes["authspike.alert.resolve_reason"], "silent");
  });
});

function ended(alert: Alert, reason: "recovered" | "silent" = "recovered"): Alert {
  const [transition] = endAlert(alert, { reason, bundle: "b", now: at(1_000) }).transitions;
  assert.ok(transition !== undefined);
  return transition.alert;
}

function eventIn(list: readonly Effect[]) {
  const publish = list.find((effect) => effect.kind === "publish");
  assert.ok(publish?.kind === "publish");
  return publish.event;
}
