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
import { MINUTE_MS, SECOND_MS } from "../time.ts";
import type { ClientVotes } from "./client-votes.ts";
import { castVote, clearVotes, createClientVotes } from "./client-votes.ts";

const CLIENTS_MAX = 64;
const REPEAT_MEMORY_MS = MINUTE_MS;
const PERSISTENCE_MEMORY_MS = 10 * MINUTE_MS;
/** Each remembered failure lets a client stay this much longer than its last one alone would. */
const STAY_PER_FAILURE_MS = MINUTE_MS;
const WORTH_OF_UNKNOWN = 0.7;
/** The client of requests that name none. */
export const UNKNOWN_CLIENT = 0;
const ONE_MORE = [0];
/**
 * An expired session fails in up to so many requests at once. What comes on top is more than one session:
 * without this bound a whole gateway behind one address could fail for minutes and be no alarm.
 */
const PARALLEL_MAX = 8;
/** A guess that succeeds is no guess: one success pays back so many failures. */
const SUCCESS_PAYBACK = 3;

/**
 * Who failed once fails again about half of the time, so a repeat says much less than a first failure: ln 2, where
 * that says three nats. It never says less: a whole gateway may be behind one address.
 */
const REPEAT_WORTH_MIN = 1 / 3;
/** Nobody types a password faster. Beyond what one expired session fails at, such failures count three times. */
const TYPING_MS = 2 * SECOND_MS;
const FASTER_THAN_TYPING = 3;
/**
 * A client that gets in so soon after its last failure has renewed its session: its failures were no attack. Only a few
 * can be made good, and those after them not until it has failed at nothing for as long: behind one address somebody
 * always gets in.
 */
const MADE_GOOD_WITHIN_MS = MINUTE_MS;
const MADE_GOOD_MAX = 8;
const SPENT = -1;

/** Parallel lists, one place per client: numbers in lists take a third of the room of objects. */
export type RecentClients = {
  clients: number[];
  /** Failures that fade within a minute, and within ten, as they stood at `failedAt`. */
  repeats: number[];
  persistence: number[];
  failedAt: UnixMillis[];
  /** Worth of the failures that a success would make good; `SPENT` when none would. */
  owed: number[];
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
    owed: [],
    eventAt: [],
    parallel: [],
    tallies: [],
    tallyTotal: 0,
    votes: createClientVotes(),
  };
}

/**
 * What the failure is worth as evidence: 1 for a client's first, then 1/2, then 1/3 and never less, and
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
  const worth = Math.max(1 / repeats, REPEAT_WORTH_MIN);
  const isFast = repeats > PARALLEL_MAX && elapsedMs < TYPING_MS;
  const faded = (recent.persistence[place] ?? 0) * Math.exp(-elapsedMs / PERSISTENCE_MEMORY_MS);
  recent.repeats[place] = repeats;
  recent.persistence[place] = faded + (isFast ? FASTER_THAN_TYPING : 1);
  recent.owed[place] = owedAfter(recent.owed[place] ?? 0, { worth, repeats, elapsedMs });
  recent.failedAt[place] = now;
  return worth;
}

function owedAfter(
  owed: number,
  failure: { readonly worth: number; readonly repeats: number; readonly elapsedMs: number },
): number {
  if (failure.elapsedMs >= MADE_GOOD_WITHIN_MS) return failure.worth;
  return owed === SPENT || failure.repeats > MADE_GOOD_MAX ? SPENT : owed + failure.worth;
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

/** What the success makes good: the worth of the client's failures just before, 0 for most. */
export function recordClientSuccess(recent: RecentClients, client: number, now: UnixMillis): number {
  if (client === UNKNOWN_CLIENT || recent.clients.length === 0) return 0;
  const place = recent.clients.indexOf(client);
  if (place < 0) return 0;
  recent.persistence[place] = Math.max(0, (recent.persistence[place] ?? 0) - SUCCESS_PAYBACK);
  const owed = recent.owed[place] ?? 0;
  recent.owed[place] = SPENT;
  return owed === SPENT || now - (recent.failedAt[place] ?? now) > MADE_GOOD_WITHIN_MS ? 0 : owed;
}

/** Failures of the client, fading within ten minutes, as they stood at its last failure. */
export function persistenceOf(recent: RecentClients, client: number): number {
  return recent.persistence[recent.clients.indexOf(client)] ?? 0;
}

/** When the client last failed. */
export function failedAtOf(recent: RecentClients, client: number): UnixMillis {
  return recent.failedAt[recent.clients.indexOf(client)] ?? 0;
}

/** Its persistence as it stands now. */
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
  const { clients, repeats, persistence, failedAt, owed, eventAt, parallel, tallies } = recent;
  for (const list of [clients, repeats, persistence, failedAt, owed, eventAt, parallel, tallies]) list.length = 0;
  recent.tallyTotal = 0;
  clearVotes(recent.votes);
}

function makePlace(recent: RecentClients, client: number, now: UnixMillis): number {
  const place = recent.clients.length < CLIENTS_MAX ? addPlace(recent) : leastMissedPlace(recent);
  recent.clients[place] = client;
  recent.repeats[place] = 0;
  recent.persistence[place] = 0;
  recent.failedAt[place] = now;
  recent.owed[place] = 0;
  recent.eventAt[place] = now;
  recent.parallel[place] = 0;
  recent.tallies[place] = 0;
  return place;
}

/** A list that grows by itself makes room for seventeen: of five clients, 770 bytes in eight lists. */
function addPlace(recent: RecentClients): number {
  recent.clients = withOneMore(recent.clients);
  recent.repeats = withOneMore(recent.repeats);
  recent.persistence = withOneMore(recent.persistence);
  recent.failedAt = withOneMore(recent.failedAt);
  recent.owed = withOneMore(recent.owed);
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
