/**
 * Delivers one signal to one destination: takes batches, sends a few at once, and acts on the answers.
 *
 * A batch is let go only when the destination has taken or refused it for good. While the destination
 * fails, no further batch is taken: the ones under way are the probes.
 */
import { freeBytes } from "../../core/free-bytes.ts";
import { countItems } from "../../core/otlp/signal-count.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import type { DestinationState } from "./destination-state.ts";
import type { ExportClient } from "./export-client.ts";
import type { ExportVerdict } from "./export-verdict.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { splitRequest } from "./split-request.ts";

/** What the lane needs of the queue. */
export interface BatchSource {
  readonly signal: Signal;
  /** The next batch; null after the end. One call at a time. */
  take(): Promise<OutgoingBatch | null>;
  /** From now on `take` ends when everything is taken. */
  endWhenEmpty(): void;
}

export type OutgoingBatch = {
  readonly bytes: Uint8Array;
  /** Nobody else has these bytes. */
  readonly isCopy: boolean;
  readonly itemCount: number;
  /** Once: so many of the items were not wanted, the others were taken. Never called: it is sent again. */
  readonly settle: (rejectedCount: number) => void;
};

/** To deliver one batch, whole or in parts; those that `left` read nothing of it any more. */
type Attempts = { begun: number; left: number };

export type LaneParts = {
  readonly client: ExportClient;
  readonly state: DestinationState;
  /** Requests under way at once. */
  readonly concurrency: number;
  /** From 0 up to but not 1. */
  readonly random: () => number;
  readonly schedule: (delayMs: number, action: () => void) => () => void;
};

/** The specification's default: larger requests must not be sent. */
const REQUEST_MAX_BYTES = 64 * 1024 * 1024;

export class DeliveryLane {
  readonly #parts: LaneParts;
  readonly #source: BatchSource;
  readonly #signal: Signal;
  readonly #abort = new AbortController();
  #isFinishing = false;
  readonly #underWay = new Set<Promise<void>>();
  /** Ends the rests that were our own idea; those that the destination asked for are kept. */
  readonly #shortenRest = new Set<() => void>();

  constructor(source: BatchSource, parts: LaneParts) {
    this.#source = source;
    this.#signal = source.signal;
    this.#parts = parts;
  }

  /** The destination does not answer at present, or asks to be left alone. */
  get isFailing(): boolean {
    return this.#parts.state.isFailing;
  }

  /** Resolves when the source has ended and what was taken is settled, or after `stop`. */
  async run(): Promise<void> {
    for (;;) {
      while (this.#mustWait()) await Promise.race([...this.#underWay]);
      if (this.#isStopped()) break;
      const batch = await this.#source.take();
      if (batch === null || this.#isStopped()) break;
      const delivery = this.#deliver(batch).finally(() => this.#underWay.delete(delivery));
      this.#underWay.add(delivery);
    }
    await Promise.all(this.#underWay);
  }

  /** Ends when everything is delivered, or at the first failure: what remains is in the queue. */
  finish(): void {
    this.#isFinishing = true;
    this.#source.endWhenEmpty();
    if (this.#parts.state.isFailing) this.stop();
  }

  /** Breaks off: batches under way stay unsettled and are sent again after the next start. */
  stop(): void {
    this.#abort.abort();
    for (const wake of this.#shortenRest) wake();
  }

  #mustWait(): boolean {
    if (this.#isStopped() || this.#underWay.size === 0) return false;
    return this.#underWay.size >= this.#parts.concurrency || this.#parts.state.isFailing;
  }

  #isStopped(): boolean {
    return this.#abort.signal.aborted;
  }

  async #deliver(batch: OutgoingBatch): Promise<void> {
    const attempts = { begun: 0, left: 0 };
    const rejectedCount = await this.#deliverBytes(batch.bytes, batch.itemCount, attempts);
    if (rejectedCount === null) return;
    batch.settle(rejectedCount);
    // Part of an attempt that failed may still wait for its connection to take it.
    if (batch.isCopy && attempts.left === attempts.begun) freeBytes(batch.bytes);
  }

  /** How many items were rejected; null when it was broken off. */
  async #deliverBytes(bytes: Uint8Array, itemCount: number, attempts: Attempts): Promise<number | null> {
    const halve = (reason: string) => this.#deliverHalves(bytes, itemCount, { attempts, reason });
    if (bytes.length > REQUEST_MAX_BYTES) return halve("larger than 64 MiB");
    for (let failureCount = 1; ; failureCount++) {
      attempts.begun++;
      const verdict = await this.#parts.client.send(this.#signal, bytes, this.#abort.signal, () => attempts.left++);
      if (verdict.kind !== "retry") return this.#settled(verdict, itemCount, halve);
      if (this.#isFinishing) this.stop();
      if (this.#isStopped()) return null;
      await this.#rest(verdict, failureCount);
      if (this.#isStopped()) return null;
    }
  }

  #settled(
    verdict: Exclude<ExportVerdict, { kind: "retry" }>,
    itemCount: number,
    halve: (reason: string) => Promise<number | null>,
  ) {
    const { state } = this.#parts;
    if (state.answered()) for (const wake of this.#shortenRest) wake();
    switch (verdict.kind) {
      case "delivered":
        if (verdict.warning !== null) state.warned(verdict.warning);
        return 0;
      case "partial": {
        // A destination may count in other units than ours; the books stay right whatever it says.
        const rejectedCount = Math.min(verdict.rejectedCount, itemCount);
        state.refusedPartly(verdict.message, rejectedCount);
        return rejectedCount;
      }
      case "rejected":
        if (verdict.isTooLarge) return halve(verdict.message);
        state.refused(verdict.message, itemCount);
        return itemCount;
    }
  }

  async #deliverHalves(
    bytes: Uint8Array,
    itemCount: number,
    { attempts, reason }: { readonly attempts: Attempts; readonly reason: string },
  ): Promise<number | null> {
    const halves = splitRequest(bytes);
    if (halves === null) {
      this.#parts.state.refused(reason, itemCount);
      return itemCount;
    }
    const firstCount = Math.min(itemCount, this.#countOf(halves[0]));
    const first = await this.#deliverBytes(halves[0], firstCount, attempts);
    const second = first === null ? null : await this.#deliverBytes(halves[1], itemCount - firstCount, attempts);
    return first === null || second === null ? null : first + second;
  }

  #countOf(bytes: Uint8Array): number {
    const counted = countItems(this.#signal, bytes);
    return counted.kind === "counted" ? counted.itemCount : 0;
  }

  async #rest(verdict: Extract<ExportVerdict, { kind: "retry" }>, failureCount: number): Promise<void> {
    const { afterMs, message } = verdict;
    const delayMs = retryDelayMs({ failureCount, afterMs, random: this.#parts.random() });
    this.#parts.state.failed(message, delayMs);
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.schedule(delayMs, () => wake());
      const wake = () => {
        cancel();
        this.#shortenRest.delete(wake);
        resolve();
      };
      if (afterMs === null) this.#shortenRest.add(wake);
      else this.#abort.signal.addEventListener("abort", wake, { once: true });
    });
  }
}
