/**
 * The command line: what a person types becomes one call of one command, and an exit code.
 *
 * Commands are imported when they are called. `authspike version` and `rules check` must answer in a
 * blink, and what the server needs takes most of a second to load. Every flag has a variable
 * (`AUTHSPIKE_…`); a flag that is given wins.
 */
import { Command, CommanderError } from "commander";
import { readVersion } from "../config/version.ts";
import type { CommandContext } from "./command-context.ts";
import { wantsColor } from "./command-context.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { addRecordingCommands } from "./recording-commands.ts";
import { addRehearsalCommands } from "./rehearsal-commands.ts";
import { addRuleCommands } from "./rule-commands.ts";
import { addServerCommands } from "./server-commands.ts";
import { addServiceCommands } from "./service-commands.ts";

export type CommandStreams = {
  readonly stdin: CommandContext["stdin"];
  readonly stdout: CommandContext["stdout"] & { readonly isTTY?: boolean };
  readonly stderr: CommandContext["stderr"];
};

/** What commands are registered with. */
export type CommandRegistry = {
  readonly program: Command;
  readonly context: CommandContext;
  /** Wraps what a command does: its exit code becomes that of the process. */
  readonly action: <Arguments extends readonly unknown[]>(
    run: (...args: Arguments) => Promise<number>,
  ) => (...args: Arguments) => Promise<void>;
};

/** Never throws for what a person typed; resolves when the command has ended. */
export async function runCommandLine(
  argv: readonly string[],
  environment: CommandContext["environment"],
  streams: CommandStreams,
): Promise<number> {
  const { stdin, stdout, stderr } = streams;
  const context = { environment, stdin, stdout, stderr, isTty: stdout.isTTY === true };
  endQuietlyWhenUnread(stdout);
  let exitCode: number = EXIT_CODES.ok;
  const program = makeProgram(context);
  const registry: CommandRegistry = {
    program,
    context,
    action:
      (run) =>
      async (...args) => {
        exitCode = await run(...args);
      },
  };
  await addServiceCommands(registry, argv);
  addRuleCommands(registry);
  addRecordingCommands(registry);
  addRehearsalCommands(registry);
  addServerCommands(registry);
  addDoctorCommand(registry);
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed what was wrong. Help that was asked for is no failure; help instead of work is.
    return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  }
  return exitCode;
}

function makeProgram(context: CommandContext): Command {
  const { stdout, stderr } = context;
  return new Command("authspike")
    .description("Watches OpenTelemetry traces for bursts of failed authentication, and pages.")
    .version(readVersion(), "--version")
    .exitOverride()
    .showSuggestionAfterError(true)
    .showHelpAfterError("(--help tells more)")
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHasColors: () => wantsColor(context),
      getErrHasColors: () => wantsColor(context),
    });
}

/** `authspike endpoints list | head`: the reader has seen enough, which is no error. */
function endQuietlyWhenUnread(stdout: CommandStreams["stdout"]): void {
  stdout.on("error", (error: Error & { readonly code?: string }) => {
    if (error.code !== "EPIPE") throw error;
  });
}
