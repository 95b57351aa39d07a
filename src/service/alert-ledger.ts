/**
 * The record of alerts and of the pages that must leave because of them, in that order of trust:
 * SQLite when it works, memory while it does not.
 *
 * A transition and its pages are one commit. When the store refuses it (disk full, file locked), the
 * commit waits in memory, its pages leave all the same, and it is written as soon as the store works
 * again, with what has become of the pages meanwhile. A crash in between loses the record, not the
 * page: that is the best there is without a disk. A mark that needs no room on it tells the next process.
 */
import type { Transition } from "../core/alerts/alert.ts";
import type { DeliveryAttempt, Outbox, OutboxRow } from "./outbox.ts";

/** Address and key of a notifier. A secret: never shown, logged or exported. */
export type Target = { readonly id: string; readonly kind: string; readonly url: string; readonly key: string };

export type AlertCommit = {
  readonly transitions: readonly Transition[];
  readonly outboxRows: readonly Omit<OutboxRow, "id">[];
  readonly targets: readonly Target[];
};

/** What the ledger needs of the store; every method throws when the store fails. */
export interface LedgerStore {
  readonly alerts: { commit(commit: AlertCommit): readonly number[] };
  readonly outbox: Outbox;
  readonly targets: { target(id: string): Target | null };
  readonly unrecorded: UnrecordedMark;
}

/** Whether alerts are known to memory only, where a crash does not reach it. */
export interface UnrecordedMark {
  /** At first: whether the last process ended knowing of alerts that are on no record. */
  readonly isSet: boolean;
  /** Both throw when they fail. */
  set(): void;
  clear(): void;
}

type Waiting = { readonly commit: AlertCommit; readonly rows: OutboxRow[] };

/** Commits that wait in memory. Beyond it the oldest record is given up; its pages have long left. */
const WAITING_MAX = 10_000;

export class AlertLedger implements Outbox {
  readonly #store: LedgerStore;
  readonly #onTrouble: (error: unknown) => void;
  readonly #waiting: Waiting[] = [];
  /** Rows that got their place in the store after they had been handed out under another id. */
  readonly #storeIds = new Map<number, number>();
  readonly #targets = new Map<string, Target>();
  #lastId = 0;
  /** What the last process did and could not record may still come to light. */
  #isFormerInDoubt: boolean;

  constructor(store: LedgerStore, onTrouble: (error: unknown) => void) {
    this.#store = store;
    this.#onTrouble = onTrouble;
    this.#isFormerInDoubt = store.unrecorded.isSet;
  }

  /** True while something is known to memory only. */
  get isBehind(): boolean {
    return this.#waiting.length > 0;
  }

  get isFormerInDoubt(): boolean {
    return this.#isFormerInDoubt;
  }

  /** What the last process left can be told from what is new by now. */
  trustFormer(): void {
    this.#isFormerInDoubt = false;
    this.#unmark();
  }

  /** Never throws: after it the pages can be sent, whatever the store says. */
  commit(commit: AlertCommit): void {
    for (const target of commit.targets) this.#targets.set(target.id, target);
    this.catchUp();
    if (!this.isBehind) {
      const ids = this.#attempt(() => this.#store.alerts.commit(commit));
      if (ids !== undefined) {
        this.#lastId = Math.max(this.#lastId, ...ids);
        return;
      }
    }
    this.#keepInMemory(commit);
  }

  /** Writes what waits in memory, oldest first, until the store refuses again. */
  catchUp(): void {
    for (let oldest = this.#waiting[0]; oldest !== undefined; oldest = this.#waiting[0]) {
      const { commit, rows } = oldest;
      const ids = this.#attempt(() => this.#store.alerts.commit({ ...commit, outboxRows: rows.map(withoutId) }));
      if (ids === undefined) return;
      for (const [index, row] of rows.entries()) this.#storeIds.set(row.id, ids[index] ?? 0);
      this.#lastId = Math.max(this.#lastId, ...ids);
      this.#waiting.shift();
    }
    this.#unmark();
  }

  target(id: string): Target | null {
    return this.#targets.get(id) ?? this.#store.targets.target(id);
  }

  pending(afterId: number, limit: number): readonly OutboxRow[] {
    const handedOut = new Set(this.#storeIds.values());
    const stored = this.#store.outbox.pending(afterId, limit).filter(({ id }) => !handedOut.has(id));
    const inMemory = this.#rowsInMemory().filter(({ id, state }) => id > afterId && state === "pending");
    return [...stored, ...inMemory].sort((left, right) => left.id - right.id).slice(0, limit);
  }

  recordAttempt(row: OutboxRow, attempt: DeliveryAttempt): void {
    if (this.#replaceInMemory(row)) return;
    this.#store.outbox.recordAttempt(this.#asStored(row), attempt);
  }

  recordState(row: OutboxRow): void {
    if (this.#replaceInMemory(row)) return;
    this.#store.outbox.recordState(this.#asStored(row));
  }

  historyOf(row: OutboxRow): readonly OutboxRow[] {
    const isSameIncident = (other: OutboxRow) => other.alertId === row.alertId && other.targetId === row.targetId;
    return [...this.#store.outbox.historyOf(this.#asStored(row)), ...this.#rowsInMemory().filter(isSameIncident)];
  }

  /**
   * Ids in memory lie between the last one that the store gave and the next it will give, so that
   * they rise with the order of writing there as well.
   */
  #keepInMemory(commit: AlertCommit): void {
    this.#attempt(() => this.#store.unrecorded.set());
    const rows = commit.outboxRows.map((row) => {
      this.#lastId += 2 ** -16;
      return { ...row, id: this.#lastId };
    });
    this.#waiting.push({ commit, rows });
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
  }

  #unmark(): void {
    if (this.isBehind || this.#isFormerInDoubt) return;
    this.#attempt(() => this.#store.unrecorded.clear());
  }

  #rowsInMemory(): readonly OutboxRow[] {
    return this.#waiting.flatMap(({ rows }) => rows);
  }

  #replaceInMemory(row: OutboxRow): boolean {
    for (const { rows } of this.#waiting) {
      const index = rows.findIndex(({ id }) => id === row.id);
      if (index === -1) continue;
      rows[index] = row;
      return true;
    }
    return false;
  }

  #asStored(row: OutboxRow): OutboxRow {
    const id = this.#storeIds.get(row.id);
    return id === undefined ? row : { ...row, id };
  }

  #attempt<Result>(write: () => Result): Result | undefined {
    try {
      return write();
    } catch (error) {
      this.#onTrouble(error);
      return undefined;
    }
  }
}

function withoutId({ id: _, ...row }: OutboxRow): Omit<OutboxRow, "id"> {
  return row;
}
