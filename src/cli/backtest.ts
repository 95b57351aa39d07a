/**
 * `authspike backtest INPUT...`: recorded traffic through the rules, in virtual time: what would have
 * paged, and when.
 *
 * It is the engine that `run` uses, with the same rules and the same ticks; only time and requests
 * come from the recording. A month takes minutes.
 */
import { renderWithLine } from "../core/diagnostic.ts";
import { Engine } from "../core/engine.ts";
import type { RuleSet } from "../core/rules/rule.ts";
import type { UnixMillis } from "../core/time.ts";
import { DAY_MS, MINUTE_MS } from "../core/time.ts";
import { readRecording } from "../io/recordings/read-recording.ts";
import type { LineFault, RecordedItem, RecordingFormat } from "../io/recordings/recorded-item.ts";
import { RecordingError } from "../io/recordings/recorded-item.ts";
import type { BacktestAlert } from "./backtest-alerts.ts";
import { BacktestAlerts } from "./backtest-alerts.ts";
import type { BacktestSummary } from "./backtest-report.ts";
import {
  alertTable,
  BAD_LINES_SHOWN_MAX,
  LATE_MINUTES,
  pagesPerWeek,
  recordingNotes,
  summaryText,
} from "./backtest-report.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { Replay } from "./replay.ts";
import { loadRulesOrPrint } from "./rules-directory.ts";

export type BacktestOptions = {
  /** Paths, read in this order; `-` is standard input. */
  readonly inputs: readonly string[];
  /** Of the rules. */
  readonly directory: string;
  /** null = told by the content. */
  readonly format: RecordingFormat | null;
  readonly output: "table" | "json" | "ndjson";
  /** Whether a bad line fails the backtest. It is told and skipped either way. */
  readonly strictness: "strict" | "lenient";
  /** What an access log does not name. */
  readonly service: string;
  readonly environment: string;
};

/** Nobody sees fingerprints of a backtest, so they need no secret, and two runs print the same. */
const ENGINE_SETTINGS = { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 10_000, endpointsMax: 1_000_000 } as const;
/** How long open alerts are waited for after the last request. */
const DRAIN_MAX_MS = DAY_MS;
/** Alerts beyond are counted; `-o ndjson` lists them all. */
const ALERTS_LISTED_MAX = 10_000;

export async function runBacktest(options: BacktestOptions, context: CommandContext): Promise<number> {
  const ruleSet = loadRulesOrPrint(options.directory, context);
  if (ruleSet === undefined) return EXIT_CODES.failed;
  const report = new Report(options.output, context);
  const backtest = new Backtest(ruleSet, report);
  const accessLog = { service: options.service, environment: options.environment };
  try {
    for (const name of options.inputs) {
      const recording = readRecording({ name, stdin: context.stdin }, { format: options.format, accessLog });
      for await (const items of recording) backtest.take(items);
    }
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    printLine(context.stderr, error.message);
    return error.reason === "missing" ? EXIT_CODES.notFound : EXIT_CODES.failed;
  }
  const summary = backtest.end();
  report.end(summary);
  return summary.bad_lines > 0 && options.strictness === "strict" ? EXIT_CODES.failed : EXIT_CODES.ok;
}

/** Feeds the engine and keeps count of what came. */
class Backtest {
  readonly #engine: Engine;
  readonly #report: Report;
  readonly #replay: Replay;
  readonly #alerts: BacktestAlerts;
  readonly #counts = { requests: 0, spans: 0, pages: 0, tickets: 0, bad_lines: 0, ignored_lines: 0, late_lines: 0 };
  #firstArrivalAt: UnixMillis | null = null;

  constructor(ruleSet: RuleSet, report: Report) {
    const engine = new Engine(ENGINE_SETTINGS, ruleSet);
    const { clientKey } = ENGINE_SETTINGS;
    this.#engine = engine;
    this.#report = report;
    this.#alerts = new BacktestAlerts((alert) => this.#takeAlert(alert));
    this.#replay = new Replay({ engine, clientKey, onEffects: (effects) => this.#alerts.take(effects) });
  }

  take(items: readonly RecordedItem[]): void {
    for (const item of items) this.#takeItem(item);
  }

  /** Lets time go on until the open alerts have resolved. */
  end(): BacktestSummary {
    const from = this.#firstArrivalAt;
    const to = from === null ? null : this.#replay.now;
    this.#replay.settle(DRAIN_MAX_MS);
    this.#alerts.end();
    const { pages, tickets, ...lines } = this.#counts;
    const endpoints = this.#engine.endpoints.size;
    return {
      ...lines,
      endpoints,
      from,
      to,
      pages,
      tickets,
      pages_per_week: pagesPerWeek(pages, (to ?? 0) - (from ?? 0)),
    };
  }

  #takeItem(item: RecordedItem): void {
    switch (item.kind) {
      case "request":
        this.#arrive(item.arrivedAt);
        this.#counts.requests++;
        this.#replay.request(item.request, item.arrivedAt);
        return;
      case "spans": {
        this.#arrive(item.arrivedAt);
        const result = this.#replay.spans(item.bytes, item.arrivedAt);
        if (result.kind === "ingested") this.#counts.spans += result.spanCount;
        return;
      }
      case "ignored":
        this.#counts.ignored_lines++;
        return;
      case "faulty":
        this.#counts.bad_lines++;
        if (this.#counts.bad_lines <= BAD_LINES_SHOWN_MAX) this.#report.fault(item.fault);
    }
  }

  #arrive(at: UnixMillis): void {
    this.#firstArrivalAt ??= at;
    if (at < this.#replay.now - LATE_MINUTES * MINUTE_MS) this.#counts.late_lines++;
  }

  #takeAlert(alert: BacktestAlert): void {
    if (alert.page) this.#counts.pages++;
    else this.#counts.tickets++;
    this.#report.alert(alert);
  }
}

/** Prints alerts as they end, or lists them for the end, as the output asks. */
class Report {
  readonly #output: BacktestOptions["output"];
  readonly #context: CommandContext;
  readonly #listed: BacktestAlert[] = [];

  constructor(output: BacktestOptions["output"], context: CommandContext) {
    this.#output = output;
    this.#context = context;
  }

  fault({ diagnostics, text }: LineFault): void {
    for (const diagnostic of diagnostics) {
      printLine(this.#context.stderr, renderWithLine(diagnostic, text ?? undefined));
    }
  }

  alert(alert: BacktestAlert): void {
    if (this.#output === "ndjson") printLine(this.#context.stdout, JSON.stringify(alert));
    else if (this.#listed.length < ALERTS_LISTED_MAX) this.#listed.push(alert);
  }

  end(summary: BacktestSummary): void {
    const { stdout, stderr } = this.#context;
    for (const note of recordingNotes(summary)) printLine(stderr, note);
    if (this.#output === "ndjson") return;
    if (this.#output === "json") {
      printLine(stdout, JSON.stringify({ alerts: this.#listed, summary }, null, 2));
    } else {
      if (this.#listed.length > 0) printLine(stdout, `${alertTable(this.#listed)}\n`);
      printLine(stdout, summaryText(summary));
    }
    const unlisted = summary.pages + summary.tickets - this.#listed.length;
    if (unlisted > 0) printLine(stderr, `${unlisted} more alerts are not listed; -o ndjson lists them all`);
  }
}
