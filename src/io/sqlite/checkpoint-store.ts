/**
 * What has been learned, written now and then, so that a restart forgets neither what is usual nor who
 * has been seen before.
 *
 * Only what changed is written. What a checkpoint holds is the core's business: a series is text here,
 * under a key made of the rule and the values that name it; a block of series is numbers, and names
 * apart from them, because those need not be written each time; known clients are pages of bits.
 */
import type { BlockNames } from "../../core/alerts/block-checkpoint.ts";
import type { KnownClientsCheckpoint } from "../../core/alerts/patterns/known-clients-generation.ts";
import type { Checkpoint, SeriesCheckpoint, StoredCheckpoint } from "../../core/engine.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { attempt } from "./store-error.ts";

type BlockRow = { readonly id: number; readonly numbers: Uint8Array; readonly names_json: string };

type KnownClientsRow = Pick<KnownClientsCheckpoint, "version" | "generation" | "page" | "bits"> & {
  readonly turn: number;
  readonly started_at: UnixMillis;
  readonly pair_count: number;
};

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
   * One at a time, so that a million of them need not fit in memory twice; blocks before series. Until the last
   * one is read, or the loop is left, the database takes no writes.
   */
  *restore(): Generator<StoredCheckpoint, void> {
    const { selectBlocks, selectKnownClients, selectSeries } = this.#statements;
    for (const row of read(() => selectKnownClients.iterate())) yield knownClientsOf(row);
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
    const { deleteSeries, upsertBlock, upsertKnownClients, upsertNames, upsertSeries } = this.#statements;
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
        return;
      case "known_clients":
        upsertKnownClients.run(rowOf(checkpoint));
    }
  }

  #remove(checkpoint: StoredCheckpoint): void {
    const { deleteBlock, deleteNames, deleteSeries } = this.#statements;
    switch (checkpoint.kind) {
      case "series":
        deleteSeries.run(keyOf(checkpoint));
        return;
      case "block":
        deleteBlock.run(checkpoint.id);
        deleteNames.run(checkpoint.id);
        return;
      case "known_clients":
      // Belong to no rule, and are written over in their turn.
    }
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
    upsertKnownClients: database.prepare<[KnownClientsRow]>(
      `INSERT OR REPLACE INTO known_clients (turn, page, version, generation, started_at, pair_count, bits)
       VALUES (@turn, @page, @version, @generation, @started_at, @pair_count, @bits)`,
    ),
    selectKnownClients: database.prepare<[], KnownClientsRow>("SELECT * FROM known_clients"),
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

function rowOf({ bits, generation, page, pairCount, startedAt, version }: KnownClientsCheckpoint): KnownClientsRow {
  const turn = generation % 2;
  return { turn, page, version, generation, started_at: startedAt, pair_count: pairCount, bits };
}

function knownClientsOf(row: KnownClientsRow): KnownClientsCheckpoint {
  const { bits, generation, page, pair_count: pairCount, started_at: startedAt, version } = row;
  return { kind: "known_clients", version, generation, startedAt, page, pairCount, bits };
}

function keyOf({ ruleId, values }: Pick<SeriesCheckpoint, "ruleId" | "values">): string {
  return JSON.stringify([ruleId, ...values]);
}
