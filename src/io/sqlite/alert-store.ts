/**
 * Alerts as they stand, how they came to stand so, and the pages that must leave because of it.
 *
 * One `commit` writes all three in one transaction. That is what keeps a crash from losing a page or
 * doubling it: after a restart either the transition and its page are both there, or neither is and
 * the evidence raises the alert again.
 */
import type { Alert, Transition } from "../../core/alerts/alert.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { Database } from "./database.ts";
import type { OutboxRow } from "./outbox-store.ts";
import { attempt } from "./store-error.ts";
import type { Target, TargetStore } from "./target-store.ts";

export type AlertCommit = {
  /** In the order in which they happened. */
  readonly transitions: readonly Transition[];
  /** Given rising ids in the order of the list. */
  readonly outboxRows: readonly Omit<OutboxRow, "id">[];
  /** The targets that the rows name; those that are already frozen are left as they are. */
  readonly targets: readonly Target[];
};

type AlertRow = { readonly alertJson: string };
type TransitionRow = { readonly kind: Transition["kind"]; readonly at: UnixMillis; readonly alertJson: string };

const TRANSITION_COLUMNS = "kind, at, alert_json AS alertJson";

export class AlertStore {
  readonly #database: Database;
  readonly #targets: TargetStore;
  readonly #upsertAlert;
  readonly #insertTransition;
  readonly #insertOutboxRow;
  readonly #selectOpen;
  readonly #selectRecent;
  readonly #selectAlert;
  readonly #selectTransitions;
  readonly #selectUntil;
  readonly #selectAfter;
  readonly #selectTransitionsOf;

  constructor(database: Database, targets: TargetStore) {
    this.#database = database;
    this.#targets = targets;
    this.#upsertAlert = database.prepare<[string, string, string, string, number, string]>(
      `INSERT INTO alert (id, rule_id, fingerprint, state, changed_at, alert_json) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         state = excluded.state, changed_at = excluded.changed_at, alert_json = excluded.alert_json`,
    );
    this.#insertTransition = database.prepare<[string, string, number, string]>(
      "INSERT INTO alert_transition (alert_id, kind, at, alert_json) VALUES (?, ?, ?, ?)",
    );
    this.#insertOutboxRow = database.prepare<
      [string, string, string, string, string, number, number, number, string],
      never
    >(
      `INSERT INTO outbox
         (target_id, dedup_key, alert_id, action, body, created_at, attempts, next_attempt_at, state)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#selectOpen = database.prepare<[], AlertRow>(
      "SELECT alert_json AS alertJson FROM alert WHERE state <> 'resolved' ORDER BY changed_at",
    );
    this.#selectRecent = database.prepare<[number], AlertRow>(
      "SELECT alert_json AS alertJson FROM alert ORDER BY changed_at DESC LIMIT ?",
    );
    this.#selectAlert = database.prepare<[string], AlertRow>("SELECT alert_json AS alertJson FROM alert WHERE id = ?");
    this.#selectTransitions = database.prepare<[number], TransitionRow>(
      `SELECT ${TRANSITION_COLUMNS} FROM alert_transition ORDER BY id DESC LIMIT ?`,
    );
    this.#selectUntil = database.prepare<[number, number], TransitionRow>(
      `SELECT ${TRANSITION_COLUMNS} FROM alert_transition WHERE at <= ? ORDER BY at DESC, id DESC LIMIT ?`,
    );
    this.#selectAfter = database.prepare<[number, number], TransitionRow>(
      `SELECT ${TRANSITION_COLUMNS} FROM alert_transition WHERE at > ? ORDER BY at, id LIMIT ?`,
    );
    this.#selectTransitionsOf = database.prepare<[string], TransitionRow>(
      `SELECT ${TRANSITION_COLUMNS} FROM alert_transition WHERE alert_id = ? ORDER BY id`,
    );
  }

  /** On the disk when it returns. Returns the ids that the outbox rows were given. */
  commit({ transitions, outboxRows, targets }: AlertCommit): readonly number[] {
    return this.#database.transact("record alerts", () => {
      for (const transition of transitions) this.#record(transition);
      for (const target of targets) this.#targets.freeze(target);
      return outboxRows.map((row) => this.#enqueue(row));
    });
  }

  /** Pending and firing, the longest unchanged first. */
  openAlerts(): readonly Alert[] {
    return attempt("cannot read alerts", () => this.#selectOpen.all()).map(toAlert);
  }

  /** In any state, the last changed first. */
  recentAlerts(limit: number): readonly Alert[] {
    return attempt("cannot read alerts", () => this.#selectRecent.all(limit)).map(toAlert);
  }

  alert(id: string): Alert | null {
    const row = attempt("cannot read an alert", () => this.#selectAlert.get(id));
    return row === undefined ? null : toAlert(row);
  }

  /** What happened last, newest first. */
  recentTransitions(limit: number): readonly Transition[] {
    return attempt("cannot read the audit trail", () => this.#selectTransitions.all(limit)).map(toTransition);
  }

  /** What had happened by then, newest first. */
  transitionsUntil(at: UnixMillis, limit: number): readonly Transition[] {
    return attempt("cannot read the audit trail", () => this.#selectUntil.all(at, limit)).map(toTransition);
  }

  /** What happened after that, oldest first. */
  transitionsAfter(at: UnixMillis, limit: number): readonly Transition[] {
    return attempt("cannot read the audit trail", () => this.#selectAfter.all(at, limit)).map(toTransition);
  }

  /** What happened to one alert, oldest first. */
  transitionsOf(alertId: string): readonly Transition[] {
    return attempt("cannot read the audit trail", () => this.#selectTransitionsOf.all(alertId)).map(toTransition);
  }

  #record({ kind, at, alert }: Transition): void {
    const json = JSON.stringify(alert);
    this.#upsertAlert.run(alert.id, alert.ruleId, alert.fingerprint, alert.state, at, json);
    this.#insertTransition.run(alert.id, kind, at, json);
  }

  #enqueue(row: Omit<OutboxRow, "id">): number {
    const { targetId, dedupKey, alertId, action, body, createdAt, attempts, nextAttemptAt, state } = row;
    const inserted = this.#insertOutboxRow.run(
      targetId,
      dedupKey,
      alertId,
      action,
      body,
      createdAt,
      attempts,
      nextAttemptAt,
      state,
    );
    return Number(inserted.lastInsertRowid);
  }
}

/** Written by us, in this schema's version: it is trusted, not parsed again. */
function toAlert(row: AlertRow): Alert {
  return JSON.parse(row.alertJson) as Alert;
}

function toTransition({ kind, at, alertJson }: TransitionRow): Transition {
  return { kind, at, alert: JSON.parse(alertJson) as Alert };
}
