/**
 * What a backtest prints for people: alerts in columns, and the account of what was read.
 */
import { percent, significant, span } from "../core/alerts/words.ts";
import { endpointName } from "../core/extraction/endpoint.ts";
import { formatMoment } from "../core/rules/calendar.ts";
import type { UnixMillis } from "../core/time.ts";
import { DAY_MS } from "../core/time.ts";
import type { BacktestAlert } from "./backtest-alerts.ts";
import { counted } from "./counted.ts";
import { renderTable } from "./text-table.ts";

/** Names as `-o json` prints them. */
export type BacktestSummary = {
  readonly requests: number;
  /** Spans that came in batches, whether they stand for requests or not. */
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
  /** Well formed and no requests. */
  readonly ignored_lines: number;
  /** Arrived far behind an earlier line and so were taken late. */
  readonly late_lines: number;
};

/** More bad lines than this are counted and not shown. */
export const BAD_LINES_SHOWN_MAX = 20;

/** What arrives further behind the clock than this is worth a word: senders flush every few seconds. */
export const LATE_MINUTES = 5;

const HEADERS = ["FIRED", "RULE", "ENDPOINT", "SERVICE", "SEVERITY", "RATE", "USUAL", "FAILURES", "RESOLVED"];

export function pagesPerWeek(pages: number, spanMs: number): number | null {
  return spanMs < DAY_MS ? null : (pages * 7 * DAY_MS) / spanMs;
}

export function alertTable(alerts: readonly BacktestAlert[]): string {
  const inOrder = alerts.toSorted((left, right) => left.fired_at - right.fired_at);
  return renderTable(HEADERS, inOrder.map(toRow));
}

export function summaryText(summary: BacktestSummary): string {
  const { from, to, endpoints } = summary;
  if (from === null || to === null) return "no requests";
  const period = `${span(to - from)}, ${formatMoment(from)} to ${formatMoment(to)}`;
  return `${volume(summary)} to ${counted(endpoints, "endpoint")} in ${period}\n${verdict(summary)}`;
}

/** What a person should know about the recording itself. */
export function recordingNotes(summary: BacktestSummary): readonly string[] {
  const { bad_lines: bad, late_lines: late } = summary;
  const notes = [];
  if (bad > BAD_LINES_SHOWN_MAX) notes.push(`… and ${bad - BAD_LINES_SHOWN_MAX} more`);
  if (bad > 0) notes.push(`${counted(bad, "bad line")} skipped`);
  if (late > 0)
    notes.push(`${counted(late, "line")} over ${LATE_MINUTES}m behind an earlier one, taken as if just arrived`);
  return notes;
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
  const rate = perWeek === null || pages === 0 ? "" : `, ${significant(perWeek)} a week`;
  return `${counted(pages, "page")}${rate}; ${counted(tickets, "ticket")}`;
}
