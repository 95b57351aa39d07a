/**
 * What a person sees of the demo: a story that scrolls by, and below it, on a terminal, a live block
 * that is drawn over and over in place.
 */
import type { Writable } from "node:stream";
import { stripVTControlCharacters, styleText } from "node:util";
import { SECOND_MS } from "../../core/time.ts";

export type Tone = "strong" | "faint" | "good" | "bad" | "warning";

const STYLES = { strong: "bold", faint: "dim", good: "green", bad: "red", warning: "yellow" } as const;
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const INDENT = " ".repeat(9);

export class Screen {
  readonly #output: Writable & { readonly columns?: number };
  readonly #kind: "terminal" | "plain" | "none";
  readonly #color: "colored" | "plain";
  readonly #startedAt = performance.now();
  #live: readonly string[] = [];

  constructor(
    output: Writable,
    look: { readonly kind: "terminal" | "plain" | "none"; readonly color: "colored" | "plain" },
  ) {
    this.#output = output;
    this.#kind = look.kind;
    this.#color = look.color;
    if (look.kind === "terminal") output.write(HIDE_CURSOR);
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Unbounded where lines do not wrap. */
  get columns(): number {
    return this.#output.columns ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the live block is shown, and so worth drawing. */
  get isLive(): boolean {
    return this.#kind === "terminal";
  }

  styled(tone: Tone, text: string): string {
    return this.#color === "colored" ? styleText(STYLES[tone], text, { validateStream: false }) : text;
  }

  /** One moment of the story with its time; further lines hang below the first. */
  tell(...lines: readonly string[]): void {
    const time = this.styled("faint", timeText(this.elapsedMs));
    this.print(...lines.map((line, index) => (index === 0 ? `${time}  ${line}` : `${INDENT}${line}`)));
  }

  print(...lines: readonly string[]): void {
    this.#redraw(lines, this.#live);
  }

  /** Takes the place of the live block. Off a terminal nothing is shown. */
  live(lines: readonly string[]): void {
    if (this.isLive) this.#redraw([], lines);
  }

  /** A terminal gets its cursor back, however the story ends. */
  [Symbol.dispose](): void {
    if (this.isLive) this.#output.write(SHOW_CURSOR);
  }

  #redraw(told: readonly string[], live: readonly string[]): void {
    if (this.#kind === "none") return;
    // Written at once, so that a terminal shows no half of it.
    const erase = this.#live.length === 0 ? "" : `\u001b[${this.#live.length}A\r\u001b[J`;
    this.#live = live.map((line) => this.#fitted(line));
    this.#output.write(erase + [...told, ...this.#live].map((line) => `${line}\n`).join(""));
  }

  /** A live line that wrapped would be two, and the block could not be found again. */
  #fitted(line: string): string {
    const plain = stripVTControlCharacters(line);
    return plain.length <= this.columns ? line : plain.slice(0, this.columns);
  }
}

/** ` 0:09.4`. */
function timeText(elapsedMs: number): string {
  const minutes = Math.floor(elapsedMs / (60 * SECOND_MS));
  const seconds = (elapsedMs / SECOND_MS - minutes * 60).toFixed(1).padStart(4, "0");
  return `${String(minutes).padStart(2)}:${seconds}`;
}
