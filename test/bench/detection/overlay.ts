/**
 * Real failures laid over generated sign-ins: what a log of refused attempts would have looked like on a sign-in
 * that people use.
 *
 * A log of attacks has their timing and addresses, which no generator has, but nobody who gets in. So the attempts are
 * moved to an endpoint with people of its own, after three days of history, at five rates. An episode is what one
 * address tries with at most ten minutes in between; one of twenty attempts and more must page. Smaller ones
 * are laid over as well, and a page for one of them counts as false.
 */
import { readFileSync } from "node:fs";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import type { BenchEndpoint, BenchRequest } from "./request.ts";
import { BENIGN } from "./request.ts";
import type { Recipe, ScenarioPlan } from "./scenario.ts";
import { START } from "./scenario.ts";

/** One attempt of the log, moved so that the first comes at the end of the history. */
type Attempt = { readonly time: number; readonly client: string; readonly status: number };

type Episode = Attempt[];

const RATES = [
  { name: "20 a day", perSecond: 20 / 86_400 },
  { name: "1 a minute", perSecond: 1 / 60 },
  { name: "6 a minute", perSecond: 0.1 },
  { name: "1 a second", perSecond: 1 },
  { name: "5 a second", perSecond: 5 },
];
const HISTORY_MS = 3 * DAY_MS;
const AFTER_MS = DAY_MS / 2;
const PAUSE_MAX_MS = 10 * MINUTE_MS;
const EPISODE_MIN = 20;

/** From lines as `authspike backtest --format requests` reads them, in order of time. */
export function overlays(file: string): readonly Recipe[] {
  const attempts = readAttempts(file);
  return RATES.map(({ name, perSecond }) => ({
    name: `overlay on ${name}`,
    expectation: "page",
    write: (plan, draw) => {
      plan.lasts((attempts.at(-1)?.time ?? START) - START + AFTER_MS);
      layOver(plan, plan.signIns({ perSecond, ratio: draw.evenly(0.02, 0.12) }), attempts);
    },
  }));
}

function layOver(plan: ScenarioPlan, endpoint: BenchEndpoint, attempts: readonly Attempt[]): void {
  const attackOf = new Map<Attempt, number>();
  for (const episode of episodesOf(attempts)) {
    if (episode.length < EPISODE_MIN) continue;
    const lastsMs = lengthOf(episode);
    const perSecond = (SECOND_MS * episode.length) / Math.max(SECOND_MS, lastsMs);
    const attack = plan.attacks.push({ endpoints: [endpoint], perSecond, failing: 1 }) - 1;
    for (const attempt of episode) attackOf.set(attempt, attack);
  }
  plan.add(() => attempts.map((attempt) => requestOf(attempt, endpoint, attackOf.get(attempt) ?? BENIGN)));
}

function episodesOf(attempts: readonly Attempt[]): readonly Episode[] {
  const episodes: Episode[] = [];
  const latest = new Map<string, Episode>();
  for (const attempt of attempts) {
    let episode = latest.get(attempt.client);
    const before = episode?.at(-1);
    if (episode === undefined || before === undefined || attempt.time - before.time > PAUSE_MAX_MS) {
      episode = [];
      episodes.push(episode);
      latest.set(attempt.client, episode);
    }
    episode.push(attempt);
  }
  return episodes;
}

function lengthOf(attempts: Episode): number {
  return (attempts.at(-1)?.time ?? 0) - (attempts[0]?.time ?? 0);
}

function requestOf({ time, client, status }: Attempt, endpoint: BenchEndpoint, attack: number): BenchRequest {
  const basics = { time, arrived: time, endpoint, status, client, weight: 1 };
  return { ...basics, userAgent: "-", cause: null, version: "1.0.0", attack };
}

function readAttempts(file: string): readonly Attempt[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const logged = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Attempt);
  const movedBy = START + HISTORY_MS - (logged[0]?.time ?? 0);
  return logged.map(({ time, client, status }) => ({ time: time + movedBy, client, status }));
}
