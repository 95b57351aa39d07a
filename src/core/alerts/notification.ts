/**
 * Whom a transition is told, and how.
 *
 * Triggers go to the notifiers that the routes name for the alert's labels. Which address and key
 * that means is known only where the outbox row is written; from then on the alert carries it, and
 * everything later for that incident, the resolve above all, goes to the target as it was frozen.
 */
import { notifiersFor } from "../rules/routing.ts";
import type { Route, Rule } from "../rules/rule.ts";
import type { Instant } from "../time.ts";
import { toWall } from "../time.ts";
import type {
  Alert,
  AlertEvent,
  Effect,
  Notification,
  NotificationText,
  Transition,
  TriggeredTarget,
} from "./alert.ts";
import { notificationText } from "./notification-text.ts";

export type NotificationContext = {
  readonly routes: readonly Route[];
  /** The alert's rule as last known; null when it is gone. */
  readonly rule: Rule | null;
  readonly now: Instant;
};

/** What follows from a transition, in the order in which it is to be carried out. */
export function effectsOf(transition: Transition, context: NotificationContext): readonly Effect[] {
  const record: Effect = { kind: "record", transition };
  const { kind, alert } = transition;
  if (kind === "pending" || kind === "cancelled" || kind === "muted") return [record];
  const text = notificationText(transition, context);
  const notifications = kind === "resolved" ? resolves(alert, text) : triggers(kind, alert, text, context.routes);
  const effects: Effect[] = [
    record,
    ...notifications.map((notification) => ({ kind: "notify", notification }) as const),
  ];
  const event = eventOf(transition, text, context.now);
  if (event !== null) effects.push({ kind: "publish", event });
  return effects;
}

/** The alert once a trigger for `target` is on its way. Doing it again changes nothing. */
export function withTriggered(alert: Alert, target: TriggeredTarget): Alert {
  if (alert.triggered.some(({ targetId }) => targetId === target.targetId)) return alert;
  return { ...alert, triggered: [...alert.triggered, target] };
}

/** Notifiers by name first; then targets that know the incident but that the routes no longer name. */
function triggers(
  reason: "firing" | "escalated" | "unmuted",
  alert: Alert,
  text: NotificationText,
  routes: readonly Route[],
): readonly Notification[] {
  if (alert.mutedBy !== null) return [];
  const names = notifiersFor(routes, alert.labels);
  const others = alert.triggered.filter(({ notifier }) => !names.includes(notifier));
  const targets: Notification["target"][] = [
    ...names.map((name) => ({ kind: "notifier", name }) as const),
    ...others.map((target) => ({ kind: "triggered", target }) as const),
  ];
  return targets.map((target) => ({ action: "trigger", reason, alert, text, target }));
}

function resolves(alert: Alert, text: NotificationText): readonly Notification[] {
  return alert.triggered.map((target) => ({
    action: "resolve",
    reason: "resolved",
    alert,
    text,
    target: { kind: "triggered", target },
  }));
}

function eventOf({ kind, alert, at }: Transition, text: NotificationText, now: Instant): AlertEvent | null {
  if (kind !== "firing" && kind !== "escalated" && kind !== "resolved") return null;
  return { eventName: `authspike.alert.${kind}`, alert, text, occurredAtWall: toWall(at, now) };
}
