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
import type { StoredClient } from "./client-records.ts";
import { ClientRecords, NO_PLACE, SPENT } from "./client-records.ts";
import type { ClientVotes } from "./client-votes.ts";
import { castVote, clearVotes, createClientVotes, UNKNOWN_CLIENT } from "./client-votes.ts";

const CLIENTS_MAX = 64;
const REPEAT_MEMORY_MS = MINUTE_MS;
const PERSISTENCE_MEMORY_MS = 10 * MINUTE_MS;
/** Each remembered failure lets a client stay this much longer than its last one alone would. */
const STAY_PER_FAILURE_MS = MINUTE_MS;
/** Where nobody says whose failures they are, people who try again look like several: on average two failures each. */
const WORTH_OF_UNKNOWN = 0.5;
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

/**
 * Of each client: failures that fade within a minute (`repeats`) and within ten (`persistence`), as they stood when it
 * last failed; the worth of the failures that a success would make good (`owed`), `SPENT` when none would; and how many
 * failures the present event of parallel ones holds.
 */
export type RecentClients = {
  readonly records: ClientRecords;
  /** Failures since the tally began. */
  tallyTotal: number;
  /** Of the latest of those failures. */
  readonly votes: ClientVotes;
};

export type StoredRecentClients = Omit<RecentClients, "records"> & { readonly records: readonly StoredClient[] };

export type ClientFailures = { readonly client: number; readonly failures: number };

export function createRecentClients(): RecentClients {
  return { records: new ClientRecords(), tallyTotal: 0, votes: createClientVotes() };
}

export function copyClients({ records, tallyTotal, votes }: RecentClients): RecentClients {
  return { records: records.copy(), tallyTotal, votes: { ...votes } };
}

/** As plain data that survives JSON. */
export function storedClients({ records, tallyTotal, votes }: RecentClients): StoredRecentClients {
  return { records: records.stored(), tallyTotal, votes: { ...votes } };
}

export function restoredClients({ records, tallyTotal, votes }: StoredRecentClients): RecentClients {
  return { records: new ClientRecords(records), tallyTotal, votes: { ...votes } };
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
  const { records } = recent;
  const known = records.find(client);
  const place = known === NO_PLACE ? makePlace(records, client, now) : known;
  records.setTally(place, 1 + records.tally(place));
  if (isParallel(records, place, { parallelMs, now })) return 0;
  const elapsedMs = now - records.failedAt(place);
  const repeats = 1 + records.repeats(place) * Math.exp(-elapsedMs / REPEAT_MEMORY_MS);
  const worth = Math.max(1 / repeats, REPEAT_WORTH_MIN);
  const isFast = repeats > PARALLEL_MAX && elapsedMs < TYPING_MS;
  const faded = records.persistence(place) * Math.exp(-elapsedMs / PERSISTENCE_MEMORY_MS);
  records.setRepeats(place, repeats);
  records.setPersistence(place, faded + (isFast ? FASTER_THAN_TYPING : 1));
  records.setOwed(place, owedAfter(records.owed(place), { worth, repeats, elapsedMs }));
  noteEvent(records, place, parallelMs, now);
  records.setFailedAt(place, now);
  return worth;
}

function owedAfter(
  owed: number,
  failure: { readonly worth: number; readonly repeats: number; readonly elapsedMs: number },
): number {
  if (failure.elapsedMs >= MADE_GOOD_WITHIN_MS) return failure.worth;
  return owed === SPENT || failure.repeats > MADE_GOOD_MAX ? SPENT : owed + failure.worth;
}

/** Whether it belongs to an event that was counted, and is counted as one more of it. */
function isParallel(
  records: ClientRecords,
  place: number,
  { parallelMs, now }: { readonly parallelMs: number; readonly now: UnixMillis },
): boolean {
  const parallel = records.parallel(place);
  const eventMs = records.eventMs(place);
  if (parallel === 0 || parallel >= PARALLEL_MAX) return false;
  if (now - records.failedAt(place) + eventMs >= parallelMs) return false;
  records.setEvent(place, { eventMs, parallel: parallel + 1 });
  return true;
}

/** A failure that counts begins the next event, unless it is one too many of the present one. */
function noteEvent(records: ClientRecords, place: number, parallelMs: number, now: UnixMillis): void {
  const parallel = records.parallel(place);
  const eventMs = now - records.failedAt(place) + records.eventMs(place);
  const isOver = parallel === 0 || eventMs >= parallelMs;
  records.setEvent(place, isOver ? { eventMs: 0, parallel: 1 } : { eventMs, parallel });
}

