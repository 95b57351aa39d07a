/**
 * The endpoints as they are watched: the rate now beside the usual band, and its last moments.
 *
 * Asked of the service's API, which is where the numbers of the page come from too.
 */
import { percent } from "../../core/alerts/words.ts";
import type { EndpointRow } from "../../web/endpoint-page.ts";
import type { Screen, Tone } from "./screen.ts";

const TREND_MAX_LENGTH = 24;
const TREND_MIN_LENGTH = 6;
const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const FORBIDDEN_RULE = "http-403";

export class LiveTable {
  readonly #screen: Screen;
  readonly #rates = new Map<string, number[]>();
  #rows: readonly EndpointRow[] = [];

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** A row for each endpoint; rules of no concern here are left out. */
  take(rows: readonly EndpointRow[]): void {
    this.#rows = rows
      .filter(({ rule }) => rule !== FORBIDDEN_RULE)
      .toSorted((left, right) => keyOf(left).localeCompare(keyOf(right)));
    for (const row of this.#rows) {
      const rates = this.#rates.get(keyOf(row)) ?? [];
      this.#rates.set(keyOf(row), [...rates, row.rate].slice(-TREND_MAX_LENGTH));
    }
  }

  lines(): readonly string[] {
    const nameWidth = Math.max(0, ...this.#rows.map(({ endpoint }) => endpoint.name.length));
    const head = cellsOf({ name: "endpoint", service: "service", now: "now", usual: "usual (band)" }, nameWidth);
    const fixedWidth = head.left.length + head.now.length + head.usual.length + STATE_WIDTH;
    const trendLength = clamp(this.#screen.columns - fixedWidth, TREND_MIN_LENGTH, TREND_MAX_LENGTH);
    const title = this.#screen.styled("faint", `${head.left}${head.now}${head.usual}trend`);
    return ["", title, ...this.#rows.map((row) => this.#line(row, { nameWidth, trendLength })), ""];
  }

  #line(
    row: EndpointRow,
    { nameWidth, trendLength }: { readonly nameWidth: number; readonly trendLength: number },
  ): string {
    const { endpoint, rate, usual, usualUpper } = row;
    const { tone, word } = stateOf(row);
    const usualText = `${percent(usual)} (${percent(usualUpper)})`;
    const cells = cellsOf(
      { name: endpoint.name, service: endpoint.service, now: percent(rate), usual: usualText },
      nameWidth,
    );
    const rates = this.#rates.get(keyOf(row)) ?? [];
    const trend = sparkline(rates.slice(-trendLength), usualUpper).padEnd(trendLength);
    return `${cells.left}${this.#screen.styled(tone, cells.now)}${cells.usual}${this.#screen.styled(tone, `${trend}  ${word}`)}`;
  }
}

type Cells = { readonly name: string; readonly service: string; readonly now: string; readonly usual: string };

const STATE_WIDTH = "  FIRING".length;

function cellsOf({ name, service, now, usual }: Cells, nameWidth: number) {
  return {
    left: `  ${name.padEnd(nameWidth)}  ${service.padEnd(10)}`,
    now: now.padStart(8),
    usual: `  ${usual.padEnd(14)}  `,
  };
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(highest, Math.max(lowest, value));
}

/** Full height is twice the band, or the highest rate if that is more. */
function sparkline(rates: readonly number[], usualUpper: number): string {
  const top = Math.max(2 * usualUpper, ...rates, Number.MIN_VALUE);
  return rates.map((rate) => BARS[Math.min(BARS.length - 1, Math.floor((rate / top) * BARS.length))]).join("");
}

function stateOf({ alertState, rate, usualUpper }: EndpointRow): { readonly tone: Tone; readonly word: string } {
  if (alertState === "firing") return { tone: "bad", word: "FIRING" };
  if (alertState === "pending") return { tone: "warning", word: "pending" };
  return rate > usualUpper ? { tone: "warning", word: "above" } : { tone: "good", word: "usual" };
}

function keyOf({ endpoint, rule }: EndpointRow): string {
  return `${endpoint.service} ${endpoint.name} ${rule}`;
}
