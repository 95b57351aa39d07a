/**
 * How failures crowd together where nobody says whose they are.
 *
 * One expired session fails in all the requests that a client has under way. Where requests name their client
 * those count as one event (recent-clients.ts); where they do not, such an event looks like several people. So
 * it is learned, in harmless times, by how many failures a second holds that holds one, and each counts for that
 * part of an event. Nothing of it depends on the moment: an attack is discounted as its endpoint is.
 */
import type { UnixMillis } from "../time.ts";
import { SECOND_MS } from "../time.ts";
import { clamp } from "./odds.ts";
import type { Stretch } from "./stretch.ts";

/** The second that began with the latest failure of an unknown client. */
export type Crowd = { startedAt: UnixMillis; size: number };

/** Learned, as faded sums: failures of unknown clients, and over their crowds the squares of the size. */
export type Crowding = { crowdedFailures: number; crowdedSquares: number };

const CROWD_MS = SECOND_MS;
const MEMORY_FAILURES = 300;
/** Until an endpoint has shown its own: two by two, as worth so many failures. */
const PRIOR_SIZE = 2;
const PRIOR_FAILURES = 20;
const SIZE_MAX = 8;

export function createCrowd(): Crowd {
  return { startedAt: 0, size: 0 };
}

/** Adds a failure to its crowd. Returned is by how much the square of the crowd's size has grown. */
export function joinCrowd(crowd: Crowd, now: UnixMillis): number {
  if (crowd.size === 0 || now - crowd.startedAt >= CROWD_MS) {
    crowd.startedAt = now;
    crowd.size = 0;
  }
  crowd.size += 1;
  return 2 * crowd.size - 1;
}

/**
 * Learns a harmless stretch. What independent failures would come to is taken off: in a second that begins with
 * one there are others by chance, `failuresPerSecond` of them.
 */
export function learnCrowding(crowding: Crowding, stretch: Readonly<Stretch>, failuresPerSecond: number): void {
  const { crowdedFailures: failures, crowdedSquares: squares } = stretch;
  if (failures === 0) return;
  const kept = Math.exp(-failures / MEMORY_FAILURES);
  const byChance = (failuresPerSecond * CROWD_MS) / SECOND_MS;
  const excess = squares - (failures * byChance * (2 + byChance)) / (1 + byChance);
  crowding.crowdedFailures = kept * crowding.crowdedFailures + failures;
  crowding.crowdedSquares = kept * crowding.crowdedSquares + Math.max(failures, excess);
}

/**
 * Failures in the crowd of a failure, on average: the mean square of the sizes over their mean. The mean alone would
 * take a crowd of eight, seen once in a while, for two alarms.
 */
export function crowdSize({ crowdedFailures, crowdedSquares }: Crowding): number {
  const size = (PRIOR_FAILURES * PRIOR_SIZE + crowdedSquares) / (PRIOR_FAILURES + crowdedFailures);
  return clamp(size, 1, SIZE_MAX);
}
