/**
 * A page of the endpoints, in the order asked for, out of any number of them.
 *
 * There may be a million series, so they are read once, with only one page in memory, and the event
 * loop gets its turn in between: a person looking at a list must not hold up spans. A cursor is the
 * sort value and key of the last row shown, so rows that come and go leave no gap and no repeat.
 */
import type { Alert } from "../core/alerts/alert.ts";
import type { EndpointNames } from "../core/extraction/endpoint.ts";

export const ENDPOINT_SORTS = ["deviation", "rate", "requests", "name"] as const;
export type EndpointSort = (typeof ENDPOINT_SORTS)[number];

/** One rule on one endpoint: what is usual, and what is. */
export type EndpointRow = {
  readonly rule: string;
  readonly endpoint: EndpointNames & { readonly name: string };
  readonly requestsPerSecond: number;
  readonly rate: number;
  readonly usual: number;
  readonly usualUpper: number;
  readonly deviation: number;
  readonly evidence: number;
  readonly threshold: number;
  readonly isWarm: boolean;
  /** Of the alert that is open on it. */
  readonly alertState: Alert["state"] | null;
  readonly alertId: string | null;
};

export type EndpointQuery = {
  readonly sort: EndpointSort;
  readonly limit: number;
  readonly service: string | null;
  readonly rule: string | null;
  /** Where the last page ended; null for the first. */
  readonly after: EndpointCursor | null;
};

export type EndpointCursor = { readonly rank: number; readonly key: string };

export type EndpointPage = {
  readonly rows: readonly EndpointRow[];
  /** How many rows the filters leave, on all pages. */
  readonly total: number;
  readonly next: EndpointCursor | null;
};

/** Long enough to amortize the turn, short enough (about a millisecond) not to be felt. */
const ROWS_PER_TURN = 2_000;

export async function selectEndpoints(rows: Iterable<EndpointRow>, query: EndpointQuery): Promise<EndpointPage> {
  const best: Candidate[] = [];
  let total = 0;
  let seen = 0;
  for (const row of rows) {
    if (++seen % ROWS_PER_TURN === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    if (!isWanted(row, query)) continue;
    total += 1;
    const candidate = { row, rank: rankOf(row, query.sort), key: keyOf(row) };
    if (query.after !== null && compare(candidate, query.after) <= 0) continue;
    keep(best, candidate, query.limit + 1);
  }
  const shown = best.slice(0, query.limit);
  const last = shown.at(-1);
  const next = best.length > query.limit && last !== undefined ? { rank: last.rank, key: last.key } : null;
  return { rows: shown.map(({ row }) => row), total, next };
}

type Candidate = EndpointCursor & { readonly row: EndpointRow };

function isWanted({ rule, endpoint }: EndpointRow, query: EndpointQuery): boolean {
  return (query.service === null || endpoint.service === query.service) && (query.rule === null || rule === query.rule);
}

/** Rows are shown by falling rank, and by key where ranks are equal. */
function rankOf(row: EndpointRow, sort: EndpointSort): number {
  const rank = { deviation: row.deviation, rate: row.rate, requests: row.requestsPerSecond, name: 0 }[sort];
  return Number.isFinite(rank) ? rank : 0;
}

function keyOf({ rule, endpoint }: EndpointRow): string {
  const { service, name, environment, namespace } = endpoint;
  return [service, name, environment, namespace, rule].join("\u0000");
}

function compare(left: EndpointCursor, right: EndpointCursor): number {
  if (left.rank !== right.rank) return right.rank - left.rank;
  if (left.key === right.key) return 0;
  return left.key < right.key ? -1 : 1;
}

/** Keeps `best` sorted and no longer than `limit`. Most rows of many end at the first comparison. */
function keep(best: Candidate[], candidate: Candidate, limit: number): void {
  const worst = best.at(-1);
  if (best.length === limit && worst !== undefined && compare(candidate, worst) >= 0) return;
  let low = 0;
  let high = best.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = best[middle];
    if (other !== undefined && compare(candidate, other) > 0) low = middle + 1;
    else high = middle;
  }
  best.splice(low, 0, candidate);
  if (best.length > limit) best.pop();
}
