/**
 * Whatever happens to some series, their alerts keep their promises towards whoever is paged.
 *
 * A timeline is any sequence of readings, mutes and edits of the rule. The effects are carried out
 * here as the service does it, and what each target has seen is then judged.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert, Effect, Notification, Transition } from "../../../src/core/alerts/alert.ts";
import type { AlertAdvance } from "../../../src/core/alerts/lifecycle.ts";
import { advanceAlert, endAlert, endReason } from "../../../src/core/alerts/lifecycle.ts";
import { settle } from "../../../src/core/alerts/settle.ts";
import { compileLabelMatcher } from "../../../src/core/rules/match.ts";
import type { Route } from "../../../src/core/rules/rule.ts";
import {
  alarmingReading,
  alertStep,
  at,
  conditions,
  LOGIN,
  LOGIN_FIELDS,
  mute,
  quietReading,
  rule,
  ruleSet,
} from "../../support/alert-builders.ts";
import { fc } from "../../support/properties.ts";

const sights = fc.record({
  sight: fc.constantFrom("alarm" as const, "alarm" as const, "quiet" as const, "silent" as const, "lingering" as const),
  failureCount: fc.constantFrom(5, 100, 250, 3_000),
});
type Sight = typeof sights extends fc.Arbitrary<infer Value> ? Value : never;

const PATHS = ["/login", "/me", "/pay"] as const;

const moments = fc.array(
  fc.record({
    waitMs: fc.constantFrom(1, 100, 1_000, 30_000, 60_000, 700_000),
    sights: fc.tuple(sights, sights, sights),
    mutedBy: fc.constantFrom(null, null, "a" as const, "b" as const),
    edit: fc.constantFrom(...(["none", "none", "none", "none", "labels", "removed", "per"] as const)),
  }),
  { maxLength: 40 },
);
type Moment = {
  readonly waitMs: number;
  readonly sights: readonly Sight[];
  readonly mutedBy: "a" | "b" | null;
  readonly edit: "none" | "labels" | "removed" | "per";
};

const settings = fc.record({
  forMs: fc.constantFrom(0, 0, 1_000, 60_000),
  keepFiringForMs: fc.constantFrom(0, 30_000, 60_000),
});
type Settings = { readonly forMs: number; readonly keepFiringForMs: number };

const routes: readonly Route[] = [
  {
    match: compileLabelMatcher(new Map([["severity", ["critical"]]])),
    notify: ["pagers", "log"],
    continues: false,
  },
  { match: [], notify: ["tickets", "log"], continues: false },
];
const rules = ruleSet({ routes, notifiers: ["pagers", "tickets", "log"] });

type Seen = { readonly transitions: readonly Transition[]; readonly notifications: readonly Notification[] };

function playThrough(facts: Settings, timeline: readonly Moment[]) {
  let alerts: readonly (Alert | null)[] = PATHS.map(() => null);
  let time = 0;
  const seen: Seen[] = [];
  for (const moment of timeline) {
    time += moment.waitMs;
    const moves = alerts.map((before, index) => ({
      before,
      advance: advance({ facts, moment, before, index, time }),
      rule: rule(),
    }));
    const open = alerts.filter((alert) => alert !== null);
    const settled = settle(moves, open, { ruleSet: rules, now: at(time), inDoubtSince: -Infinity });
    seen.push(carriedOut(settled.effects));
    alerts = settled.alerts;
  }
  return { seen, open: alerts.filter((alert) => alert !== null) };
}

function advance(step: {
  readonly facts: Settings;
  readonly moment: Moment;
  readonly before: Alert | null;
  readonly index: number;
  readonly time: number;
}): AlertAdvance {
  const { facts, moment, before, index, time } = step;
  const edited = rule({
    ...facts,
    recover: conditions({ deviation: 1 }),
    labels: { team: moment.edit === "labels" ? "other" : "identity" },
    ...(moment.edit === "per" && { per: ["service"] }),
  });
  const reason = before === null ? null : endReason(before, moment.edit === "removed" ? undefined : edited);
  if (before !== null && reason !== null) return endAlert(before, { reason, bundle: "c", now: at(time) });
  const route = PATHS[index] ?? "";
  return advanceAlert(
    alertStep({
      alert: before,
      rule: moment.edit === "per" ? rule(facts) : edited,
      fields: { ...LOGIN_FIELDS, route },
      endpoint: { ...LOGIN, route },
      reading: readingOf(moment.sights[index] ?? { sight: "quiet", failureCount: 5 }),
      muteFor: () => (moment.mutedBy === null ? null : mute(moment.mutedBy)),
      now: at(time),
    }),
  );
}

function carriedOut(effects: readonly Effect[]): Seen {
  return {
    transitions: effects.flatMap((effect) => (effect.kind === "record" ? [effect.transition] : [])),
    notifications: effects.flatMap((effect) => (effect.kind === "notify" ? [effect.notification] : [])),
  };
}

function readingOf({ sight, failureCount }: Sight) {
  if (sight === "alarm") return alarmingReading({ failureCount, failuresSince: failureCount });
  if (sight === "lingering") return quietReading({ deviation: 3, clearedBy: "recovered" });
  return quietReading({ deviation: 0, clearedBy: sight === "silent" ? "silent" : "recovered" });
}

function targetOf({ target }: Notification): string {
  return target.kind === "notifier" ? `id-of-${target.name}` : target.target.targetId;
}

/** As the receiver sees it: by its own incidents. */
function incidentAt(notification: Notification): string {
  return `${targetOf(notification)} ${notification.incident.dedupKey}`;
}

