/**
 * What a backtest comes to, with the names that `-o json` prints.
 */
import type { UnixMillis } from "../core/time.ts";
import { DAY_MS } from "../core/time.ts";
import type { BacktestAlert, BacktestEndpoint } from "./backtest-alerts.ts";
import type { BacktestBundle } from "./backtest-bundle.ts";
import type { MatchedPages } from "./backtest-comparison.ts";
import { comparePages } from "./backtest-comparison.ts";
import type { BacktestPage, SeriesTotal } from "./backtest-pages.ts";

/** What the recording held. */
export type RecordingCounts = {
  readonly requests: number;
  /** Spans that came in batches, whether they stand for requests or not. */
  readonly spans: number;
  /** Arrival of the first and the last; null when there was nothing. */
  readonly from: UnixMillis | null;
  readonly to: UnixMillis | null;
  readonly bad_lines: number;
  /** Well formed and no requests. */
  readonly ignored_lines: number;
  /** Arrived far behind an earlier line and so were taken late. */
  readonly late_lines: number;
};

export type BacktestSummary = RecordingCounts & {
  readonly endpoints: number;
  /** Incidents that woke somebody, and those that did not. */
  readonly pages: number;
  readonly tickets: number;
  /** null for less than a day, of which a week says nothing. */
  readonly pages_per_week: number | null;
};

export type BundleReport = {
  /** At most 10,000. */
  readonly alerts: readonly BacktestAlert[];
  /** Each rule on each endpoint, where every alert counts, also those that shared a page. */
  readonly series: readonly (SeriesTotal & { readonly pages_per_week: number | null })[];
  readonly summary: BacktestSummary;
};

/** A page that both bundles sent. */
export type SharedPage = {
  readonly endpoint: BacktestEndpoint;
  readonly rules: readonly [string, string];
  readonly fired_at: readonly [UnixMillis, UnixMillis];
  /** How much later the second bundle's page left; negative where it was the earlier. */
  readonly delay_ms: number;
};

export type ComparisonReport = {
  readonly bundles: readonly [NamedBundle, NamedBundle];
  readonly both: readonly SharedPage[];
  /** The alerts with which pages left that the other bundle did not send. */
  readonly first_only: readonly BacktestAlert[];
  readonly second_only: readonly BacktestAlert[];
};

type NamedBundle = { readonly bundle: string } & BundleReport;

export function reportBundle({ endpointCount, listed, pages }: BacktestBundle, counts: RecordingCounts): BundleReport {
  return {
    alerts: listed,
    series: pages.totals.map((total) => ({ ...total, pages_per_week: perWeek(total.pages, counts) })),
    summary: {
      ...counts,
      endpoints: endpointCount,
      pages: pages.pageCount,
      tickets: pages.ticketCount,
      pages_per_week: perWeek(pages.pageCount, counts),
    },
  };
}

export function reportComparison(
  first: BacktestBundle,
  second: BacktestBundle,
  counts: RecordingCounts,
): ComparisonReport {
  const { both, firstOnly, secondOnly } = comparePages(first.pages.pages, second.pages.pages);
  return {
    bundles: [
      { bundle: first.name, ...reportBundle(first, counts) },
      { bundle: second.name, ...reportBundle(second, counts) },
    ],
    both: both.map(sharedPage),
    first_only: firstOnly.map(alertOf),
    second_only: secondOnly.map(alertOf),
  };
}

function sharedPage({ first, second, delayMs }: MatchedPages): SharedPage {
  return {
    endpoint: first.alert.endpoint,
    rules: [first.alert.rule, second.alert.rule],
    fired_at: [first.alert.fired_at, second.alert.fired_at],
    delay_ms: delayMs,
  };
}

function alertOf({ alert }: BacktestPage): BacktestAlert {
  return alert;
}

function perWeek(count: number, { from, to }: RecordingCounts): number | null {
  const spanMs = (to ?? 0) - (from ?? 0);
  return spanMs < DAY_MS ? null : (count * 7 * DAY_MS) / spanMs;
}
