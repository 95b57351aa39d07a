/** Commands on traffic that is recorded or made up. */
import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../core/text/quantity.ts";
import { MINUTE_MS } from "../core/time.ts";
import type { RecordingFormat } from "../io/recordings/recorded-item.ts";
import { RECORDING_FORMATS } from "../io/recordings/recorded-item.ts";
import type { ScenarioName } from "../io/traffic/scenarios.ts";
import { SCENARIO_NAMES } from "../io/traffic/scenarios.ts";
import type { CommandRegistry } from "./command-line.ts";
import type { Output } from "./output.ts";
import { OUTPUTS } from "./output.ts";
import { rulesDirectory } from "./rule-commands.ts";

type BacktestFlags = {
  readonly rulesDirectory: string;
  readonly format?: RecordingFormat;
  readonly output: Output;
  readonly strict?: true;
  readonly service: string;
  readonly env: string;
};

type TrafficFlags = {
  readonly scenario: ScenarioName;
  readonly grpc?: string;
  readonly http?: string;
  readonly rate: number;
  readonly duration: number;
  readonly troubleAfter: number;
  readonly troubleFor?: number;
  readonly seed: number;
  readonly testHost?: readonly string[];
  readonly output: "text" | "ndjson";
};

export function addTrafficCommands(registry: CommandRegistry): void {
  addBacktest(registry);
  addTraffic(registry);
}

function addBacktest({ program, context, action }: CommandRegistry): void {
  program
    .command("backtest")
    .description("play recorded traffic through the rules: what would have paged, when")
    .argument("<inputs...>", "files, gzip accepted; - is standard input")
    .option(
      "--rules-directory <dir>",
      "directory of the rule files [AUTHSPIKE_RULES_DIRECTORY]",
      rulesDirectory(context),
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
            directory: given.rulesDirectory,
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

function addTraffic({ program, context, action }: CommandRegistry): void {
  program
    .command("traffic")
    .description("send realistic traffic with trouble in it, to rehearse whether the page arrives")
    .addOption(new Option("--scenario <name>", "what goes wrong").choices(SCENARIO_NAMES).makeOptionMandatory())
    .option("--grpc <address>", "send over gRPC, as to http://localhost:4317")
    .option("--http <address>", "send over HTTP, as to http://localhost:4318")
    .option("--test-host <host>", "another machine whose owner expects this; repeatable", collected)
    .option("--rate <count>", "requests per second in usual times", parseNumber, 50)
    .addOption(new Option("--duration <time>", "how long").argParser(parseTime).default(5 * MINUTE_MS, "5m"))
    .addOption(new Option("--trouble-after <time>", "when it begins").argParser(parseTime).default(MINUTE_MS, "1m"))
    .option("--trouble-for <time>", "how long it lasts; left out, to the end", parseTime)
    .option("--seed <number>", "the same seed makes the same traffic", parseNumber, 1)
    .addOption(new Option("-o, --output <format>", "output").choices(["text", "ndjson"]).default("text"))
    .action(
      action(async ({ duration, troubleAfter, troubleFor, testHost, grpc, http, ...given }: TrafficFlags) => {
        const { runTraffic } = await import("./traffic.ts");
        return runTraffic(
          {
            ...given,
            grpc: grpc ?? null,
            http: http ?? null,
            durationMs: duration,
            troubleAfterMs: troubleAfter,
            troubleForMs: troubleFor ?? null,
            testHosts: testHost ?? [],
          },
          context,
        );
      }),
    );
}

function parseTime(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new InvalidArgumentError("It is a time with its unit, such as 90s or 5m.");
  return milliseconds;
}

function parseNumber(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError("It is a number.");
  return Number(text);
}

function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
