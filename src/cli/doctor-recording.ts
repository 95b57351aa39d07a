/**
 * How services are instrumented, by what is in a recording: the reader of a backtest, the engine of the service.
 */
import { Engine } from "../core/engine.ts";
import type { FindingCode, InstrumentationReport } from "../core/extraction/instrumentation/finding.ts";
import type { RuleSet } from "../core/rules/rule.ts";
import { DAY_MS, MINUTE_MS } from "../core/time.ts";
import type { RecordedItem, RecordingFormat } from "../io/recordings/recorded-item.ts";
import type { BacktestSettings } from "./backtest-settings.ts";
import type { CommandContext } from "./command-context.ts";
import { printLine } from "./command-context.ts";
import { counted } from "./counted.ts";
import { BadLines, playRecordings } from "./recordings.ts";
import { Replay } from "./replay.ts";

export type RecordingExamination = {
  readonly inputs: readonly string[];
  /** null = told by the content. */
  readonly format: RecordingFormat | null;
  readonly settings: BacktestSettings;
};

/** Nothing is judged here. */
const NO_RULES: RuleSet = {
  hash: "",
  budget: { falsePages: 1, perMs: 30 * DAY_MS },
  rules: [],
  notifiers: [],
  routes: [],
  mutes: [],
};

/** A recording does not keep when it arrived. */
const NEED_ARRIVALS: ReadonlySet<FindingCode> = new Set(["clock_ahead", "spans_late"]);

/** Throws a RecordingError when a recording is missing or damaged. */
export async function examineRecordings(
  { format, inputs, settings }: RecordingExamination,
  context: CommandContext,
): Promise<InstrumentationReport> {
  const examiner = new RecordingExaminer(settings, context);
  // Only formats without spans need names.
  const accessLog = { service: "", environment: "" };
  await playRecordings({ inputs, format, accessLog }, context, (item) => examiner.take(item));
  return examiner.end();
}

class RecordingExaminer {
  readonly #engine: Engine;
  readonly #replay: Replay;
  readonly #context: CommandContext;
  readonly #badLines: BadLines;
  readonly #counts = { spans: 0, requests: 0 };

  constructor({ engine, redaction }: BacktestSettings, context: CommandContext) {
    this.#engine = new Engine(engine, NO_RULES);
    this.#replay = new Replay({ engine: this.#engine, clientKey: engine.clientKey, redaction, onEffects: () => {} });
    this.#context = context;
    this.#badLines = new BadLines(context);
  }

  take(item: RecordedItem): void {
    switch (item.kind) {
      case "spans": {
        const result = this.#replay.spans(item.bytes, item.arrivedAt);
        if (result.kind === "ingested") this.#counts.spans += result.spanCount;
        return;
      }
      case "request":
        this.#counts.requests++;
        return;
      case "ignored":
        return;
      case "faulty":
        this.#badLines.take(item.fault);
    }
  }

  end(): InstrumentationReport {
    const { requests, spans } = this.#counts;
    const bad = this.#badLines.count;
    const { stderr } = this.#context;
    if (bad > 0) printLine(stderr, `${counted(bad, "bad line")} skipped`);
    if (requests > 0) printLine(stderr, `${counted(requests, "request")} without spans: nothing can be told of those`);
    printLine(stderr, `looked through ${counted(spans, "span")}`);
    // Inner spans that tell causes have come by then, and held requests are counted.
    const end = this.#replay.now + MINUTE_MS;
    this.#engine.tick({ steady: end, wall: end });
    const { findings, services } = this.#engine.senders.instrumentationReport();
    return { services, findings: findings.filter(({ code }) => !NEED_ARRIVALS.has(code)) };
  }
}
