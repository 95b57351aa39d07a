/**
 * What a burst looks like, in one word, from what its failures have in common.
 *
 * A word sends somebody to the wrong place when it is wrong, so each pattern has to be told from its
 * look-alikes first, and where that fails nothing is said. What weighs most is whether the clients had
 * succeeded here before, and whether successes go on: people keep signing in during an attack, and cannot
 * during a fault.
 */
import type { CauseName, Confidence } from "../../extraction/causes/cause.ts";
import { HOUR_MS, MINUTE_MS } from "../../time.ts";
import type { CauseFailures } from "../cause-tally.ts";
import { failuresIn } from "../cause-tally.ts";

export const PATTERNS = [
  "account_takeover",
  "brute_force",
  "distributed_brute_force",
  "password_spraying",
  "credential_stuffing",
  "distributed_credential_stuffing",
  "low_and_slow",
  "token_guessing",
  "api_key_enumeration",
  "scanner",
  "retry_loop",
  "refresh_loop",
  "key_rotation",
  "clock_skew",
  "idp_outage",
  "deploy",
  "expiry_wave",
] as const;

export type PatternName = (typeof PATTERNS)[number];

export type Pattern = { readonly name: PatternName; readonly confidence: Exclude<Confidence, "low"> };

/** All that patterns are read from. Null is for what nobody knows. */
export type EpisodeFacts = {
  /** A stranger that kept failing has got in. */
  readonly isTakeover: boolean;
  readonly isAuthenticationRoute: boolean;
  /** A sign-in route of programs rather than of people. */
  readonly isProgramRoute: boolean;
  /** Share of the failures of clients that try many endpoints of the service. */
  readonly scannerShare: number;
  readonly failures: number;
  readonly lastedMs: number;
  readonly clients: number;
  readonly busiestClientShare: number;
  /** Share of the failures whose client had not succeeded here within hours. */
  readonly newClientShare: number | null;
  readonly users: number | null;
  readonly agents: number | null;
  /** Share of the failures under a version that is minutes old. */
  readonly newVersionShare: number;
  /** Of the gaps between failures of the busiest client: 0 is a metronome, 1 is chance. */
  readonly gapVariation: number | null;
  /** Successes since the onset as a share of the usual: 1 when nobody is kept from succeeding. */
  readonly successesKept: number | null;
  readonly causes: readonly CauseFailures[];
};

const FAILURES_MIN = 10;
const MOST = 0.5;
const NEARLY_ALL = 0.8;
const FEW = 0.3;
const MANY_CLIENTS = 20;
const SOME_CLIENTS = 5;
const ONE_SOURCE_FAILURES_MIN = 20;
const STUFFING_USERS_MIN = 15;
const SPRAYING_USERS_MIN = 8;
/** Stolen pairs are tried once, twice with a slip; a few common passwords are tried on each account. */
const STUFFING_TRIES_MAX = 2;
const SPRAYING_TRIES_MAX = 8;
const FAILURES_PER_BOT_MAX = 3;
/** With more, one source among people who mistype would pass for a crowd. */
const SHARE_OF_A_BOT_MAX = 0.1;
const FAILURES_PER_GUESSER_MIN = 10;
const LIKE_CLOCKWORK = 0.2;
const UNIFORM_AGENTS_MAX = 3;
const SLOW_FROM_MS = HOUR_MS;
/** Slower than this nobody is in a hurry: sprayers keep below lockouts. */
const PACED_FAILURES_PER_MINUTE = 12;

const FORGED_CAUSES: readonly CauseName[] = ["malformed", "bad_signature", "unsigned", "algorithm", "unknown_key"];
const DEAD_TOKEN_CAUSES: readonly CauseName[] = ["expired", "invalid_token", "invalid_grant", "no_credentials"];
const KEY_CAUSES: readonly CauseName[] = ["unknown_key", "bad_signature"];
const GUESSED_CAUSES: readonly CauseName[] = ["bad_password", "account", "invalid_grant"];

/** Null where two patterns, or none, would fit. */
export function patternOf(facts: EpisodeFacts): Pattern | null {
  if (facts.failures < FAILURES_MIN) return null;
  if (facts.isTakeover) return high("account_takeover");
  return statedFault(facts) ?? scan(facts) ?? repetition(facts) ?? faultOfOurs(facts) ?? attack(facts);
}

/** Causes that leave nothing to decide. */
function statedFault(facts: EpisodeFacts): Pattern | null {
  if (causeShare(facts, ["idp_unavailable"]) >= MOST) return high("idp_outage");
  if (causeShare(facts, ["clock_skew"]) >= MOST) return high("clock_skew");
  return null;
}

/** Few clients, at whose hands other endpoints fare the same. At a sign-in that they then keep to they are after accounts. */
function scan(facts: EpisodeFacts): Pattern | null {
  const { clients, failures, isAuthenticationRoute, scannerShare } = facts;
  if (scannerShare < NEARLY_ALL || clients > SOME_CLIENTS || areKnown(facts)) return null;
  if (isAuthenticationRoute && failures >= ONE_SOURCE_FAILURES_MIN) return null;
  return areNew(facts) ? high("scanner") : medium("scanner");
}

/** One program that does not stop. Somebody who tries passwords or keys with a tool keeps time too. */
function repetition(facts: EpisodeFacts): Pattern | null {
  const { gapVariation, busiestClientShare, isAuthenticationRoute } = facts;
  const isClockwork = gapVariation !== null && gapVariation <= LIKE_CLOCKWORK;
  if (!isClockwork || busiestClientShare < NEARLY_ALL || hasManyUsers(facts)) return null;
  if (isAuthenticationRoute && causeShare(facts, ["invalid_grant", "expired"]) >= MOST) return high("refresh_loop");
  if (areKnown(facts)) return high("retry_loop");
  return causeShare(facts, DEAD_TOKEN_CAUSES) >= MOST && !isAuthenticationRoute ? medium("retry_loop") : null;
}

