/**
 * Calls tick once a second, and at once when a request has completed the evidence.
 *
 * An urgent beat runs right after the request that asked for it has been answered, not inside it: a
 * sender never waits for a judgement, and many requests of one burst share one beat.
 */
import type { Schedule } from "./schedule.ts";

const BEAT_MS = 1_000;

export class Heartbeat {
  readonly #beat: () => void;
  readonly #schedule: Schedule;
  #cancelNext: (() => void) | null = null;
  #isUrgent = false;
  #isStopped = true;

  /** `beat` must not throw: what can fail in it is handled where it fails. */
  constructor(parts: { readonly beat: () => void; readonly schedule: Schedule }) {
    this.#beat = parts.beat;
    this.#schedule = parts.schedule;
  }

  start(): void {
    this.#isStopped = false;
    this.#arm(BEAT_MS);
  }

  /** Beats as soon as the event loop is free; further calls until then change nothing. */
  urge(): void {
    if (this.#isUrgent || this.#isStopped) return;
    this.#isUrgent = true;
    this.#arm(0);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelNext?.();
    this.#cancelNext = null;
  }

  #arm(delayMs: number): void {
    this.#cancelNext?.();
    this.#cancelNext = this.#schedule(delayMs, () => {
      this.#isUrgent = false;
      this.#beat();
      if (!this.#isStopped) this.#arm(BEAT_MS);
    });
  }
}
