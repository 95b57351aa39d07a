/**
 * Watches one sign-in for successes after failures, whatever its rate.
 *
 * Three tables say who has failed: clients and sessions within the hour, and accounts within six. A success of a client,
 * in a session or into an account that stands in one of them is looked at, and may be a takeover. Everything is counted in
 * the order of arrival and for each request, so that batches change nothing; `snapshot` holds all of it, so that a restart
 * does not either.
 */
import { castSuccess, isClearLeader } from "../../detection/client-votes.ts";
import { UNKNOWN_CLIENT } from "../../extraction/client-fingerprint.ts";
import type { Observation } from "../../extraction/observation.ts";
import { UNKNOWN_SESSION, UNKNOWN_USER } from "../../extraction/user-fingerprint.ts";
import type { UnixMillis } from "../../time.ts";
import { HOUR_MS, MINUTE_MS } from "../../time.ts";
import type { SpanReference } from "../alert.ts";
import type { TableBounds } from "../failure-table.ts";
import { FailureTable } from "../failure-table.ts";
import type { KnownClients } from "../patterns/known-clients.ts";
import { referenceTo } from "../span-reference.ts";
import type { AttackedAccount } from "./attacked-account.ts";
import { endAttack, factsOfAccount, newAttackedAccount, noteFailureAt } from "./attacked-account.ts";
import type { FailingClient, SignInTotals } from "./failing-client.ts";
import { endRun, factsOfClient, noteFailure, noteSuccess } from "./failing-client.ts";
import type { StoredVisitors, Visitors } from "./failing-visitors.ts";
import { addVisitor, noVisitors, restoredVisitors, storedVisitors } from "./failing-visitors.ts";
import type { Grade } from "./takeover-grade.ts";
import { gradeOfAccount, gradeOfClient, isOutage } from "./takeover-grade.ts";

const ACCOUNTS: TableBounds = { entriesMax: 128, memoryMs: 6 * HOUR_MS };
/** Of one episode; the earliest make room. */
const TAKEOVERS_MAX = 16;
/** So long a takeover keeps the alarm on. How long the alert goes on after it is up to the rule. */
const ALARM_MS = MINUTE_MS;

/** A success that nobody should have had. */
export type Takeover = {
  readonly grade: Exclude<Grade, "none">;
  readonly client: number;
  /** In which the failures came, where they were not one client's; else UNKNOWN_SESSION. */
  readonly session: number;
  /** Into which account, where the request names it. */
  readonly user: number;
  readonly failures: number;
  readonly failedFrom: UnixMillis;
  readonly failedUntil: UnixMillis;
  readonly succeededAt: UnixMillis;
  /** Later than that where the failures came late. */
  readonly foundAt: UnixMillis;
  /** Accounts that the client had tried; null when requests do not name them. */
  readonly accounts: number | null;
  /** Clients that had failed at the account; null where it was one client that failed. */
  readonly clients: number | null;
  readonly failure: SpanReference | null;
  readonly success: SpanReference;
};

/** A watch as plain data that survives JSON and a restart. */
export type SignInSnapshot = {
  readonly version: number;
  readonly clients: StoredVisitors;
  readonly sessions: StoredVisitors;
  readonly accounts: readonly AttackedAccount[];
  readonly totals: SignInTotals;
  readonly takeovers: readonly Takeover[];
};

const SNAPSHOT_VERSION = 2;

export class SignInWatch {
  readonly #clients: Visitors;
  readonly #sessions: Visitors;
  readonly #accounts: FailureTable<AttackedAccount>;
  readonly #totals: { successes: number; failuresOfKnown: number };
  #takeovers: readonly Takeover[];

  constructor(from?: SignInSnapshot) {
    // One of another version starts anew: its numbers would mean something else.
    const { accounts, clients, sessions, takeovers, totals } = from?.version === SNAPSHOT_VERSION ? from : nothing();
    this.#clients = restoredVisitors(clients);
    this.#sessions = restoredVisitors(sessions);
    this.#accounts = new FailureTable(ACCOUNTS, structuredClone(accounts));
    this.#totals = { ...totals };
    this.#takeovers = takeovers;
  }

  /** Of the present episode, the earliest first. */
  get takeovers(): readonly Takeover[] {
    return this.#takeovers;
  }

