/** Commands on recorded traffic. */
import { Option } from "commander";
import type { RecordingFormat } from "../io/recordings/recorded-item.ts";
import { RECORDING_FORMATS } from "../io/recordings/recorded-item.ts";
import type { CommandRegistry } from "./command-line.ts";
import type { Output } from "./output.ts";
import { OUTPUTS } from "./output.ts";

type BacktestFlags = {
  readonly rulesDirectory?: readonly string[];
  readonly config?: readonly string[];
  readonly format?: RecordingFormat;
  readonly output: Output;
  readonly strict?: true;
  readonly service: string;
  readonly env: string;
};

export function addRecordingCommands({ program, context, action }: CommandRegistry): void {
  program
    .command("backtest")
    .description("play recorded traffic through the rules: what would have paged, when")
    .argument("<inputs...>", "files, gzip accepted; - is standard input")
    .addOption(
      new Option(
        "--rules, --rules-directory <dir>",
        "directory of the rule files, rules by default; given twice, two bundles are compared [AUTHSPIKE_RULES_DIRECTORY]",
      ).argParser(collect),
    )
    .addOption(
      new Option(
        "-c, --config <file>",
        "read the traffic as the service with this configuration does; repeatable, the later one wins [AUTHSPIKE_CONFIG]",
      ).argParser(collect),
    )
    .addOption(
      new Option("--format <format>", "what the files are; left out, it is told by the content").choices(
        RECORDING_FORMATS,
      ),
    )
    .option("--strict", "exit with 1 when a line cannot be read")
    .option("--service <name>", "service of an access log, which does not name it", "access-log")
    .option("--env <name>", "environment of an access log", "")
    .addOption(new Option("-o, --output <format>", "output").choices(OUTPUTS).default("table"))
    .action(
      action(async (inputs: readonly string[], given: BacktestFlags) => {
        const { runBacktest } = await import("./backtest.ts");
        return runBacktest(
          {
            inputs,
            directories: given.rulesDirectory ?? [],
            config: given.config ?? [],
            format: given.format ?? null,
            output: given.output,
            strictness: given.strict === true ? "strict" : "lenient",
            service: given.service,
            environment: given.env,
          },
          context,
        );
      }),
    );
}

/** What an option that may be given again has been given so far. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
