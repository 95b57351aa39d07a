/**
 * Excesses that come back at their hour: a job that fails every night, an import that fails every Sunday, an
 * endpoint that fails four times as often by night.
 *
 * The first cannot be told from an attack, and pages. One that has come three times at this time of the day
 * within eight days, or of the week within four weeks, is known, and is a ticket as long as it is like those
 * before. An attacker shall not teach himself in cheaply: he is paged three times, may then come at
 * that hour only, no stronger, and from the same clients where it was the same clients before. On sign-in
 * routes nothing is known in this way: attackers keep hours, too.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, MINUTE_MS } from "../time.ts";
import type { RecentClients } from "./recent-clients.ts";
import { busiestClients, failuresOf } from "./recent-clients.ts";

export type PastExcess = {
  readonly beganAt: UnixMillis;
  readonly failures: number;
  /** Those of clients that had no part in the excesses that had come at this hour before. */
  readonly strangersFailures: number;
  /** Who failed most. */
  readonly clients: readonly number[];
};

/** Oldest first. */
export type PastExcesses = readonly PastExcess[];

export type PresentExcess = { readonly beganAt: UnixMillis; readonly clients: RecentClients };

type Rhythm = { readonly periodMs: number; readonly periods: number };

/** Eight days, so that what rests at the weekend is known on Monday. */
const DAILY: Rhythm = { periodMs: DAY_MS, periods: 8 };
const WEEKLY: Rhythm = { periodMs: 7 * DAY_MS, periods: 4 };
const RHYTHMS: readonly Rhythm[] = [DAILY, WEEKLY];
/** An hour by which people change their clocks, and a quarter. */
const OFF_MAX_MS = 75 * MINUTE_MS;
const TIMES_MIN = 3;
/** As many as the greatest before, and half as many again. */
const GROWTH_MAX = 1.5;
/** So many failures of others are no news: two expired sessions fail so often at once, and would be no alarm. */
const STRANGERS_FAILURES_MIN = 16;

/** Three days of a job that runs every other hour, or four weeks of nights and their Sundays. */
const PAST_MAX = 40;
const CLIENTS_MAX = 12;
const FORGOTTEN_AFTER_MS = WEEKLY.periods * WEEKLY.periodMs + OFF_MAX_MS;

/** After an excess is over. */
export function withExcess(past: PastExcesses, { beganAt, clients }: PresentExcess): PastExcesses {
  const before = RHYTHMS.flatMap((rhythm) => cameBefore(past, beganAt, rhythm));
  const excess = {
    beganAt,
    failures: clients.tallyTotal,
    strangersFailures: strangersFailures(clients, before),
    clients: busiestClients(clients)
      .slice(0, CLIENTS_MAX)
      .map(({ client }) => client),
  };
  const remembered = past.filter((one) => beganAt - one.beganAt <= FORGOTTEN_AFTER_MS);
  return [...remembered, excess].slice(-PAST_MAX);
}

/** On how many days, or in how many weeks, the excess came at this hour before; 0 as long as that makes it no habit. */
export function recurredTimes(past: PastExcesses, present: PresentExcess): number {
  for (const rhythm of RHYTHMS) {
    const before = cameBefore(past, present.beganAt, rhythm);
    const times = new Set(before.map(({ beganAt }) => periodsBetween(beganAt, present.beganAt, rhythm))).size;
    if (times >= TIMES_MIN && isAlike(present, before)) return times;
  }
  return 0;
}

function cameBefore(past: PastExcesses, at: UnixMillis, rhythm: Rhythm): PastExcesses {
  return past.filter(({ beganAt }) => {
    const periods = periodsBetween(beganAt, at, rhythm);
    const offMs = Math.abs(at - beganAt - periods * rhythm.periodMs);
    return periods >= 1 && periods <= rhythm.periods && offMs <= OFF_MAX_MS;
  });
}

function periodsBetween(earlier: UnixMillis, later: UnixMillis, { periodMs }: Rhythm): number {
  return Math.round((later - earlier) / periodMs);
}

function isAlike({ clients }: PresentExcess, before: PastExcesses): boolean {
  const most = Math.max(...before.map(({ failures }) => failures));
  if (clients.tallyTotal > GROWTH_MAX * most) return false;
  const usual = GROWTH_MAX * lowerMedian(before.map((excess) => excess.strangersFailures));
  return strangersFailures(clients, before) <= Math.max(STRANGERS_FAILURES_MIN, usual);
}

function strangersFailures(clients: RecentClients, before: PastExcesses): number {
  let strangers = clients.tallyTotal;
  for (const client of new Set(before.flatMap((excess) => excess.clients))) strangers -= failuresOf(clients, client);
  return strangers;
}

function lowerMedian(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
