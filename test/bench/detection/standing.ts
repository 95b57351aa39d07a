/** The scores of one contestant over all scenarios and seeds, summed up as the table shows them. */
import { DAY_MS } from "../../../src/core/time.ts";
import type { Row } from "../bench.ts";
import { quantile } from "../quantiles.ts";
import type { Scenario } from "./scenario.ts";
import type { FalsePage, Hit, ScenarioScore, WindowScore } from "./score.ts";

const MONTH_DAYS = 30;

export const STANDING_COLUMNS = [
  "hit",
  "by chance",
  "delay s",
  "requests",
  "share after",
  "false /em",
  "shared",
  "re-pages",
  "resolve s",
  "open",
];

export class Standing {
  readonly windows: WindowScore[] = [];
  readonly falsePages: FalsePage[] = [];
  #endpointDays = 0;
  #rePages = 0;
  #neverClosed = 0;
  readonly #sharedPages: number[] = [];

  get endpointDays(): number {
    return this.#endpointDays;
  }

  add(scenario: Scenario, score: ScenarioScore): void {
    this.windows.push(...score.windows);
    this.falsePages.push(...score.falsePages);
    this.#endpointDays += endpointDays(scenario);
    this.#rePages += score.rePages;
    this.#neverClosed += score.neverClosed;
    if (score.sharedPages !== null) this.#sharedPages.push(score.sharedPages);
  }

  /** In the order of `STANDING_COLUMNS`. */
  row(name: string): Row {
    const hits = this.windows.flatMap(({ hit }) => (hit === null ? [] : [hit]));
    const resolves = hits.flatMap(({ resolveSeconds }) => (resolveSeconds === null ? [] : [resolveSeconds]));
    return {
      name,
      figures: [
        hits.length,
        this.#hitsByChance(),
        median(hits, "delaySeconds"),
        median(hits, "attackRequests"),
        // What was missed had nothing after the page.
        mean(this.windows.map(({ hit }) => hit?.shareAfter ?? 0)),
        (this.falsePages.length * MONTH_DAYS) / this.#endpointDays,
        mean(this.#sharedPages),
        this.#rePages,
        quantile(resolves, 0.5),
        this.#neverClosed,
      ],
    };
  }

  /** How many windows pages at the false rate would have fallen into. */
  #hitsByChance(): number {
    const perMs = this.falsePages.length / (this.#endpointDays * DAY_MS);
    return this.windows.reduce((sum, { durationMs }) => sum + 1 - Math.exp(-perMs * durationMs), 0);
  }
}

export function endpointDays({ watched, span }: Scenario): number {
  return (watched.length * (span.to - span.from)) / DAY_MS;
}

function median(hits: readonly Hit[], figure: "delaySeconds" | "attackRequests"): number {
  return quantile(
    hits.map((hit) => hit[figure]),
    0.5,
  );
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
