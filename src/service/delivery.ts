/**
 * Sends what is in the outbox until each row is delivered, refused, overtaken by events or too old.
 *
 * The outbox is the truth and survives a crash; what is in memory here can be read from it again.
 * Rows that a former process left behind are in doubt: it may have died between the receiver's answer
 * and our note of it. They are sent again, which the dedup key makes harmless, unless the alert is
 * over by now.
 *
 * Nothing in here waits for a timer before a first attempt, and no failure of the store keeps a page
 * back: a note that cannot be written is reported, and the page goes on.
 */
import type { Verdict } from "../core/alerts/delivery-policy.ts";
import { hasIncidentToResolve, isGivenUp, isSuperseded, latenessMs } from "../core/alerts/delivery-policy.ts";
import type { UnixMillis } from "../core/time.ts";
import type { Lane } from "./delivery-lanes.ts";
import { DeliveryLanes } from "./delivery-lanes.ts";
import type { DeliveryAttempt, Outbox, OutboxRow, OutboxState } from "./outbox.ts";
import type { Schedule } from "./schedule.ts";

export interface Sender {
  /**
   * Trouble outside is a verdict, and so is being cut off by `signal`, which is obeyed at once.
   * `lateByMs` is null when the page is in time.
   */
  send(row: OutboxRow, options: { readonly lateByMs: number | null; readonly signal: AbortSignal }): Promise<Verdict>;
}

/** Told what people should know; must not throw. */
export interface DeliveryObserver {
  attempted(row: OutboxRow, attempt: DeliveryAttempt): void;
  /** A page will never arrive: somebody has to be told another way. */
  abandoned(row: OutboxRow, reason: string): void;
  superseded(row: OutboxRow, reason: string): void;
  outboxFailed(error: unknown): void;
}

export type DeliveryParts = {
  readonly outbox: Outbox;
  readonly sender: Sender;
  readonly observer: DeliveryObserver;
  /** Steady clock. */
  readonly now: () => UnixMillis;
  readonly schedule: Schedule;
  readonly random: () => number;
};

/** More rows than this wait in the outbox: so many undelivered pages mean that nobody is reading them. */
const ROWS_IN_MEMORY_MAX = 10_000;

