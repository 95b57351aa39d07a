/**
 * An alarm from the request that completes the evidence to its end.
 *
 * It ends when the ratio has been back for a while, not when the evidence is gone: evidence returns
 * to nothing many times during a patchy attack, and the page would flap.
 */
import type { UnixMillis } from "../time.ts";
import { MINUTE_MS } from "../time.ts";
import type { AlarmClearance, AlarmKind } from "./reading.ts";

export type Alarm = {
  kind: AlarmKind;
  readonly startedAt: UnixMillis;
  /** Estimated onset of the excess. */
  readonly since: UnixMillis;
  /** Failures received since the onset. */
  failures: number;
  /** The persistent client; 0 for the other kinds. */
  readonly client: number;
  /** Since when things have been calm again; null while they are not. */
  recoveringSince: UnixMillis | null;
  /** From here on nobody has lost sight of it: the alarm's start, or the end of a time when we were down. */
  watchedSince: UnixMillis;
};

type AlarmFacts = Pick<Alarm, "kind" | "since" | "failures" | "client">;

const RECOVERY_MS = MINUTE_MS;
const SILENCE_MS = 10 * MINUTE_MS;
const NEW_LEVEL_MS = 45 * MINUTE_MS;
/** An alarm shorter than this may have been a harmless excursion, and is measured as one. */
const BRIEF_MS = 5 * MINUTE_MS;

export function beginAlarm(facts: AlarmFacts, now: UnixMillis): Alarm {
  return { ...facts, startedAt: now, recoveringSince: null, watchedSince: now };
}

/** After a time when nobody was watching: it must not count as calm, and not as an excess that stays. */
export function resumeAlarm(alarm: Alarm, now: UnixMillis): void {
  alarm.recoveringSince = null;
  alarm.watchedSince = now;
}

export function noteCalm(alarm: Alarm, now: UnixMillis): void {
  alarm.recoveringSince ??= now;
}

export function noteExcess(alarm: Alarm): void {
  alarm.recoveringSince = null;
}

/** Why the alarm is over at `now`; null while it goes on. */
export function clearanceAt(alarm: Alarm, lastOutcomeAt: UnixMillis, now: UnixMillis): AlarmClearance | null {
  if (now - lastOutcomeAt >= SILENCE_MS) return "silent";
  if (alarm.recoveringSince !== null) return now - alarm.recoveringSince >= RECOVERY_MS ? "recovered" : null;
  return now - alarm.watchedSince >= NEW_LEVEL_MS ? "new_level" : null;
}

export function wasBrief(alarm: Alarm): boolean {
  return alarm.recoveringSince !== null && alarm.recoveringSince - alarm.startedAt < BRIEF_MS;
}
