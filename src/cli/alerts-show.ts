/** `authspike alerts show ID`: one alert of a running authspike, with all that speaks for it. */
import { gateInWords } from "../core/alerts/evidence-words.ts";
import type { AlertDetail } from "../web/views.ts";
import type { CommandContext } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { printAs } from "./output.ts";
import { askServerOrPrint } from "./server-client.ts";
import type { ServerOptions } from "./server-options.ts";
import { percentText, timeText } from "./shown-values.ts";
import { renderFacts } from "./text-table.ts";

export type AlertsShowOptions = ServerOptions & { readonly id: string };

export async function runAlertsShow({ url, output, id }: AlertsShowOptions, context: CommandContext): Promise<number> {
  const path = `/api/v1/alerts/${encodeURIComponent(id)}`;
  const asked = await askServerOrPrint<AlertDetail>({ url, path }, context);
  if (asked.kind === "failed") return asked.exitCode;
  const { answer } = asked;
  printAs(output, { whole: answer, lines: [answer], text: () => alertText(answer) }, context);
  return EXIT_CODES.ok;
}

function alertText(alert: AlertDetail): string {
  const { endpoint, service, environment, state, severity, isPage } = alert;
  const place = `${endpoint} of ${service}${environment === "" ? "" : ` (${environment})`}`;
  return `${place}: ${state}, ${severity}, a ${isPage ? "page" : "ticket"}\n${renderFacts(factsOf(alert))}`;
}

function factsOf(alert: AlertDetail): readonly (readonly [string, readonly string[]])[] {
  const { rate, usual, peakRate, evidence, threshold, byChance } = alert;
  const numbers = `evidence ${evidence.toFixed(1)}, threshold ${threshold.toFixed(1)}`;
  const rates = `${percentText(rate)} now, usually ${percentText(usual)}, ${percentText(peakRate)} at its height`;
  return [
    ["rule", [alert.rule]],
    ["estimated onset", [timeText(alert.since)]],
    ["failures since then", [`${Math.round(alert.failures)} of ${Math.round(alert.requests)} requests`]],
    ["rate", [rates]],
    ["by chance", byChance === null ? [] : [`${byChance} of such traffic (${numbers})`]],
    ["busiest client", [`${percentText(alert.busiestClientShare)} of the failures`]],
    ["gates", alert.gates.map(gateInWords)],
    ["clients", alert.topClients.map(({ client, failures }) => `${client}: ${Math.round(failures)} failures`)],
    ["looks like", alert.pattern === null ? [] : [alert.pattern]],
    ["cause", alert.cause === null ? [] : [alert.cause]],
    ["muted by", alert.mutedBy === null ? [] : [alert.mutedBy]],
    ["example traces", alert.examples.map(({ traceId }) => traceId)],
    ["history", alert.transitions.map(({ kind, at }) => `${timeText(at)} ${kind}`)],
    ["deliveries", alert.deliveries.map(deliveryText)],
  ];
}

function deliveryText({ action, state, attempts }: AlertDetail["deliveries"][number]): string {
  const last = attempts.at(-1);
  const answer = last === undefined ? "" : String(last.status ?? last.reason);
  return `${action} ${state}${answer === "" ? "" : `: ${answer}`}`;
}
