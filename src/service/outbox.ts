/**
 * What delivery needs of the store that holds the events on their way out.
 *
 * A row is written in the transaction that writes the alert's transition, so neither exists without
 * the other. From then on only delivery changes it. All times are on the steady clock.
 */
import type { UnixMillis } from "../core/time.ts";

export type OutboxRow = {
  /** Rises with the order of writing and is never given twice. */
  readonly id: number;
  /** Names the frozen address and key. With the dedup key it names the lane. */
  readonly targetId: string;
  readonly dedupKey: string;
  /** The alert that opened the incident. */
  readonly alertId: string;
  readonly action: "trigger" | "resolve";
  /** The page as it was decided, in the form of `core/alerts/page.ts`; it holds no key. */
  readonly body: string;
  readonly createdAt: UnixMillis;
  readonly attempts: number;
  readonly nextAttemptAt: UnixMillis;
  readonly state: OutboxState;
};

/** Only `pending` goes on; `superseded` was made needless by a later row of its lane. */
export type OutboxState = "pending" | "delivered" | "dead" | "superseded";

export type DeliveryAttempt = {
  readonly at: UnixMillis;
  readonly outcome: "delivered" | "retry" | "rejected";
  /** null when no answer came. */
  readonly status: number | null;
  /** Why it was not delivered; "" when it was. */
  readonly reason: string;
  readonly bodyExcerpt: string;
  readonly latencyMs: number;
};

export interface Outbox {
  /** Pending rows with ids above `afterId`, rising, at most `limit`. */
  pending(afterId: number, limit: number): readonly OutboxRow[];
  /** Keeps the row as it stands after the attempt, and the attempt. */
  recordAttempt(row: OutboxRow, attempt: DeliveryAttempt): void;
  /** Keeps the row's new state, reached without an attempt. */
  recordState(row: OutboxRow): void;
  /** Every row of the row's incident to the row's target, itself among them, whatever its state, oldest first. */
  historyOf(row: OutboxRow): readonly OutboxRow[];
}
