/**
 * What every series has learned, written now and then, so that a restart does not forget what is
 * usual.
 *
 * Only what changed is written. What a checkpoint holds is the core's business: here it is text,
 * under a key made of the rule and the values that name the series.
 */
import type { SeriesCheckpoint } from "../../core/engine.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { attempt } from "./store-error.ts";

export class CheckpointStore {
  readonly #database: Database;
  readonly #upsert;
  readonly #delete;
  readonly #selectAll;
  readonly #count;

  constructor(database: Database) {
    this.#database = database;
    this.#upsert = database.prepare<[string, UnixMillis, string]>(
      `INSERT INTO series_checkpoint (key, saved_at, checkpoint_json) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET saved_at = excluded.saved_at, checkpoint_json = excluded.checkpoint_json`,
    );
    this.#delete = database.prepare<[string]>("DELETE FROM series_checkpoint WHERE key = ?");
    this.#selectAll = database.prepare<[], string>("SELECT checkpoint_json FROM series_checkpoint").pluck();
    this.#count = database.prepare<[], number>("SELECT count(*) FROM series_checkpoint").pluck();
  }

  /** All of it or nothing. Series that are not in the list stay as they are. */
  save(checkpoints: Iterable<SeriesCheckpoint>, now: UnixMillis): void {
    this.#database.transact("save checkpoints", () => {
      for (const checkpoint of checkpoints) {
        this.#upsert.run(keyOf(checkpoint), now, JSON.stringify(checkpoint));
      }
    });
  }

  /** For series whose rule is gone. */
  remove(checkpoints: Iterable<SeriesCheckpoint>): void {
    this.#database.transact("remove checkpoints", () => {
      for (const checkpoint of checkpoints) this.#delete.run(keyOf(checkpoint));
    });
  }

  /**
   * One at a time, so that a million of them need not fit in memory twice. Until the last one is
   * read, or the loop is left, the database takes no writes.
   */
  *restore(): Generator<SeriesCheckpoint, void> {
    const rows = attempt("cannot read checkpoints", () => this.#selectAll.iterate());
    try {
      for (;;) {
        const next = attempt("cannot read checkpoints", () => rows.next());
        if (next.done === true) return;
        yield JSON.parse(next.value) as SeriesCheckpoint;
      }
    } finally {
      rows.return?.();
    }
  }

  count(): number {
    return attempt("cannot count checkpoints", () => this.#count.get()) ?? 0;
  }
}

function keyOf({ ruleId, values }: SeriesCheckpoint): string {
  return JSON.stringify([ruleId, ...values]);
}
