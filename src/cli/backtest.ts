/**
 * `authspike backtest INPUT...`: recorded traffic through the rules, in virtual time: what would have
 * paged, and when. With two directories of rules, what either would have paged and what both.
 *
 * It is the engine that `run` uses, with the same rules and the same ticks; only time and requests
 * come from the recording. A month takes minutes.
 */
import type { UnixMillis } from "../core/time.ts";
import { MINUTE_MS } from "../core/time.ts";
import type { RecordedItem, RecordingFormat } from "../io/recordings/recorded-item.ts";
import type { BacktestBundles, BundleParts } from "./backtest-bundle.ts";
import { BacktestBundle } from "./backtest-bundle.ts";
import type { RecordingCounts } from "./backtest-report.ts";
import { reportBundle, reportComparison } from "./backtest-report.ts";
import type { BacktestSettings } from "./backtest-settings.ts";
import { readBacktestSettings } from "./backtest-settings.ts";
import { bundleText, comparisonText, LATE_MINUTES, recordingNotes } from "./backtest-tables.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import type { Output } from "./output.ts";
import { BadLines, playRecordings, refuseRecording } from "./recordings.ts";
import { rulesDirectory } from "./rule-commands.ts";
import { loadRulesOrPrint } from "./rules-directory.ts";

export type BacktestOptions = {
  /** Paths, read in this order; `-` is standard input. */
  readonly inputs: readonly string[];
  /** Of rules: one, or two to compare; none = where the configuration says. */
  readonly directories: readonly string[];
  /** Configuration files, the later one wins. */
  readonly config: readonly string[];
  /** null = told by the content. */
  readonly format: RecordingFormat | null;
  readonly output: Output;
  /** Whether a bad line fails the backtest. It is told and skipped either way. */
  readonly strictness: "strict" | "lenient";
  /** What an access log does not name. */
  readonly service: string;
  readonly environment: string;
};

export async function runBacktest(options: BacktestOptions, context: CommandContext): Promise<number> {
  const { directories, output } = options;
  if (directories.length > 2 || new Set(directories).size < directories.length) {
    printLine(context.stderr, "error: --rules takes one directory, or is given twice with two different ones");
    return EXIT_CODES.usage;
  }
  const settings = readBacktestSettings(options.config, context);
  if (settings === undefined) return EXIT_CODES.badConfiguration;
  const bundles = loadBundles(options, settings, context);
  if (bundles === undefined) return EXIT_CODES.failed;
  const backtest = new Backtest(bundles, context);
  try {
    const { environment, format, inputs, service } = options;
    const recordings = { inputs, format, accessLog: { service, environment } };
    await playRecordings(recordings, context, (item) => backtest.take(item));
  } catch (error) {
    return refuseRecording(error, context);
  }
  const counts = backtest.end();
  for (const note of recordingNotes(counts)) printLine(context.stderr, note);
  if (output !== "ndjson") printReport(output, bundles, counts, context);
  return counts.bad_lines > 0 && options.strictness === "strict" ? EXIT_CODES.failed : EXIT_CODES.ok;
}

/** Undefined after everything wrong with the rules was printed. */
function loadBundles(
  { directories, output }: BacktestOptions,
  settings: BacktestSettings,
  context: CommandContext,
): BacktestBundles | undefined {
  const names = directories.length > 0 ? directories : [settings.rulesDirectory ?? rulesDirectory(context)];
  const loaded = names.map((name) => ({ name, ruleSet: loadRulesOrPrint(name, context) }));
  const [first, second] = loaded.flatMap(({ name, ruleSet }) => {
    if (ruleSet === undefined) return [];
    const origin = names.length > 1 ? { bundle: name } : {};
    const onAlert: BundleParts["onAlert"] = (alert) => {
      if (output === "ndjson") printLine(context.stdout, JSON.stringify({ ...origin, ...alert }));
    };
    return [new BacktestBundle({ name, ruleSet, settings, onAlert })];
  });
  if (first === undefined || loaded.some(({ ruleSet }) => ruleSet === undefined)) return undefined;
  return second === undefined ? [first] : [first, second];
}

function printReport(
  output: "table" | "json",
  [first, second]: BacktestBundles,
  counts: RecordingCounts,
  { stdout, stderr }: CommandContext,
): void {
  if (second === undefined) {
    const report = reportBundle(first, counts);
    printLine(stdout, output === "json" ? JSON.stringify(report, null, 2) : bundleText(report));
  } else {
    const report = reportComparison(first, second, counts);
    printLine(stdout, output === "json" ? JSON.stringify(report, null, 2) : comparisonText(report));
  }
  const unlisted = Math.max(first.unlistedCount, second?.unlistedCount ?? 0);
  if (unlisted > 0) printLine(stderr, `${unlisted} more alerts are not listed; -o ndjson lists them all`);
}

/** Feeds the bundles, all from one reading, and keeps count of what came. */
class Backtest {
  readonly #bundles: readonly BacktestBundle[];
  readonly #badLines: BadLines;
  readonly #counts = { requests: 0, spans: 0, ignored_lines: 0, late_lines: 0 };
  #firstArrivalAt: UnixMillis | null = null;
  #lastArrivalAt: UnixMillis = Number.NEGATIVE_INFINITY;

  constructor([first, second]: BacktestBundles, context: CommandContext) {
    this.#bundles = second === undefined ? [first] : [first, second];
    this.#badLines = new BadLines(context);
  }

  take(item: RecordedItem): void {
    switch (item.kind) {
      case "request":
        this.#arrive(item.arrivedAt);
        this.#counts.requests++;
        for (const bundle of this.#bundles) bundle.takeRequest(item);
        return;
      case "spans":
        this.#arrive(item.arrivedAt);
        this.#counts.spans += Math.max(...this.#bundles.map((bundle) => bundle.takeSpans(item)));
        return;
      case "ignored":
        this.#counts.ignored_lines++;
        return;
      case "faulty":
        this.#badLines.take(item.fault);
    }
  }

  /** Lets time go on until the open alerts have resolved. */
  end(): RecordingCounts {
    for (const bundle of this.#bundles) bundle.end();
    const from = this.#firstArrivalAt;
    const to = from === null ? null : this.#lastArrivalAt;
    const { requests, spans, ...others } = this.#counts;
    return { requests, spans, bad_lines: this.#badLines.count, ...others, from, to };
  }

  #arrive(at: UnixMillis): void {
    this.#firstArrivalAt ??= at;
    if (at < this.#lastArrivalAt - LATE_MINUTES * MINUTE_MS) this.#counts.late_lines++;
    if (at > this.#lastArrivalAt) this.#lastArrivalAt = at;
  }
}