  get displacedCount(): number {
    const tables = [this.#clients.failing, this.#sessions.failing, this.#accounts];
    return tables.reduce((sum, { displacedCount }) => sum + displacedCount, 0);
  }

  /** Of each client that has failed lately. */
  failuresByClient(now: UnixMillis): readonly number[] {
    return this.#clients.failing.present(now).map(({ failures }) => failures);
  }

  isAlarming(now: UnixMillis): boolean {
    const latest = this.#takeovers.at(-1);
    return latest !== undefined && now - latest.foundAt < ALARM_MS;
  }

  /** The next takeover begins an episode of its own. */
  endEpisode(): void {
    this.#takeovers = [];
  }

  /** True when, coming late, it makes an earlier success a takeover. */
  observeFailure(observation: Observation, knownClients: KnownClients, now: UnixMillis): boolean {
    const client = this.#failingClient(observation, knownClients, now);
    const session = this.#failingSession(observation, knownClients, now);
    // A stranger stays one as long as it keeps failing, also once it has got in.
    if (client?.isStranger === false) this.#totals.failuresOfKnown += 1;
    else this.#noteAccount(observation, now);
    const isNewsOfSession = this.#noteFailure(this.#sessions, session, observation, now);
    const isNewsOfClient = this.#noteFailure(this.#clients, client, observation, now);
    return isNewsOfSession || isNewsOfClient;
  }

  /** True when it is a takeover. To be called before the success makes its client a known one; it makes the session one. */
  observeSuccess(observation: Observation, knownClients: KnownClients, now: UnixMillis): boolean {
    const { client, endpoint, session } = observation;
    const byClient = this.#takeoverBy(this.#clients, this.#clients.failing.find(client, now), observation, now);
    const inSession = this.#takeoverInSession(observation, knownClients, now);
    const takeover = byClient ?? inSession ?? this.#takeoverOfAccount(observation, knownClients, now);
    castSuccess(this.#clients.successVotes, client);
    castSuccess(this.#sessions.successVotes, session);
    knownClients.noteSuccess(session, endpoint.hash, now);
    this.#totals.successes += 1;
    if (takeover !== null) this.#take(takeover);
    return takeover !== null;
  }

  snapshot(): SignInSnapshot {
    return {
      version: SNAPSHOT_VERSION,
      clients: storedVisitors(this.#clients),
      sessions: storedVisitors(this.#sessions),
      accounts: structuredClone(this.#accounts.entries()),
      totals: { ...this.#totals },
      takeovers: this.#takeovers,
    };
  }

  /** The client of a failure, as a newcomer unless it has failed before; null when nothing names it. */
  #failingClient(observation: Observation, knownClients: KnownClients, now: UnixMillis): FailingClient | null {
    const { client } = observation;
    if (client === UNKNOWN_CLIENT) return null;
    const known = this.#clients.failing.find(client, now);
    if (known !== undefined) return known;
    const isStranger = strangeness(observation, knownClients, now);
    return addVisitor(this.#clients, client, { isStranger, before: { ...this.#totals } }, now);
  }

  /** The same of its session. One in which somebody has signed in here before is no stranger's. */
  #failingSession(observation: Observation, knownClients: KnownClients, now: UnixMillis): FailingClient | null {
    const { endpoint, session } = observation;
    if (session === UNKNOWN_SESSION) return null;
    const known = this.#sessions.failing.find(session, now);
    if (known !== undefined) return known;
    const isKnown = knownClients.has(session, endpoint.hash);
    const isStranger = isKnown ? false : strangeness(observation, knownClients, now);
    return addVisitor(this.#sessions, session, { isStranger, before: { ...this.#totals } }, now);
  }

  #noteFailure(visitors: Visitors, known: FailingClient | null, observation: Observation, now: UnixMillis): boolean {
    if (known === null || noteFailure(known, observation, this.#totals, now) === "in order") return false;
    return this.#noteLateFailure(visitors, known, now);
  }

  #noteAccount(observation: Observation, now: UnixMillis): void {
    const { client, user } = observation;
    if (user === UNKNOWN_USER || client === UNKNOWN_CLIENT) return;
    let account = this.#accounts.find(user, now);
    if (account === undefined) {
      account = newAttackedAccount(user, { ...this.#totals }, now);
      this.#accounts.add(account, now);
    }
    noteFailureAt(account, observation, now);
  }

  #takeoverInSession(observation: Observation, knownClients: KnownClients, now: UnixMillis): Takeover | null {
    const known = this.#sessions.failing.find(observation.session, now);
    // Whoever has signed in from here before was elsewhere meanwhile.
    if (known !== undefined && strangeness(observation, knownClients, now) === false) known.isStranger = false;
    return this.#takeoverBy(this.#sessions, known, observation, now);
  }

  #takeoverBy(
    visitors: Visitors,
    known: FailingClient | undefined,
    observation: Observation,
    now: UnixMillis,
  ): Takeover | null {
    if (known === undefined) return null;
    const failures = noteSuccess(known, observation, now);
    const grade = this.#gradeOf(visitors, known, failures);
    if (grade === "none") return null;
    endRun(known);
    return this.#takeoverOf(visitors, known, grade, now);
  }

  /** A failure from before the client's last success has come to light. */
  #noteLateFailure(visitors: Visitors, known: FailingClient, now: UnixMillis): boolean {
    const { success } = known;
    if (success === null) return false;
    const grade = this.#gradeOf(visitors, known, success.failures);
    if (grade === "none") return false;
    const told = this.#takeovers.find((other) => other.client === success.client && other.succeededAt === success.at);
    const isNews = told?.grade !== grade;
    const takeover = this.#takeoverOf(visitors, known, grade, isNews ? now : told.foundAt);
    if (takeover !== null) this.#take(takeover);
    return isNews;
  }

  #gradeOf({ successVotes }: Visitors, known: FailingClient, failures: number): Grade {
    // Most successes are its own, so that its failures are those of many.
    if (isClearLeader(successVotes, known.id) || isOutage(this.#since(known.before))) return "none";
    return gradeOfClient(factsOfClient(known, failures));
  }

  #takeoverOfAccount(observation: Observation, knownClients: KnownClients, now: UnixMillis): Takeover | null {
    const { client, user } = observation;
    const account = user === UNKNOWN_USER ? undefined : this.#accounts.find(user, now);
    if (account === undefined || client === UNKNOWN_CLIENT) return null;
    if (isClearLeader(this.#clients.successVotes, client) || isOutage(this.#since(account.before))) return null;
    const grade = gradeOfAccount(factsOfAccount(account, strangeness(observation, knownClients, now)));
    if (grade === "none") return null;
    const { failures, firstAt: failedFrom, lastAt: failedUntil, example: failure } = account;
    const counts = { failures, failedFrom, failedUntil, accounts: null, clients: account.clients.length };
    const success = referenceTo(observation);
    endAttack(account);
    return {
      grade,
      client,
      session: UNKNOWN_SESSION,
      user,
      ...counts,
      succeededAt: now,
      foundAt: now,
      failure,
      success,
    };
  }

  #since(before: SignInTotals): SignInTotals {
    const { failuresOfKnown, successes } = this.#totals;
    return { failuresOfKnown: failuresOfKnown - before.failuresOfKnown, successes: successes - before.successes };
  }

  #takeoverOf(
    visitors: Visitors,
    known: FailingClient,
    grade: Takeover["grade"],
    foundAt: UnixMillis,
  ): Takeover | null {
    const { example: failure, firstAt: failedFrom, lastAt: failedUntil, success } = known;
    if (success === null) return null;
    const { at: succeededAt, client, failures, user } = success;
    const { accounts } = factsOfClient(known, failures);
    const counts = { failures, failedFrom, failedUntil, accounts, clients: null };
    const session = visitors === this.#sessions ? known.id : UNKNOWN_SESSION;
    return { grade, client, session, user, ...counts, succeededAt, foundAt, failure, success: success.example };
  }

  /** One success is one takeover, however much more comes to light about it. */
  #take(takeover: Takeover): void {
    const { client, succeededAt } = takeover;
    const others = this.#takeovers.filter((other) => other.client !== client || other.succeededAt !== succeededAt);
    this.#takeovers = [...others, takeover].slice(-TAKEOVERS_MAX);
  }
}

function nothing(): SignInSnapshot {
  const totals = { successes: 0, failuresOfKnown: 0 };
  const visitors = { clients: noVisitors(), sessions: noVisitors() };
  return { version: SNAPSHOT_VERSION, ...visitors, accounts: [], totals, takeovers: [] };
}

/** Whether the client had never signed in here; null while nobody can know. */
function strangeness({ client, endpoint }: Observation, knownClients: KnownClients, now: UnixMillis): boolean | null {
  if (knownClients.has(client, endpoint.hash)) return false;
  return knownClients.isRipe(now) ? true : null;
}
