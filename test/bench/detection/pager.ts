/** Pages of a rule that only says "now": it pages when it had been calm, and closes when it is again. */
import type { UnixMillis } from "../../../src/core/time.ts";
import { MINUTE_MS } from "../../../src/core/time.ts";
import type { Page } from "./contestant.ts";

/** As long as our rules keep an alert after its alarm. */
const CALM_MS = 5 * MINUTE_MS;

export class Pager {
  readonly #endpoint: string;
  readonly #pages: Page[] = [];
  #firedAt: UnixMillis | null = null;
  #raisedAt: UnixMillis = Number.NEGATIVE_INFINITY;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  raise(now: UnixMillis): void {
    if (now - this.#raisedAt > CALM_MS) this.#close();
    this.#firedAt ??= now;
    this.#raisedAt = now;
  }

  finish(): readonly Page[] {
    this.#close();
    return this.#pages;
  }

  #close(): void {
    if (this.#firedAt === null) return;
    const [endpoint, group] = [this.#endpoint, this.#endpoint];
    this.#pages.push({ endpoint, group, firedAt: this.#firedAt, resolvedAt: this.#raisedAt + CALM_MS });
    this.#firedAt = null;
  }
}
