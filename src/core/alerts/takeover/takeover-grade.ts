/**
 * What a success after failures is worth: nothing, a ticket, or a page.
 *
 * People mistype, and then get in. Nobody is woken for that, known here or not, and whoever has signed in here before
 * is never worth a page: a network that people share has, and so has a program whose password was put right. What is
 * left is a stranger, and how it failed decides.
 */
import { SECOND_MS } from "../../time.ts";

export type Grade = "none" | "ticket" | "page";

/** How one client failed before it got in. */
export type ClientFacts = {
  readonly failures: number;
  /** Of the gaps between them. */
  readonly meanGapMs: number;
  /** 0 is a metronome, 1 is chance; null with too few. */
  readonly gapVariation: number | null;
  /** Accounts it tried; null when requests do not name them. */
  readonly accounts: number | null;
  /** It had never signed in here; null when nobody can know. */
  readonly isStranger: boolean | null;
};

/** How one account was attacked before a client got into it. */
export type AccountFacts = {
  readonly failures: number;
  /** That failed at it, none of which had signed in here before. */
  readonly clients: number;
  /** Of the client that got in. */
  readonly isStranger: boolean | null;
};

/** A person at a loss gives up, or resets the password, before. */
export const FAILURES_MIN = 10;
/** More than any person types. */
const CERTAIN_FAILURES_MIN = 25;
/** A person who tries others' accounts is an attacker; two may be private and at work. */
const MANY_ACCOUNTS = 3;
/** Faster than anybody types a password. */
const MACHINE_GAP_MS = 2 * SECOND_MS;
/** A program that repeats itself, such as an app that tries its stored password again. */
const LIKE_CLOCKWORK = 0.1;
const ATTACKING_CLIENTS_MIN = 5;
const OUTAGE_FAILURES_MIN = 5;

export function gradeOfClient(facts: ClientFacts): Grade {
  const { accounts, failures, isStranger } = facts;
  if (failures < FAILURES_MIN) return "none";
  const isCertain = failures >= CERTAIN_FAILURES_MIN;
  if (isStranger === false) return isCertain ? "ticket" : "none";
  const isGuessing = isCertain || (accounts ?? 0) >= MANY_ACCOUNTS || isToolAtWork(facts);
  if (isStranger === null) return isGuessing ? "ticket" : "none";
  return isGuessing ? "page" : "ticket";
}

export function gradeOfAccount({ clients, failures, isStranger }: AccountFacts): Grade {
  if (failures < FAILURES_MIN || clients < ATTACKING_CLIENTS_MIN || isStranger === false) return "none";
  return isStranger === null ? "ticket" : "page";
}

/** Whether those who always get in failed as well: then nobody was guessing, and everybody tries until it works again. */
export function isOutage(during: { readonly failuresOfKnown: number; readonly successes: number }): boolean {
  return during.failuresOfKnown >= OUTAGE_FAILURES_MIN && during.failuresOfKnown >= during.successes;
}

function isToolAtWork({ gapVariation, meanGapMs }: ClientFacts): boolean {
  if (meanGapMs > MACHINE_GAP_MS) return false;
  return gapVariation === null || gapVariation > LIKE_CLOCKWORK;
}
