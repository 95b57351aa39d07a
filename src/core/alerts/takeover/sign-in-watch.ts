/**
 * Watches one sign-in for successes after failures, whatever its rate.
 *
 * Two tables say who has failed: clients within the hour, and accounts within six. A success of a client or into an
 * account that stands in one of them is looked at, and may be a takeover. Everything is counted in the order of arrival
 * and for each request, so that batches change nothing; `snapshot` holds all of it, so that a restart does not either.
 */
import type { ClientVotes } from "../../detection/client-votes.ts";
import { castSuccess, createClientVotes, isClearLeader } from "../../detection/client-votes.ts";
import { UNKNOWN_CLIENT } from "../../extraction/client-fingerprint.ts";
import type { Observation } from "../../extraction/observation.ts";
import { UNKNOWN_USER } from "../../extraction/user-fingerprint.ts";
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
import { endRun, factsOfClient, newFailingClient, noteFailure, noteSuccess } from "./failing-client.ts";
import type { Grade } from "./takeover-grade.ts";
import { gradeOfAccount, gradeOfClient, isOutage } from "./takeover-grade.ts";

const CLIENTS: TableBounds = { entriesMax: 128, memoryMs: HOUR_MS };
const ACCOUNTS: TableBounds = { entriesMax: 128, memoryMs: 6 * HOUR_MS };
/** Of one episode; the earliest make room. */
const TAKEOVERS_MAX = 16;
/** So long a takeover keeps the alarm on. How long the alert goes on after it is up to the rule. */
const ALARM_MS = MINUTE_MS;

/** A success that nobody should have had. */
export type Takeover = {
  readonly grade: Exclude<Grade, "none">;
  readonly client: number;
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
  readonly clients: readonly FailingClient[];
  readonly accounts: readonly AttackedAccount[];
  readonly totals: SignInTotals;
  readonly successVotes: ClientVotes;
  readonly takeovers: readonly Takeover[];
};

const SNAPSHOT_VERSION = 1;

export class SignInWatch {
  readonly #clients: FailureTable<FailingClient>;
  readonly #accounts: FailureTable<AttackedAccount>;
  readonly #successVotes: ClientVotes;
  readonly #totals: { successes: number; failuresOfKnown: number };
  #takeovers: readonly Takeover[];

  constructor(from?: SignInSnapshot) {
    // One of another version starts anew: its numbers would mean something else.
    const { accounts, clients, successVotes, takeovers, totals } =
      from?.version === SNAPSHOT_VERSION ? from : nothing();
    this.#clients = new FailureTable(CLIENTS, structuredClone(clients));
    this.#accounts = new FailureTable(ACCOUNTS, structuredClone(accounts));
    this.#successVotes = { ...successVotes };
    this.#totals = { ...totals };
    this.#takeovers = takeovers;
  }

  /** Of the present episode, the earliest first. */
  get takeovers(): readonly Takeover[] {
    return this.#takeovers;
  }

  get displacedCount(): number {
    return this.#clients.displacedCount + this.#accounts.displacedCount;
  }

