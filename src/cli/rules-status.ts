/** `authspike rules status`: the rules that a running authspike has in force, and what it thinks of the files. */
import type { RulesView } from "../web/views.ts";
import type { CommandContext } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { printAs } from "./output.ts";
import { askServerOrPrint } from "./server-client.ts";
import type { ServerOptions } from "./server-options.ts";
import { timeText } from "./shown-values.ts";

/** Exits with 1 while the files are not in force as they are. */
export async function runRulesStatus({ url, output }: ServerOptions, context: CommandContext): Promise<number> {
  const asked = await askServerOrPrint<RulesView>({ url, path: "/api/v1/rules" }, context);
  if (asked.kind === "failed") return asked.exitCode;
  const { answer } = asked;
  printAs(output, { whole: answer, lines: [answer], text: () => statusText(answer) }, context);
  return answer.refusal === null ? EXIT_CODES.ok : EXIT_CODES.failed;
}

function statusText({ active, refusal }: RulesView): string {
  const { hash, acceptedAt, origin, rules, notices } = active;
  const lines = [
    `${rules.length} rules in force: bundle ${hash.slice(0, 12)}, since ${timeText(acceptedAt)} (${origin})`,
    ...notices.map((notice) => `note: ${notice}`),
  ];
  if (refusal !== null) {
    lines.push(`the files have been refused since ${timeText(refusal.since)}:`, refusal.text);
  }
  return lines.join("\n");
}
