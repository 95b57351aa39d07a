/**
 * When to send a page, when to try again, and when to let it be.
 *
 * A page that cannot be delivered now must neither be lost nor arrive when it would only do harm. The
 * numbers: about 70 attempts in an hour's outage, at most a minute from the receiver's recovery to the
 * page, and never more than the 120 calls a minute that PagerDuty allows one integration key.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";

/** What became of one attempt. No text in it may hold a key. */
export type Verdict = {
  /** null when no answer came. */
  readonly status: number | null;
  readonly bodyExcerpt: string;
  readonly latencyMs: number;
} & (
  | { readonly kind: "delivered" }
  | {
      readonly kind: "retry";
      readonly reason: string;
      /** How long the receiver asks to be left alone; null when it does not say. */
      readonly afterMs: number | null;
    }
  | { readonly kind: "rejected"; readonly reason: string }
);

export const ATTEMPT_TIMEOUT_MS = 10 * SECOND_MS;
const BACKOFF_MIN_MS = SECOND_MS;
const BACKOFF_MAX_MS = 60 * SECOND_MS;
/** A receiver that asks for more is asked again anyway: it may have been a slip. */
const RETRY_AFTER_MAX_MS = HOUR_MS;
const GIVE_UP_AFTER_MS = DAY_MS;
/** A page older than this says so, and a trigger that old is not sent when the alert is over. */
const LATE_AFTER_MS = MINUTE_MS;
const STALE_AFTER_MS = 10 * MINUTE_MS;

/**
 * The wait after the given number of failures in a row: doubling from 1 s to 60 s, less up to a
 * quarter by chance. Full jitter would double the attempts for nothing: one process probes a receiver
 * with one request at a time, so there is no herd to scatter.
 */
export function backoffMs(failureCount: number, random: () => number): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** (failureCount - 1));
  return ceiling * (1 - random() / 4);
}

/** The wait before the next attempt: the receiver's wish wins when it is the longer one. */
export function retryDelayMs(wait: {
  readonly failureCount: number;
  readonly afterMs: number | null;
  readonly random: () => number;
}): number {
  const asked = Math.min(wait.afterMs ?? 0, RETRY_AFTER_MAX_MS);
  return Math.max(asked, backoffMs(wait.failureCount, wait.random));
}

export function isGivenUp(createdAt: UnixMillis, now: UnixMillis): boolean {
  return now - createdAt >= GIVE_UP_AFTER_MS;
}

/** How late the page is, for its label `delivered_late`; null when it is in time. */
export function latenessMs(createdAt: UnixMillis, now: UnixMillis): number | null {
  return now - createdAt >= LATE_AFTER_MS ? now - createdAt : null;
}

/** A trigger or resolve, as far as the decision needs to know it. */
export type QueuedEvent = {
  readonly action: "trigger" | "resolve";
  readonly alertId: string;
  readonly createdAt: UnixMillis;
};

/**
 * Whether a trigger should be passed over because the resolve of its alert is waiting behind it.
 *
 * In doubt means that an earlier attempt may have been accepted. Sent again after the incident was
 * closed, such a trigger would open a new one and page for nothing; the resolve alone is right in
 * both cases, since PagerDuty ignores it when nothing is open. A trigger that surely never left is
 * sent while it is news.
 */
export function isSuperseded(
  event: QueuedEvent,
  state: { readonly behind: readonly QueuedEvent[]; readonly isInDoubt: boolean; readonly now: UnixMillis },
): boolean {
  if (event.action !== "trigger") return false;
  const isOver = state.behind.some(({ action, alertId }) => action === "resolve" && alertId === event.alertId);
  return isOver && (state.isInDoubt || state.now - event.createdAt >= STALE_AFTER_MS);
}

/** A trigger that was sent to the resolve's target before it, and what became of it. */
export type EarlierTrigger = {
  readonly state: "pending" | "delivered" | "dead" | "superseded";
  readonly attempts: number;
  readonly createdAt: UnixMillis;
};

/** Whether a resolve has an incident to close. There is surely none when each trigger was refused at once. */
export function hasIncidentToResolve(triggers: readonly EarlierTrigger[], now: UnixMillis): boolean {
  return triggers.length === 0 || !triggers.every((trigger) => wasRefusedAtOnce(trigger, now));
}

/** A row that died later, or of age, may have had an attempt whose answer was lost. */
function wasRefusedAtOnce({ state, attempts, createdAt }: EarlierTrigger, now: UnixMillis): boolean {
  return state === "dead" && attempts === 1 && !isGivenUp(createdAt, now);
}

/** Calls that one target may still be sent. Starts full. */
export type TokenBucket = { readonly tokens: number; readonly updatedAt: UnixMillis };

/** With the burst on top, no window of 60 s sees more than 120 calls. */
const TOKENS_PER_MINUTE = 100;
const TOKENS_MAX = 20;

export function fullBucket(now: UnixMillis): TokenBucket {
  return { tokens: TOKENS_MAX, updatedAt: now };
}

export function refill(bucket: TokenBucket, now: UnixMillis): TokenBucket {
  const earned = ((now - bucket.updatedAt) * TOKENS_PER_MINUTE) / MINUTE_MS;
  return { tokens: Math.min(TOKENS_MAX, bucket.tokens + earned), updatedAt: now };
}

/** 0 when a call may be made now. */
export function waitForTokenMs(bucket: TokenBucket): number {
  return bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) * MINUTE_MS) / TOKENS_PER_MINUTE);
}

export function takeToken(bucket: TokenBucket): TokenBucket {
  return { ...bucket, tokens: bucket.tokens - 1 };
}
