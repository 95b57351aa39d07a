/**
 * One account at which clients fail that had never signed in here, for hours after the last of them.
 *
 * Its owner goes on signing in from where the owner always does, which ends nothing: what matters is who gets in from
 * somewhere new.
 */
import type { Observation } from "../../extraction/observation.ts";
import type { UnixMillis } from "../../time.ts";
import type { SpanReference } from "../alert.ts";
import { referenceTo } from "../span-reference.ts";
import type { SignInTotals } from "./failing-client.ts";
import type { AccountFacts } from "./takeover-grade.ts";

/** Of each account; more are as good as these. */
const CLIENTS_MAX = 16;

export type AttackedAccount = {
  readonly id: number;
  failures: number;
  firstAt: UnixMillis;
  lastAt: UnixMillis;
  /** At most `CLIENTS_MAX`. */
  readonly clients: number[];
  readonly before: SignInTotals;
  example: SpanReference | null;
};

export function newAttackedAccount(user: number, before: SignInTotals, now: UnixMillis): AttackedAccount {
  return { id: user, failures: 0, firstAt: now, lastAt: now, clients: [], before, example: null };
}

export function noteFailureAt(account: AttackedAccount, observation: Observation, now: UnixMillis): void {
  const { client } = observation;
  if (account.failures === 0) account.firstAt = now;
  account.failures += 1;
  account.lastAt = now;
  if (account.clients.length < CLIENTS_MAX && !account.clients.includes(client)) account.clients.push(client);
  account.example = referenceTo(observation);
}

/** The next failure at it begins another. */
export function endAttack(account: AttackedAccount): void {
  account.failures = 0;
  account.clients.length = 0;
}

export function factsOfAccount(account: AttackedAccount, isStranger: boolean | null): AccountFacts {
  return { failures: account.failures, clients: account.clients.length, isStranger };
}
