/**
 * Alerts about authspike itself: trouble that lasts, and that a person has to end.
 *
 * They go the way of all others, by the labels `rule: authspike`, `service: authspike`, `severity` and
 * `trouble`, which routes and mutes may name. Their key is always the same for one kind of trouble, so a
 * process that dies with an incident open finds it again with its next trouble, and closes it.
 */

import { muteHolding } from "../rules/mute.ts";
import { notifiersFor } from "../rules/routing.ts";
import type { RuleSet, Severity } from "../rules/rule.ts";
import type { Instant } from "../time.ts";
import { toWall } from "../time.ts";
import type { IncidentPlace, Notification, NotificationText, TriggeredTarget } from "./alert.ts";
import { isoTime, span } from "./words.ts";

export type OwnTrouble = {
  /** Names it in labels and keys: `queue-disk`. */
  readonly name: string;
  readonly severity: Severity;
  /** One sentence for people. */
  readonly summary: string;
  readonly whatToDo: string;
  readonly since: number;
};

/** `told` are those who must see the resolve. */
export type OwnAlert = { readonly trouble: OwnTrouble; readonly told: readonly TriggeredTarget[] };

type Context = { readonly ruleSet: RuleSet; readonly now: Instant };

export function raiseOwnAlert(
  trouble: OwnTrouble,
  context: Context,
): { readonly alert: OwnAlert; readonly notifications: readonly Notification[] } {
  const told = targetsOf(trouble, context);
  const notifications = told.map((target): Notification => {
    return { ...notificationOf(trouble, context), target: { kind: "notifier", name: target.notifier } };
  });
  return { alert: { trouble, told }, notifications };
}

export function clearOwnAlert({ trouble, told }: OwnAlert, context: Context): readonly Notification[] {
  const text = textOf(trouble, context, `Over after ${span(context.now.steady - trouble.since)}: ${trouble.summary}`);
  return told.map((target): Notification => {
    const plain = notificationOf(trouble, context);
    return { ...plain, action: "resolve", reason: "resolved", text, target: { kind: "triggered", target } };
  });
}

function targetsOf(trouble: OwnTrouble, { ruleSet, now }: Context): readonly TriggeredTarget[] {
  const labels = labelsOf(trouble);
  if (muteHolding(ruleSet.mutes, labels, now.wall) !== undefined) return [];
  return notifiersFor(ruleSet.routes, labels).flatMap((name) => {
    const notifier = ruleSet.notifiers.find((candidate) => candidate.name === name);
    return notifier === undefined ? [] : [{ notifier: name, targetId: notifier.targetId }];
  });
}

function labelsOf({ name, severity }: OwnTrouble): Readonly<Record<string, string>> {
  return { rule: "authspike", service: "authspike", severity, trouble: name };
}

function notificationOf(trouble: OwnTrouble, context: Context): Omit<Notification, "target"> {
  const { severity, summary } = trouble;
  const incident = incidentOf(trouble);
  return { action: "trigger", reason: "firing", incident, severity, text: textOf(trouble, context, summary) };
}

function incidentOf({ name, since }: OwnTrouble): IncidentPlace {
  const id = `authspike-${name}-${Math.floor(since * 1000).toString(36)}`;
  return { id, dedupKey: `authspike/own/${name}`, openedAt: since, place: 1 };
}

function textOf(trouble: OwnTrouble, { now }: Context, summary: string): NotificationText {
  return {
    summary,
    source: "authspike",
    component: trouble.name,
    group: "authspike",
    class: "authspike itself",
    timestamp: now.wall,
    details: {
      what_happened: trouble.summary,
      since: isoTime(toWall(trouble.since, now)),
      what_to_do: trouble.whatToDo,
    },
    runbook: null,
  };
}
