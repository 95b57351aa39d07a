import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Alert } from "../../../src/core/alerts/alert.ts";
import type { AlertStep } from "../../../src/core/alerts/lifecycle.ts";
import { advanceAlert, endAlert, endReason } from "../../../src/core/alerts/lifecycle.ts";
import { compileMatcher } from "../../../src/core/rules/match.ts";
import { MINUTE_MS } from "../../../src/core/time.ts";
import {
  alarmingReading,
  alertStep,
  at,
  conditions,
  firingAlert,
  mute,
  quietReading,
  rule,
} from "../../support/alert-builders.ts";

/** Plays steps one after the other, each `[when, what differs from the usual step]`. */
function play(shared: Partial<AlertStep>, steps: readonly (readonly [number, Partial<AlertStep>])[]) {
  let alert: Alert | null = null;
  const kinds: string[][] = [];
  const alerts: Alert[] = [];
  for (const [afterMs, facts] of steps) {
    const advance = advanceAlert(alertStep({ ...shared, ...facts, alert, now: at(afterMs) }));
    alert = advance.alert;
    kinds.push(advance.transitions.map(({ kind }) => kind));
    alerts.push(...advance.transitions.map((transition) => transition.alert));
  }
  return { kinds, alert, last: alerts.at(-1) };
}

const ALARM = { reading: alarmingReading() };
const QUIET = { reading: quietReading({ clearedBy: "recovered" }) };

describe("inactive", () => {
  test("stays inactive while nothing is wrong", () => {
    assert.deepEqual(advanceAlert(alertStep(QUIET)), { alert: null, transitions: [] });
  });

  test("fires in the same tick when `for` is 0", () => {
    const { kinds, alert } = play({}, [[0, ALARM]]);
    assert.deepEqual(kinds, [["firing"]]);
    assert.equal(alert?.state, "firing");
    assert.equal(alert.severity, "error");
    assert.deepEqual(alert.labels, {
      team: "identity",
      env: "prod",
      service: "auth",
      method: "POST",
      route: "/login",
      rule: "login-401",
      severity: "error",
    });
  });

  test("stays inactive while the rule's own conditions do not hold", () => {
    const { kinds } = play({ rule: rule({ when: conditions({ ratio: 50 }) }) }, [[0, ALARM]]);
    assert.deepEqual(kinds, [[]]);
  });

  test("becomes pending when the rule asks to wait", () => {
    const { kinds, alert } = play({ rule: rule({ forMs: MINUTE_MS }) }, [[0, ALARM]]);
    assert.deepEqual(kinds, [["pending"]]);
    assert.equal(alert?.state, "pending");
  });

  test("a rule's labels never hide the fields of the series", () => {
    const labels = { service: "forged", severity: "info", rule: "other", team: "a" };
    const { alert } = play({ rule: rule({ labels }) }, [[0, ALARM]]);
    assert.equal(alert?.labels["service"], "auth");
    assert.equal(alert.labels["severity"], "error");
    assert.equal(alert.labels["rule"], "login-401");
  });
});

describe("pending", () => {
  const waiting = { rule: rule({ forMs: MINUTE_MS }) };

  test("fires once the condition has held for long enough", () => {
    const { kinds } = play(waiting, [
      [0, ALARM],
      [59_999, ALARM],
      [60_000, ALARM],
    ]);
    assert.deepEqual(kinds, [["pending"], [], ["firing"]]);
  });

  test("is cancelled by a single moment of calm, and begins anew", () => {
    const { kinds } = play(waiting, [
      [0, ALARM],
      [30_000, QUIET],
      [31_000, ALARM],
      [60_000, ALARM],
      [91_000, ALARM],
    ]);
    assert.deepEqual(kinds, [["pending"], ["cancelled"], ["pending"], [], ["firing"]]);
  });

  test("is not judged by mutes before it fires", () => {
    const { kinds, alert } = play({ ...waiting, muteFor: () => mute("pentest") }, [
      [0, ALARM],
      [60_000, ALARM],
    ]);
    assert.deepEqual(kinds, [["pending"], ["firing"]]);
    assert.equal(alert?.mutedBy, "pentest");
  });
});

