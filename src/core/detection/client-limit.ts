/**
 * The persistence at which one client is an alarm of its own. Where a client came to stay the limit
 * is higher for a while, or the same client would page for ever.
 */
import { DAY_MS } from "../time.ts";

export const CLIENT_LIMIT = 25;
const STAYS_FACTOR = 3;
const MEMORY_MS = 3 * DAY_MS;

/** The limit once a client of such persistence is taken for usual. */
export function raisedClientLimit(limit: number, persistence: number): number {
  return Math.max(limit, STAYS_FACTOR * persistence);
}

/** Forgets, over days, that a client came to stay. */
export function relaxedClientLimit(limit: number, elapsedMs: number): number {
  return CLIENT_LIMIT + (limit - CLIENT_LIMIT) * Math.exp(-elapsedMs / MEMORY_MS);
}
