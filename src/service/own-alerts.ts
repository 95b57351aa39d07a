/**
 * Pages about authspike itself, through the same outbox as all others.
 *
 * What is open is known to memory alone: an own alert is mostly about the disk on which a record of it
 * would be kept.
 */

import type { Notification } from "../core/alerts/alert.ts";
import type { OwnAlert } from "../core/alerts/own-alert.ts";
import { clearOwnAlert, raiseOwnAlert } from "../core/alerts/own-alert.ts";
import type { RuleSet } from "../core/rules/rule.ts";
import type { Instant, UnixMillis } from "../core/time.ts";
import type { TroubleObserver } from "./lasting-trouble.ts";

export type OwnTroubleName = "queue-disk" | "alert-events-disk" | "store-disk";

export type OwnAlertParts = {
  readonly ruleSet: () => RuleSet;
  readonly now: () => Instant;
  readonly tell: (notifications: readonly Notification[]) => void;
};

const SUMMARIES: Readonly<Record<OwnTroubleName, string>> = {
  "queue-disk":
    "authspike cannot write its queue to the disk: telemetry goes on from memory and is lost should the process end",
  "alert-events-disk": "authspike cannot write alert events to the disk: they go on from memory",
  "store-disk":
    "authspike cannot write its database: alerts and pages go on from memory, and what it learns is lost should it end",
};
const WHAT_TO_DO =
  "Look at the disk that holds storage.directory: is it full, read-only or gone? Make room or mend it; authspike goes back to it by itself. Do not restart authspike before.";

export class OwnAlerts implements TroubleObserver<OwnTroubleName> {
  readonly #parts: OwnAlertParts;
  readonly #open = new Map<OwnTroubleName, OwnAlert>();

  constructor(parts: OwnAlertParts) {
    this.#parts = parts;
  }

  lasts(name: OwnTroubleName, since: UnixMillis): void {
    const trouble = { name, severity: "error", summary: SUMMARIES[name], whatToDo: WHAT_TO_DO, since } as const;
    const { alert, notifications } = raiseOwnAlert(trouble, this.#context());
    this.#open.set(name, alert);
    this.#parts.tell(notifications);
  }

  isOver(name: OwnTroubleName): void {
    const alert = this.#open.get(name);
    if (alert === undefined) return;
    this.#open.delete(name);
    this.#parts.tell(clearOwnAlert(alert, this.#context()));
  }

  #context() {
    return { ruleSet: this.#parts.ruleSet(), now: this.#parts.now() };
  }
}
