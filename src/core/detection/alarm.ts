/**
 * An alarm from the request that completes the evidence to its end.
 *
 * It ends when a minute or a tenth of its time, and enough requests, have passed as usual, not when the evidence is
 * gone: evidence returns to nothing many times during a patchy attack, and the page would flap. Nor
 * when an average is back: it would remember a fierce attack for minutes.
 */
import type { UnixMillis } from "../time.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";
import type { Gate } from "./gate.ts";
import { clamp, logistic, logit } from "./odds.ts";
import type { AlarmClearance, AlarmKind } from "./reading.ts";

export type Alarm = {
  kind: AlarmKind;
  readonly startedAt: UnixMillis;
  /** Estimated onset of the excess. */
  readonly since: UnixMillis;
  /** Since the onset, in units of one received failure. */
  failures: number;
  successes: number;
  /** The persistent client that it began with; 0 when it began otherwise. */
  readonly client: number;
  /** What held when it went on, or when it became one of the ratio. */
  gates: readonly Gate[];
  /** The stretch that has been as usual so far; null when the last request broke it. */
  calm: Calm | null;
  /** Whether the excess has levelled off, as it stood when it was last looked at, and its odds then. */
  isLevel: boolean;
  levelOdds: number;
  levelLookedAt: UnixMillis;
  /** From here on nobody has lost sight of it: the alarm's start, or the end of a time when we were down. */
  watchedSince: UnixMillis;
};

type Calm = { readonly since: UnixMillis; requests: number; failures: number };

type AlarmFacts = Pick<Alarm, "kind" | "since" | "failures" | "successes" | "client" | "gates">;

/** What a series usually gets, as far as the end of an alarm depends on it. */
export type UsualTraffic = {
  readonly requestsPerSecond: number;
  readonly lastOutcomeAt: UnixMillis;
  /** Half-way from the usual ratio to the highest that may be usual. */
  readonly calmRatio: number;
};

/**
 * The longer an alarm has lasted, the longer its calm has to: in hours there is many a lucky minute.
 * With a minute for all, a release that moved the ratio paged twice and a patient client seven times.
 */
const RECOVERY_SHARE = 1 / 10;
const RECOVERY_MIN_MS = MINUTE_MS;
const RECOVERY_MAX_MS = 10 * MINUTE_MS;
/** A calm stretch holds so many requests; where they would take longer than five minutes, fewer. */
const RECOVERY_REQUESTS = 30;
const RECOVERY_REQUESTS_MIN = 5;
const RECOVERY_REQUESTS_MAX_SECONDS = 300;
/** Without any request an alarm ends when so many are missing, within these bounds. */
const SILENT_REQUESTS = 30;
const SILENCE_MIN_MS = MINUTE_MS;
const SILENCE_MAX_MS = 10 * MINUTE_MS;
/**
 * Nats by which a calm stretch has to speak for the usual ratio and against the alarm's: a hundred thousand to one. It
 * is asked anew with each request, and failures come in clusters.
 */
const RECOVERY_NATS = Math.log(1e5);
/** What a calm stretch is told from has at least three times its odds. */
const RECOVERY_LOG_ODDS_MIN = Math.log(3);
const RATIO_MIN = 0.0005;
const NEW_LEVEL_MS = 45 * MINUTE_MS;
/** An excess that still grows by more than this between two looks is no level: a ramp is one alarm until it ends. */
const LEVEL_GROWTH_MAX = 1.25;
const LEVEL_LOOK_MS = 20 * MINUTE_MS;
/** After so long a ramp is taken for usual all the same: no alarm is for ever. */
const RAMP_MAX_MS = 12 * HOUR_MS;
/** An alarm shorter than this may have been a harmless excursion, and is measured as one. */
const BRIEF_MS = 5 * MINUTE_MS;

export function beginAlarm(facts: AlarmFacts, now: UnixMillis): Alarm {
  return { ...facts, startedAt: now, calm: null, isLevel: false, levelOdds: 0, levelLookedAt: now, watchedSince: now };
}

/** After a time when nobody was watching: it must not count as calm, and not as an excess that stays. */
export function resumeAlarm(alarm: Alarm, now: UnixMillis): void {
  alarm.calm = null;
  alarm.watchedSince = now;
}

/**
 * Takes in an outcome while the alarm is on. The stretch stays calm as long as its failures are no more
 * than `calmRatio` and chance explain.
 */