/** What the success makes good: the worth of the client's failures just before, 0 for most. */
export function recordClientSuccess(recent: RecentClients, client: number, now: UnixMillis): number {
  const { records } = recent;
  if (client === UNKNOWN_CLIENT || records.size === 0) return 0;
  const place = records.find(client);
  if (place === NO_PLACE) return 0;
  records.setPersistence(place, Math.max(0, records.persistence(place) - SUCCESS_PAYBACK));
  const owed = records.owed(place);
  records.setOwed(place, SPENT);
  return owed === SPENT || now - records.failedAt(place) > MADE_GOOD_WITHIN_MS ? 0 : owed;
}

/** Failures of the client, fading within ten minutes, as they stood at its last failure. */
export function persistenceOf({ records }: RecentClients, client: number): number {
  const place = records.find(client);
  return place === NO_PLACE ? 0 : records.persistence(place);
}

/** When the client last failed. */
export function failedAtOf({ records }: RecentClients, client: number): UnixMillis {
  const place = records.find(client);
  return place === NO_PLACE ? 0 : records.failedAt(place);
}

/** Its persistence as it stands now. */
export function recentFailuresOf({ records }: RecentClients, client: number, now: UnixMillis): number {
  const place = records.find(client);
  return place === NO_PLACE ? 0 : recentFailuresAt(records, place, now);
}

/** The client with most failures, fading within ten minutes; 0 when there is none. */
export function mostPersistentClient({ records }: RecentClients, now: UnixMillis): number {
  let most = UNKNOWN_CLIENT;
  let failuresOfMost = Number.NEGATIVE_INFINITY;
  for (let place = 0; place < records.size; place++) {
    const failures = recentFailuresAt(records, place, now);
    if (failures <= failuresOfMost) continue;
    most = records.clientAt(place);
    failuresOfMost = failures;
  }
  return most;
}

/** Failures of the client within about the last minute. */
export function repeatsOf({ records }: RecentClients, client: number, now: UnixMillis): number {
  const place = records.find(client);
  if (place === NO_PLACE) return 0;
  return records.repeats(place) * Math.exp((records.failedAt(place) - now) / REPEAT_MEMORY_MS);
}

/** All that are remembered, in no order. */
export function clientsOf({ records }: RecentClients): readonly number[] {
  return Array.from({ length: records.size }, (_, place) => records.clientAt(place));
}

/** From here on shares and top clients count from 0. */
export function beginTally(recent: RecentClients): void {
  const { records } = recent;
  for (let place = 0; place < records.size; place++) records.setTally(place, 0);
  recent.tallyTotal = 0;
  clearVotes(recent.votes);
}

/** Share of the tally's failures that its busiest client holds. */
export function busiestShare({ records, tallyTotal }: RecentClients): number {
  let most = 0;
  for (let place = 0; place < records.size; place++) most = Math.max(most, records.tally(place));
  return tallyTotal === 0 ? 0 : most / tallyTotal;
}

/** Failures of the client since the tally began. */
export function failuresOf({ records }: RecentClients, client: number): number {
  const place = records.find(client);
  return place === NO_PLACE ? 0 : records.tally(place);
}

/** Clients of the present tally, busiest first. */
export function busiestClients({ records }: RecentClients): readonly ClientFailures[] {
  return Array.from({ length: records.size }, (_, place) => {
    return { client: records.clientAt(place), failures: records.tally(place) };
  })
    .filter((entry) => entry.failures > 0)
    .sort((left, right) => right.failures - left.failures);
}

export function clearClients(recent: RecentClients): void {
  recent.records.clear();
  recent.tallyTotal = 0;
  clearVotes(recent.votes);
}

function recentFailuresAt(records: ClientRecords, place: number, now: UnixMillis): number {
  return records.persistence(place) * Math.exp((records.failedAt(place) - now) / PERSISTENCE_MEMORY_MS);
}

function makePlace(records: ClientRecords, client: number, now: UnixMillis): number {
  if (records.size < CLIENTS_MAX) return records.add(client, now);
  const place = leastMissedPlace(records);
  records.replace(place, client, now);
  return place;
}

function leastMissedPlace(records: ClientRecords): number {
  let least = 0;
  let leastStay = Number.POSITIVE_INFINITY;
  for (let place = 0; place < records.size; place++) {
    const stay = records.failedAt(place) + STAY_PER_FAILURE_MS * records.persistence(place);
    if (stay >= leastStay) continue;
    least = place;
    leastStay = stay;
  }
  return least;
}
