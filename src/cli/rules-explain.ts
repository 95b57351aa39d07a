/** `authspike rules explain ENDPOINT`: why a running authspike is silent about it, or is not. */
import type { EndpointExplanation } from "../core/alerts/explaining/explanation.ts";
import type { ExplainAnswer, RecordedAlert } from "../web/views.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { endpointText, recordText } from "./explanation-text.ts";
import { parseMoment } from "./moment.ts";
import type { Output } from "./output.ts";
import { printAs } from "./output.ts";
import { askServerOrPrint } from "./server-client.ts";
import type { ServerOptions } from "./server-options.ts";
import { queryText } from "./shown-values.ts";

export type RulesExplainOptions = ServerOptions & {
  readonly endpoint: string;
  readonly service?: string;
  readonly env?: string;
  readonly rule?: string;
  readonly at?: string;
};

type Answer = Exclude<ExplainAnswer, { kind: "not_found" }>;

export async function runRulesExplain(options: RulesExplainOptions, context: CommandContext): Promise<number> {
  const { endpoint, env, output, rule, service, url } = options;
  const at = options.at === undefined ? undefined : parseMoment(options.at, Date.now());
  if (options.at !== undefined && at === undefined) {
    printLine(context.stderr, `"${options.at}" is no time: write 2026-03-02T09:40:00Z, 1772444400000 or "10m ago"`);
    return EXIT_CODES.usage;
  }
  const path = `/api/v1/explain${queryText({ endpoint, service, env, rule, at: at && Math.round(at) })}`;
  const asked = await askServerOrPrint<Answer>({ url, path }, context);
  if (asked.kind === "failed") return asked.exitCode;
  printAnswer(asked.answer, output, context);
  return EXIT_CODES.ok;
}

function printAnswer(answer: Answer, output: Output, context: CommandContext): void {
  printAs(output, { whole: answer, lines: linesOf(answer), text: () => textOf(answer) }, context);
  if (output !== "table" || answer.kind === "recorded" || answer.endpointCount <= answer.endpoints.length) return;
  const left = `${answer.endpoints.length} of ${answer.endpointCount} endpoints of this name`;
  printLine(context.stderr, `${left}; choose with --service and --env`);
}

function textOf(answer: Answer): string {
  return answer.kind === "recorded" ? recordText(answer) : answer.endpoints.map(endpointText).join("\n\n");
}

/** An endpoint a line, or an alert on record. */
function linesOf(answer: Answer): readonly (EndpointExplanation | RecordedAlert)[] {
  return answer.kind === "recorded" ? answer.open : answer.endpoints;
}
