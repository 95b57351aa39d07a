/**
 * Whatever happens to a series, its alerts keep their promises towards whoever is paged.
 *
 * A timeline is any sequence of readings, mutes and edits of the rule. The effects are carried out
 * here as the service does it, and what each target has seen is then judged.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Alert, Effect, Notification, Transition } from "../../../src/core/alerts/alert.ts";
import { advanceAlert, endAlert, endReason } from "../../../src/core/alerts/lifecycle.ts";
import { effectsOf, withTriggered } from "../../../src/core/alerts/notification.ts";
import { compileLabelMatcher } from "../../../src/core/rules/match.ts";
import type { Route } from "../../../src/core/rules/rule.ts";
import { alarmingReading, alertStep, at, conditions, mute, quietReading, rule } from "../../support/alert-builders.ts";

type Moment = {
  readonly waitMs: number;
  readonly sight: "alarm" | "quiet" | "silent" | "lingering";
  readonly failureCount: number;
  readonly mutedBy: "a" | "b" | null;
  readonly edit: "none" | "labels" | "removed" | "per";
};

const moments: fc.Arbitrary<readonly Moment[]> = fc.array(
  fc.record({
    waitMs: fc.constantFrom(1, 100, 1_000, 30_000, 60_000),
    sight: fc.constantFrom(
      "alarm" as const,
      "alarm" as const,
      "quiet" as const,
      "silent" as const,
      "lingering" as const,
    ),
    failureCount: fc.constantFrom(5, 100, 250, 3_000),
    mutedBy: fc.constantFrom(null, null, "a" as const, "b" as const),
    edit: fc.constantFrom(...(["none", "none", "none", "none", "labels", "removed", "per"] as const)),
  }),
  { maxLength: 60 },
);

const settings = fc.record({
  forMs: fc.constantFrom(0, 0, 1_000, 60_000),
  keepFiringForMs: fc.constantFrom(0, 30_000, 60_000),
});

const routes: readonly Route[] = [
  {
    match: compileLabelMatcher(new Map([["severity", ["critical"]]])),
    notify: ["pagers", "log"],
    continues: false,
  },
  { match: [], notify: ["tickets", "log"], continues: false },
];

type Seen = { readonly transition: Transition; readonly notifications: readonly Notification[] };

function playThrough(facts: { forMs: number; keepFiringForMs: number }, timeline: readonly Moment[]) {
  let alert: Alert | null = null;
  let time = 0;
  const seen: Seen[] = [];
  for (const moment of timeline) {
    time += moment.waitMs;
    const edited = rule({
      ...facts,
      recover: conditions({ deviation: 1 }),
      labels: { team: moment.edit === "labels" ? "other" : "identity" },
      ...(moment.edit === "per" && { per: ["service"] }),
    });
    const reason = alert === null ? null : endReason(alert, moment.edit === "removed" ? undefined : edited);
    const advance: ReturnType<typeof advanceAlert> =
      alert !== null && reason !== null
        ? endAlert(alert, { reason, bundle: "c", now: at(time) })
        : advanceAlert(
            alertStep({
              alert,
              rule: moment.edit === "per" ? rule(facts) : edited,
              reading: readingOf(moment),
              muteFor: () => (moment.mutedBy === null ? null : mute(moment.mutedBy)),
              now: at(time),
            }),
          );
    const carried = carryOut(advance.transitions, alert, time);
    seen.push(...carried.seen);
    alert = advance.alert === null ? null : { ...advance.alert, triggered: carried.triggered };
  }
  return { seen, alert };
}

function readingOf({ sight, failureCount }: Moment) {
  if (sight === "alarm") return alarmingReading({ failureCount, failuresSince: failureCount });
  if (sight === "lingering") return quietReading({ deviation: 3, clearedBy: "recovered" });
  return quietReading({ deviation: 0, clearedBy: sight === "silent" ? "silent" : "recovered" });
}

/** As the engine does: the targets of a trigger are in the alert before it is recorded. */
function carryOut(transitions: readonly Transition[], before: Alert | null, time: number) {
  let triggered = before?.triggered ?? [];
  const seen: Seen[] = [];
  for (const plain of transitions) {
    const transition = { ...plain, alert: { ...plain.alert, triggered } };
    const effects: readonly Effect[] = effectsOf(transition, { routes, rule: rule(), now: at(time) });
    const notifications = effects.flatMap((effect) => (effect.kind === "notify" ? [effect.notification] : []));
    for (const { target } of notifications) {
      if (target.kind !== "notifier") continue;
      const frozen = { notifier: target.name, targetId: `id-of-${target.name}` };
      triggered = withTriggered({ ...transition.alert, triggered }, frozen).triggered;
    }
    seen.push({ transition, notifications });
  }
  return { seen, triggered };
}