export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #targets = new Map<string, DeliveryLanes>();
  readonly #timers = new Map<DeliveryLanes, () => void>();
  readonly #sending = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  /** Rows written before were left by a former process. */
  #startedAt: UnixMillis = 0;
  #lastLoadedId = 0;
  #rowsInMemory = 0;
  #state: "new" | "running" | "draining" | "stopped" = "new";

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  get waitingRowCount(): number {
    return this.#rowsInMemory;
  }

  /** Takes up what a former process left. To be called before new rows are written. */
  start(): void {
    if (this.#state !== "new") return;
    this.#startedAt = this.#parts.now();
    this.#state = "running";
    this.wake();
  }

  /** New rows are in the outbox: the first requests leave before this returns. */
  wake(): void {
    if (this.#state !== "running") return;
    this.#load();
    this.#pumpAll();
  }

  /**
   * Sends what may leave now and returns when that is done, at the latest after `deadlineMs`. What is
   * still under way then is cut off and left, like everything that has to wait, for the next start.
   */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#state !== "running") return;
    this.wake();
    this.#state = "draining";
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    const cancelDeadline = this.#parts.schedule(deadlineMs, () => this.#stop());
    // Each page that is done may let the next one of its lane go.
    while (this.#sending.size > 0) await Promise.race(this.#sending);
    cancelDeadline();
    this.#stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(0);
  }

  #stop(): void {
    this.#state = "stopped";
    this.#abort.abort();
  }

  #load(): void {
    const room = ROWS_IN_MEMORY_MAX - this.#rowsInMemory;
    if (room <= 0) return;
    for (const row of this.#read(() => this.#parts.outbox.pending(this.#lastLoadedId, room), [])) {
      this.#lastLoadedId = row.id;
      this.#rowsInMemory += 1;
      this.#lanesOf(row.targetId).add(row);
    }
  }

  #lanesOf(targetId: string): DeliveryLanes {
    const known = this.#targets.get(targetId);
    if (known !== undefined) return known;
    const { now, random } = this.#parts;
    const lanes = new DeliveryLanes({ targetId, now: now(), random });
    this.#targets.set(targetId, lanes);
    return lanes;
  }

  #pumpAll(): void {
    for (const lanes of this.#targets.values()) this.#pump(lanes);
  }

  /** Starts whatever may leave for the target, and arms its timer for what may leave later. */
  #pump(lanes: DeliveryLanes): void {
    if (this.#state !== "running" && this.#state !== "draining") return;
    const now = this.#parts.now();
    for (let lane = lanes.next(now); lane !== undefined; lane = lanes.next(now)) {
      if (!this.#settleWithoutAttempt(lanes, lane, now)) this.#begin(lanes, lane);
    }
    this.#arm(lanes, now);
  }

  #arm(lanes: DeliveryLanes, now: UnixMillis): void {
    this.#timers.get(lanes)?.();
    this.#timers.delete(lanes);
    const wakeAt = lanes.wakeAt(now);
    if (wakeAt === null || this.#state === "draining") return;
    this.#timers.set(
      lanes,
      this.#parts.schedule(Math.max(0, wakeAt - now), () => this.#pump(lanes)),
    );
  }

  /** Passes over a head that need not be sent any more; false when it has to be sent. */
  #settleWithoutAttempt(lanes: DeliveryLanes, lane: Lane, now: UnixMillis): boolean {
    const [row, ...behind] = lane.rows;
    if (row === undefined) return false;
    if (isGivenUp(row.createdAt, now)) {
      this.#settle(lanes, lane, { ...row, state: "dead" });
      this.#parts.observer.abandoned(row, "it could not be delivered in time");
      return true;
    }
    const reason = this.#needlessBecause(row, behind, now);
    if (reason === null) return false;
    this.#settle(lanes, lane, { ...row, state: "superseded" });
    this.#parts.observer.superseded(row, reason);
    return true;
  }

  #needlessBecause(row: OutboxRow, behind: readonly OutboxRow[], now: UnixMillis): string | null {
    const isInDoubt = row.attempts > 0 || row.createdAt < this.#startedAt;
    // When the store cannot say, a resolve is sent: one too many does no harm.
    const history = isInDoubt || row.action === "resolve" ? this.#historyOf(row) : [];
    // A resolve behind it may have been sent already, if the note of the trigger's own delivery was lost.
    const later = [...behind, ...history.filter(({ id }) => id > row.id)];
    if (isSuperseded(row, { behind: later, isInDoubt, now })) return "its alert has resolved meanwhile";
    if (row.action === "trigger") return null;
    const triggers = history.filter(({ action }) => action === "trigger");
    return hasIncidentToResolve(triggers, now) ? null : "its trigger was refused, so no incident is open";
  }

  #historyOf(row: OutboxRow): readonly OutboxRow[] {
    return this.#read(() => this.#parts.outbox.historyOf(row), []);
  }

  #settle(lanes: DeliveryLanes, lane: Lane, row: OutboxRow): void {
    this.#note(() => this.#parts.outbox.recordState(row));
    this.#drop(lanes, lane);
  }

  #begin(lanes: DeliveryLanes, lane: Lane): void {
    const row = lane.rows[0];
    if (row === undefined) return;
    lanes.begin(lane);
    const sending = this.#attempt(lanes, lane, row).finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  async #attempt(lanes: DeliveryLanes, lane: Lane, row: OutboxRow): Promise<void> {
    const startedAt = this.#parts.now();
    const verdict = await this.#send(row, startedAt);
    const dueAt = lanes.finish(lane, verdict, this.#parts.now());
    const after = afterAttempt(row, verdict, dueAt);
    const attempt = attemptOf(verdict, startedAt);
    this.#note(() => this.#parts.outbox.recordAttempt(after, attempt));
    this.#parts.observer.attempted(after, attempt);
    if (verdict.kind === "rejected") this.#parts.observer.abandoned(after, verdict.reason);
    if (dueAt === null) this.#drop(lanes, lane);
    else lanes.replaceHead(lane, after);
    this.#pump(lanes);
  }

  /** A sender that throws is a mistake of ours, and still no reason to lose a page. */
  async #send(row: OutboxRow, now: UnixMillis): Promise<Verdict> {
    try {
      const lateByMs = latenessMs(row.createdAt, now);
      return await this.#parts.sender.send(row, { lateByMs, signal: this.#abort.signal });
    } catch (error) {
      const reason = `the sender failed: ${error instanceof Error ? error.message : String(error)}`;
      return { kind: "retry", reason, afterMs: null, status: null, bodyExcerpt: "", latencyMs: 0 };
    }
  }

  /** Where memory had no room before, it has some now. */
  #drop(lanes: DeliveryLanes, lane: Lane): void {
    lanes.dropHead(lane, this.#parts.now());
    const wasFull = this.#rowsInMemory >= ROWS_IN_MEMORY_MAX;
    this.#rowsInMemory -= 1;
    if (wasFull) this.wake();
  }

  #read<Result>(read: () => Result, otherwise: Result): Result {
    try {
      return read();
    } catch (error) {
      this.#parts.observer.outboxFailed(error);
      return otherwise;
    }
  }

  #note(write: () => void): void {
    this.#read<unknown>(write, undefined);
  }
}

function afterAttempt(row: OutboxRow, verdict: Verdict, dueAt: UnixMillis | null): OutboxRow {
  return {
    ...row,
    attempts: row.attempts + 1,
    nextAttemptAt: dueAt ?? row.nextAttemptAt,
    state: STATE_AFTER[verdict.kind],
  };
}

const STATE_AFTER: Readonly<Record<Verdict["kind"], OutboxState>> = {
  delivered: "delivered",
  retry: "pending",
  rejected: "dead",
};

function attemptOf(verdict: Verdict, at: UnixMillis): DeliveryAttempt {
  const { kind: outcome, status, bodyExcerpt, latencyMs } = verdict;
  return { at, outcome, status, reason: verdict.kind === "delivered" ? "" : verdict.reason, bodyExcerpt, latencyMs };
}
