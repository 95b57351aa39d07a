/** `authspike endpoints list`: what a running authspike watches, what is usual there, and what is. */
import type { EndpointRow } from "../web/endpoint-page.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { printEntries } from "./output.ts";
import { askServerOrPrint } from "./server-client.ts";
import type { ServerOptions } from "./server-options.ts";
import { percentText, queryText } from "./shown-values.ts";

export type EndpointsListOptions = ServerOptions & {
  readonly sort: string;
  readonly service?: string;
  readonly rule?: string;
  readonly limit: number;
};

type Answer = { readonly endpoints: readonly EndpointRow[]; readonly total: number };

export async function runEndpointsList(options: EndpointsListOptions, context: CommandContext): Promise<number> {
  const { url, output, sort, service, rule, limit } = options;
  const path = `/api/v1/endpoints${queryText({ sort, service, rule, limit })}`;
  const asked = await askServerOrPrint<Answer>({ url, path }, context);
  if (asked.kind === "failed") return asked.exitCode;
  const { endpoints, total } = asked.answer;
  printEntries(endpoints, { output, headers: HEADERS, toRow }, context);
  if (output === "table" && total > endpoints.length) printLine(context.stderr, `${endpoints.length} of ${total}`);
  return EXIT_CODES.ok;
}

const HEADERS = ["ENDPOINT", "SERVICE", "ENV", "REQ/S", "RATE", "USUAL", "UP TO", "DEVIATION", "STATE", "RULE"];

function toRow(row: EndpointRow): readonly string[] {
  const { endpoint, requestsPerSecond, rate, usual, usualUpper, deviation, rule } = row;
  const names = [endpoint.name, endpoint.service, endpoint.environment || "-"];
  const rates = [percentText(rate), percentText(usual), percentText(usualUpper)];
  return [...names, requestsPerSecond.toFixed(1), ...rates, deviation.toFixed(1), stateOf(row), rule];
}

function stateOf({ alertState, isWarm }: EndpointRow): string {
  return alertState ?? (isWarm ? "usual" : "learning");
}
