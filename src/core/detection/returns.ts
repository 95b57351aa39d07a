/**
 * What an alarm has to do with the ones before it on the same series: an attack that comes in rounds, or
 * rises step by step, is one story, and nobody should be paged for each chapter.
 *
 * Rounds: the first return of an excess is news and pages. From then on the series is known to return, so
 * its alert is held open until the calm has lasted twice as long as the pause before. Rounds that go on
 * find their alert open.
 *
 * Steps: when an excess has stayed so long that its level was taken for usual, a further rise within a day
 * is known about. It is a ticket, unless it is clearly higher than what was paged.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, MINUTE_MS } from "../time.ts";
import { oddsOf } from "./odds.ts";

export type Returns = {
  /** When the last excess was over; of a level that was accepted, when that was. */
  readonly endedAt: UnixMillis;
  /** So long a calm must last before the alert ends; 0 as long as nothing has returned. */
  readonly holdMs: number;
  /** The odds that people were paged for and that were then taken for usual; 0 when there are none. */
  readonly pagedOdds: number;
};

/** What people were paged for a day ago is a new story. */
const STORY_MS = DAY_MS;
/** Rounds that lie further apart are pages each: nobody trusts an incident that stays open for hours in silence. */
const ROUND_PAUSE_MAX_MS = 75 * MINUTE_MS;
const HOLD_PER_PAUSE = 2;
/** As from 1 in 5 to more than every other request. */
const CLEARLY_HIGHER_ODDS = 5;
const RATIO_MAX = 0.99;

/** After an excess has begun. */
export function noteReturn(returns: Returns | null, now: UnixMillis): Returns | null {
  if (returns === null) return null;
  const pauseMs = now - returns.endedAt;
  if (pauseMs > STORY_MS) return null;
  const holdMs = pauseMs > ROUND_PAUSE_MAX_MS ? 0 : Math.max(returns.holdMs, HOLD_PER_PAUSE * pauseMs);
  return { ...returns, holdMs };
}

/** After an excess is over. */
export function noteEnd(returns: Returns | null, endedAt: UnixMillis): Returns {
  return { endedAt, holdMs: returns?.holdMs ?? 0, pagedOdds: returns?.pagedOdds ?? 0 };
}

/** After an excess of this ratio was taken for usual. */
export function noteAccepted(returns: Returns | null, ratio: number, now: UnixMillis): Returns {
  const ended = noteEnd(returns, now);
  return isKnownRise(returns, ratio) ? ended : { ...ended, pagedOdds: cappedOdds(ratio) };
}

/** After the ratio is back where it was before: what rises from here is news. */
export function forgetAccepted(returns: Returns | null): Returns | null {
  return returns === null ? null : { ...returns, pagedOdds: 0 };
}

/** Whether people know of a rise to this ratio: it is not clearly higher than what they were paged for within the last day. */
export function isKnownRise(returns: Returns | null, ratio: number): boolean {
  return returns !== null && cappedOdds(ratio) < CLEARLY_HIGHER_ODDS * returns.pagedOdds;
}

function cappedOdds(ratio: number): number {
  return oddsOf(Math.min(RATIO_MAX, ratio));
}