  /** Of each client that has failed lately. */
  failuresByClient(now: UnixMillis): readonly number[] {
    return this.#clients.present(now).map(({ failures }) => failures);
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
    const failing = this.#failingClient(observation, knownClients, now);
    // A stranger stays one as long as it keeps failing, also once it has got in.
    if (failing?.isStranger === false) this.#totals.failuresOfKnown += 1;
    else this.#noteAccount(observation, now);
    if (failing === null || noteFailure(failing, observation, this.#totals, now) === "in order") return false;
    return this.#noteLateFailure(failing, now);
  }

  /** True when it is a takeover. To be called before the success makes its client a known one. */
  observeSuccess(observation: Observation, knownClients: KnownClients, now: UnixMillis): boolean {
    const { client } = observation;
    const takeover =
      this.#takeoverByClient(observation, now) ?? this.#takeoverOfAccount(observation, knownClients, now);
    castSuccess(this.#successVotes, client);
    this.#totals.successes += 1;
    if (takeover !== null) this.#take(takeover);
    return takeover !== null;
  }

  snapshot(): SignInSnapshot {
    return {
      version: SNAPSHOT_VERSION,
      clients: structuredClone(this.#clients.entries()),
      accounts: structuredClone(this.#accounts.entries()),
      totals: { ...this.#totals },
      successVotes: { ...this.#successVotes },
      takeovers: this.#takeovers,
    };
  }

  /** The client of a failure, as a newcomer unless it has failed before; null when nothing names it. */
  #failingClient(observation: Observation, knownClients: KnownClients, now: UnixMillis): FailingClient | null {
    const { client } = observation;
    if (client === UNKNOWN_CLIENT) return null;
    const known = this.#clients.find(client, now);
    if (known !== undefined) return known;
    const isStranger = strangeness(observation, knownClients, now);
    const newcomer = newFailingClient(client, { isStranger, before: { ...this.#totals } }, now);
    this.#clients.add(newcomer, now);
    return newcomer;
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

  #takeoverByClient(observation: Observation, now: UnixMillis): Takeover | null {
    const known = this.#clients.find(observation.client, now);
    if (known === undefined) return null;
    const failures = noteSuccess(known, observation, now);
    const grade = this.#gradeOf(known, failures);
    if (grade === "none") return null;
    endRun(known);
    return takeoverBy(known, grade, now);
  }

  /** A failure from before the client's last success has come to light. */
  #noteLateFailure(known: FailingClient, now: UnixMillis): boolean {
    const { success } = known;
    if (success === null) return false;
    const grade = this.#gradeOf(known, success.failures);
    if (grade === "none") return false;
    const told = this.#takeovers.find(({ client, succeededAt }) => client === known.id && succeededAt === success.at);
    const isNews = told?.grade !== grade;
    const takeover = takeoverBy(known, grade, isNews ? now : told.foundAt);
    if (takeover !== null) this.#take(takeover);
    return isNews;
  }

  #gradeOf(known: FailingClient, failures: number): Grade {
    if (this.#isGateway(known.id) || isOutage(this.#since(known.before))) return "none";
    return gradeOfClient(factsOfClient(known, failures));
  }

  #takeoverOfAccount(observation: Observation, knownClients: KnownClients, now: UnixMillis): Takeover | null {
    const { client, user } = observation;
    const account = user === UNKNOWN_USER ? undefined : this.#accounts.find(user, now);
    if (account === undefined || client === UNKNOWN_CLIENT) return null;
    if (this.#isGateway(client) || isOutage(this.#since(account.before))) return null;
    const grade = gradeOfAccount(factsOfAccount(account, strangeness(observation, knownClients, now)));
    if (grade === "none") return null;
    const { failures, firstAt: failedFrom, lastAt: failedUntil, example: failure } = account;
    const counts = { failures, failedFrom, failedUntil, accounts: null, clients: account.clients.length };
    const success = referenceTo(observation);
    endAttack(account);
    return { grade, client, user, ...counts, succeededAt: now, foundAt: now, failure, success };
  }

  /** Most successes come from it, so that its failures are those of many. */
  #isGateway(client: number): boolean {
    return isClearLeader(this.#successVotes, client);
  }

  #since(before: SignInTotals): SignInTotals {
    const { failuresOfKnown, successes } = this.#totals;
    return { failuresOfKnown: failuresOfKnown - before.failuresOfKnown, successes: successes - before.successes };
  }

  /** One success is one takeover, however much more comes to light about it. */
  #take(takeover: Takeover): void {
    const { client, succeededAt } = takeover;
    const others = this.#takeovers.filter((other) => other.client !== client || other.succeededAt !== succeededAt);
    this.#takeovers = [...others, takeover].slice(-TAKEOVERS_MAX);
  }
}

function takeoverBy(known: FailingClient, grade: Takeover["grade"], foundAt: UnixMillis): Takeover | null {
  const { example: failure, firstAt: failedFrom, id: client, lastAt: failedUntil, success } = known;
  if (success === null) return null;
  const { at: succeededAt, failures, user } = success;
  const { accounts } = factsOfClient(known, failures);
  const counts = { failures, failedFrom, failedUntil, accounts, clients: null };
  return { grade, client, user, ...counts, succeededAt, foundAt, failure, success: success.example };
}

function nothing(): SignInSnapshot {
  const totals = { successes: 0, failuresOfKnown: 0 };
  return {
    version: SNAPSHOT_VERSION,
    clients: [],
    accounts: [],
    totals,
    successVotes: createClientVotes(),
    takeovers: [],
  };
}

/** Whether the client had never signed in here; null while nobody can know. */
function strangeness({ client, endpoint }: Observation, knownClients: KnownClients, now: UnixMillis): boolean | null {
  if (knownClients.has(client, endpoint.hash)) return false;
  return knownClients.isRipe(now) ? true : null;
}
