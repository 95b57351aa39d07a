/** Commands around the configuration: running it, checking it, showing it, trying its notifiers. */
import type { Command } from "commander";
import { Option } from "commander";
import type { CommandRegistry } from "./command-line.ts";
import type { ConfigOptions } from "./config-options.ts";
import type { PrintConfigFormat } from "./print-config.ts";

export async function addServiceCommands(registry: CommandRegistry, argv: readonly string[]): Promise<void> {
  const commands = [addRun(registry), addValidate(registry), addPrintConfig(registry), addNotifyTest(registry)];
  for (const command of commands) await addConfigOptionsIfCalled(command, argv);
  addVersion(registry);
  addCompletion(registry);
}

function addRun({ program, context, action }: CommandRegistry): Command {
  return program
    .command("run")
    .description("receive, forward, watch and page")
    .action(action(async (options: ConfigOptions) => (await import("./run.ts")).runCollector(options, context)));
}

function addValidate({ program, context, action }: CommandRegistry): Command {
  return program
    .command("validate")
    .description("check the configuration and the rules it names")
    .option("--strict", "exit with 3 when there are warnings")
    .action(
      action(async ({ strict, ...options }: ConfigOptions & { readonly strict?: true }) => {
        const { runValidate } = await import("./validate.ts");
        return runValidate({ config: options, strictness: strict === true ? "strict" : "lenient" }, context);
      }),
    );
}

function addPrintConfig({ program, context, action }: CommandRegistry): Command {
  const format = new Option("--format <format>", "the settings in force, or what may be set")
    .choices(["yaml", "json", "schema", "markdown"])
    .default("yaml");
  return program
    .command("print-config")
    .description("show every setting and where it comes from, secrets covered")
    .addOption(format)
    .action(
      action(async ({ format: chosen, ...options }: ConfigOptions & { readonly format: PrintConfigFormat }) =>
        (await import("./print-config.ts")).runPrintConfig({ config: options, format: chosen }, context),
      ),
    );
}

function addNotifyTest({ program, context, action }: CommandRegistry): Command {
  return program
    .command("notify")
    .description("try out notifiers")
    .command("test <notifier>")
    .description("send a page through a notifier of the rules, and take it back")
    .action(
      action(async (notifier: string, options: ConfigOptions) =>
        (await import("./notify-test.ts")).runNotifyTest({ config: options, notifier }, context),
      ),
    );
}

function addVersion({ program, context, action }: CommandRegistry): void {
  program
    .command("version")
    .description("version of authspike and of what it runs on")
    .addOption(new Option("-o, --output <format>", "output").choices(["text", "json"]).default("text"))
    .action(
      action(async (options: { readonly output: "text" | "json" }) =>
        (await import("./version.ts")).runVersion(options, context),
      ),
    );
}

function addCompletion({ program, context, action }: CommandRegistry): void {
  program
    .command("completion <shell>")
    .description("completions for bash, zsh or fish")
    .action(
      action(async (shell: string) => (await import("./completion.ts")).runCompletion({ shell, program }, context)),
    );
}

/** The settings take a while to load, so they are left alone unless their flags can be meant. */
async function addConfigOptionsIfCalled(command: Command, argv: readonly string[]): Promise<void> {
  const parent = command.parent?.parent === null ? "" : (command.parent?.name() ?? "");
  const meant = [command.name(), parent, "completion"];
  if (argv.some((argument) => meant.includes(argument))) {
    (await import("./config-options.ts")).addConfigOptions(command);
  }
}
