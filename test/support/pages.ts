/** Pages for the tests of notifiers. */
import type { NotificationText } from "../../src/core/alerts/alert.ts";
import type { Page } from "../../src/core/alerts/page.ts";
import { VIRTUAL_START } from "./virtual-scheduler.ts";

export function pageText(facts: Partial<NotificationText> = {}): NotificationText {
  return {
    summary: "401s on POST /login of auth: 43% against a usual 1.2%",
    source: "auth",
    component: "POST /login",
    group: "prod",
    class: "failed authentications",
    timestamp: VIRTUAL_START + 250,
    details: { what_happened: "More than usual.", example_traces: ["a".repeat(32)] },
    runbook: null,
    ...facts,
  };
}

export function page(facts: Partial<Page> = {}): Page {
  return {
    action: "trigger",
    reason: "firing",
    dedupKey: "authspike/login-401/0ab29b0471639a04",
    alertId: "login-401-0ab29b0471639a04-1",
    severity: "error",
    text: pageText(),
    ...facts,
  };
}
