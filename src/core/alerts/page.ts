/**
 * A notification as it waits in the outbox: everything a notifier needs but the address and the key.
 *
 * It is frozen as text when the alert's transition is recorded. What is sent an hour later, after a
 * restart or under other rules, is what was decided then.
 */
import type { Severity } from "../rules/rule.ts";
import type { Notification, NotificationText } from "./alert.ts";

export type Page = {
  readonly action: "trigger" | "resolve";
  readonly reason: Notification["reason"];
  readonly dedupKey: string;
  readonly alertId: string;
  readonly severity: Severity;
  readonly text: NotificationText;
};

export function freezePage({ action, reason, alert, text }: Notification): string {
  const page: Page = {
    action,
    reason,
    dedupKey: alert.dedupKey,
    alertId: alert.id,
    severity: alert.severity,
    text,
  };
  return JSON.stringify(page);
}

/** `frozen` must come from `freezePage`: it is our own text, kept in our own store. */
export function thawPage(frozen: string): Page {
  return JSON.parse(frozen) as Page;
}
