/** Commands around rule files. */
import { InvalidArgumentError, Option } from "commander";
import { parsePercentage } from "../core/text/quantity.ts";
import type { CommandContext } from "./command-context.ts";
import type { CommandRegistry } from "./command-line.ts";
import type { Output } from "./output.ts";
import { OUTPUTS } from "./output.ts";
import type { RulesBudgetOptions } from "./rules-budget.ts";
import type { RulesExplainOptions } from "./rules-explain.ts";
import type { ServerOptions } from "./server-options.ts";
import { addServerOptions } from "./server-options.ts";

const DIRECTORY_HELP = "directory of the rule files [AUTHSPIKE_RULES_DIRECTORY]";

export function addRuleCommands({ program, context, action }: CommandRegistry): void {
  const directory = rulesDirectory(context);
  const rules = program.command("rules").description("check and show rule files");

  rules
    .command("check")
    .description("everything wrong with the rules of a directory, in one go")
    .argument("[directory]", DIRECTORY_HELP, directory)
    .option("--strict", "exit with 3 when there are warnings")
    .addOption(new Option("--format <format>", "output").choices(["text", "json", "github", "sarif"]).default("text"))
    .action(
      action(async (chosen: string, options: { readonly strict?: true; readonly format: CheckFormat }) => {
        const { runRulesCheck } = await import("./rules-check.ts");
        const strictness = options.strict === true ? "strict" : "lenient";
        return runRulesCheck({ directory: chosen, strictness, format: options.format }, context);
      }),
    );

  rules
    .command("list")
    .description("the rules at a glance")
    .argument("[directory]", DIRECTORY_HELP, directory)
    .addOption(new Option("-o, --output <format>", "output").choices(OUTPUTS).default("table"))
    .action(
      action(async (chosen: string, { output }: { readonly output: Output }) =>
        (await import("./rules-list.ts")).runRulesList({ directory: chosen, output }, context),
      ),
    );

  rules
    .command("show")
    .description("one rule with its defaults filled in")
    .argument("<id>", "id of the rule")
    .argument("[directory]", DIRECTORY_HELP, directory)
    .addOption(new Option("-o, --output <format>", "output").choices(["yaml", "json"]).default("yaml"))
    .action(
      action(async (id: string, chosen: string, { output }: { readonly output: "yaml" | "json" }) =>
        (await import("./rules-show.ts")).runRulesShow({ directory: chosen, id, output }, context),
      ),
    );

  rules
    .command("schema")
    .description("what may stand in a rule file")
    .addOption(
      new Option("--format <format>", "for editors or for people").choices(["json", "markdown"]).default("json"),
    )
    .action(
      action(async (options: { readonly format: "json" | "markdown" }) =>
        (await import("./rules-schema.ts")).runRulesSchema(options, context),
      ),
    );

  addServerOptions(
    rules
      .command("explain")
      .description("why an endpoint is silent, or is not: every gate with its numbers")
      .argument("<endpoint>", 'as in "POST /login", or a route alone')
      .option("--service <name>", "only of this service")
      .option("--env <name>", "only in this environment")
      .option("--rule <id>", "only what this rule makes of it")
      .option("--at <time>", 'what is on record of a moment: RFC 3339, ms since 1970, or "10m ago"'),
    context,
  ).action(
    action(async (endpoint: string, options: Omit<RulesExplainOptions, "endpoint">) =>
      (await import("./rules-explain.ts")).runRulesExplain({ ...options, endpoint }, context),
    ),
  );

  addServerOptions(
    rules
      .command("budget")
      .description("what a budget of false pages costs: how long an attack goes unnoticed")
      .argument("[directory]", DIRECTORY_HELP, directory)
      .addOption(positive("--requests-per-second <count>", "of the endpoint (default: 1)"))
      .addOption(positive("--requests-per-day <count>", "the same").conflicts("requestsPerSecond"))
      .addOption(share("--usual <share>", "that usually fails").default(0.02, "2%"))
      .addOption(share("--up-to <share>", "upper edge of the usual band, where it is known"))
      .addOption(positive("--endpoints <count>", "that share the budget").default(1))
      .option("--live", "the endpoints of a running authspike instead")
      .option("--service <name>", "with --live: only this service")
      .option("--rule <id>", "the rule that watches (default: the first)")
      .addOption(positive("--limit <count>", "with --live: at most this many").default(50)),
    context,
  ).action(
    action(async (chosen: string, options: Omit<RulesBudgetOptions, "directory">) =>
      (await import("./rules-budget.ts")).runRulesBudget({ ...options, directory: chosen }, context),
    ),
  );

  addServerOptions(
    rules.command("status").description("the rules that a running authspike has in force"),
    context,
  ).action(
    action(async (options: ServerOptions) => (await import("./rules-status.ts")).runRulesStatus(options, context)),
  );
}

/** Where a command looks for rules when it is not told. */
export function rulesDirectory({ environment }: CommandContext): string {
  return environment["AUTHSPIKE_RULES_DIRECTORY"] || "rules";
}

function positive(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
    if (number > 0) return number;
    throw new InvalidArgumentError("It is a number above 0.");
  });
}

function share(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    const ratio = parsePercentage(text) ?? 0;
    if (ratio > 0 && ratio < 1) return ratio;
    throw new InvalidArgumentError("It is a share between 0% and 100%, such as 2%.");
  });
}

type CheckFormat = "text" | "json" | "github" | "sarif";