function targetOf({ target }: Notification): string {
  return target.kind === "notifier" ? `id-of-${target.name}` : target.target.targetId;
}

test("every target sees triggers first and one resolve last, or nothing", () => {
  fc.assert(
    fc.property(settings, moments, (facts, timeline) => {
      const { seen, alert } = playThrough(facts, timeline);
      const byTarget = Map.groupBy(
        seen.flatMap(({ notifications }) => notifications),
        (notification) => `${notification.alert.id} ${targetOf(notification)}`,
      );
      for (const [name, notifications] of byTarget) {
        const actions = notifications.map(({ action }) => action);
        const isOpen = alert !== null && name.startsWith(`${alert.id} `);
        const triggers = isOpen ? actions : actions.slice(0, -1);
        assert.ok(triggers.length > 0, "a resolve without a trigger");
        assert.ok(triggers.every((action) => action === "trigger"));
        if (!isOpen) assert.equal(actions.at(-1), "resolve");
      }
    }),
  );
});

test("a target is triggered once an episode, but for escalations and the ends of mutes", () => {
  fc.assert(
    fc.property(settings, moments, (facts, timeline) => {
      for (const { transition, notifications } of playThrough(facts, timeline).seen) {
        const targets = notifications.map(targetOf);
        assert.equal(new Set(targets).size, targets.length);
        const mayTrigger = ["firing", "escalated", "unmuted"].includes(transition.kind);
        const isMuted = transition.alert.mutedBy !== null;
        const triggers = notifications.filter(({ action }) => action === "trigger");
        assert.equal(triggers.length > 0, mayTrigger && !isMuted);
      }
    }),
  );
});

test("each episode runs pending, firing, escalated, resolved in that order and only ever rises", () => {
  fc.assert(
    fc.property(settings, moments, (facts, timeline) => {
      const episodes = Map.groupBy(playThrough(facts, timeline).seen, ({ transition }) => transition.alert.id);
      for (const seen of episodes.values()) {
        const kinds = seen.map(({ transition }) => transition.kind).join(" ");
        assert.match(kinds, /^(pending cancelled|pending|(pending )?firing( (escalated|muted|unmuted))*( resolved)?)$/);
        assert.match(kinds.replaceAll(/pending |firing |escalated |resolved/g, ""), /^(?!.*unmuted unmuted)/);
        const alerts = seen.map(({ transition }) => transition.alert);
        const failures = alerts.map(({ evidence }) => evidence.failures);
        assert.deepEqual(
          failures,
          failures.toSorted((left, right) => left - right),
        );
        const levels = alerts.map(({ severity }) => ["info", "warning", "error", "critical"].indexOf(severity));
        assert.deepEqual(
          levels,
          levels.toSorted((left, right) => left - right),
        );
      }
    }),
  );
});

test("nothing is said when nothing has changed", () => {
  fc.assert(
    fc.property(settings, moments, (facts, timeline) => {
      const twice = timeline.flatMap((moment) => [moment, { ...moment, waitMs: 0 }]);
      const once = playThrough(facts, timeline).seen.map(({ transition }) => transition.kind);
      const again = playThrough(facts, twice).seen.map(({ transition }) => transition.kind);
      // Rules that keep nothing firing may open and close at one instant: those are changes.
      if (facts.keepFiringForMs > 0 && timeline.every(({ edit }) => edit !== "per" && edit !== "removed")) {
        assert.deepEqual(again, once);
      }
    }),
  );
});
