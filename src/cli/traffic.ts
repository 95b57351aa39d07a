/**
 * `authspike traffic`: realistic spans of a small shop, with trouble on request, for rehearsals: does
 * the page arrive, and how soon?
 *
 * It sends to this machine and to hosts that are named as test hosts, for a time that is bounded.
 */
import { readVersion } from "../config/version.ts";
import type { UnixMillis } from "../core/time.ts";
import { MINUTE_MS, SECOND_MS } from "../core/time.ts";
import type { ScenarioName } from "../io/traffic/scenarios.ts";
import { SCENARIOS } from "../io/traffic/scenarios.ts";
import { SeededChance } from "../io/traffic/seeded-chance.ts";
import type { TrafficReport } from "../io/traffic/send-traffic.ts";
import { sendTraffic } from "../io/traffic/send-traffic.ts";
import { TrafficPlan } from "../io/traffic/traffic-plan.ts";
import { targetProblem } from "../io/traffic/traffic-target.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { counted } from "./counted.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { listenForStop } from "./stop-signal.ts";
import { openLanes } from "./traffic-lanes.ts";

export type TrafficOptions = {
  readonly scenario: ScenarioName;
  /** Base addresses, as in `http://localhost:4317`; null = not used. At least one is needed. */
  readonly grpc: string | null;
  readonly http: string | null;
  /** Requests per second of the usual traffic; a scenario's trouble comes on top. */
  readonly rate: number;
  readonly durationMs: number;
  /** From the start to the beginning of the trouble. */
  readonly troubleAfterMs: number;
  /** null = until the end. */
  readonly troubleForMs: number | null;
  readonly seed: number;
  /** Hosts besides this machine whose owners expect the traffic. */
  readonly testHosts: readonly string[];
  /** Sentences for people, or an object a line for programs. */
  readonly output: "text" | "ndjson";
};

/** What `-o ndjson` prints, in this order; those around trouble only if there was some. */
export type TrafficEvent =
  | { readonly event: "started"; readonly at: UnixMillis }
  | { readonly event: "trouble_begins"; readonly at: UnixMillis }
  | { readonly event: "trouble_ends"; readonly at: UnixMillis }
  | ({ readonly event: "finished"; readonly at: UnixMillis } & TrafficReport);

const RATE_MAX = 20_000;
const DURATION_MAX_MS = 60 * MINUTE_MS;

export async function runTraffic(options: TrafficOptions, context: CommandContext): Promise<number> {
  const problems = optionProblems(options);
  for (const problem of problems) printLine(context.stderr, problem);
  if (problems.length > 0) return EXIT_CODES.usage;
  using stop = listenForStop();
  const report = await rehearse(options, stop.signal, eventPrinter(options, context));
  if (report.failed === 0) return EXIT_CODES.ok;
  return report.acknowledged === 0 ? EXIT_CODES.unreachable : EXIT_CODES.failed;
}

function optionProblems({ grpc, http, rate, durationMs, testHosts }: TrafficOptions): readonly string[] {
  const targets = [grpc, http].filter((target) => target !== null);
  const problems = targets.map((target) => targetProblem(target, testHosts)).filter((problem) => problem !== null);
  if (targets.length === 0) problems.push("traffic needs a target: --grpc, --http or both");
  if (!(rate > 0 && rate <= RATE_MAX))
    problems.push(`--rate must be above 0 and at most ${RATE_MAX} requests a second`);
  if (!(durationMs > 0 && durationMs <= DURATION_MAX_MS)) problems.push("--duration must be above 0s and at most 1h");
  return problems;
}

async function rehearse(
  options: TrafficOptions,
  stop: AbortSignal,
  print: (event: TrafficEvent) => void,
): Promise<TrafficReport> {
  await using lanes = await openLanes({ ...options, userAgent: `authspike-traffic/${readVersion()}` });
  const startAt = Date.now();
  const endAt = startAt + options.durationMs;
  const scenario = SCENARIOS[options.scenario];
  const trouble = troubleOf(options, startAt, endAt);
  const plan = new TrafficPlan({
    ...options,
    startAt,
    scenario,
    troubleFrom: trouble.from,
    troubleUntil: trouble.until,
  });
  const tellTrouble = troubleTeller(trouble, print);
  print({ event: "started", at: startAt });
  const report = await sendTraffic({
    plan,
    lanes: lanes.lanes,
    chance: new SeededChance(options.seed),
    now: Date.now,
    endAt,
    stop,
    onProgress: tellTrouble,
  });
  // Trouble that lasts to the end ends with it.
  tellTrouble(Date.now());
  print({ event: "finished", at: Date.now(), ...report });
  return report;
}

type Trouble = { readonly from: UnixMillis; readonly until: UnixMillis };

function troubleOf(options: TrafficOptions, startAt: UnixMillis, endAt: UnixMillis): Trouble {
  const never = { from: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY };
  if (options.scenario === "steady") return never;
  const from = startAt + options.troubleAfterMs;
  return { from, until: options.troubleForMs === null ? endAt : from + options.troubleForMs };
}

/** Tells each turn of the trouble once, when the traffic has got there. */
function troubleTeller({ from, until }: Trouble, print: (event: TrafficEvent) => void) {
  const turns: TrafficEvent[] = [
    { event: "trouble_begins", at: from },
    { event: "trouble_ends", at: until },
  ];
  return (now: UnixMillis) => {
    while (turns[0] !== undefined && now >= turns[0].at) {
      print(turns[0]);
      turns.shift();
    }
  };
}

function eventPrinter({ output, ...options }: TrafficOptions, { stdout }: CommandContext) {
  const startedAt = Date.now();
  return (event: TrafficEvent) => {
    if (output === "ndjson") return printLine(stdout, JSON.stringify(event));
    const seconds = ((event.at - startedAt) / SECOND_MS).toFixed(1).padStart(6);
    printLine(stdout, `${seconds}s  ${sentence(event, options)}`);
  };
}

function sentence(
  event: TrafficEvent,
  { durationMs, grpc, http, rate, scenario }: Omit<TrafficOptions, "output">,
): string {
  switch (event.event) {
    case "started": {
      const targets = [grpc === null ? [] : [`gRPC ${grpc}`], http === null ? [] : [`HTTP ${http}`]]
        .flat()
        .join(" and ");
      return `${rate} requests a second for ${durationMs / SECOND_MS}s to ${targets}`;
    }
    case "trouble_begins":
      return `trouble begins: ${SCENARIOS[scenario].summary}`;
    case "trouble_ends":
      return "trouble ends";
    case "finished":
      return reportText(event);
  }
}

function reportText({
  acknowledged,
  failed,
  perLane,
  problem,
  requests,
  spans,
  unauthenticated,
}: TrafficReport): string {
  const lanes = Object.entries(perLane).map(([name, count]) => `${count.toLocaleString("en-US")} over ${name}`);
  const lines = [
    `${counted(requests, "request")}, of them ${unauthenticated.toLocaleString("en-US")} unauthenticated, as ${counted(spans, "span")}`,
    `${counted(acknowledged, "span")} acknowledged (${lanes.join(", ")})`,
  ];
  if (failed > 0) lines.push(`${counted(failed, "span")} not taken: ${problem ?? "refused in part"}`);
  return lines.join("\n         ");
}
