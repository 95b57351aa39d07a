/**
 * Everything queued of one signal: on disk, in memory, or both, in one order.
 *
 * Appends that come while a write is under way share the next one (group commit), and with it one
 * fsync where the policy asks for it. When the disk fails, records stay in memory and are written
 * after all once it works again; so to readers a failing disk looks like a slow one.
 */
import { freeBytes } from "../../core/free-bytes.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { DiskHealth } from "./disk-health.ts";
import type { ForwardDropReason } from "./queue-settings.ts";
import { RecentRecords } from "./recent-records.ts";
import type { QueueRecord } from "./segment.ts";
import type { SegmentStore } from "./segment-store.ts";

export type NewBatch = { readonly signal: Signal; readonly bytes: Uint8Array; readonly itemCount: number };

/** Items from `start` up to but not including `end`. */
export type OffsetRange = { readonly start: number; readonly end: number };

/** What the log asks of an exporter's reader. */
export interface LogFollower {
  /** Nothing before it is wanted from memory any more. */
  readonly nextOffset: number;
  /** Nothing before it is wanted at all any more. */
  readonly acknowledgedOffset: number;
  /** There is something new to read. */
  published(): void;
  /** The range is gone. What of it was not read yet counts as dropped. */
  forget(range: OffsetRange, reason: ForwardDropReason): void;
}

export type LogParts = {
  readonly signal: Signal;
  /** null keeps the log in memory. */
  readonly store: SegmentStore | null;
  readonly health: DiskHealth;
  readonly now: () => UnixMillis;
  /** Called after each commit, before its appends resolve: the place to keep bounds. */
  readonly onCommitted: () => Promise<void>;
};

/** How much of what is safe on disk stays in memory for a reader that is a little late. */
const RECENT_MAX_BYTES = 16 * 1024 * 1024;
/** One write takes at most about this much, so that no write is long. */
const GROUP_MAX_BYTES = 8 * 1024 * 1024;