/** Clients that used to succeed fail, many at once. */
function faultOfOurs(facts: EpisodeFacts): Pattern | null {
  const { clients, newVersionShare, newClientShare, successesKept } = facts;
  if (clients < SOME_CLIENTS || areNew(facts)) return null;
  const isCertain = areKnown(facts);
  const isStopped = successesKept !== null && successesKept < MOST;
  if (newVersionShare >= MOST && (isCertain || isStopped)) return isCertain ? high("deploy") : medium("deploy");
  // From clients that nobody knows, unknown keys are forgeries as well as a rotation.
  if (causeShare(facts, KEY_CAUSES) >= MOST && (isCertain || isStopped))
    return isCertain ? high("key_rotation") : medium("key_rotation");
  if (causeShare(facts, ["expired"]) < MOST) return null;
  return isCertain ? high("expiry_wave") : newClientShare === null ? medium("expiry_wave") : null;
}

function attack(facts: EpisodeFacts): Pattern | null {
  if (areKnown(facts)) return null;
  return facts.isAuthenticationRoute ? (byUsers(facts) ?? byClients(facts)) : guessing(facts);
}

/** On a sign-in route whose senders say which account was tried. */
function byUsers(facts: EpisodeFacts): Pattern | null {
  const { users, failures, clients, busiestClientShare, lastedMs } = facts;
  if (users === null) return null;
  const tries = failures / Math.max(1, users);
  if (users <= 2.5 && tries >= FAILURES_PER_GUESSER_MIN)
    // People who mistype meanwhile make no crowd of one source.
    return high(clients >= SOME_CLIENTS && busiestClientShare < NEARLY_ALL ? "distributed_brute_force" : "brute_force");
  // One address with many people behind it has succeeded before; in an attack others go on succeeding.
  if (users < SPRAYING_USERS_MIN || isOutage(facts)) return null;
  const perMinute = failures / Math.max(1, lastedMs / MINUTE_MS);
  const isPaced = lastedMs >= 5 * MINUTE_MS && perMinute <= PACED_FAILURES_PER_MINUTE;
  if (tries > SPRAYING_TRIES_MAX) return null;
  if (tries > STUFFING_TRIES_MAX || (isPaced && clients < MANY_CLIENTS)) return medium("password_spraying");
  if (facts.busiestClientShare >= NEARLY_ALL)
    return failures >= ONE_SOURCE_FAILURES_MIN && users >= STUFFING_USERS_MIN ? high("credential_stuffing") : null;
  return spread(facts);
}

function byClients(facts: EpisodeFacts): Pattern | null {
  if (facts.users !== null) return null;
  const { failures, busiestClientShare } = facts;
  // A program with a wrong secret keeps failing as a guesser does.
  if (facts.isProgramRoute && facts.clients < MANY_CLIENTS) return null;
  // Without accounts one source may be guessing one password or trying a list: it has to be stopped alike.
  if (busiestClientShare >= NEARLY_ALL && failures >= ONE_SOURCE_FAILURES_MIN) return medium("brute_force");
  return spread(facts);
}

/** Many clients with a few failures each, most of them strangers, while everybody else goes on succeeding. */
function spread(facts: EpisodeFacts): Pattern | null {
  const { clients, failures, lastedMs, agents } = facts;
  if (clients < MANY_CLIENTS || failures / clients > FAILURES_PER_BOT_MAX) return null;
  if (facts.busiestClientShare > SHARE_OF_A_BOT_MAX || !areNew(facts) || isOutage(facts)) return null;
  if (lastedMs >= SLOW_FROM_MS) return medium("low_and_slow");
  const isUniform = agents !== null && agents <= UNIFORM_AGENTS_MAX + 0.5;
  return isUniform || causeShare(facts, GUESSED_CAUSES) >= MOST
    ? high("distributed_credential_stuffing")
    : medium("distributed_credential_stuffing");
}

/** Off the sign-in routes: few strangers, each with many credentials that were never valid. */
function guessing(facts: EpisodeFacts): Pattern | null {
  const { failures, clients } = facts;
  if (failures < ONE_SOURCE_FAILURES_MIN || failures / Math.max(1, clients) < FAILURES_PER_GUESSER_MIN) return null;
  if (isOutage(facts) || !areNew(facts)) return null;
  if (causeShare(facts, ["invalid_api_key"]) >= MOST) return medium("api_key_enumeration");
  return causeShare(facts, FORGED_CAUSES) >= MOST ? high("token_guessing") : null;
}

/** Nearly nobody gets through who usually does. */
function isOutage({ successesKept }: EpisodeFacts): boolean {
  return successesKept !== null && successesKept < MOST;
}

function areKnown({ newClientShare }: EpisodeFacts): boolean {
  return newClientShare !== null && newClientShare <= FEW;
}

function areNew({ newClientShare }: EpisodeFacts): boolean {
  return newClientShare !== null && newClientShare >= NEARLY_ALL;
}

function hasManyUsers({ users }: EpisodeFacts): boolean {
  return users !== null && users > SOME_CLIENTS;
}

function causeShare({ causes }: EpisodeFacts, names: readonly CauseName[]): number {
  const all = failuresIn(causes);
  const named = causes.filter(({ cause, confidence }) => confidence !== "low" && isAmong(cause, names));
  return all > 0 ? failuresIn(named) / all : 0;
}

function isAmong(cause: string, names: readonly string[]): boolean {
  return names.includes(cause);
}

function high(name: PatternName): Pattern {
  return { name, confidence: "high" };
}

function medium(name: PatternName): Pattern {
  return { name, confidence: "medium" };
}
