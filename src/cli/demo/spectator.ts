/**
 * Waits for what the story has set in motion, and meanwhile keeps the table up to date.
 *
 * Everything is seen from outside, through the API: the demo knows no more than a person could.
 */
import { setTimeout as delay } from "node:timers/promises";
import { SECOND_MS } from "../../core/time.ts";
import type { EndpointRow } from "../../web/endpoint-page.ts";
import { DemoError, DemoInterrupted } from "./demo-error.ts";
import { LiveTable } from "./live-table.ts";
import type { Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";

export type SpectatorParts = { readonly stage: Stage; readonly screen: Screen; readonly stop: AbortSignal };

const LOOK_EVERY_MS = 250;
const WAIT_MAX_MS = 30 * SECOND_MS;

export class Spectator {
  readonly #parts: SpectatorParts;
  readonly #table: LiveTable;

  constructor(parts: SpectatorParts) {
    this.#parts = parts;
    this.#table = new LiveTable(parts.screen);
  }

  /** Throws a DemoError that names `what` when it does not come. */
  async watchUntil<Result>(what: string, awaited: Promise<Result>, timeoutMs = WAIT_MAX_MS): Promise<Result> {
    let settled: (() => Result) | null = null;
    awaited.then(
      (result) => {
        settled = () => result;
      },
      (error: unknown) => {
        settled = () => {
          throw error;
        };
      },
    );
    const read = await this.askUntil(what, async () => settled, timeoutMs);
    return read();
  }

  /** Asks again and again until the answer is not null. */
  async askUntil<Found>(what: string, ask: () => Promise<Found | null>, timeoutMs = WAIT_MAX_MS): Promise<Found> {
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      const found = await ask();
      if (found !== null) return found;
      await this.#look();
    }
    throw new DemoError(`waited ${timeoutMs / SECOND_MS} s in vain for ${what}`);
  }

  /** Gives a person time to read. */
  async linger(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) await this.#look();
  }

  /** Where no table is live, one is left in the story. */
  leaveTable(): void {
    const { screen } = this.#parts;
    if (!screen.isLive) screen.print(...this.#table.lines());
  }

  async #look(): Promise<void> {
    const { screen, stage } = this.#parts;
    const { endpoints } = await stage.ask<{ readonly endpoints: readonly EndpointRow[] }>("endpoints?limit=100");
    this.#table.take(endpoints);
    screen.live(this.#table.lines());
    await this.#pause();
  }

  async #pause(): Promise<void> {
    const { stop } = this.#parts;
    try {
      await delay(LOOK_EVERY_MS, undefined, { signal: stop });
    } catch (error) {
      throw stop.aborted ? new DemoInterrupted() : error;
    }
  }
}