describe("firing", () => {
  test("resolves after it has recovered for as long as the rule keeps firing", () => {
    const { kinds, alert, last } = play({}, [
      [0, ALARM],
      [1_000, QUIET],
      [300_999, QUIET],
      [301_000, QUIET],
    ]);
    assert.deepEqual(kinds, [["firing"], [], [], ["resolved"]]);
    assert.equal(alert, null);
    assert.equal(last?.state === "resolved" && last.resolveReason, "recovered");
  });

  test("a relapse starts the wait for recovery anew, within the same episode", () => {
    const { kinds } = play({}, [
      [0, ALARM],
      [1_000, QUIET],
      [200_000, ALARM],
      [201_000, QUIET],
      [500_999, QUIET],
      [501_000, QUIET],
    ]);
    assert.deepEqual(kinds, [["firing"], [], [], [], [], ["resolved"]]);
  });

  test("resolves at once when the rule keeps nothing firing", () => {
    const { kinds } = play({ rule: rule({ keepFiringForMs: 0 }) }, [
      [0, ALARM],
      [1_000, QUIET],
    ]);
    assert.deepEqual(kinds, [["firing"], ["resolved"]]);
  });

  test("what is known to return stays open until it has been calm for longer than `keep_firing_for`", () => {
    const returning = { reading: quietReading({ clearedBy: "recovered", holdMs: 20 * MINUTE_MS }) };
    const { kinds } = play({ rule: rule({ keepFiringForMs: 5 * MINUTE_MS }) }, [
      [0, ALARM],
      [MINUTE_MS, returning],
      [20 * MINUTE_MS, returning],
      [21 * MINUTE_MS, returning],
    ]);
    assert.deepEqual(kinds, [["firing"], [], [], ["resolved"]]);
  });

  test("waits for the rule's own condition of recovery", () => {
    const shared = { rule: rule({ keepFiringForMs: 0, recover: conditions({ deviation: 1 }) }) };
    const { kinds } = play(shared, [
      [0, ALARM],
      [1_000, { reading: quietReading({ deviation: 2, clearedBy: "recovered" }) }],
      [2_000, { reading: quietReading({ deviation: 1, clearedBy: "recovered" }) }],
    ]);
    assert.deepEqual(kinds, [["firing"], [], ["resolved"]]);
  });

  for (const clearedBy of ["silent", "new_level"] as const) {
    test(`does not compare rates that mean nothing when the alarm went off by "${clearedBy}"`, () => {
      const shared = { rule: rule({ keepFiringForMs: 0, recover: conditions({ deviation: 1 }) }) };
      const { kinds, last } = play(shared, [
        [0, ALARM],
        [1_000, { reading: quietReading({ deviation: 9, clearedBy }) }],
      ]);
      assert.deepEqual(kinds, [["firing"], ["resolved"]]);
      assert.equal(last?.state === "resolved" && last.resolveReason, clearedBy);
    });
  }

  test("goes on while the alarm is on, even below the rule's `when`", () => {
    const { kinds } = play({ rule: rule({ when: conditions({ ratio: 3 }), keepFiringForMs: 0 }) }, [
      [0, ALARM],
      [1_000, { reading: alarmingReading({ rate: 0.02, failureCount: 12 }) }],
    ]);
    assert.deepEqual(kinds, [["firing"], []]);
  });

  test("escalates, and never falls back within the episode", () => {
    const { kinds, alert } = play({}, [
      [0, { reading: alarmingReading({ failureCount: 30 }) }],
      [1_000, { reading: alarmingReading({ failureCount: 2_500 }) }],
      [2_000, { reading: alarmingReading({ failureCount: 250 }) }],
    ]);
    assert.deepEqual(kinds, [["firing"], ["escalated"], []]);
    assert.equal(alert?.severity, "critical");
    assert.equal(alert.labels["severity"], "critical");
    assert.equal(alert.isPage, true);
  });

  test("is a ticket while one client fails alone, and a page once others have joined", () => {
    const alone = { reading: alarmingReading({ isOneClientFailing: true }) };
    const { alert, kinds } = play({}, [
      [0, alone],
      [1_000, ALARM],
      [2_000, alone],
    ]);
    assert.deepEqual(kinds, [["firing"], ["escalated"], []]);
    assert.equal(alert?.isPage, true);
  });

  test("is muted and unmuted without losing its state", () => {
    const { kinds } = play({}, [
      [0, ALARM],
      [1_000, { ...ALARM, muteFor: () => mute("a") }],
      [2_000, { ...ALARM, muteFor: () => mute("a") }],
      [3_000, { ...ALARM, muteFor: () => mute("b") }],
      [4_000, ALARM],
    ]);
    assert.deepEqual(kinds, [["firing"], ["muted"], [], ["muted"], ["unmuted"]]);
  });

  test("tells of an escalation first and of the end of the mute after it", () => {
    const { kinds } = play({ muteFor: ({ severity }) => (severity === "critical" ? null : mute("tickets")) }, [
      [0, ALARM],
      [1_000, { reading: alarmingReading({ failureCount: 9_000 }) }],
    ]);
    assert.deepEqual(kinds, [["firing"], ["escalated", "unmuted"]]);
  });

  test("a mute does not hold back the end", () => {
    const { kinds } = play({ muteFor: () => mute("pentest"), rule: rule({ keepFiringForMs: 0 }) }, [
      [0, ALARM],
      [1_000, QUIET],
    ]);
    assert.deepEqual(kinds, [["firing"], ["resolved"]]);
  });

  test("a second episode of the series has an id of its own and the same dedup key", () => {
    const first = firingAlert();
    const second = firingAlert({ now: at(600_000) });
    assert.notEqual(first.id, second.id);
    assert.equal(first.dedupKey, second.dedupKey);
  });
});