export function noteOutcome(
  alarm: Alarm,
  outcome: { readonly failures: 0 | 1; readonly requests: number },
  { calmRatio }: Pick<UsualTraffic, "calmRatio">,
  now: UnixMillis,
): void {
  // A stretch begins with a success.
  if (alarm.calm === null && outcome.failures > 0) return;
  alarm.calm ??= { since: now, requests: 0, failures: 0 };
  const { calm } = alarm;
  calm.requests += outcome.requests;
  calm.failures += outcome.failures;
  const expected = calm.requests * calmRatio;
  if (calm.failures > 1 + expected + Math.sqrt(expected)) alarm.calm = null;
}

/** For an alarm that does not rest on the ratio: whether this moment is calm. */
export function noteMoment(alarm: Alarm, moment: "calm" | "excess", now: UnixMillis): void {
  if (moment === "excess") alarm.calm = null;
  else alarm.calm ??= { since: now, requests: Number.POSITIVE_INFINITY, failures: 0 };
}

/** Why the alarm is over at `now`; null while it goes on. */
export function clearanceAt(alarm: Alarm, usual: UsualTraffic, now: UnixMillis): AlarmClearance | null {
  if (now - usual.lastOutcomeAt >= silenceMs(usual)) return "silent";
  if (alarm.calm === null) return isNewLevel(alarm, now) ? "new_level" : null;
  const isLong = now - alarm.calm.since >= recoveryMs(alarm.calm.since - alarm.watchedSince);
  return isLong && isAsUsual(alarm, alarm.calm, usual) ? "recovered" : null;
}

/** Looks whether the excess still grows; `odds` are those of its last twenty minutes. */
export function lookWhetherLevel(alarm: Alarm, odds: number, now: UnixMillis): void {
  if (now - alarm.levelLookedAt < LEVEL_LOOK_MS) return;
  alarm.isLevel = odds <= LEVEL_GROWTH_MAX * alarm.levelOdds;
  alarm.levelOdds = odds;
  alarm.levelLookedAt = now;
}

/** The share of failures since its onset. */
export function ratioOf({ failures, successes }: Pick<Alarm, "failures" | "successes">): number {
  return failures / (failures + successes);
}

export function wasBrief(alarm: Alarm): boolean {
  return alarm.calm !== null && alarm.calm.since - alarm.startedAt < BRIEF_MS;
}

function isNewLevel({ isLevel, watchedSince }: Alarm, now: UnixMillis): boolean {
  const forMs = now - watchedSince;
  return forMs >= NEW_LEVEL_MS && (isLevel || forMs >= RAMP_MAX_MS);
}

/** Chance lets a stretch go on; to end the alarm it needs to be as usual without, and unlike the alarm. */
function isAsUsual(alarm: Alarm, { requests, failures }: Calm, usual: UsualTraffic): boolean {
  if (requests < recoveryRequests(usual)) return false;
  if (failures > 1 && failures > requests * usual.calmRatio) return false;
  return nats({ requests, failures }, { usual: usual.calmRatio, excess: ratioOf(alarm) }) >= RECOVERY_NATS;
}

/** What a stretch says for the usual ratio and against the one of the excess. */
function nats(
  { requests, failures }: Pick<Calm, "requests" | "failures">,
  ratios: { readonly usual: number; readonly excess: number },
): number {
  const usual = clamp(ratios.usual, RATIO_MIN, 1 - RATIO_MIN);
  const excess = logistic(
    Math.max(logit(clamp(ratios.excess, RATIO_MIN, 1 - RATIO_MIN)), logit(usual) + RECOVERY_LOG_ODDS_MIN),
  );
  return failures * Math.log(usual / excess) + (requests - failures) * Math.log((1 - usual) / (1 - excess));
}

function recoveryMs(alarmMs: number): number {
  return Math.min(RECOVERY_MAX_MS, Math.max(RECOVERY_MIN_MS, RECOVERY_SHARE * alarmMs));
}

function silenceMs({ requestsPerSecond }: UsualTraffic): number {
  const expectedMs = (SILENT_REQUESTS / Math.max(requestsPerSecond, Number.MIN_VALUE)) * SECOND_MS;
  return Math.min(SILENCE_MAX_MS, Math.max(SILENCE_MIN_MS, expectedMs));
}

function recoveryRequests({ requestsPerSecond }: UsualTraffic): number {
  const usual = RECOVERY_REQUESTS_MAX_SECONDS * requestsPerSecond;
  return Math.min(RECOVERY_REQUESTS, Math.max(RECOVERY_REQUESTS_MIN, usual));
}
