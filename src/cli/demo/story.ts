/**
 * The demo's story, act by act: usual traffic, an attack, the page, an edit of the rules, calm again.
 *
 * Nothing is staged inside the service: each act does what a person or a client would do from outside
 * and waits until it can be seen from outside.
 */
import { significant } from "../../core/alerts/words.ts";
import { assert } from "../../core/assert.ts";
import { MINUTE_MS, SECOND_MS } from "../../core/time.ts";
import type { AcceptedEvent } from "../../io/stand-ins/pagerduty-incidents.ts";
import { SCENARIOS } from "../../io/traffic/scenarios.ts";
import type { TrafficReport } from "../../io/traffic/send-traffic.ts";
import type { AlertDetail, AlertView, PipelineView } from "../../web/views.ts";
import type { DemoAccount } from "./account.ts";
import { accountOf } from "./account.ts";
import { editRules } from "./rule-edits.ts";
import type { Screen } from "./screen.ts";
import type { Spectator } from "./spectator.ts";
import type { Stage } from "./stage.ts";
import type { TrafficChildOptions } from "./traffic-child.ts";
import { TrafficChild } from "./traffic-child.ts";
import { wrapText } from "./wrap-text.ts";

/** How long things take: a person wants to read, a program to be done. */
export type Pace = {
  readonly usualMs: number;
  readonly attackMs: number;
  readonly readingMs: number;
  /** How much faster the service's clock runs while everybody waits for calm. */
  readonly timeLapse: number;
};

export type StoryParts = {
  readonly stage: Stage;
  readonly screen: Screen;
  readonly spectator: Spectator;
  readonly pace: Pace;
  readonly rate: number;
  readonly seed: number;
};

const RESOLVE_WAIT_MAX_MS = 3 * MINUTE_MS;
const PAGE_MAX_WIDTH = 110;
const PAGE_MARGIN = 11;

export async function playStory(parts: StoryParts): Promise<DemoAccount> {
  const { stage } = parts;
  await using attackers = sendUsualTraffic(parts);
  const attackBeganAt = await attack(parts, attackers);
  const alert = await page(parts, attackBeganAt);
  const edits = await editRules(parts);
  const reports = [await endAttack(parts, attackers), await resolve(parts)];
  await forwardEverything(parts, reports);
  return accountOf(stage, {
    reports,
    alert: await stage.ask<AlertDetail>(`alerts/${encodeURIComponent(alert.id)}`),
    pipeline: await stage.ask<PipelineView>("pipeline"),
    attackBeganAt,
    edits,
  });
}

/** The attack is part of this child's plan: it knows best when it begins. */
function sendUsualTraffic(parts: StoryParts): TrafficChild {
  const { pace, rate, screen } = parts;
  screen.tell(
    `A child process plays four services: ${rate} requests a second, half of them`,
    "over gRPC, half over HTTP. Below, the share of them that is answered 401.",
  );
  return sendTraffic(parts, {
    scenario: "stuffing",
    rate,
    durationMs: pace.usualMs + pace.attackMs,
    troubleAfterMs: pace.usualMs,
    troubleForMs: pace.attackMs,
  });
}

async function attack({ pace, screen, spectator }: StoryParts, attackers: TrafficChild): Promise<number> {
  await spectator.linger(pace.readingMs);
  spectator.leaveTable();
  const { at } = await spectator.watchUntil("the attack to begin", attackers.troubleBegins());
  screen.tell(screen.styled("warning", `ATTACK   ${SCENARIOS.stuffing.summary}`));
  return at;
}

async function page({ pace, screen, spectator, stage }: StoryParts, attackBeganAt: number): Promise<AlertView> {
  const event = await spectator.askUntil("the page", async () => eventOf(stage, "trigger"));
  const { alerts } = await stage.ask<{ readonly alerts: readonly AlertView[] }>("alerts");
  const [alert] = alerts;
  assert(alert !== undefined && event.payload !== undefined, "a page comes from an alert and says what it is about");
  const { customDetails, severity, summary } = event.payload;
  const after = `${((event.receivedAt - attackBeganAt) / SECOND_MS).toFixed(1)} s after the attack began`;
  const advice = wrapText(String(customDetails["what_to_do"] ?? ""), textWidth(screen));
  screen.tell(
    screen.styled("bad", `PAGE     ${summary}`),
    `${screen.styled("strong", after)}, with ${significant(alert.failures)} failures; severity ${severity}`,
    screen.styled("faint", `dedup key ${event.dedupKey}`),
    "What to do, says the page:",
    ...advice.map((line) => screen.styled("faint", `│ ${line}`)),
  );
  await spectator.linger(pace.readingMs);
  return alert;
}

async function endAttack({ screen, spectator }: StoryParts, attackers: TrafficChild): Promise<TrafficReport> {
  await spectator.watchUntil("the attack to end", attackers.troubleEnds());
  const report = await attackers.finish();
  spectator.leaveTable();
  screen.tell("CALM     the attack is over");
  return report;
}

async function resolve(parts: StoryParts): Promise<TrafficReport> {
  const { pace, rate, screen, spectator, stage } = parts;
  screen.tell(
    "The alert resolves after a usual minute and the rule's 15 s. Nobody wants to",
    `wait: until then the service's clock and the traffic run ${screen.styled("strong", `${pace.timeLapse} times as fast`)}.`,
  );
  stage.clock.runAt(pace.timeLapse);
  const plan = { durationMs: RESOLVE_WAIT_MAX_MS, troubleAfterMs: 0, troubleForMs: 0 };
  await using visitors = sendTraffic(parts, { scenario: "steady", rate: rate * pace.timeLapse, ...plan });
  const event = await spectator.askUntil("the resolve", async () => eventOf(stage, "resolve"), RESOLVE_WAIT_MAX_MS);
  stage.clock.runAt(1);
  screen.tell(
    screen.styled("good", "RESOLVED by itself, under the same dedup key"),
    screen.styled("faint", `dedup key ${event.dedupKey}`),
  );
  return visitors.finish();
}

/** What was acknowledged is in the queue: it leaves for the backend within moments. */
async function forwardEverything({ spectator, stage }: StoryParts, reports: readonly TrafficReport[]): Promise<void> {
  const sent = reports.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  await spectator.askUntil("the backend to have everything", async () => {
    const { logs, traces } = stage.sink.received;
    return traces.itemCount >= sent && logs.itemCount >= 2 ? true : null;
  });
}

function sendTraffic(
  { seed, stage }: StoryParts,
  plan: Omit<TrafficChildOptions, "grpc" | "http" | "seed">,
): TrafficChild {
  const { grpc, http } = stage.service.addresses;
  return new TrafficChild({ ...plan, grpc: `http://${grpc}`, http: `http://${http}`, seed });
}

function eventOf({ twin }: Stage, action: AcceptedEvent["action"]): AcceptedEvent | null {
  return twin.events.find((event) => event.action === action) ?? null;
}

function textWidth({ columns }: Screen): number {
  return Math.min(columns, PAGE_MAX_WIDTH) - PAGE_MARGIN;
}
