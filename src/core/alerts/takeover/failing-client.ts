/**
 * One client that has failed to sign in, from its first failure on; or one session, from whatever addresses.
 *
 * Failures and the success after them may come out of order, because services send their spans in batches. Where their
 * senders' clocks are at most a minute apart from the order of arrival they are believed: what ended before the success
 * belongs before it, also when it is told later. Beyond that a clock is off, or a sender was cut off, and the order of
 * arrival is taken.
 */
import type { Observation } from "../../extraction/observation.ts";
import { UNKNOWN_USER } from "../../extraction/user-fingerprint.ts";
import type { UnixMillis } from "../../time.ts";
import { MINUTE_MS } from "../../time.ts";
import type { SpanReference } from "../alert.ts";
import type { Gaps } from "../patterns/gaps.ts";
import { addGap, gapVariation, noGaps } from "../patterns/gaps.ts";
import { referenceTo } from "../span-reference.ts";
import type { ClientFacts } from "./takeover-grade.ts";

/** What is told so much later still finds its place. */
export const LATE_MS = MINUTE_MS;
/** Of each client; more are as good as these. */
const ACCOUNTS_MAX = 16;
/** Below this share those that name an account do not speak for the rest. */
const SPEAKING_SHARE_MIN = 0.8;
/** A trace is remembered once somebody may want to see it. */
const EXAMPLE_FROM_FAILURES = 5;
/** A guess that succeeds is no guess: one success pays back so many failures. */
const SUCCESS_PAYBACK = 3;
const GAPS_MIN = 9;

export type FailingClient = {
  readonly id: number;
  /** Of the present run, less what successes have paid back. */
  failures: number;
  /** By arrival. */
  firstAt: UnixMillis;
  lastAt: UnixMillis;
  /** By the senders' clocks. */
  firstEndedAt: UnixMillis;
  lastEndedAt: UnixMillis;
  gaps: Gaps;
  /** That it tried, at most `ACCOUNTS_MAX`, and how many failures named one. */
  readonly accounts: number[];
  namedFailures: number;
  /** It had not signed in here when it first failed; null when nobody could know. */
  isStranger: boolean | null;
  /** What the sign-in had seen when the run began. */
  before: SignInTotals;
  example: SpanReference | null;
  /** The latest, for as long as failures from before it may come late. */
  success: EarlierSuccess | null;
};

/** Of a whole sign-in, from its beginning. */
export type SignInTotals = { readonly successes: number; readonly failuresOfKnown: number };

type EarlierSuccess = {
  readonly at: UnixMillis;
  readonly endedAt: UnixMillis;
  readonly client: number;
  readonly user: number;
  readonly example: SpanReference;
  /** Failures before it, as far as they have come. */
  failures: number;
};

export function newFailingClient(
  id: number,
  facts: Pick<FailingClient, "isStranger" | "before">,
  now: UnixMillis,
): FailingClient {
  return {
    id,
    failures: 0,
    firstAt: now,
    lastAt: now,
    firstEndedAt: 0,
    lastEndedAt: 0,
    gaps: noGaps(),
    accounts: [],
    namedFailures: 0,
    ...facts,
    example: null,
    success: null,
  };
}

/** Whether the failure came late, and belongs before the client's last success. `totals` are those of now. */
export function noteFailure(
  client: FailingClient,
  observation: Observation,
  totals: SignInTotals,
  now: UnixMillis,
): "in order" | "late" {
  const { endedAt, user } = observation;
  noteAccount(client, user);
  const { success } = client;
  if (success !== null && isLate(success, endedAt, now)) {
    success.failures += 1;
    return "late";
  }
  if (client.failures === 0) beginRun(client, { endedAt, totals }, now);
  else addGap(client.gaps, now - client.lastAt);
  client.failures += 1;
  client.lastAt = now;
  client.firstEndedAt = Math.min(client.firstEndedAt, endedAt);
  client.lastEndedAt = Math.max(client.lastEndedAt, endedAt);
  if (client.failures >= EXAMPLE_FROM_FAILURES) client.example = referenceTo(observation);
  return "in order";
}

/** Remembers the success, and returns how many failures there were before it. */
export function noteSuccess(client: FailingClient, observation: Observation, now: UnixMillis): number {
  const { endedAt, user } = observation;
  const failures = failuresBefore(client, endedAt);
  client.success = { at: now, endedAt, client: observation.client, user, example: referenceTo(observation), failures };
  client.failures = Math.max(0, client.failures - SUCCESS_PAYBACK);
  return failures;
}

/** Its next failure begins a run of its own. */
export function endRun(client: FailingClient): void {
  client.failures = 0;
}

export function factsOfClient(client: FailingClient, failures: number): ClientFacts {
  const { accounts, gaps, isStranger, namedFailures } = client;
  const areNamed = namedFailures >= SPEAKING_SHARE_MIN * failures;
  return {
    failures,
    meanGapMs: gaps.meanMs,
    gapVariation: gapVariation(gaps, GAPS_MIN),
    accounts: areNamed ? accounts.length : null,
    isStranger,
  };
}

function beginRun(
  client: FailingClient,
  { endedAt, totals }: { readonly endedAt: UnixMillis; readonly totals: SignInTotals },
  now: UnixMillis,
): void {
  client.firstAt = now;
  client.firstEndedAt = endedAt;
  client.lastEndedAt = endedAt;
  client.gaps = noGaps();
  client.before = { ...totals };
}

function noteAccount(client: FailingClient, user: number): void {
  if (user === UNKNOWN_USER) return;
  client.namedFailures += 1;
  if (client.accounts.length < ACCOUNTS_MAX && !client.accounts.includes(user)) client.accounts.push(user);
}

function isLate(success: EarlierSuccess, endedAt: UnixMillis, now: UnixMillis): boolean {
  const byMs = success.endedAt - endedAt;
  return byMs > 0 && byMs <= LATE_MS && now - success.at <= LATE_MS;
}

/** Of those that have come, how many ended before the success did; in proportion where it fell among them. */
function failuresBefore({ failures, firstEndedAt, lastEndedAt }: FailingClient, endedAt: UnixMillis): number {
  if (endedAt >= lastEndedAt || lastEndedAt - endedAt > LATE_MS) return failures;
  if (endedAt <= firstEndedAt) return 0;
  return Math.floor((failures * (endedAt - firstEndedAt)) / (lastEndedAt - firstEndedAt));
}
