/** Commands that make traffic of their own: a rehearsal against a target, and the demo. */
import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../core/text/quantity.ts";
import { MINUTE_MS } from "../core/time.ts";
import type { ScenarioName } from "../io/traffic/scenarios.ts";
import { SCENARIO_NAMES } from "../io/traffic/scenarios.ts";
import type { CommandRegistry } from "./command-line.ts";

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

type DemoFlags = { readonly ci?: true; readonly keep?: true; readonly color: boolean; readonly portBase?: number };

const THIS_MACHINE = { grpc: "http://localhost:4317", http: "http://localhost:4318" };

export function addRehearsalCommands(registry: CommandRegistry): void {
  addTraffic(registry);
  addDemo(registry);
}

function addTraffic({ program, context, action }: CommandRegistry): void {
  program
    .command("traffic")
    .description("send realistic traffic with trouble in it, to rehearse whether the page arrives")
    .addOption(new Option("--scenario <name>", "what goes wrong").choices(SCENARIO_NAMES).makeOptionMandatory())
    .option("--grpc <url>", `send over gRPC; without --http also, ${THIS_MACHINE.grpc} is meant`)
    .option("--http <url>", `send over HTTP; without --grpc also, ${THIS_MACHINE.http} is meant`)
    .option("--test-host <host>", "another machine whose owner expects this; repeatable", collected)
    .option("--rate <count>", "requests per second in usual times", readNumber, 50)
    .addOption(new Option("--duration <time>", "how long").argParser(readTime).default(5 * MINUTE_MS, "5m"))
    .addOption(new Option("--trouble-after <time>", "when it begins").argParser(readTime).default(MINUTE_MS, "1m"))
    .option("--trouble-for <time>", "how long it lasts; left out, to the end", readTime)
    .option("--seed <number>", "the same seed makes the same traffic", readNumber, 1)
    .addOption(new Option("-o, --output <format>", "output").choices(["text", "ndjson"]).default("text"))
    .action(
      action(async ({ duration, grpc, http, testHost, troubleAfter, troubleFor, ...given }: TrafficFlags) => {
        const { runTraffic } = await import("./traffic.ts");
        const named = { grpc: grpc ?? null, http: http ?? null };
        const targets = named.grpc === null && named.http === null ? THIS_MACHINE : named;
        const times = { durationMs: duration, troubleAfterMs: troubleAfter, troubleForMs: troubleFor ?? null };
        return runTraffic({ ...given, ...targets, ...times, testHosts: testHost ?? [] }, context);
      }),
    );
}

function addDemo({ program, context, action }: CommandRegistry): void {
  program
    .command("demo")
    .description("an attack from its first span to the page and back, on this machine alone")
    .option("--ci", "print the outcome as one JSON object; exit with 1 when something did not hold")
    .option("--keep", "keep configuration, rules, database and log")
    .option("--no-color", "plain text")
    .option(
      "--port-base <port>",
      "first of three ports; left out, 4317, 4318 and 8401 or the next free ones",
      readNumber,
    )
    .action(
      action(async ({ ci, color, keep, portBase }: DemoFlags) => {
        const { runDemo } = await import("./demo.ts");
        const environment = color ? context.environment : { ...context.environment, NO_COLOR: "1" };
        const audience = ci === true ? "program" : "person";
        const afterwards = keep === true ? "keep" : "remove";
        return runDemo({ audience, afterwards, portBase: portBase ?? null }, { ...context, environment });
      }),
    );
}

function readTime(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) throw new InvalidArgumentError("It is a time with its unit, such as 90s or 5m.");
  return milliseconds;
}

function readNumber(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError("It is a number.");
  return Number(text);
}

function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
