/**
 * What every series has learned, written now and then, so that a restart does not forget what is
 * usual.
 *
 * Only what changed is written. What a checkpoint holds is the core's business: a series is text here,
 * under a key made of the rule and the values that name it; a block of series is numbers, and names
 * apart from them, because those need not be written each time.
 */
import type { BlockCheckpoint, BlockNames } from "../../core/alerts/block-checkpoint.ts";
import type { Checkpoint, SeriesCheckpoint } from "../../core/engine.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { attempt } from "./store-error.ts";

type StoredCheckpoint = SeriesCheckpoint | BlockCheckpoint;

type BlockRow = { readonly id: number; readonly numbers: Uint8Array; readonly names_json: string };

export class CheckpointStore {
  readonly #database: Database;
  readonly #statements;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepareStatements(database);
  }

  /** All of it or nothing. Series that are not in the list stay as they are. */
  save(checkpoints: Iterable<Checkpoint>, now: UnixMillis): void {
    this.#database.transact("save checkpoints", () => {
      for (const checkpoint of checkpoints) this.#save(checkpoint, now);
    });
  }

  /** For what belongs to rules that are gone. */
  remove(checkpoints: Iterable<StoredCheckpoint>): void {
    this.#database.transact("remove checkpoints", () => {
      for (const checkpoint of checkpoints) this.#remove(checkpoint);
    });
  }

  /**
   * One at a time, so that a million of them need not fit in memory twice; blocks first. Until the last
   * one is read, or the loop is left, the database takes no writes.
   */
  *restore(): Generator<StoredCheckpoint, void> {
    const { selectBlocks, selectSeries } = this.#statements;
    for (const { id, names_json, numbers } of read(() => selectBlocks.iterate())) {
      yield { kind: "block", id, numbers, names: JSON.parse(names_json) as BlockNames };
    }
    for (const text of read(() => selectSeries.iterate())) yield JSON.parse(text) as SeriesCheckpoint;
  }

  /** Of series that are stored by themselves, and of blocks. */
  count(): number {
    return attempt("cannot count checkpoints", () => this.#statements.count.get()) ?? 0;
  }

  #save(checkpoint: Checkpoint, now: UnixMillis): void {
    const { deleteSeries, upsertBlock, upsertNames, upsertSeries } = this.#statements;
    switch (checkpoint.kind) {
      case "series":
        upsertSeries.run(keyOf(checkpoint), now, JSON.stringify(checkpoint));
        return;
      case "gone":
        deleteSeries.run(keyOf(checkpoint));
        return;
      case "block":
        upsertBlock.run(checkpoint.id, now, checkpoint.numbers);
        if (checkpoint.names !== null) upsertNames.run(checkpoint.id, JSON.stringify(checkpoint.names));
    }
  }

  #remove(checkpoint: StoredCheckpoint): void {
    const { deleteBlock, deleteNames, deleteSeries } = this.#statements;
    if (checkpoint.kind === "series") {
      deleteSeries.run(keyOf(checkpoint));
      return;
    }
    deleteBlock.run(checkpoint.id);
    deleteNames.run(checkpoint.id);
  }
}

function prepareStatements(database: Database) {
  return {
    upsertSeries: database.prepare<[string, UnixMillis, string]>(
      `INSERT INTO series_checkpoint (key, saved_at, checkpoint_json) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET saved_at = excluded.saved_at, checkpoint_json = excluded.checkpoint_json`,
    ),
    deleteSeries: database.prepare<[string]>("DELETE FROM series_checkpoint WHERE key = ?"),
    selectSeries: database.prepare<[], string>("SELECT checkpoint_json FROM series_checkpoint").pluck(),
    upsertBlock: database.prepare<[number, UnixMillis, Uint8Array]>(
      `INSERT INTO series_block (id, saved_at, numbers) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET saved_at = excluded.saved_at, numbers = excluded.numbers`,
    ),
    upsertNames: database.prepare<[number, string]>(
      `INSERT INTO series_block_names (id, names_json) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET names_json = excluded.names_json`,
    ),
    deleteBlock: database.prepare<[number]>("DELETE FROM series_block WHERE id = ?"),
    deleteNames: database.prepare<[number]>("DELETE FROM series_block_names WHERE id = ?"),
    selectBlocks: database.prepare<[], BlockRow>(
      "SELECT id, numbers, names_json FROM series_block JOIN series_block_names USING (id) ORDER BY id",
    ),
    count: database
      .prepare<[], number>("SELECT (SELECT count(*) FROM series_checkpoint) + (SELECT count(*) FROM series_block)")
      .pluck(),
  };
}

function* read<Row>(iterate: () => IterableIterator<Row>): Generator<Row, void> {
  const rows = attempt("cannot read checkpoints", iterate);
  try {
    for (;;) {
      const next = attempt("cannot read checkpoints", () => rows.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    rows.return?.();
  }
}

function keyOf({ ruleId, values }: Pick<SeriesCheckpoint, "ruleId" | "values">): string {
  return JSON.stringify([ruleId, ...values]);
}
