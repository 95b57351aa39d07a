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
  /** The alert that opened the incident. */
  readonly alertId: string;
  readonly severity: Severity;
  readonly text: NotificationText;
};

export function freezePage({ action, reason, incident, severity, text }: Notification): string {
  const page: Page = { action, reason, dedupKey: incident.dedupKey, alertId: incident.id, severity, text };
  return JSON.stringify(page);
}

/** `frozen` must come from `freezePage`: it is our own text, kept in our own store. */
export function thawPage(frozen: string): Page {
  return JSON.parse(frozen) as Page;
}
