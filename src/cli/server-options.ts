/** The options of commands that ask a running authspike. */
import type { Command } from "commander";
import { Option } from "commander";
import type { CommandContext } from "./command-context.ts";
import type { Output } from "./output.ts";
import { OUTPUTS } from "./output.ts";

const DEFAULT_URL = "http://localhost:8401";
/** The token never stands among the arguments, where every user of the machine can read it. */
export const TOKEN_VARIABLE = "AUTHSPIKE_API_TOKEN";

export type ServerOptions = { readonly url: string; readonly output: Output };

export function addUrlOption(command: Command, { environment }: CommandContext): Command {
  const url = new Option("--url <url>", "address of its API [AUTHSPIKE_URL]");
  return command
    .addOption(url.default(environment["AUTHSPIKE_URL"] || DEFAULT_URL))
    .addHelpText("after", `\nA token, where one is needed, is taken from ${TOKEN_VARIABLE}.`);
}

export function addServerOptions(command: Command, context: CommandContext): Command {
  return addUrlOption(command, context).addOption(
    new Option("-o, --output <format>", "output").choices(OUTPUTS).default("table"),
  );
}