test("every target sees each of its incidents triggered, and resolved once, in the end", () => {
  fc.assert(
    fc.property(settings, moments, (facts, timeline) => {
      const { seen, open } = playThrough(facts, timeline);
      const expected = new Set(
        open.flatMap(({ incident, triggered }) =>
          triggered.map(({ targetId }) => `${targetId} ${incident?.dedupKey ?? "none"}`),
        ),
      );
      const atReceiver = new Set<string>();
      for (const notification of seen.flatMap(({ notifications }) => notifications)) {
        const incident = incidentAt(notification);
        if (notification.reason === "firing") assert.ok(!atReceiver.has(incident), "one incident opened twice");
        if (notification.action === "trigger") atReceiver.add(incident);
        else assert.ok(atReceiver.delete(incident), "a resolve without a trigger");
      }
      assert.deepEqual(atReceiver, expected);
    }),
  );
});

test("whoever the routes name for an alert that fires and is not muted is part of its incident", () => {
  fc.assert(
    fc.property(settings, moments, (facts, timeline) => {
      for (const { transitions } of playThrough(facts, timeline).seen) {
        for (const { kind, alert } of transitions) {
          if (alert.mutedBy !== null || !["firing", "escalated", "unmuted"].includes(kind)) continue;
          const names = alert.severity === "critical" ? ["pagers", "log"] : ["tickets", "log"];
          for (const name of names) assert.ok(alert.triggered.some(({ notifier }) => notifier === name));
        }
      }
    }),
  );
});

test("a target hears at most once of an incident at one moment", () => {
  fc.assert(
    fc.property(settings, moments, (facts, timeline) => {
      for (const { notifications } of playThrough(facts, timeline).seen) {
        assert.equal(new Set(notifications.map(incidentAt)).size, notifications.length);
      }
    }),
  );
});

test("no two incidents that are open at once share a key", () => {
  fc.assert(
    fc.property(settings, moments, (facts, timeline) => {
      const { open } = playThrough(facts, timeline);
      const keys = new Map(open.map(({ incident }) => [incident?.id, incident?.dedupKey]));
      assert.equal(new Set(keys.values()).size, keys.size);
    }),
  );
});

test("each episode runs pending, firing, escalated, resolved in that order and only ever rises", () => {
  fc.assert(
    fc.property(settings, moments, (facts, timeline) => {
      const transitions = playThrough(facts, timeline).seen.flatMap((moment) => moment.transitions);
      const episodes = Map.groupBy(transitions, ({ alert }) => alert.id);
      for (const episode of episodes.values()) {
        const kinds = episode.map(({ kind }) => kind).join(" ");
        assert.match(kinds, /^(pending cancelled|pending|(pending )?firing( (escalated|muted|unmuted))*( resolved)?)$/);
        assert.match(kinds.replaceAll(/pending |firing |escalated |resolved/g, ""), /^(?!.*unmuted unmuted)/);
        const alerts = episode.map(({ alert }) => alert);
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

/** Transitions and notifications in order: `firing`, `trigger joined`. */
function kindsOf(seen: readonly Seen[]): readonly string[] {
  return seen.flatMap(({ transitions, notifications }) => [
    ...transitions.map(({ kind }) => kind),
    ...notifications.map(({ action, reason }) => `${action} ${reason}`),
  ]);
}

test("nothing is said when nothing has changed", () => {
  fc.assert(
    fc.property(settings, moments, (facts, timeline) => {
      const twice = timeline.flatMap((moment) => [moment, { ...moment, waitMs: 0 }]);
      const once = kindsOf(playThrough(facts, timeline).seen);
      const again = kindsOf(playThrough(facts, twice).seen);
      // Rules that keep nothing firing may open and close at one instant: those are changes.
      if (facts.keepFiringForMs > 0 && timeline.every(({ edit }) => edit !== "per" && edit !== "removed")) {
        assert.deepEqual(again, once);
      }
    }),
  );
});
