/**
 * A delivery with everything around it made for tests: virtual time, an outbox in memory and a
 * receiver that answers as the test says.
 */
import type { Verdict } from "../../src/core/alerts/delivery-policy.ts";
import type { UnixMillis } from "../../src/core/time.ts";
import type { DeliveryObserver, Sender } from "../../src/service/delivery.ts";
import { Delivery } from "../../src/service/delivery.ts";
import type { DeliveryAttempt, Outbox, OutboxRow } from "../../src/service/outbox.ts";
import { VIRTUAL_START, VirtualScheduler } from "./virtual-scheduler.ts";

export const DELIVERED: Verdict = { kind: "delivered", status: 202, bodyExcerpt: "", latencyMs: 40 };
export const REFUSED: Verdict = {
  kind: "rejected",
  reason: "invalid event",
  status: 400,
  bodyExcerpt: "",
  latencyMs: 40,
};

export function down(status: number | null = 503, afterMs: number | null = null): Verdict {
  return { kind: "retry", reason: "down", afterMs, status, bodyExcerpt: "", latencyMs: 40 };
}

/** The outbox in memory: what the store promises, without the store. */
class MemoryOutbox implements Outbox {
  readonly rows: Map<number, OutboxRow>;
  readonly attempts: (DeliveryAttempt & { readonly rowId: number })[] = [];
  isBroken = false;

  constructor(rows: Iterable<readonly [number, OutboxRow]> = []) {
    this.rows = new Map(rows);
  }

  pending(afterId: number, limit: number): readonly OutboxRow[] {
    this.#check();
    return [...this.rows.values()].filter(({ id, state }) => id > afterId && state === "pending").slice(0, limit);
  }

  recordAttempt(row: OutboxRow, attempt: DeliveryAttempt): void {
    this.recordState(row);
    this.attempts.push({ ...attempt, rowId: row.id });
  }

  recordState(row: OutboxRow): void {
    this.#check();
    this.rows.set(row.id, row);
  }

  historyOf(row: OutboxRow): readonly OutboxRow[] {
    this.#check();
    return [...this.rows.values()].filter(
      ({ alertId, targetId }) => alertId === row.alertId && targetId === row.targetId,
    );
  }

  #check(): void {
    if (this.isBroken) throw new Error("database is locked");
  }
}

type Sent = { readonly at: UnixMillis; readonly row: OutboxRow; readonly lateByMs: number | null };
type Answer = (sent: Sent, signal: AbortSignal) => Verdict | Promise<Verdict>;

/** A delivery with everything around it, and words for what a test does. */
export class DeliveryWorld {
  readonly time: VirtualScheduler;
  readonly outbox: MemoryOutbox;
  readonly sent: Sent[] = [];
  readonly abandoned: string[] = [];
  readonly superseded: string[] = [];
  readonly troubles: unknown[] = [];
  answer: Answer = () => DELIVERED;
  readonly delivery: Delivery;
  #isDead = false;

  /** Goes on from what an earlier process left; whatever that one still does is lost on a copy. */
  constructor(earlier?: DeliveryWorld) {
    this.time = earlier?.time ?? new VirtualScheduler();
    this.outbox = new MemoryOutbox(earlier?.outbox.rows);
    this.delivery = new Delivery({
      outbox: this.outbox,
      sender: this.#sender(),
      observer: this.#observer(),
      now: () => this.time.now().steady,
      schedule: this.time.schedule,
      random: () => 0.5,
    });
  }

  start(): this {
    this.delivery.start();
    return this;
  }

  /** Like kill -9: nothing more is sent. A world that goes on from this one sees none of its later notes. */
  crash(): void {
    this.#isDead = true;
  }

  /** Rows by their names, `trigger a` or `resolve a`, as effects would write them. */
  put(...names: readonly string[]): void {
    for (const name of names) this.#write(name);
    this.delivery.wake();
  }

  names(): readonly string[] {
    return this.sent.map(({ row }) => `${row.action} ${row.alertId}`);
  }

  stateOf(name: string): string | undefined {
    return [...this.outbox.rows.values()].findLast((row) => `${row.action} ${row.alertId}` === name)?.state;
  }

  deliveredIds(): readonly number[] {
    return [...this.outbox.rows.values()].filter(({ state }) => state === "delivered").map(({ id }) => id);
  }

  /** Milliseconds since the start of the test. */
  get elapsed(): readonly number[] {
    return this.sent.map(({ at }) => at - VIRTUAL_START);
  }

  #write(name: string): void {
    const [action = "", alertId = "", targetId = "pagerduty"] = name.split(" ");
    const id = this.outbox.rows.size + 1;
    const createdAt = this.time.now().steady;
    const dedupKey = `authspike/${alertId.replace(/\d+$/, "")}`;
    const fixed = { body: "{}", createdAt, attempts: 0, nextAttemptAt: createdAt, state: "pending" } as const;
    this.outbox.rows.set(id, { id, targetId, dedupKey, alertId, action: action as "trigger" | "resolve", ...fixed });
  }

  #sender(): Sender {
    return {
      send: async (row, { lateByMs, signal }) => {
        const sent = { at: this.time.now().steady, row, lateByMs };
        if (this.#isDead) return new Promise(() => {});
        this.sent.push(sent);
        return this.answer(sent, signal);
      },
    };
  }

  #observer(): DeliveryObserver {
    return {
      attempted: () => {},
      abandoned: (row, reason) => this.abandoned.push(`${row.action} ${row.alertId}: ${reason}`),
      superseded: (row, reason) => this.superseded.push(`${row.action} ${row.alertId}: ${reason}`),
      outboxFailed: (error) => this.troubles.push(error),
    };
  }
}

/** An answer that never comes, until the attempt is cut off. */
export function hang(signal: AbortSignal): Promise<Verdict> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(down(null))));
}
