/**
 * What a backtest prints: alerts for people in columns, for programs as JSON, and the account of what
 * was read.
 */
import { percent, significant, span } from "../core/alerts/words.ts";
import { endpointName } from "../core/extraction/endpoint.ts";
import { formatMoment } from "../core/rules/calendar.ts";
import type { UnixMillis } from "../core/time.ts";
import { DAY_MS } from "../core/time.ts";
import type { BacktestAlert } from "./backtest-alerts.ts";
import { renderTable } from "./text-table.ts";

export type BacktestSummary = {
  /** Lines that were requests, and spans that arrived in batches, whether they stand for requests or not. */
  readonly requests: number;
  readonly spans: number;
  readonly endpoints: number;
  /** Arrival of the first and the last; null when there was nothing. */
  readonly from: UnixMillis | null;
  readonly to: UnixMillis | null;
  readonly pages: number;
  readonly tickets: number;
  /** null for less than a day, of which a week says nothing. */
  readonly pages_per_week: number | null;
  readonly bad_lines: number;
  /** Lines that are well formed and no requests. */
  readonly ignored_lines: number;
};

export function pagesPerWeek(pages: number, spanMs: number): number | null {
  return spanMs < DAY_MS ? null : (pages * 7 * DAY_MS) / spanMs;
}

const HEADERS = ["FIRED", "RULE", "ENDPOINT", "SERVICE", "SEVERITY", "RATE", "USUAL", "FAILURES", "RESOLVED"];

export function alertTable(alerts: readonly BacktestAlert[]): string {
  return renderTable(HEADERS, alerts.map(toRow));
}

/** Sentences, one a line. */
export function summaryText(summary: BacktestSummary): string {
  const { from, to, endpoints } = summary;
  if (from === null || to === null) return "no requests";
  const period = `${span(to - from)}, ${formatMoment(from)} to ${formatMoment(to)}`;
  return `${volume(summary)} to ${counted(endpoints, "endpoint")} in ${period}\n${verdict(summary)}`;
}

function toRow(alert: BacktestAlert): readonly string[] {
  const { endpoint, failures, fired_at: firedAt, rate, resolved_at: resolvedAt, rule, severity, usual } = alert;
  return [
    formatMoment(firedAt),
    rule,
    endpointName(endpoint),
    endpoint.env === "" ? endpoint.service : `${endpoint.service} (${endpoint.env})`,
    alert.page ? `${severity}, page` : severity,
    percent(rate),
    percent(usual),
    significant(failures),
    resolvedAt === null ? "still open" : `after ${span(resolvedAt - firedAt)}`,
  ];
}

function volume({ requests, spans }: BacktestSummary): string {
  const parts = [];
  if (requests > 0) parts.push(counted(requests, "request"));
  if (spans > 0) parts.push(counted(spans, "span"));
  return parts.join(" and ");
}

function verdict({ pages, tickets, pages_per_week: perWeek }: BacktestSummary): string {
  const rate = perWeek === null ? "" : `, ${significant(perWeek)} a week`;
  return `${counted(pages, "page")}${pages > 0 ? rate : ""}; ${counted(tickets, "ticket")}`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
