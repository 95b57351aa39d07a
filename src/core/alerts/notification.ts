/**
 * Whom a change of an incident is told, and how.
 *
 * Triggers go to the notifiers that the routes name for the labels of the incident's alerts. Which
 * address and key that means is frozen with the first of them; everything later for that incident,
 * the resolve above all, goes to the target as it was frozen. A target sees its incident resolved when
 * the last alert that was routed to it is over.
 *
 * A change is told when it is news to the target: the incident itself, a higher severity, the end of a
 * mute, a pattern or cause that was not known before, or so many new alerts that its size reads differently.
 */
import { assert } from "../assert.ts";
import { notifiersFor } from "../rules/routing.ts";
import type { Rule, RuleSet } from "../rules/rule.ts";
import { compareSeverity } from "../rules/severity.ts";
import type { Instant } from "../time.ts";
import { toWall } from "../time.ts";
import type {
  Alert,
  AlertEvent,
  IncidentPlace,
  Notification,
  NotificationReason,
  Transition,
  TriggeredTarget,
} from "./alert.ts";
import type { Incident } from "./incident.ts";
import { incidentOf, isNoteworthyGrowth, severityOfIncident, sizeOf } from "./incident.ts";
import { incidentText, resolvedText } from "./incident-text.ts";
import { notificationText } from "./notification-text.ts";

/** What has happened to one incident's alerts at one moment. */
export type IncidentChange = {
  readonly incidentId: string;
  /** At least one. */
  readonly changes: readonly { readonly transition: Transition; readonly rule: Rule | null }[];
  /** The alerts that were open before, and those that are open now, of whatever incident. */
  readonly before: Iterable<Alert>;
  readonly after: Iterable<Alert>;
};

type Context = { readonly ruleSet: RuleSet; readonly now: Instant };

/** The targets that the routes name for an alert; none while a mute keeps its triggers back. */
export function targetsOf(alert: Alert, { routes, notifiers }: RuleSet): readonly TriggeredTarget[] {
  if (alert.mutedBy !== null) return [];
  return notifiersFor(routes, alert.labels).flatMap((name) => {
    const notifier = notifiers.find((candidate) => candidate.name === name);
    return notifier === undefined ? [] : [{ notifier: name, targetId: notifier.targetId }];
  });
}

export function notificationsOf(change: IncidentChange, context: Context): readonly Notification[] {
  const before = incidentOf(change.incidentId, change.before);
  const after = incidentOf(change.incidentId, change.after);
  const told = targetsIn(before);
  const concerned = targetsIn(after);
  const news = newsOf(change, before, after);
  return [
    ...concerned.flatMap((target) => {
      const isTold = told.some(({ targetId }) => targetId === target.targetId);
      const reason = isTold ? news : (firstReason(change) ?? "joined");
      return reason === null ? [] : [triggerOf({ change, after, reason, target, isTold }, context)];
    }),
    ...told
      .filter(({ targetId }) => !concerned.some((target) => target.targetId === targetId))
      .map((target) => resolveOf(change, before, target, context)),
  ];
}

/** Closes the incident that the alert, which was part of another, may have opened by itself. */
export function precautionOf(
  { transition, rule }: IncidentChange["changes"][number],
  target: TriggeredTarget,
  now: Instant,
): Notification {
  const { id, dedupKey, severity } = transition.alert;
  return {
    action: "resolve",
    reason: "resolved",
    incident: { id, dedupKey, openedAt: transition.at, place: 1 },
    severity,
    text: notificationText(transition, { rule, now }),
    target: { kind: "triggered", target },
  };
}

/** An alert's passage from one state to the next, as it is told downstream; null for what is not told there. */
export function eventOf(
  transition: Transition,
  { rule, now }: { readonly rule: Rule | null; readonly now: Instant },
): AlertEvent | null {
  const { kind, alert, at } = transition;
  if (kind !== "firing" && kind !== "escalated" && kind !== "resolved") return null;
  const text = notificationText(transition, { rule, now });
  const sinceWall = toWall(alert.evidence.since, now);
  return { eventName: `authspike.alert.${kind}`, alert, text, occurredAtWall: toWall(at, now), sinceWall };
}

/** What those who know the incident should hear of; null when nothing is news. */
function newsOf({ changes }: IncidentChange, before: Incident, after: Incident): NotificationReason | null {
  const [was, is] = [severityOfIncident(before), severityOfIncident(after)];
  if (is !== null && (was === null || compareSeverity(is, was) > 0)) return "escalated";
  const happened = (kind: Transition["kind"]) => changes.some(({ transition }) => transition.kind === kind);
  if (happened("unmuted")) return "unmuted";
  if (happened("updated")) return "updated";
  return isNoteworthyGrowth(sizeOf(before), sizeOf(after)) ? "joined" : null;
}

/** Why a target hears of the incident for the first time. */
function firstReason({ changes }: IncidentChange): NotificationReason | undefined {
  const kinds = changes.map(({ transition }) => transition.kind);
  return (["firing", "escalated", "unmuted"] as const).find((kind) => kinds.includes(kind));
}

function triggerOf(
  trigger: {
    readonly change: IncidentChange;
    readonly after: Incident;
    readonly reason: NotificationReason;
    readonly target: TriggeredTarget;
    readonly isTold: boolean;
  },
  { ruleSet, now }: Context,
): Notification {
  const { change, after, reason, target, isTold } = trigger;
  const { transition } = leadingChange(change, reason);
  return {
    action: "trigger",
    reason,
    incident: placeOf(transition.alert),
    severity: severityOfIncident(after) ?? transition.alert.severity,
    text: incidentText(after, { transition, rules: ruleSet.rules, now }),
    target: isTold ? { kind: "triggered", target } : { kind: "notifier", name: target.notifier },
  };
}

function resolveOf(change: IncidentChange, before: Incident, target: TriggeredTarget, context: Context): Notification {
  const { transition, rule } = leadingChange(change, "resolved");
  return {
    action: "resolve",
    reason: "resolved",
    incident: placeOf(transition.alert),
    severity: transition.alert.severity,
    text: resolvedText(before, notificationText(transition, { rule, now: context.now })),
    target: { kind: "triggered", target },
  };
}

/** The change that a notification is about: the latest of its kind, or the latest of all. */
function leadingChange({ changes }: IncidentChange, reason: NotificationReason) {
  const leading = changes.findLast(({ transition }) => transition.kind === reason) ?? changes.at(-1);
  assert(leading !== undefined, "an incident changes because one of its alerts does");
  return leading;
}

/** Each target once, under the name it was first told by. */
function targetsIn({ alerts }: Incident): readonly TriggeredTarget[] {
  const targets = new Map<string, TriggeredTarget>();
  for (const target of alerts.flatMap(({ triggered }) => triggered)) {
    if (!targets.has(target.targetId)) targets.set(target.targetId, target);
  }
  return [...targets.values()];
}

function placeOf({ incident }: Alert): IncidentPlace {
  assert(incident !== null, "an alert that fires has an incident");
  return incident;
}
