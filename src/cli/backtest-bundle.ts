/**
 * One rule bundle in a backtest: its engine, fed with the recording, and what it alerted about.
 */
import { Engine } from "../core/engine.ts";
import type { RuleSet } from "../core/rules/rule.ts";
import { DAY_MS } from "../core/time.ts";
import type { RecordedItem } from "../io/recordings/recorded-item.ts";
import type { BacktestAlert, EndedAlert } from "./backtest-alerts.ts";
import { BacktestAlerts } from "./backtest-alerts.ts";
import { BacktestPages } from "./backtest-pages.ts";
import type { BacktestSettings } from "./backtest-settings.ts";
import { Replay } from "./replay.ts";

export type BundleParts = {
  /** As it was named on the command line. */
  readonly name: string;
  readonly ruleSet: RuleSet;
  readonly settings: BacktestSettings;
  readonly onAlert: (alert: BacktestAlert) => void;
};

/** One, or two that are compared. */
export type BacktestBundles = readonly [BacktestBundle, BacktestBundle?];

/** Alerts beyond are counted; `-o ndjson` prints them all, each as it ends. */
const ALERTS_LISTED_MAX = 10_000;
/** How long open alerts are waited for after the last request. */
const DRAIN_MAX_MS = DAY_MS;

export class BacktestBundle {
  readonly name: string;
  readonly pages: BacktestPages;
  /** In the order in which they ended, at most `ALERTS_LISTED_MAX`. */
  readonly listed: BacktestAlert[] = [];
  /** How many more there were. */
  unlistedCount = 0;
  readonly #engine: Engine;
  readonly #replay: Replay;
  readonly #alerts: BacktestAlerts;
  readonly #onAlert: (alert: BacktestAlert) => void;

  constructor({ name, onAlert, ruleSet, settings }: BundleParts) {
    const engine = new Engine(settings.engine, ruleSet);
    const { clientKey, outcomes = [] } = settings.engine;
    const { redaction } = settings;
    this.name = name;
    this.pages = new BacktestPages((ended) => seriesFields(ended, ruleSet));
    this.#engine = engine;
    this.#onAlert = onAlert;
    this.#alerts = new BacktestAlerts((ended) => this.#takeAlert(ended));
    this.#replay = new Replay({
      engine,
      clientKey,
      outcomes,
      redaction,
      onEffects: (effects) => this.#alerts.take(effects),
    });
  }

  get endpointCount(): number {
    return this.#engine.endpoints.size;
  }

  takeRequest({ arrivedAt, request }: Extract<RecordedItem, { kind: "request" }>): void {
    this.#replay.request(request, arrivedAt);
  }

  /** Returns how many spans there were. */
  takeSpans({ arrivedAt, bytes }: Extract<RecordedItem, { kind: "spans" }>): number {
    const result = this.#replay.spans(bytes, arrivedAt);
    return result.kind === "ingested" ? result.spanCount : 0;
  }

  /** Lets time go on until the open alerts have resolved. */
  end(): void {
    this.#replay.settle(DRAIN_MAX_MS);
    this.#alerts.end();
  }

  #takeAlert(ended: EndedAlert): void {
    if (this.listed.length < ALERTS_LISTED_MAX) this.listed.push(ended.alert);
    else this.unlistedCount += 1;
    this.pages.take(ended);
    this.#onAlert(ended.alert);
  }
}

function seriesFields({ alert, labels }: EndedAlert, { rules }: RuleSet): Readonly<Record<string, string>> {
  const per = rules.find(({ id }) => id === alert.rule)?.per ?? [];
  return Object.fromEntries(per.map((field) => [field, labels[field] ?? ""]));
}
