/**
 * The demo's story, act by act: usual traffic, an attack, the page, an edit of the rules, calm again.
 *
 * Nothing is staged inside the service: each act does what a person or a client would do from outside
 * and waits until it can be seen from outside.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { percent, significant } from "../../core/alerts/words.ts";
import { assert } from "../../core/assert.ts";
import { MINUTE_MS, SECOND_MS } from "../../core/time.ts";
import { SCENARIOS } from "../../io/traffic/scenarios.ts";
import type { TrafficReport } from "../../io/traffic/send-traffic.ts";
import type { EndpointRow } from "../../web/endpoint-page.ts";
import type { AlertDetail, AlertView, PipelineView, RulesView } from "../../web/views.ts";
import type { DemoAccount, RuleEdits } from "./account.ts";
import { accountOf } from "./account.ts";
import { DemoError, DemoInterrupted } from "./demo-error.ts";
import { LiveTable } from "./live-table.ts";
import type { Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";
import { TrafficChild } from "./traffic-child.ts";

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
  readonly pace: Pace;
  readonly rate: number;
  readonly seed: number;
  readonly stop: AbortSignal;
};

const LOOK_EVERY_MS = 250;
const WAIT_MAX_MS = 30 * SECOND_MS;
const RESOLVE_WAIT_MAX_MS = 3 * MINUTE_MS;
const EDITED_FILE = "login.yaml";
const EDITED_LINE = "    severity: critical\n";
const BAD_SETTING = "keep_firing_for: 15";
const GOOD_SETTING = "keep_firing_for: 15s";

export async function playStory(parts: StoryParts): Promise<DemoAccount> {
  const story = new Story(parts);
  return story.play();
}

class Story {
  readonly #parts: StoryParts;
  readonly #table: LiveTable;
  readonly #reports: TrafficReport[] = [];

  constructor(parts: StoryParts) {
    this.#parts = parts;
    this.#table = new LiveTable(parts.screen);
  }

  async play(): Promise<DemoAccount> {
    const { stage } = this.#parts;
    await using attackers = await this.#usualTraffic();
    const attackBeganAt = await this.#attack(attackers);
    await this.#page(attackBeganAt);
    const edits = await this.#editRules();
    await this.#calm(attackers);
    await this.#everythingForwarded();
    const [alert] = (await stage.ask<{ readonly alerts: readonly AlertView[] }>("alerts")).alerts;
    assert(alert !== undefined, "an alert that was paged for is on record");
    const detail = await stage.ask<AlertDetail>(`alerts/${encodeURIComponent(alert.id)}`);
    const pipeline = await stage.ask<PipelineView>("pipeline");
    return accountOf(stage, { reports: this.#reports, alert: detail, pipeline, attackBeganAt, edits });
  }

  async #usualTraffic(): Promise<TrafficChild> {
    const { pace, rate, screen } = this.#parts;
    screen.tell(
      `A child process sends the usual traffic of four services, ${rate} requests a second, half over gRPC, half over HTTP.`,
    );
    return this.#sendTraffic("stuffing", {
      rate,
      durationMs: pace.usualMs + pace.attackMs,
      troubleAfterMs: pace.usualMs,
      troubleForMs: pace.attackMs,
    });
  }

  async #attack(child: TrafficChild): Promise<number> {
    const { screen } = this.#parts;
    const { at } = await this.#watching(child.troubleBegins(), "the attack to begin", WAIT_MAX_MS);
    if (!screen.isLive) screen.print(...this.#table.lines());
    screen.tell(screen.styled("warning", `ATTACK   ${SCENARIOS.stuffing.summary}`));
    return at;
  }

  async #page(attackBeganAt: number): Promise<void> {
    const { screen, stage } = this.#parts;
    const arrival = stage.twin.waitFor(({ events }) => events.length > 0, WAIT_MAX_MS);
    await this.#watching(arrival, "the page", WAIT_MAX_MS);
    const [page] = stage.twin.events;
    assert(page?.payload !== undefined, "a trigger has a payload");
    const { alerts } = await stage.ask<{ readonly alerts: readonly AlertView[] }>("alerts");
    const [alert] = alerts;
    if (alert === undefined) throw new DemoError("a page arrived without an alert");
    const after = ((page.receivedAt - attackBeganAt) / SECOND_MS).toFixed(1);
    const description = String(page.payload.customDetails["description"] ?? "").trim();
    screen.tell(
      screen.styled("bad", `PAGE     ${page.payload.summary}`),
      `${screen.styled("strong", `${after} s after the attack began`)}: ${significant(alert.failures)} failures were enough. Severity ${page.payload.severity}.`,
      screen.styled("faint", `dedup key ${page.dedupKey}`),
      ...description.split("\n").map((line) => screen.styled("faint", `│ ${line}`)),
    );
    await this.#reading();
  }

  async #editRules(): Promise<RuleEdits> {
    const { screen, stage } = this.#parts;
    const path = join(stage.rulesDirectory, EDITED_FILE);
    const before = readFileSync(path, "utf8");
    assert(before.includes(EDITED_LINE), "the shipped login rule has its severity");
    const write = (setting: string) =>
      writeFileSync(path, before.replace(EDITED_LINE, `${EDITED_LINE}    ${setting}\n`));
    const rules = () => stage.ask<RulesView>("rules");
    const hashBefore = (await rules()).active.hash;

    write(BAD_SETTING);
    screen.tell(`EDIT     rules/${EDITED_FILE}: + ${BAD_SETTING}`);
    const refused = await this.#until("the bad edit to be refused", async () => {
      const view = await rules();
      return view.refusal === null ? null : { refusal: view.refusal, hash: view.active.hash };
    });
    const diagnostics = refused.refusal.text.replaceAll(`${stage.directory}/`, "").trimEnd();
    screen.tell(
      screen.styled("warning", "REFUSED  the rules in force stay as they are:"),
      ...diagnostics.split("\n").map((line) => `  ${line}`),
    );
    await this.#reading();

    write(GOOD_SETTING);
    screen.tell(`EDIT     rules/${EDITED_FILE}: + ${GOOD_SETTING}`);
    const accepted = await this.#until("the good edit to be taken", async () => {
      const view = await rules();
      return view.active.hash === hashBefore ? null : view;
    });
    const change = (accepted.history[0]?.diff ?? "").trim();
    screen.tell(
      screen.styled("good", "ACCEPTED without a restart, and the alert goes on"),
      screen.styled("faint", change),
    );
    await this.#reading();
    return { refused: diagnostics.split("\n")[0] ?? "", kept_old_rules: refused.hash === hashBefore, accepted: change };
  }

  async #calm(attackers: TrafficChild): Promise<void> {
    const { pace, rate, screen, stage } = this.#parts;
    await this.#watching(attackers.troubleEnds(), "the attack to end", WAIT_MAX_MS);
    this.#reports.push(await attackers.finish());
    if (!screen.isLive) screen.print(...this.#table.lines());
    screen.tell(
      "CALM     the attack is over. An alert resolves after a minute that was as usual and the rule's 15 s:",
      screen.styled("faint", `from here on the service's clock, and the traffic, run ${pace.timeLapse} times as fast`),
    );
    stage.clock.runAt(pace.timeLapse);
    await using visitors = this.#sendTraffic("steady", {
      rate: rate * pace.timeLapse,
      durationMs: RESOLVE_WAIT_MAX_MS,
      troubleAfterMs: 0,
      troubleForMs: 0,
    });
    const isResolved = ({ events }: { readonly events: readonly { readonly action: string }[] }) =>
      events.some(({ action }) => action === "resolve");
    const arrival = stage.twin.waitFor(isResolved, RESOLVE_WAIT_MAX_MS);
    await this.#watching(arrival, "the resolve", RESOLVE_WAIT_MAX_MS);
    stage.clock.runAt(1);
    this.#reports.push(await visitors.finish());
    const resolve = stage.twin.events.find(({ action }) => action === "resolve");
    screen.tell(
      screen.styled("good", "RESOLVED by itself, under the same dedup key"),
      screen.styled("faint", `dedup key ${resolve?.dedupKey ?? ""}`),
    );
  }

  /** What was acknowledged is in the queue: it leaves for the backend within moments. */
  async #everythingForwarded(): Promise<void> {
    const sent = this.#reports.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    const { sink } = this.#parts.stage;
    const arrival = sink.waitFor(
      ({ received }) => received.traces.itemCount >= sent && received.logs.itemCount >= 2,
      WAIT_MAX_MS,
    );
    await this.#watching(arrival, "the backend to have everything", WAIT_MAX_MS);
  }

  #sendTraffic(
    scenario: "steady" | "stuffing",
    options: {
      readonly rate: number;
      readonly durationMs: number;
      readonly troubleAfterMs: number;
      readonly troubleForMs: number;
    },
  ): TrafficChild {
    const { seed, stage } = this.#parts;
    const { grpc, http } = stage.service.addresses;
    return new TrafficChild({ scenario, grpc: `http://${grpc}`, http: `http://${http}`, seed, ...options });
  }

  /** Waits while the table is kept up to date. */
  async #watching<Result>(awaited: Promise<Result>, what: string, timeoutMs: number): Promise<Result> {
    let outcome: { readonly result: Result } | { readonly error: unknown } | null = null;
    awaited.then(
      (result) => {
        outcome = { result };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    return this.#until(
      what,
      async () => {
        await this.#look();
        if (outcome === null) return null;
        if ("error" in outcome) throw outcome.error;
        return outcome.result;
      },
      timeoutMs,
    );
  }

  async #until<Found>(what: string, ask: () => Promise<Found | null>, timeoutMs = WAIT_MAX_MS): Promise<Found> {
    const { stop } = this.#parts;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      if (stop.aborted) throw new DemoInterrupted();
      const found = await ask();
      if (found !== null) return found;
      if (performance.now() > deadline) throw new DemoError(`waited ${timeoutMs / SECOND_MS} s in vain for ${what}`);
      await this.#pause(LOOK_EVERY_MS);
    }
  }

  async #look(): Promise<void> {
    const { screen, stage } = this.#parts;
    const { endpoints } = await stage.ask<{ readonly endpoints: readonly EndpointRow[] }>("endpoints?limit=100");
    this.#table.take(endpoints);
    screen.live(this.#table.lines());
  }

  async #reading(): Promise<void> {
    const until = performance.now() + this.#parts.pace.readingMs;
    while (performance.now() < until) {
      await this.#look();
      await this.#pause(LOOK_EVERY_MS);
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const { stop } = this.#parts;
    try {
      await delay(milliseconds, undefined, { signal: stop });
    } catch (error) {
      throw stop.aborted ? new DemoInterrupted() : error;
    }
  }
}

export function headline({ alert, detection_ms: detectionMs }: DemoAccount): string {
  const rates = `${percent(alert.peak_rate)} against a usual ${percent(alert.usual)}`;
  return `${(detectionMs / SECOND_MS).toFixed(1)} s from the beginning of the attack to the page; ${rates}`;
}
