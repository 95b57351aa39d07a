/**
 * `authspike notify test NAME`: sends a page through a notifier of the rules and takes it back, so that
 * a wrong key is found on a quiet day.
 *
 * The page says that it is a test. Trigger and resolve carry one dedup key of their own, so nothing
 * stays open; a resolve is sent only after its trigger was taken.
 */
import { randomUUID } from "node:crypto";
import type { Verdict } from "../core/alerts/delivery-policy.ts";
import type { Page } from "../core/alerts/page.ts";
import { withSuggestion } from "../core/diagnostic.ts";
import type { Notifier } from "../core/rules/rule.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import type { ConfigOptions } from "./config-options.ts";
import { loadConfigOrPrint } from "./config-options.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { loadRulesOrPrint } from "./rules-directory.ts";

export type NotifyTestOptions = { readonly config: ConfigOptions; readonly notifier: string };

export async function runNotifyTest(options: NotifyTestOptions, context: CommandContext): Promise<number> {
  const loaded = loadConfigOrPrint(options.config, context);
  if (loaded === undefined) return EXIT_CODES.badConfiguration;
  const ruleSet = loadRulesOrPrint(loaded.config.rules.directory, context);
  if (ruleSet === undefined) return EXIT_CODES.failed;
  const notifier = ruleSet.notifiers.find(({ name }) => name === options.notifier);
  if (notifier === undefined) {
    const known = ruleSet.notifiers.map(({ name }) => name);
    printLine(context.stderr, withSuggestion(`no notifier is called "${options.notifier}"`, options.notifier, known));
    return EXIT_CODES.notFound;
  }
  return tryOut(notifier, context);
}

async function tryOut(notifier: Notifier, { stdout }: CommandContext): Promise<number> {
  if (notifier.kind === "log") {
    printLine(stdout, `${notifier.name} writes to the log, so there is nothing to try out`);
    return EXIT_CODES.ok;
  }
  const { PagerDutyNotifier } = await import("../io/notifiers/pagerduty.ts");
  await using sender = new PagerDutyNotifier({ wallNow: Date.now });
  const dedupKey = `authspike/test/${randomUUID()}`;
  for (const action of ["trigger", "resolve"] as const) {
    const page = testPage({ action, dedupKey, notifier: notifier.name, now: Date.now() });
    const target = { url: notifier.url, key: notifier.routingKey };
    const verdict = await sender.send(page, target, { lateByMs: null, signal: new AbortController().signal });
    printLine(stdout, `${action.padEnd(7)} ${verdictText(verdict)}`);
    if (verdict.kind !== "delivered") return EXIT_CODES.failed;
  }
  return EXIT_CODES.ok;
}

function verdictText(verdict: Verdict): string {
  const facts = `status ${verdict.status ?? "none"}, ${Math.round(verdict.latencyMs)} ms`;
  if (verdict.kind === "delivered") return `delivered (${facts})`;
  return `${verdict.kind === "retry" ? "not delivered" : "refused"} (${facts}): ${verdict.reason}`;
}

type TestPage = {
  readonly action: Page["action"];
  readonly dedupKey: string;
  readonly notifier: string;
  readonly now: number;
};

function testPage({ action, dedupKey, notifier, now }: TestPage): Page {
  return {
    action,
    reason: action === "trigger" ? "firing" : "resolved",
    dedupKey,
    alertId: dedupKey,
    severity: "info",
    text: {
      summary: `authspike: test of the notifier ${notifier}, nothing is wrong`,
      source: "authspike",
      component: "authspike",
      group: "test",
      class: "test",
      timestamp: now,
      details: { note: "sent by `authspike notify test`; it resolves itself at once" },
      runbook: null,
    },
  };
}
