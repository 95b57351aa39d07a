/**
 * Pages on their way out, in the order in which they were decided, and every attempt to deliver them.
 *
 * Rows are added only together with the alert transition that caused them (`alert-store.ts`); here
 * they are read and moved on. Nothing is deleted while it is pending.
 */
import type { UnixMillis } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { attempt } from "./store-error.ts";

/** Longer answers are cut: the excerpt is for people who wonder why a page was refused. */
export const BODY_EXCERPT_MAX_CHARACTERS = 1000;

export type OutboxState = "pending" | "delivered" | "dead" | "superseded";

export type OutboxRow = {
  /** Rises with the order of writing and is never given twice. */
  readonly id: number;
  readonly targetId: string;
  readonly dedupKey: string;
  readonly alertId: string;
  readonly action: "trigger" | "resolve";
  readonly body: string;
  readonly createdAt: UnixMillis;
  readonly attempts: number;
  readonly nextAttemptAt: UnixMillis;
  readonly state: OutboxState;
};

export type DeliveryAttempt = {
  readonly at: UnixMillis;
  readonly outcome: "delivered" | "retry" | "rejected";
  readonly status: number | null;
  readonly reason: string;
  readonly bodyExcerpt: string;
  readonly latencyMs: number;
};

/** Rows as SQLite gives them: the names of `OutboxRow`. */
const COLUMNS = `
  id, target_id AS targetId, dedup_key AS dedupKey, alert_id AS alertId, action, body,
  created_at AS createdAt, attempts, next_attempt_at AS nextAttemptAt, state`;

const ATTEMPT_COLUMNS = "at, outcome, status, reason, body_excerpt AS bodyExcerpt, latency_ms AS latencyMs";

export class OutboxStore {
  readonly #database: Database;
  readonly #selectPending;
  readonly #countPending;
  readonly #selectRecent;
  readonly #selectHistory;
  readonly #selectOfAlert;
  readonly #selectAttempts;
  readonly #updateRow;
  readonly #insertAttempt;

  constructor(database: Database) {
    this.#database = database;
    this.#selectPending = database.prepare<[number, number], OutboxRow>(
      `SELECT ${COLUMNS} FROM outbox WHERE state = 'pending' AND id > ? ORDER BY id LIMIT ?`,
    );
    this.#countPending = database.prepare<[], { count: number }>(
      "SELECT count(*) AS count FROM outbox WHERE state = 'pending'",
    );
    this.#selectRecent = database.prepare<[number], OutboxRow>(
      `SELECT ${COLUMNS} FROM outbox ORDER BY id DESC LIMIT ?`,
    );
    this.#selectHistory = database.prepare<[string, string], OutboxRow>(
      `SELECT ${COLUMNS} FROM outbox WHERE alert_id = ? AND target_id = ? ORDER BY id`,
    );
    this.#selectOfAlert = database.prepare<[string], OutboxRow>(
      `SELECT ${COLUMNS} FROM outbox WHERE alert_id = ? ORDER BY id`,
    );
    this.#selectAttempts = database.prepare<[number], DeliveryAttempt>(
      `SELECT ${ATTEMPT_COLUMNS} FROM delivery_attempt WHERE outbox_id = ? ORDER BY id`,
    );
    this.#updateRow = database.prepare<[string, number, number, number]>(
      "UPDATE outbox SET state = ?, attempts = ?, next_attempt_at = ? WHERE id = ?",
    );
    this.#insertAttempt = database.prepare<[number, number, string, number | null, string, string, number]>(
      `INSERT INTO delivery_attempt (outbox_id, at, outcome, status, reason, body_excerpt, latency_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** Pending rows with ids above `afterId`, rising, at most `limit`. */
  pending(afterId: number, limit: number): readonly OutboxRow[] {
    return attempt("cannot read the outbox", () => this.#selectPending.all(afterId, limit));
  }

  pendingCount(): number {
    return attempt("cannot read the outbox", () => this.#countPending.get())?.count ?? 0;
  }

  /** Newest first, whatever their state. */
  recent(limit: number): readonly OutboxRow[] {
    return attempt("cannot read the outbox", () => this.#selectRecent.all(limit));
  }

  /** Every row of the row's incident to the row's target, whatever its state, oldest first. */
  historyOf(row: OutboxRow): readonly OutboxRow[] {
    return attempt("cannot read the outbox", () => this.#selectHistory.all(row.alertId, row.targetId));
  }

  /** Every page of one alert, oldest first. */
  rowsOf(alertId: string): readonly OutboxRow[] {
    return attempt("cannot read the outbox", () => this.#selectOfAlert.all(alertId));
  }

  /** Oldest first. */
  attemptsOf(rowId: number): readonly DeliveryAttempt[] {
    return attempt("cannot read delivery attempts", () => this.#selectAttempts.all(rowId));
  }

  /** Keeps the row as it stands after the attempt, and the attempt, in one commit. */
  recordAttempt(row: OutboxRow, delivery: DeliveryAttempt): void {
    const { at, outcome, status, reason, bodyExcerpt, latencyMs } = delivery;
    const excerpt = bodyExcerpt.slice(0, BODY_EXCERPT_MAX_CHARACTERS);
    this.#database.transact("record a delivery attempt", () => {
      this.#update(row);
      this.#insertAttempt.run(row.id, at, outcome, status, reason, excerpt, latencyMs);
    });
  }

  /** Keeps the row's new state, reached without an attempt. */
  recordState(row: OutboxRow): void {
    attempt("cannot record a delivery", () => this.#update(row));
  }

  #update(row: OutboxRow): void {
    this.#updateRow.run(row.state, row.attempts, row.nextAttemptAt, row.id);
  }
}