type Waiting = {
  readonly record: QueueRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

export class SignalLog {
  readonly signal: Signal;
  readonly store: SegmentStore | null;
  readonly recent = new RecentRecords();
  readonly #parts: LogParts;
  readonly #followers: LogFollower[] = [];
  #waiting: Waiting[] = [];
  #committing: Promise<void> | null = null;
  #endOffset: number;
  #publishedOffset: number;
  /** What is at or after it lies in memory alone. */
  #storedOffset: number;
  /** What was stored when overdue records were last looked for, and what is safe from a power cut. */
  #lookedAtOffset: number;
  #syncedOffset: number;

  /** `endOffset` is where the next record goes: never below one that an exporter has acknowledged. */
  constructor(parts: LogParts, endOffset: number) {
    this.signal = parts.signal;
    this.store = parts.store;
    this.#parts = parts;
    this.#endOffset = endOffset;
    this.#publishedOffset = endOffset;
    this.#storedOffset = endOffset;
    this.#lookedAtOffset = endOffset;
    this.#syncedOffset = endOffset;
  }

  /** Counts what is still being written. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** Readers may read up to here. */
  get publishedOffset(): number {
    return this.#publishedOffset;
  }

  get storedOffset(): number {
    return this.#storedOffset;
  }

  get memoryOnlyBytes(): number {
    return this.recent.bytesFrom(this.#storedOffset);
  }

  follow(follower: LogFollower): void {
    this.#followers.push(follower);
  }

  /** Resolves when the batch is as safe as the settings and the disk allow. */
  append(batch: NewBatch): Promise<void> {
    const record: QueueRecord = { ...batch, offset: this.#endOffset, queuedAt: this.#parts.now() };
    this.#endOffset += batch.itemCount;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  /** Resolves when nothing is being written; what lies in memory alone has had one more try. */
  async flush(): Promise<void> {
    await this.#committing;
    if (this.memoryOnlyBytes > 0) await this.#store([]);
  }

  /** Tries to write what lies in memory alone, if it is time to. */
  async retry(): Promise<void> {
    if (this.memoryOnlyBytes === 0) return;
    this.#committing ??= this.#commitAll();
    await this.#committing;
  }

  /** The files are left for the next run. */
  async close(): Promise<void> {
    try {
      await this.store?.close();
    } catch (error) {
      this.#parts.health.failed(error);
    }
  }

  /** Makes safe what has waited since the last call and is still wanted: see `FsyncPolicy`. */
  async syncOverdue(): Promise<void> {
    const overdueOffset = this.#lookedAtOffset;
    this.#lookedAtOffset = this.#storedOffset;
    if (this.store === null || overdueOffset <= Math.max(this.#syncedOffset, this.#acknowledgedOffset())) return;
    const storedOffset = this.#storedOffset;
    try {
      await this.store.sync();
      this.#syncedOffset = storedOffset;
    } catch (error) {
      this.#parts.health.failed(error);
    }
  }

  /** False when there was none, or none that can be given up now. */
  async dropOldestSegment(reason: ForwardDropReason): Promise<boolean> {
    const segment = await this.store?.removeOldest();
    if (segment === undefined) return false;
    this.#forget({ start: segment.firstOffset, end: segment.endOffset }, reason);
    return true;
  }

  /** Drops the oldest record that lies in memory alone; false when there is none. */
  dropOldestInMemory(reason: ForwardDropReason): boolean {
    while (this.#isFirstStored()) this.recent.removeFirst();
    const oldest = this.recent.removeFirst();
    if (oldest === undefined) return false;
    this.#forget({ start: oldest.offset, end: oldest.offset + oldest.itemCount }, reason);
    return true;
  }

  /** Drops segments, and records in memory, that were queued before the time. */
  async dropOlderThan(limit: UnixMillis): Promise<void> {
    const isOld = (queuedAt: UnixMillis | undefined) => queuedAt !== undefined && queuedAt < limit;
    while (isOld(this.store?.segments[1]?.firstQueuedAt) && (await this.dropOldestSegment("queue_expired")));
    while (isOld(this.recent.firstFrom(this.#storedOffset)?.queuedAt) && this.dropOldestInMemory("queue_expired"));
  }

  /** Lets go of what every reader has passed. */
  trim(): void {
    this.recent.removeBefore(Math.min(...this.#followers.map((follower) => follower.nextOffset)));
    while (this.recent.bytes > RECENT_MAX_BYTES && this.#isFirstStored()) this.recent.removeFirst();
    void this.store?.removeBefore(this.#acknowledgedOffset());
  }

  /** The caller has copied the records and passed them: their memory is given back, if nobody else needs it. */
  free(records: readonly QueueRecord[]): void {
    if (this.#followers.length > 1) return;
    const keptFrom = this.store === null ? Number.POSITIVE_INFINITY : this.#storedOffset;
    for (const { bytes, offset } of records) if (offset < keptFrom) freeBytes(bytes);
  }

  #acknowledgedOffset(): number {
    return Math.min(...this.#followers.map((follower) => follower.acknowledgedOffset));
  }

  #isFirstStored(): boolean {
    const first = this.recent.first;
    return first !== undefined && first.offset < this.#storedOffset;
  }

  #forget(range: OffsetRange, reason: ForwardDropReason): void {
    for (const follower of this.#followers) follower.forget(range, reason);
    this.trim();
  }

  /** Once at least, because of what earlier failures have left in memory. */
  async #commitAll(): Promise<void> {
    do {
      const group = this.#takeGroup();
      try {
        await this.#store(group.map(({ record }) => record));
        await this.#parts.onCommitted();
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    } while (this.#waiting.length > 0);
    // In the same turn as the last look at what is waiting: nobody can come in between and be forgotten.
    this.#committing = null;
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex(({ record }) => {
      bytes += record.bytes.length;
      return bytes >= GROUP_MAX_BYTES;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end + 1);
  }

  /** Publishes the records, and writes them when the disk can take them. */
  async #store(records: readonly QueueRecord[]): Promise<void> {
    const isStored = await this.#write(records);
    for (const record of records) this.recent.add(record);
    const last = records.at(-1);
    if (last !== undefined) this.#publishedOffset = last.offset + last.itemCount;
    if (isStored) this.#storedOffset = this.#publishedOffset;
    for (const follower of this.#followers) follower.published();
    this.trim();
  }

  /** True when all of them are on disk, and with them what earlier failures had left in memory. */
  async #write(records: readonly QueueRecord[]): Promise<boolean> {
    if (this.store === null || !this.#parts.health.isDue) return false;
    try {
      for (;;) {
        const left = this.recent.someFrom(this.#storedOffset, GROUP_MAX_BYTES);
        const last = left.at(-1);
        if (last === undefined) break;
        await this.store.write(left);
        this.#storedOffset = last.offset + last.itemCount;
      }
      if (records.length > 0) await this.store.write(records);
    } catch (error) {
      this.#parts.health.failed(error);
      return false;
    }
    this.#parts.health.worked();
    return true;
  }
}
