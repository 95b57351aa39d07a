/**
 * The clients behind the latest failures: at most 64, the table growing only as far as it is used.
 *
 * Three questions are answered from it. How often did this client just fail: repeats within a minute
 * are one person with one wrong password, and each is worth less. Who holds the present excess. And
 * whether one client keeps failing for minutes: a patient guesser on a busy login never moves the
 * ratio enough, but pays in persistence.
 *
 * When full, the entry that was heard of least and longest ago goes. A newcomer starts from nothing,
 * so a count is never more than the truth.
 */
import type { UnixMillis } from "../time.ts";
import { MINUTE_MS } from "../time.ts";
import type { ClientVotes } from "./client-votes.ts";
import { castVote, clearVotes, createClientVotes } from "./client-votes.ts";

const CLIENTS_MAX = 64;
const REPEAT_MEMORY_MS = MINUTE_MS;
const PERSISTENCE_MEMORY_MS = 10 * MINUTE_MS;
/** Each remembered failure lets a client stay this much longer than its last one alone would. */
const STAY_PER_FAILURE_MS = MINUTE_MS;
const WORTH_OF_UNKNOWN = 0.7;
const UNKNOWN_CLIENT = 0;
const ONE_MORE = [0];
/**
 * An expired session fails in up to so many requests at once. What comes on top is more than one session:
 * without this bound a whole gateway behind one address could fail for minutes and be no alarm.
 */
const PARALLEL_MAX = 8;
/** A guess that succeeds is no guess: one success pays back so many failures. */
const SUCCESS_PAYBACK = 3;

/** Parallel lists, one place per client: numbers in lists take a third of the room of objects. */
export type RecentClients = {
  clients: number[];
  /** Failures that fade within a minute, and within ten, as they stood at `failedAt`. */
  repeats: number[];
  persistence: number[];
  failedAt: UnixMillis[];
  /** When the present event of parallel failures began, and how many it holds. */
  eventAt: UnixMillis[];
  parallel: number[];
  /** Failures since the tally began, of each client and of all. */
  tallies: number[];
  tallyTotal: number;
  /** Of the latest of those failures. */
  readonly votes: ClientVotes;
};

export type ClientFailures = { readonly client: number; readonly failures: number };

export function createRecentClients(): RecentClients {
  return {
    clients: [],
    repeats: [],
    persistence: [],
    failedAt: [],
    eventAt: [],
    parallel: [],
    tallies: [],
    tallyTotal: 0,
    votes: createClientVotes(),
  };
}

/**
 * What the failure is worth as evidence: 1 for a client's first, then 1/sqrt(2), 1/sqrt(3), … and
 * nothing for the seven that come within `parallelMs` after one that was worth something.
 */
export function recordClientFailure(
  recent: RecentClients,
  { client, parallelMs }: { readonly client: number; readonly parallelMs: number },
  now: UnixMillis,
): number {
  recent.tallyTotal++;
  castVote(recent.votes, client);
  if (client === UNKNOWN_CLIENT) return WORTH_OF_UNKNOWN;
  const known = recent.clients.indexOf(client);
  const place = known >= 0 ? known : makePlace(recent, client, now);
  recent.tallies[place] = 1 + (recent.tallies[place] ?? 0);
  const elapsedMs = now - (recent.failedAt[place] ?? now);
  if (isParallel(recent, place, { parallelMs, now })) return 0;
  const repeats = 1 + (recent.repeats[place] ?? 0) * Math.exp(-elapsedMs / REPEAT_MEMORY_MS);
  recent.repeats[place] = repeats;
  recent.persistence[place] = 1 + (recent.persistence[place] ?? 0) * Math.exp(-elapsedMs / PERSISTENCE_MEMORY_MS);
  recent.failedAt[place] = now;
  return 1 / Math.sqrt(repeats);
}

/** Also begins the next event once the present one is over. */
function isParallel(
  recent: RecentClients,
  place: number,
  { parallelMs, now }: { readonly parallelMs: number; readonly now: UnixMillis },
): boolean {
  const count = recent.parallel[place] ?? 0;
  if (count === 0 || now - (recent.eventAt[place] ?? now) >= parallelMs) {
    recent.eventAt[place] = now;
    recent.parallel[place] = 1;
    return false;
  }
  if (count >= PARALLEL_MAX) return false;
  recent.parallel[place] = count + 1;
  return true;
}

