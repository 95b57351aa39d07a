/**
 * Delivers one signal to one destination: takes batches, sends a few at once, and acts on the answers.
 *
 * A batch is let go only when the destination has taken or refused it for good. One that it calls
 * malformed is taken apart again into the requests that it was joined from, to leave out the bad ones.
 * While the destination fails, no further batch is taken: the ones under way are the probes.
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
  /** The requests that it was joined from, as their senders sent them, in order. */
  readonly requests: readonly SentRequest[];
  /** Once: so many of the items were not wanted, the others were taken. Never called: it is sent again. */
  readonly settle: (rejectedCount: number) => void;
};

type SentRequest = { readonly byteCount: number; readonly itemCount: number };

/** A batch or a part of one. */
type Piece = Pick<OutgoingBatch, "bytes" | "itemCount" | "requests">;

/** To deliver one batch, whole or in parts; those that `left` read nothing of it any more. */
type Attempts = { begun: number; left: number; taken: number; malformed: number; tooLarge: number };

/**
 * Halving finds one bad request among a hundred with fourteen. A batch with so many refused pieces, or of
 * which nothing was taken after so many, is no batch with a few bad ones: the rest is refused as it is.
 */
const MALFORMED_PIECES_MAX = 64;
const MALFORMED_WITHOUT_SOUND_MAX = 8;
/** More halvings than lead from the largest batch to a single item: then it is not about size. */
const TOO_LARGE_WITHOUT_TAKEN_MAX = 32;

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
    const attempts = { begun: 0, left: 0, taken: 0, malformed: 0, tooLarge: 0 };
    const rejectedCount = await this.#deliverPiece(batch, attempts);
    if (rejectedCount === null) return;
    batch.settle(rejectedCount);
    // Part of an attempt that failed may still wait for its connection to take it.
    if (batch.isCopy && attempts.left === attempts.begun) freeBytes(batch.bytes);
  }

  /** How many items were rejected; null when it was broken off. */
  async #deliverPiece(piece: Piece, attempts: Attempts): Promise<number | null> {
    const { bytes } = piece;
    if (bytes.length > REQUEST_MAX_BYTES) return this.#deliverSmaller(piece, attempts, "larger than 64 MiB");
    for (let failureCount = 1; ; failureCount++) {
      attempts.begun++;
      const verdict = await this.#parts.client.send(this.#signal, bytes, this.#abort.signal, () => attempts.left++);
      if (verdict.kind !== "retry") return this.#settled(verdict, piece, attempts);
      if (this.#isFinishing) this.stop();
      if (this.#isStopped()) return null;
      await this.#rest(verdict, failureCount);
      if (this.#isStopped()) return null;
    }
  }

  #settled(verdict: Exclude<ExportVerdict, { kind: "retry" }>, piece: Piece, attempts: Attempts) {
    const { state } = this.#parts;
    if (state.answered()) for (const wake of this.#shortenRest) wake();
    if (verdict.kind !== "rejected") attempts.taken++;
    switch (verdict.kind) {
      case "delivered":
        if (verdict.warning !== null) state.warned(verdict.warning);
        return 0;
      case "partial": {
        // A destination may count in other units than ours; the books stay right whatever it says.
        const rejectedCount = Math.min(verdict.rejectedCount, piece.itemCount);
        state.refusedPartly(verdict.message, rejectedCount);
        return rejectedCount;
      }
      case "rejected":
        if (verdict.because === "size") return this.#deliverSmaller(piece, attempts, verdict.message);
        if (verdict.because === "content") return this.#deliverSound(piece, attempts, verdict.message);
        return this.#refused(piece, verdict.message);
    }
  }

  /** Sends each half of what is too large. */
  #deliverSmaller(piece: Piece, attempts: Attempts, reason: string) {
    attempts.tooLarge++;
    const isHopeless = attempts.taken === 0 && attempts.tooLarge > TOO_LARGE_WITHOUT_TAKEN_MAX;
    const halves = isHopeless ? null : splitRequest(piece.bytes);
    if (halves === null) return this.#refused(piece, reason);
    const firstCount = Math.min(piece.itemCount, this.#countOf(halves[0]));
    const first = { bytes: halves[0], itemCount: firstCount, requests: [] };
    const second = { bytes: halves[1], itemCount: piece.itemCount - firstCount, requests: [] };
    return this.#deliverBoth(first, second, attempts);
  }

  /**
   * Sends what was joined in two parts, so that what one sender has spoilt costs no other sender's items.
   * A sender's own request is never sent again: the specification forbids it.
   */
  #deliverSound(piece: Piece, attempts: Attempts, reason: string) {
    attempts.malformed++;
    const isHopeless = attempts.taken === 0 && attempts.malformed >= MALFORMED_WITHOUT_SOUND_MAX;
    const isWorthwhile = !isHopeless && attempts.malformed < MALFORMED_PIECES_MAX;
    if (!isWorthwhile || piece.requests.length < 2) return this.#refused(piece, reason);
    const middle = Math.ceil(piece.requests.length / 2);
    const cut = piece.requests.slice(0, middle).reduce((sum, { byteCount }) => sum + byteCount, 0);
    const first = pieceOf(piece.bytes.subarray(0, cut), piece.requests.slice(0, middle));
    const second = pieceOf(piece.bytes.subarray(cut), piece.requests.slice(middle));
    return this.#deliverBoth(first, second, attempts);
  }

  async #deliverBoth(first: Piece, second: Piece, attempts: Attempts): Promise<number | null> {
    const firstRejected = await this.#deliverPiece(first, attempts);
    if (firstRejected === null) return null;
    const secondRejected = await this.#deliverPiece(second, attempts);
    return secondRejected === null ? null : firstRejected + secondRejected;
  }

  #refused({ itemCount }: Piece, reason: string): number {
    this.#parts.state.refused(reason, itemCount);
    return itemCount;
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

function pieceOf(bytes: Uint8Array, requests: readonly SentRequest[]): Piece {
  return { bytes, requests, itemCount: requests.reduce((sum, { itemCount }) => sum + itemCount, 0) };
}
