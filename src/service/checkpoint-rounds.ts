/**
 * Writes down what the engine has learned, a little at a time.
 *
 * SQLite works on the thread that judges and pages, and a page must not wait behind the memory of a
 * thousand endpoints: written in one go with each alert, it held pages up by 40 to 160 ms. So a round
 * over everything that has changed goes in small transactions with rests between them, and the series
 * behind an alert is written by itself, as soon as the page has been handed over for sending.
 */
import type { Checkpoint, Engine } from "../core/engine.ts";
import type { Instant } from "../core/time.ts";
import { SECOND_MS } from "../core/time.ts";
import type { CheckpointStore } from "./checkpoints.ts";
import { saveCheckpoints } from "./checkpoints.ts";
import type { Schedule } from "./schedule.ts";

export type CheckpointRoundsParts = {
  readonly engine: Engine;
  readonly store: CheckpointStore;
  readonly clock: { now(): Instant };
  readonly schedule: Schedule;
  /** After each write. */
  readonly onSaved: (now: Instant) => void;
  readonly onRoundEnded: (now: Instant) => void;
  readonly onFailed: (error: unknown) => void;
};

/** From the end of one round to the beginning of the next. */
const ROUND_EVERY_MS = 30 * SECOND_MS;
/** At most some milliseconds: series that are being watched and blocks of those that never failed are the large ones. */
const SLICE_MAX = 50;
/** A slice is followed by a rest this many times as long: rounds may take a tenth of the thread. */
const REST_FACTOR = 9;

export class CheckpointRounds {
  readonly #parts: CheckpointRoundsParts;
  #cancelRound: (() => void) | null = null;
  /** Checkpoints that this round still has to write; what changes meanwhile is the next one's. */
  #left = 0;

  constructor(parts: CheckpointRoundsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#startLater();
  }

  /**
   * Alerts have changed: after a crash, alert and evidence have to fit each other, or the alert would
   * resolve and, the attack going on, page a second time. Written before this returns, because left to
   * a timer it came after the page's arrival in one kill out of two.
   */
  alertsChanged(): void {
    this.#save(this.#parts.engine.checkpointAlerts(), this.#parts.clock.now());
  }

  /** Writes everything before it returns; nothing is written afterwards. */
  finish(): void {
    this.#cancelRound?.();
    const { clock, engine, onFailed, onSaved, store } = this.#parts;
    const now = clock.now();
    try {
      saveCheckpoints(store, engine, now);
      onSaved(now);
    } catch (error) {
      onFailed(error);
    }
  }

  #startLater(): void {
    this.#cancelRound = this.#parts.schedule(ROUND_EVERY_MS, () => {
      this.#left = this.#parts.engine.dueCheckpointCount;
      this.#nextSlice();
    });
  }

  #nextSlice(): void {
    const { clock, engine, onRoundEnded, schedule } = this.#parts;
    const startedAt = clock.now();
    const slice = engine.checkpoint(Math.min(SLICE_MAX, this.#left));
    const isSaved = this.#save(slice, startedAt);
    this.#left -= slice.length;
    const now = clock.now();
    if (isSaved && this.#left > 0) {
      const restMs = REST_FACTOR * (now.steady - startedAt.steady);
      this.#cancelRound = schedule(restMs, () => this.#nextSlice());
      return;
    }
    if (isSaved) onRoundEnded(now);
    this.#startLater();
  }

  /** False when the store refused: the engine hands them out again. */
  #save(checkpoints: readonly Checkpoint[], now: Instant): boolean {
    const { engine, onFailed, onSaved, store } = this.#parts;
    try {
      if (checkpoints.length > 0) store.save(checkpoints, now.steady);
      onSaved(now);
      return true;
    } catch (error) {
      engine.takeBack(checkpoints);
      onFailed(error);
      return false;
    }
  }
}