describe("the end by the rules", () => {
  const end = { reason: "rule_removed", bundle: "c".repeat(64), now: at(9_000) } as const;

  test("a firing alert resolves with the reason", () => {
    const { alert, transitions } = endAlert(firingAlert(), end);
    assert.equal(alert, null);
    assert.deepEqual(
      transitions.map(({ kind }) => kind),
      ["resolved"],
    );
    const ended = transitions[0]?.alert;
    assert.equal(ended?.state === "resolved" && ended.resolveReason, "rule_removed");
    assert.equal(ended?.bundle, end.bundle);
  });

  test("a pending alert is cancelled, and an ended one stays ended", () => {
    const pending = advanceAlert(alertStep({ rule: rule({ forMs: 1 }) })).alert;
    assert.ok(pending !== null);
    const { transitions } = endAlert(pending, end);
    assert.deepEqual(
      transitions.map(({ kind }) => kind),
      ["cancelled"],
    );
    const ended = transitions[0]?.alert;
    assert.ok(ended !== undefined);
    assert.deepEqual(endAlert(ended, end).transitions, []);
  });

  test("an alert outlives edits that leave its series alone", () => {
    const edited = rule({ when: conditions({ ratio: 9 }), forMs: 60_000, labels: { team: "other" }, severity: [] });
    assert.equal(endReason(firingAlert(), edited), null);
  });

  test("an alert ends when its rule is gone, groups otherwise or no longer matches the series", () => {
    const elsewhere = compileMatcher(new Map([["service", ["!auth"]]]));
    assert.equal(endReason(firingAlert(), undefined), "rule_removed");
    assert.equal(endReason(firingAlert(), rule({ per: ["service"] })), "rule_changed");
    assert.equal(endReason(firingAlert(), rule({ match: elsewhere })), "rule_changed");
  });
});
