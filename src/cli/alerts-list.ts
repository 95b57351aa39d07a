/** `authspike alerts list`: the alerts of a running authspike. */
import type { AlertView } from "../web/views.ts";
import type { CommandContext } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { printEntries } from "./output.ts";
import { askServerOrPrint } from "./server-client.ts";
import type { ServerOptions } from "./server-options.ts";
import { percentText, queryText, timeText } from "./shown-values.ts";

export type AlertsListOptions = ServerOptions & { readonly state?: string; readonly limit: number };

export async function runAlertsList(options: AlertsListOptions, context: CommandContext): Promise<number> {
  const { url, output, state, limit } = options;
  const path = `/api/v1/alerts${queryText({ state, limit })}`;
  const asked = await askServerOrPrint<{ readonly alerts: readonly AlertView[] }>({ url, path }, context);
  if (asked.kind === "failed") return asked.exitCode;
  printEntries(asked.answer.alerts, { output, headers: HEADERS, toRow }, context);
  return EXIT_CODES.ok;
}

const HEADERS = [
  ...["STATE", "SEVERITY", "SINCE", "ENDPOINT", "SERVICE", "RATE", "USUAL", "FAILURES"],
  ...["BUSIEST", "BY CHANCE", "RULE", "ID"],
];

function toRow(alert: AlertView): readonly string[] {
  const { state, severity, since, endpoint, service, rate, usual, failures, rule, id } = alert;
  const numbers = [percentText(rate), percentText(usual), String(Math.round(failures))];
  const proof = [percentText(alert.busiestClientShare), alert.byChance ?? "-"];
  return [state, severity, timeText(since), endpoint, service, ...numbers, ...proof, rule, id];
}
