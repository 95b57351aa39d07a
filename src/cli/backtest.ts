/**
 * `authspike backtest INPUT...`: recorded traffic through the rules, in virtual time: what would have
 * paged, and when.
 *
 * It is the engine that `run` uses, with the same rules and the same clock ticks; only time and the
 * requests come from the recording. A month takes minutes.
 */
import { renderWithLine } from "../core/diagnostic.ts";
import { Engine } from "../core/engine.ts";
import type { UnixMillis } from "../core/time.ts";
import { DAY_MS, MINUTE_MS } from "../core/time.ts";
import { readRecording } from "../io/recordings/read-recording.ts";
import type { LineFault, RecordedItem, RecordingFormat } from "../io/recordings/recorded-item.ts";
import { RecordingError } from "../io/recordings/recorded-item.ts";
import type { BacktestAlert } from "./backtest-alerts.ts";
import { BacktestAlerts } from "./backtest-alerts.ts";
import type { BacktestSummary } from "./backtest-report.ts";
import { alertTable, pagesPerWeek, summaryText } from "./backtest-report.ts";
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
  /** Whether a bad line fails the backtest or is skipped. Both tell of it. */
  readonly strictness: "strict" | "lenient";
  /** An access log does not name them. */
  readonly service: string;
  readonly environment: string;
};

/** Nobody sees fingerprints of a backtest, so they need no secret, and two runs print the same. */
const ENGINE_SETTINGS = { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 10_000, endpointsMax: 1_000_000 } as const;
/** How long open alerts are waited for after the last request. */
const DRAIN_MAX_MS = DAY_MS;
const FAULTS_SHOWN_MAX = 20;
/** More alerts than this are counted, and listed by `-o ndjson` alone. */
const ALERTS_LISTED_MAX = 10_000;
/** Senders flush every few seconds; an arrival that is this far behind the clock is worth a word. */
const LATE_MS = 5 * MINUTE_MS;

export async function runBacktest(options: BacktestOptions, context: CommandContext): Promise<number> {
  const ruleSet = loadRulesOrPrint(options.directory, context);
  if (ruleSet === undefined) return EXIT_CODES.failed;
  const backtest = new Backtest(new Engine(ENGINE_SETTINGS, ruleSet), options, context);
  try {
    for (const name of options.inputs) {
      const accessLog = { service: options.service, environment: options.environment };
      const recording = readRecording({ name, stdin: context.stdin }, { format: options.format, accessLog });
      for await (const items of recording) backtest.take(items);
    }
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    printLine(context.stderr, error.message);
    return error.reason === "missing" ? EXIT_CODES.notFound : EXIT_CODES.failed;
  }
  const { bad_lines: badLines } = backtest.end();
  return badLines > 0 && options.strictness === "strict" ? EXIT_CODES.failed : EXIT_CODES.ok;
}

class Backtest {
  readonly #engine: Engine;
  readonly #options: BacktestOptions;
  readonly #context: CommandContext;
  readonly #replay: Replay;
  readonly #alerts = new BacktestAlerts((alert) => this.#takeAlert(alert));
  readonly #listed: BacktestAlert[] = [];
  #firstArrivalAt: UnixMillis | null = null;
  #pageCount = 0;
  #ticketCount = 0;
  #requestCount = 0;
  #spanCount = 0;
  #badLineCount = 0;
  #ignoredLineCount = 0;
  #lateCount = 0;

  constructor(engine: Engine, options: BacktestOptions, context: CommandContext) {
    this.#engine = engine;
    this.#options = options;
    this.#context = context;
    this.#replay = new Replay({
      engine,
      clientKey: ENGINE_SETTINGS.clientKey,
      onEffects: (effects) => this.#alerts.take(effects),
    });
  }

  take(items: readonly RecordedItem[]): void {
    for (const item of items) this.#takeItem(item);
  }

  /** Lets the open alerts resolve and prints what is left to print. */
  end(): BacktestSummary {
    const lastArrivalAt = this.#firstArrivalAt === null ? null : this.#replay.now;
    this.#replay.settle(DRAIN_MAX_MS);
    this.#alerts.end();
    const summary = this.#summary(lastArrivalAt);
    this.#print(summary);
    return summary;
  }

  #takeItem(item: RecordedItem): void {
    switch (item.kind) {
      case "request":
        this.#arrive(item.arrivedAt);
        this.#requestCount++;
        this.#replay.request(item.request, item.arrivedAt);
        return;
      case "spans": {
        this.#arrive(item.arrivedAt);
        const result = this.#replay.spans(item.bytes, item.arrivedAt);
        if (result.kind === "ingested") this.#spanCount += result.spanCount;
        return;
      }
      case "ignored":
        this.#ignoredLineCount++;
        return;
      case "faulty":
        this.#takeFault(item.fault);
    }
  }

  #arrive(at: UnixMillis): void {
    this.#firstArrivalAt ??= at;
    if (at < this.#replay.now - LATE_MS) this.#lateCount++;
  }

  #takeFault({ diagnostics, text }: LineFault): void {
    this.#badLineCount++;
    if (this.#badLineCount > FAULTS_SHOWN_MAX) return;
    for (const diagnostic of diagnostics) {
      printLine(this.#context.stderr, renderWithLine(diagnostic, text ?? undefined));
    }
  }

  #takeAlert(alert: BacktestAlert): void {
    if (alert.page) this.#pageCount++;
    else this.#ticketCount++;
    if (this.#options.output === "ndjson") printLine(this.#context.stdout, JSON.stringify(alert));
    else if (this.#listed.length < ALERTS_LISTED_MAX) this.#listed.push(alert);
  }

  #summary(lastArrivalAt: UnixMillis | null): BacktestSummary {
    const from = this.#firstArrivalAt;
    return {
      requests: this.#requestCount,
      spans: this.#spanCount,
      endpoints: this.#engine.endpoints.size,
      from,
      to: lastArrivalAt,
      pages: this.#pageCount,
      tickets: this.#ticketCount,
      pages_per_week: pagesPerWeek(this.#pageCount, (lastArrivalAt ?? 0) - (from ?? 0)),
      bad_lines: this.#badLineCount,
      ignored_lines: this.#ignoredLineCount,
    };
  }

  #print(summary: BacktestSummary): void {
    const { stdout, stderr } = this.#context;
    const alerts = this.#listed.toSorted((left, right) => left.fired_at - right.fired_at);
    if (this.#options.output === "json") printLine(stdout, JSON.stringify({ alerts, summary }, null, 2));
    if (this.#options.output === "table") {
      if (alerts.length > 0) printLine(stdout, `${alertTable(alerts)}\n`);
      printLine(stdout, summaryText(summary));
    }
    for (const note of this.#notes(summary)) printLine(stderr, note);
  }

  #notes({ pages, tickets }: BacktestSummary): readonly string[] {
    const notes = [];
    const unlisted = this.#options.output === "ndjson" ? 0 : pages + tickets - this.#listed.length;
    if (this.#badLineCount > FAULTS_SHOWN_MAX)
      notes.push(`… and ${this.#badLineCount - FAULTS_SHOWN_MAX} more bad lines`);
    if (this.#badLineCount > 0) notes.push(`${this.#badLineCount} bad lines were skipped`);
    if (this.#lateCount > 0)
      notes.push(`${this.#lateCount} lines arrived over 5m before an earlier line and were taken late`);
    if (unlisted > 0) notes.push(`${unlisted} alerts are not listed; -o ndjson lists them all`);
    return notes;
  }
}
