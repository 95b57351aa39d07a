/**
 * The endpoints as they are watched: the rate now beside the usual band, and its last half minute.
 *
 * Asked of the service's API, which is where the numbers of the page come from too.
 */
import { percent } from "../../core/alerts/words.ts";
import type { EndpointRow } from "../../web/endpoint-page.ts";
import type { Screen, Tone } from "./screen.ts";

const HISTORY_LENGTH = 24;
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
      this.#rates.set(keyOf(row), [...rates, row.rate].slice(-HISTORY_LENGTH));
    }
  }

  lines(): readonly string[] {
    const width = Math.max(0, ...this.#rows.map(({ endpoint }) => endpoint.name.length));
    const head = `${"endpoint".padEnd(width)}  ${"service".padEnd(10)}  ${"401s now".padStart(8)}  ${"usual (band to)".padEnd(16)}`;
    return [
      "",
      this.#screen.styled("faint", `         ${head}`),
      ...this.#rows.map((row) => this.#line(row, width)),
      "",
    ];
  }

  #line(row: EndpointRow, width: number): string {
    const { endpoint, rate, usual, usualUpper } = row;
    const { tone, word } = stateOf(row);
    const usualText = `${percent(usual)} (${percent(usualUpper)})`.padEnd(16);
    const bars = sparkline(this.#rates.get(keyOf(row)) ?? [], usualUpper).padEnd(HISTORY_LENGTH);
    const now = this.#screen.styled(tone, percent(rate).padStart(8));
    const line = `         ${endpoint.name.padEnd(width)}  ${endpoint.service.padEnd(10)}  ${now}  ${usualText}`;
    return `${line}  ${this.#screen.styled(tone, bars)}  ${this.#screen.styled(tone, word)}`;
  }
}

/** Full height is twice the band, or the highest rate if that is more. */
function sparkline(rates: readonly number[], usualUpper: number): string {
  const top = Math.max(2 * usualUpper, ...rates, Number.MIN_VALUE);
  return rates.map((rate) => BARS[Math.min(BARS.length - 1, Math.floor((rate / top) * BARS.length))]).join("");
}

function stateOf({ alertState, rate, usualUpper }: EndpointRow): { readonly tone: Tone; readonly word: string } {
  if (alertState === "firing") return { tone: "bad", word: "FIRING" };
  if (alertState === "pending") return { tone: "warning", word: "pending" };
  return rate > usualUpper ? { tone: "warning", word: "above the band" } : { tone: "good", word: "as usual" };
}

function keyOf({ endpoint, rule }: EndpointRow): string {
  return `${endpoint.service} ${endpoint.name} ${rule}`;
}
