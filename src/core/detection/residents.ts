/**
 * Clients that came to stay: on a sign-in route each was an alarm of its own for so long that it is taken for
 * usual, such as a program that signs in all day with an old password. It is news again when it fails three times
 * as persistently, or comes back after an hour without a failure.
 *
 * Each has a limit of its own. One limit for all once hid eleven attacks in two days of a real log: whoever
 * guessed for an hour made the endpoint deaf to everybody after.
 */
import type { UnixMillis } from "../time.ts";
import { HOUR_MS } from "../time.ts";

/**
 * The persistence at which one client is an alarm of its own. A program that tries an old password every half minute
 * comes to 20.5 within ten minutes, and is none.
 */
export const CLIENT_LIMIT = 21;
const RESIDENTS_MAX = 16;
const STAYS_FACTOR = 3;
const GONE_MS = HOUR_MS;

export type Resident = {
  readonly client: number;
  /** Persistence that would be news. */
  readonly limit: number;
  /** When the client last failed. */
  seenAt: UnixMillis;
};

export type Residents = readonly Resident[];

export const NO_RESIDENTS: Residents = [];

/** The persistence at which this client is an alarm of its own. */
export function clientLimitOf(residents: Residents, client: number, now: UnixMillis): number {
  for (const resident of residents) {
    if (resident.client === client) return hasGone(resident, now) ? CLIENT_LIMIT : resident.limit;
  }
  return CLIENT_LIMIT;
}

/** After a failure of the client. One that has been gone for long is no resident when it comes back. */
export function noteResidentSeen(residents: Residents, client: number, now: UnixMillis): void {
  for (const resident of residents) {
    if (resident.client === client && !hasGone(resident, now)) resident.seenAt = now;
  }
}

/** With this client, whose persistence is taken for usual. When there are too many, the one not seen for longest goes. */
export function withResident(
  residents: Residents,
  { client, persistence }: { readonly client: number; readonly persistence: number },
  now: UnixMillis,
): Residents {
  const others = residents.filter((resident) => resident.client !== client && !hasGone(resident, now));
  if (others.length >= RESIDENTS_MAX) others.sort((left, right) => right.seenAt - left.seenAt).pop();
  return [...others, { client, limit: Math.max(CLIENT_LIMIT, STAYS_FACTOR * persistence), seenAt: now }];
}

function hasGone({ seenAt }: Resident, now: UnixMillis): boolean {
  return now - seenAt > GONE_MS;
}
