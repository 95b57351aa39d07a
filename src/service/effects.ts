/**
 * Carries out what the core has decided, in an order that a crash cannot turn into harm.
 *
 * First the alert and its pages are recorded in one transaction, then the pages leave, then the
 * events go downstream. Whoever dies in between finds, on the next start, either no trace of the
 * decision (and the evidence decides again) or all of it.
 */
import type { AlertEvent, Effect, Notification, Transition } from "../core/alerts/alert.ts";
import { freezePage } from "../core/alerts/page.ts";
import type { Notifier } from "../core/rules/rule.ts";
import type { Instant } from "../core/time.ts";
import type { AlertLedger, Target } from "./alert-ledger.ts";
import type { OutboxRow } from "./outbox.ts";

export type EffectParts = {
  readonly ledger: Pick<AlertLedger, "commit" | "catchUp">;
  /** Pages are in the outbox: send them. Returns at once. */
  readonly deliver: () => void;
  /** Takes an event downstream. Returns at once. */
  readonly publish: (event: AlertEvent) => void;
  /** Told of every transition, for the log and the metrics. */
  readonly onTransition: (transition: Transition) => void;
};

export function carryOut(
  effects: readonly Effect[],
  context: { readonly notifiers: readonly Notifier[]; readonly now: Instant },
  parts: EffectParts,
): void {
  if (effects.length === 0) {
    parts.ledger.catchUp();
    return;
  }
  const transitions = effects.flatMap((effect) => (effect.kind === "record" ? [effect.transition] : []));
  const pages = effects.flatMap((effect) => (effect.kind === "notify" ? pageOf(effect.notification, context) : []));
  parts.ledger.commit({
    transitions,
    outboxRows: pages.map(({ row }) => row),
    targets: pages.flatMap(({ target }) => (target === null ? [] : [target])),
  });
  if (pages.length > 0) parts.deliver();
  for (const effect of effects) if (effect.kind === "publish") parts.publish(effect.event);
  for (const transition of transitions) parts.onTransition(transition);
}

type PageForOutbox = { readonly row: Omit<OutboxRow, "id">; readonly target: Target | null };

/** Empty when the bundle knows no notifier of that name any more: there is nobody to send it to. */
function pageOf(
  notification: Notification,
  { notifiers, now }: { readonly notifiers: readonly Notifier[]; readonly now: Instant },
): PageForOutbox[] {
  const { target } = notification;
  if (target.kind === "triggered") return [{ row: rowOf(notification, target.target.targetId, now), target: null }];
  const notifier = notifiers.find(({ name }) => name === target.name);
  if (notifier === undefined) return [];
  return [{ row: rowOf(notification, notifier.targetId, now), target: targetOf(notifier) }];
}

function rowOf(notification: Notification, targetId: string, now: Instant): Omit<OutboxRow, "id"> {
  return {
    targetId,
    dedupKey: notification.incident.dedupKey,
    alertId: notification.incident.id,
    action: notification.action,
    body: freezePage(notification),
    createdAt: now.steady,
    attempts: 0,
    nextAttemptAt: now.steady,
    state: "pending",
  };
}

function targetOf(notifier: Notifier): Target {
  const { targetId: id, kind } = notifier;
  return kind === "pagerduty"
    ? { id, kind, url: notifier.url, key: notifier.routingKey }
    : { id, kind, url: "", key: "" };
}
