/**
 * Who has failed lately: a bounded table that nobody can wash out.
 *
 * When it is full, whoever has failed least makes room, and among those who has been silent longest. A crowd that
 * fails once each crowds out itself, and never one that has failed often. A newcomer starts from nothing, so that a
 * count is never more than the truth. What has not failed for long is forgotten when the table is next in need of room,
 * or when it is asked for.
 */
import type { UnixMillis } from "../time.ts";

export type TableEntry = {
  /** A fingerprint. */
  readonly id: number;
  failures: number;
  lastAt: UnixMillis;
};

export type TableBounds = {
  readonly entriesMax: number;
  readonly memoryMs: number;
};

export class FailureTable<Entry extends TableEntry> {
  /** Entries that had to make room before their time. */
  displacedCount = 0;
  readonly #bounds: TableBounds;
  readonly #entries = new Map<number, Entry>();

  constructor(bounds: TableBounds, entries: readonly Entry[] = []) {
    this.#bounds = bounds;
    for (const entry of entries) this.#entries.set(entry.id, entry);
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** Those that are not forgotten. */
  present(now: UnixMillis): readonly Entry[] {
    return this.entries().filter((entry) => !this.#isForgotten(entry, now));
  }

  find(id: number, now: UnixMillis): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || !this.#isForgotten(entry, now)) return entry;
    this.#entries.delete(id);
    return undefined;
  }

  /** In place of an earlier one of the same id. */
  add(entry: Entry, now: UnixMillis): void {
    if (this.#entries.size >= this.#bounds.entriesMax && !this.#entries.has(entry.id)) this.#makeRoom(now);
    this.#entries.set(entry.id, entry);
  }

  #makeRoom(now: UnixMillis): void {
    let least: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (this.#isForgotten(entry, now)) {
        this.#entries.delete(entry.id);
        return;
      }
      if (least === undefined || isLess(entry, least)) least = entry;
    }
    if (least === undefined) return;
    this.displacedCount += 1;
    this.#entries.delete(least.id);
  }

  #isForgotten({ lastAt }: Entry, now: UnixMillis): boolean {
    return now - lastAt > this.#bounds.memoryMs;
  }
}

function isLess(left: TableEntry, right: TableEntry): boolean {
  return left.failures < right.failures || (left.failures === right.failures && left.lastAt < right.lastAt);
}
