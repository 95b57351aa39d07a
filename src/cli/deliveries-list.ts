/** `authspike deliveries list`: the pages of a running authspike, and what became of them. */
import type { DeliveryView } from "../web/views.ts";
import type { CommandContext } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { printEntries } from "./output.ts";
import { askServerOrPrint } from "./server-client.ts";
import type { ServerOptions } from "./server-options.ts";
import { queryText, timeText } from "./shown-values.ts";

export type DeliveriesListOptions = ServerOptions & { readonly state?: string; readonly limit: number };

export async function runDeliveriesList(options: DeliveriesListOptions, context: CommandContext): Promise<number> {
  const { url, output, state, limit } = options;
  const path = `/api/v1/deliveries${queryText({ state, limit })}`;
  const asked = await askServerOrPrint<{ readonly deliveries: readonly DeliveryView[] }>({ url, path }, context);
  if (asked.kind === "failed") return asked.exitCode;
  printEntries(asked.answer.deliveries, { output, headers: HEADERS, toRow }, context);
  return EXIT_CODES.ok;
}

const HEADERS = ["CREATED", "ACTION", "STATE", "ATTEMPTS", "LAST ANSWER", "ALERT"];

function toRow({ createdAt, action, state, attempts, alertId }: DeliveryView): readonly string[] {
  const last = attempts.at(-1);
  const answer = last === undefined ? "-" : `${last.status ?? "none"} ${last.reason}`.trim();
  return [timeText(createdAt), action, state, String(attempts.length), answer, alertId];
}
