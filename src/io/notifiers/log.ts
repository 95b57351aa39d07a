/**
 * "Sends" pages to authspike's own log: for rules that nobody is to be woken by, and as the last
 * resort when no other way to a person is open.
 */
import type { Verdict } from "../../core/alerts/delivery-policy.ts";
import type { Page } from "../../core/alerts/page.ts";
import type { Logger } from "../platform/logger.ts";

export class LogNotifier {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  async send(page: Page): Promise<Verdict> {
    const { action, reason, dedupKey, alertId, severity, text } = page;
    const fields = { reason, dedupKey, alertId, severity, summary: text.summary, details: text.details };
    if (action === "resolve" || severity === "info") this.#log.info(fields, `alert ${reason}`);
    else this.#log.warn(fields, `alert ${reason}`);
    return { kind: "delivered", status: null, bodyExcerpt: "", latencyMs: 0 };
  }
}
