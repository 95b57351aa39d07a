/**
 * `authspike demo`: an attack from its first span to the page and back, with no network.
 *
 * For a person it is a story told in about a minute; with `--ci` it is the end-to-end test: the same
 * run, its account as one JSON object, and an exit code.
 */
import type { CommandContext } from "./command-context.ts";
import { printLine, wantsColor } from "./command-context.ts";
import { claimsOf } from "./demo/account.ts";
import { DemoError, DemoInterrupted } from "./demo/demo-error.ts";
import { Screen } from "./demo/screen.ts";
import { Spectator } from "./demo/spectator.ts";
import { Stage } from "./demo/stage.ts";
import type { Pace } from "./demo/story.ts";
import { playStory } from "./demo/story.ts";
import type { Ending } from "./demo/texts.ts";
import { printBanner, printSummary } from "./demo/texts.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { listenForStop } from "./stop-signal.ts";

export type DemoOptions = {
  /** A program gets one JSON object and no story. */
  readonly audience: "person" | "program";
  /** What becomes of configuration, rules, database and log. */
  readonly afterwards: "keep" | "remove";
  /** First of the three ports; null = 4317, 4318 and 8401. Ports in use are passed over. */
  readonly portBase: number | null;
};

type Outcome =
  | ({ readonly kind: "played" } & Ending)
  | { readonly kind: "failed"; readonly problem: string }
  | { readonly kind: "interrupted" };

const PACES: Readonly<Record<DemoOptions["audience"], Pace>> = {
  person: { usualMs: 8000, attackMs: 12_000, readingMs: 2500, timeLapse: 8 },
  program: { usualMs: 2000, attackMs: 6000, readingMs: 0, timeLapse: 12 },
};
const RATE = 60;
const SEED = 4;

export async function runDemo(options: DemoOptions, context: CommandContext): Promise<number> {
  using stop = listenForStop();
  using screen = new Screen(context.stdout, {
    kind: options.audience === "program" ? "none" : context.isTty ? "terminal" : "plain",
    color: wantsColor(context) ? "colored" : "plain",
  });
  const outcome = await play(options, screen, stop.signal);
  screen.live([]);
  if (options.audience === "program") {
    printLine(context.stdout, JSON.stringify(jsonOf(outcome, screen.elapsedMs), null, 2));
  } else {
    tellPerson(outcome, options, screen, context);
  }
  return exitCodeOf(outcome, options);
}

function tellPerson(outcome: Outcome, { afterwards }: DemoOptions, screen: Screen, { stderr }: CommandContext): void {
  if (outcome.kind === "played") printSummary(screen, outcome, afterwards);
  if (outcome.kind === "failed") {
    printLine(stderr, `the demo did not get to its end: ${outcome.problem} (--keep keeps its log)`);
  }
  if (outcome.kind === "interrupted") screen.print("stopped; everything the demo started has ended");
}

/** A person who stops a demo has not met a failure; a program that was to see it to its end has. */
function exitCodeOf(outcome: Outcome, { audience }: DemoOptions): number {
  switch (outcome.kind) {
    case "played":
      return outcome.claims.every(({ holds }) => holds) ? EXIT_CODES.ok : EXIT_CODES.failed;
    case "failed":
      return EXIT_CODES.failed;
    case "interrupted":
      return audience === "person" ? EXIT_CODES.ok : EXIT_CODES.failed;
  }
}

async function play(options: DemoOptions, screen: Screen, stop: AbortSignal): Promise<Outcome> {
  const traffic = { rate: RATE, seed: SEED };
  try {
    await using stage = await Stage.open({ ...options, ...traffic });
    const spectator = new Spectator({ stage, screen, stop });
    printBanner(screen, stage, options.afterwards);
    const account = await playStory({ stage, screen, spectator, pace: PACES[options.audience], ...traffic });
    return { kind: "played", account, claims: claimsOf(account), directory: stage.directory };
  } catch (error) {
    if (error instanceof DemoInterrupted) return { kind: "interrupted" };
    if (error instanceof DemoError) return { kind: "failed", problem: error.message };
    throw error;
  }
}

function jsonOf(outcome: Outcome, elapsedMs: number): object {
  const elapsed = { elapsed_ms: Math.round(elapsedMs) };
  if (outcome.kind === "interrupted") return { ok: false, problem: "interrupted", ...elapsed };
  if (outcome.kind === "failed") return { ok: false, problem: outcome.problem, ...elapsed };
  const broken = outcome.claims.filter(({ holds }) => !holds).map(({ claim }) => claim);
  return { ok: broken.length === 0, broken_claims: broken, ...outcome.account, ...elapsed };
}
