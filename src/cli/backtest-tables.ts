/**
 * What a backtest prints for people: alerts in columns, who is woken how often, and the account of what was
 * read.
 */
import { percent, significant, span } from "../core/alerts/words.ts";
import { endpointName } from "../core/extraction/endpoint.ts";
import { formatMoment } from "../core/rules/calendar.ts";
import { SECOND_MS } from "../core/time.ts";
import type { BacktestAlert, BacktestEndpoint } from "./backtest-alerts.ts";
import type {
  BacktestSummary,
  BundleReport,
  ComparisonReport,
  RecordingCounts,
  SharedPage,
} from "./backtest-report.ts";
import { counted } from "./counted.ts";
import { BAD_LINES_SHOWN_MAX } from "./recordings.ts";
import { renderTable } from "./text-table.ts";

/** What arrives further behind the clock than this is worth a word: senders flush every few seconds. */
export const LATE_MINUTES = 5;

const ALERT_HEADERS = ["FIRED", "RULE", "ENDPOINT", "SERVICE", "SEVERITY", "RATE", "USUAL", "FAILURES", "RESOLVED"];
const SERIES_HEADERS = ["RULE", "ENDPOINT", "SERVICE", "PAGES", "A WEEK", "TICKETS"];
const BUNDLE_HEADERS = ["BUNDLE", "PAGES", "A WEEK", "TICKETS"];

export function bundleText({ alerts, series, summary }: BundleReport): string {
  const account = `${readText(summary, summary.endpoints)}\n${verdict(summary)}`;
  if (summary.from === null) return readText(summary, 0);
  return alerts.length === 0 ? account : [alertTable(alerts), seriesTable(series), account].join("\n\n");
}

export function comparisonText({ bundles, both, first_only, second_only }: ComparisonReport): string {
  const [first, second] = bundles;
  if (first.summary.from === null) return readText(first.summary, 0);
  const parts = [
    renderTable(
      BUNDLE_HEADERS,
      bundles.map(({ bundle, summary }) => [bundle, ...howOften(summary)]),
    ),
    withTable(`${counted(both.length, "page")} by both`, both, (pages) => sharedTable(pages, second.bundle)),
    withTable(`${counted(first_only.length, "page")} by ${first.bundle} alone`, first_only, alertTable),
    withTable(`${counted(second_only.length, "page")} by ${second.bundle} alone`, second_only, alertTable),
    readText(first.summary, Math.max(first.summary.endpoints, second.summary.endpoints)),
  ];
  return parts.join("\n\n");
}

/** What a person should know about the recording itself. */
export function recordingNotes({ bad_lines: bad, late_lines: late }: RecordingCounts): readonly string[] {
  const notes = [];
  if (bad > BAD_LINES_SHOWN_MAX) notes.push(`… and ${bad - BAD_LINES_SHOWN_MAX} more`);
  if (bad > 0) notes.push(`${counted(bad, "bad line")} skipped`);
  if (late > 0)
    notes.push(`${counted(late, "line")} over ${LATE_MINUTES}m behind an earlier one, taken as if just arrived`);
  return notes;
}

function withTable<Entry>(
  title: string,
  entries: readonly Entry[],
  table: (entries: readonly Entry[]) => string,
): string {
  return entries.length === 0 ? title : `${title}\n${table(entries)}`;
}

function alertTable(alerts: readonly BacktestAlert[]): string {
  const inOrder = alerts.toSorted((left, right) => left.fired_at - right.fired_at);
  return renderTable(ALERT_HEADERS, inOrder.map(alertRow));
}

function alertRow(alert: BacktestAlert): readonly string[] {
  const { endpoint, failures, fired_at: firedAt, rate, resolved_at: resolvedAt, rule, severity, usual } = alert;
  return [
    formatMoment(firedAt),
    rule,
    endpointName(endpoint),
    serviceText(endpoint),
    alert.page ? `${severity}, page` : severity,
    percent(rate),
    percent(usual),
    significant(failures),
    resolvedAt === null ? "still open" : `after ${span(resolvedAt - firedAt)}`,
  ];
}

function seriesTable(series: BundleReport["series"]): string {
  return renderTable(
    SERIES_HEADERS,
    series.map((total) => [total.rule, endpointName(total.endpoint), serviceText(total.endpoint), ...howOften(total)]),
  );
}

function sharedTable(pages: readonly SharedPage[], second: string): string {
  const headers = ["FIRED", "ENDPOINT", "SERVICE", "RULE", `BY ${second}`, ""];
  return renderTable(
    headers,
    pages.map(({ delay_ms: delayMs, endpoint, fired_at: [firedAt], rules }) => [
      formatMoment(firedAt),
      endpointName(endpoint),
      serviceText(endpoint),
      ...rules,
      delayText(delayMs),
    ]),
  );
}

function delayText(delayMs: number): string {
  const distanceMs = Math.abs(Math.round(delayMs));
  if (distanceMs === 0) return "at the same moment";
  const distance = distanceMs < SECOND_MS ? `${distanceMs}ms` : span(distanceMs);
  return delayMs > 0 ? `${distance} later` : `${distance} sooner`;
}

type Frequency = Pick<BacktestSummary, "pages" | "tickets" | "pages_per_week">;

function howOften({ pages, pages_per_week: perWeek, tickets }: Frequency): readonly string[] {
  return [String(pages), perWeek === null ? "-" : significant(perWeek), String(tickets)];
}

function serviceText({ env, service }: BacktestEndpoint): string {
  return env === "" ? service : `${service} (${env})`;
}

function readText({ from, requests, spans, to }: RecordingCounts, endpoints: number): string {
  if (from === null || to === null) return "no requests";
  const volume = [];
  if (requests > 0) volume.push(counted(requests, "request"));
  if (spans > 0) volume.push(counted(spans, "span"));
  const period = `${span(to - from)}, ${formatMoment(from)} to ${formatMoment(to)}`;
  return `${volume.join(" and ")} to ${counted(endpoints, "endpoint")} in ${period}`;
}

function verdict({ pages, tickets, pages_per_week: perWeek }: BacktestSummary): string {
  const rate = perWeek === null || pages === 0 ? "" : `, ${significant(perWeek)} a week`;
  return `${counted(pages, "page")}${rate}; ${counted(tickets, "ticket")}`;
}
