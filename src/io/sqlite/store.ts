/**
 * Everything that outlives the process, opened and closed as one.
 */
import { AlertStore } from "./alert-store.ts";
import { CheckpointStore } from "./checkpoint-store.ts";
import type { SetAside } from "./database.ts";
import { Database } from "./database.ts";
import { MetaStore } from "./meta-store.ts";
import { OutboxStore } from "./outbox-store.ts";
import { Retention } from "./retention.ts";
import { RuleStore } from "./rule-store.ts";
import { TargetStore } from "./target-store.ts";
import { UnrecordedMark } from "./unrecorded-mark.ts";

export class Store {
  readonly rules: RuleStore;
  readonly targets: TargetStore;
  readonly alerts: AlertStore;
  readonly outbox: OutboxStore;
  readonly checkpoints: CheckpointStore;
  readonly meta: MetaStore;
  readonly retention: Retention;
  readonly unrecorded: UnrecordedMark;
  readonly #database: Database;

  private constructor(database: Database, unrecorded: UnrecordedMark) {
    this.#database = database;
    this.unrecorded = unrecorded;
    this.rules = new RuleStore(database);
    this.targets = new TargetStore(database);
    this.alerts = new AlertStore(database, this.targets);
    this.outbox = new OutboxStore(database);
    this.checkpoints = new CheckpointStore(database);
    this.meta = new MetaStore(database);
    this.retention = new Retention(database);
  }

  /** Makes what is missing. Throws a StoreError, of kind `locked` when another process is using it. */
  static open(directory: string): Store {
    const database = Database.open(directory);
    try {
      const unrecorded = UnrecordedMark.open(directory);
      // Whatever the damaged file knew is on no record any more.
      if (database.setAside !== null) unrecorded.set();
      return new Store(database, unrecorded);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Not null when the file that was found is damaged: open alerts and history are not known any more. */
  get setAside(): SetAside | null {
    return this.#database.setAside;
  }

  /** Several writes to several stores as one commit. */
  transact<Result>(doing: string, work: () => Result): Result {
    return this.#database.transact(doing, work);
  }

  close(): void {
    this.unrecorded.close();
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