export function recordClientSuccess(recent: RecentClients, client: number): void {
  if (client === UNKNOWN_CLIENT || recent.clients.length === 0) return;
  const place = recent.clients.indexOf(client);
  if (place < 0) return;
  recent.persistence[place] = Math.max(0, (recent.persistence[place] ?? 0) - SUCCESS_PAYBACK);
}

/** Failures of the client, fading within ten minutes, as they stood at its last failure. */
export function persistenceOf(recent: RecentClients, client: number): number {
  return recent.persistence[recent.clients.indexOf(client)] ?? 0;
}

/** The same as it stands now. */
export function recentFailuresOf(recent: RecentClients, client: number, now: UnixMillis): number {
  const place = recent.clients.indexOf(client);
  const elapsedMs = now - (recent.failedAt[place] ?? now);
  return (recent.persistence[place] ?? 0) * Math.exp(-elapsedMs / PERSISTENCE_MEMORY_MS);
}

/** The client with most failures, fading within ten minutes; 0 when there is none. */
export function mostPersistentClient(recent: RecentClients, now: UnixMillis): number {
  const persistence = recent.clients.map((client) => recentFailuresOf(recent, client, now));
  return recent.clients[persistence.indexOf(Math.max(...persistence))] ?? UNKNOWN_CLIENT;
}

/** Failures of the client within about the last minute. */
export function repeatsOf(recent: RecentClients, client: number, now: UnixMillis): number {
  const place = recent.clients.indexOf(client);
  const elapsedMs = now - (recent.failedAt[place] ?? now);
  return (recent.repeats[place] ?? 0) * Math.exp(-elapsedMs / REPEAT_MEMORY_MS);
}

/** From here on shares and top clients count from 0. */
export function beginTally(recent: RecentClients): void {
  recent.tallies.fill(0);
  recent.tallyTotal = 0;
  clearVotes(recent.votes);
}

/** Share of the tally's failures that its busiest client holds. */
export function busiestShare(recent: RecentClients): number {
  return recent.tallyTotal === 0 ? 0 : Math.max(0, ...recent.tallies) / recent.tallyTotal;
}

/** Failures of the client since the tally began. */
export function failuresOf(recent: RecentClients, client: number): number {
  return recent.tallies[recent.clients.indexOf(client)] ?? 0;
}

/** Clients of the present tally, busiest first. */
export function busiestClients(recent: RecentClients): readonly ClientFailures[] {
  return recent.clients
    .map((client, place) => ({ client, failures: recent.tallies[place] ?? 0 }))
    .filter((entry) => entry.failures > 0)
    .sort((left, right) => right.failures - left.failures);
}

export function clearClients(recent: RecentClients): void {
  const { clients, repeats, persistence, failedAt, eventAt, parallel, tallies } = recent;
  for (const list of [clients, repeats, persistence, failedAt, eventAt, parallel, tallies]) list.length = 0;
  recent.tallyTotal = 0;
  clearVotes(recent.votes);
}

function makePlace(recent: RecentClients, client: number, now: UnixMillis): number {
  const place = recent.clients.length < CLIENTS_MAX ? addPlace(recent) : leastMissedPlace(recent);
  recent.clients[place] = client;
  recent.repeats[place] = 0;
  recent.persistence[place] = 0;
  recent.failedAt[place] = now;
  recent.eventAt[place] = now;
  recent.parallel[place] = 0;
  recent.tallies[place] = 0;
  return place;
}

/** A list that grows by itself makes room for seventeen: of five clients, 670 bytes in seven lists. */
function addPlace(recent: RecentClients): number {
  recent.clients = withOneMore(recent.clients);
  recent.repeats = withOneMore(recent.repeats);
  recent.persistence = withOneMore(recent.persistence);
  recent.failedAt = withOneMore(recent.failedAt);
  recent.eventAt = withOneMore(recent.eventAt);
  recent.parallel = withOneMore(recent.parallel);
  recent.tallies = withOneMore(recent.tallies);
  return recent.clients.length - 1;
}

function withOneMore(list: readonly number[]): number[] {
  return list.concat(ONE_MORE);
}

function leastMissedPlace(recent: RecentClients): number {
  let least = 0;
  let leastStay = Number.POSITIVE_INFINITY;
  for (let place = 0; place < recent.clients.length; place++) {
    const stay = (recent.failedAt[place] ?? 0) + STAY_PER_FAILURE_MS * (recent.persistence[place] ?? 0);
    if (stay >= leastStay) continue;
    least = place;
    leastStay = stay;
  }
  return least;
}
