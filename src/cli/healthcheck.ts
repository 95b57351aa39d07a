/** `authspike healthcheck`: asks a running authspike whether it is ready. Containers without a shell use it. */
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { askServer } from "./server-client.ts";

export async function runHealthcheck({ url }: { readonly url: string }, context: CommandContext): Promise<number> {
  const answer = await askServer({ url, path: "/readyz?verbose" }, context);
  if (answer.kind === "unreachable") {
    printLine(context.stderr, answer.problem);
    return EXIT_CODES.unreachable;
  }
  printLine(context.stdout, answer.body.trimEnd());
  return answer.status === 200 ? EXIT_CODES.ok : EXIT_CODES.failed;
}
