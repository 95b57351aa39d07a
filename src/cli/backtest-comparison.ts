/**
 * What two rule bundles make of one recording: pages that both sent, and those that one sent alone.
 *
 * Two pages are one story when their incidents overlap in time and are about the same: an endpoint in common
 * or, where one bundle's rules are wider, the fields by which both tell series apart. Each page is matched
 * once, so a second page for what the other bundle told in one is told as its own alone.
 */
import type { UnixMillis } from "../core/time.ts";
import type { BacktestPage, PagedSeries } from "./backtest-pages.ts";

export type MatchedPages = {
  readonly first: BacktestPage;
  readonly second: BacktestPage;
  /** How much later the second bundle's page left; negative where it was the earlier. */
  readonly delayMs: number;
};

export type BacktestComparison = {
  readonly both: readonly MatchedPages[];
  readonly firstOnly: readonly BacktestPage[];
  readonly secondOnly: readonly BacktestPage[];
};

/** The order of the arguments' pages does not matter; what comes back is in the order of leaving. */
export function comparePages(first: readonly BacktestPage[], second: readonly BacktestPage[]): BacktestComparison {
  const unmatched = new Set(inOrder(second));
  const both: MatchedPages[] = [];
  const firstOnly: BacktestPage[] = [];
  for (const page of inOrder(first)) {
    const match = findMatch(page, unmatched);
    if (match === undefined) {
      firstOnly.push(page);
      continue;
    }
    unmatched.delete(match);
    both.push({ first: page, second: match, delayMs: match.alert.fired_at - page.alert.fired_at });
  }
  return { both, firstOnly, secondOnly: [...unmatched] };
}

function inOrder(pages: readonly BacktestPage[]): readonly BacktestPage[] {
  return pages.toSorted((left, right) => left.alert.fired_at - right.alert.fired_at);
}

function findMatch(page: BacktestPage, candidates: ReadonlySet<BacktestPage>): BacktestPage | undefined {
  for (const candidate of candidates) {
    if (areOverlapping(page, candidate) && areAboutTheSame(page, candidate)) return candidate;
  }
  return undefined;
}

function areOverlapping(left: BacktestPage, right: BacktestPage): boolean {
  return left.since <= endOf(right) && right.since <= endOf(left);
}

function endOf({ until }: BacktestPage): UnixMillis {
  return until ?? Number.POSITIVE_INFINITY;
}

function areAboutTheSame(left: BacktestPage, right: BacktestPage): boolean {
  return left.series.some((one) => right.series.some((other) => isSameSeries(one, other)));
}

function isSameSeries(left: PagedSeries, right: PagedSeries): boolean {
  // What a service answers and what it is answered are two things, whatever they have in common.
  if ((left.endpoint.peer === undefined) !== (right.endpoint.peer === undefined)) return false;
  const shared = Object.keys(left.fields).filter((name) => right.fields[name] !== undefined);
  if (shared.length > 0) return shared.every((name) => left.fields[name] === right.fields[name]);
  return JSON.stringify(left.endpoint) === JSON.stringify(right.endpoint);
}
