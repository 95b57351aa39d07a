/**
 * Forgets what is old, so that the database stays of one size.
 *
 * Kept whatever their age: alerts that are open, pages that are still to be delivered, and the
 * targets that either of them needs. Everything goes in small steps, because the connection that
 * forgets is the one that must record a page at once.
 */
import type { UnixMillis } from "../../core/time.ts";
import { DAY_MS } from "../../core/time.ts";
import type { Database } from "./database.ts";

export const KEPT_MAX_MS = 90 * DAY_MS;
/** Of resolved alerts, of transitions, of settled outbox rows and of delivery attempts, each. */
export const ROWS_KEPT_MAX = 100_000;
/** As many series as one collector is made for. */
export const CHECKPOINTS_KEPT_MAX = 1_000_000;
/** Rows of one table that one step deletes at most: some milliseconds. */
const STEP_MAX_ROWS = 1000;

export type RetentionLimits = {
  readonly keptMaxMs: number;
  readonly rowsKeptMax: number;
  readonly checkpointsKeptMax: number;
};

export const USUAL_LIMITS: RetentionLimits = {
  keptMaxMs: KEPT_MAX_MS,
  rowsKeptMax: ROWS_KEPT_MAX,
  checkpointsKeptMax: CHECKPOINTS_KEPT_MAX,
};

/** Deletes at most STEP_MAX_ROWS rows; returns how many. */
type Step = (oldest: UnixMillis) => number;

export class Retention {
  readonly #database: Database;
  readonly #keptMaxMs: number;
  readonly #steps: readonly Step[];

  constructor(database: Database, limits: RetentionLimits = USUAL_LIMITS) {
    this.#database = database;
    this.#keptMaxMs = limits.keptMaxMs;
    this.#steps = [
      ...agingTables.map((table) => agingStep(database, table, limits[table.bound])),
      targetStep(database),
    ];
  }

  /** One step; call it again soon while it returns more than 0, else once in some minutes. */
  forget(now: UnixMillis): number {
    return this.#database.transact("forget old records", () =>
      this.#steps.reduce((deleted, step) => deleted + step(now - this.#keptMaxMs), 0),
    );
  }
}

type AgingTable = {
  readonly name: string;
  readonly time: string;
  /** The column that rises with age, and has an index. */
  readonly order: string;
  /** SQL that holds for rows that may go. */
  readonly mayGo: string;
  readonly bound: "rowsKeptMax" | "checkpointsKeptMax";
};

const agingTables: readonly AgingTable[] = [
  { name: "delivery_attempt", time: "at", order: "id", mayGo: "TRUE", bound: "rowsKeptMax" },
  {
    name: "outbox",
    time: "created_at",
    order: "id",
    // A trigger is kept until its resolve is settled: whether the incident exists hangs on it.
    mayGo: `state <> 'pending'
      AND alert_id NOT IN (SELECT alert_id FROM outbox WHERE state = 'pending')
      AND alert_id NOT IN (SELECT id FROM alert WHERE state <> 'resolved')`,
    bound: "rowsKeptMax",
  },
  { name: "alert_transition", time: "at", order: "id", mayGo: "TRUE", bound: "rowsKeptMax" },
  { name: "alert", time: "changed_at", order: "changed_at", mayGo: "state = 'resolved'", bound: "rowsKeptMax" },
  { name: "series_checkpoint", time: "saved_at", order: "saved_at", mayGo: "TRUE", bound: "checkpointsKeptMax" },
];

function agingStep(database: Database, { name, time, order, mayGo }: AgingTable, rowsKeptMax: number): Step {
  const statement = database.prepare<[UnixMillis, number]>(
    `DELETE FROM ${name} WHERE rowid IN (
       SELECT rowid FROM ${name}
       WHERE (${time} < ? OR ${order} <= (SELECT ${order} FROM ${name} ORDER BY ${order} DESC LIMIT 1 OFFSET ?))
         AND ${mayGo}
       ORDER BY ${order} LIMIT ${STEP_MAX_ROWS})`,
  );
  return (oldest) => statement.run(oldest, rowsKeptMax).changes;
}

/** Rows of open alerts are kept, so a target that no row names is one that no resolve will need. */
function targetStep(database: Database): Step {
  const statement = database.prepare("DELETE FROM target WHERE id NOT IN (SELECT target_id FROM outbox)");
  return () => statement.run().changes;
}
