/**
 * Hands one exporter the records of one signal, in order and joined to batches of a good size.
 *
 * A reader that keeps up is served from memory, one that has fallen behind from the files. It moves
 * on as soon as a batch is taken, so several may be under way; what it remembers across a restart is
 * how far everything is settled. After a crash batches that were under way come again: delivery is at
 * least once, and what may come twice is at most what was under way.
 */
import { assert } from "../../core/assert.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { CursorFile } from "./cursor-file.ts";
import type { DiskHealth } from "./disk-health.ts";
import { LostRanges } from "./lost-ranges.ts";
import type { ForwardAccount, ForwardDropReason } from "./queue-settings.ts";
import type { QueueRecord } from "./segment.ts";
import { SegmentReader } from "./segment-reader.ts";
import type { LogFollower, OffsetRange, SignalLog } from "./signal-log.ts";

/**
 * Well below 4 MiB, the most that gRPC servers in Go take unless told otherwise. One request that is
 * larger by itself is passed on as it came.
 */
const BATCH_MAX_BYTES = 2 * 1024 * 1024;
const BATCH_MAX_ITEMS = 8192;
/** With this much there is no waiting for more: the cost of a request is already spread thin. */
const BATCH_GOOD_BYTES = 512 * 1024;
/** How long the first record waits for others to share a request with. */
const LINGER_MS = 200;

/** One request for the destination. */
export type ForwardBatch = {
  readonly signal: Signal;
  /** Serialized export requests one after the other, which are one request. */
  readonly bytes: Uint8Array;
  /** Nobody else has these bytes; otherwise other exporters may have to send them, too. */
  readonly isCopy: boolean;
  readonly itemCount: number;
  /** The requests that it was joined from, as their senders sent them, in order. */
  readonly requests: readonly { readonly byteCount: number; readonly itemCount: number }[];
  /** The destination is done with it, once and for all; so many of the items it did not want. */
  readonly settle: (rejectedCount: number) => void;
};

export type ReaderParts = {
  readonly exporter: string;
  readonly log: SignalLog;
  /** null without a disk. */
  readonly cursor: CursorFile | null;
  readonly health: DiskHealth;
  readonly account: ForwardAccount;
  readonly maxAgeMs: number;
  readonly now: () => UnixMillis;
  readonly schedule: (delayMs: number, action: () => void) => () => void;
};

type UnderWay = { readonly offset: number; itemCount: number };

export class QueueReader implements LogFollower {
  readonly #parts: ReaderParts;
  readonly #log: SignalLog;
  readonly #files: SegmentReader | null;
  readonly #lost = new LostRanges();
  /** In the order in which they were taken. */
  readonly #underWay = new Set<UnderWay>();
  /** The batch that is being put together: taken from the log, and not yet handed out. It may wait for the disk. */
  #collecting: UnderWay | null = null;
  #state: "reading" | "draining" | "closed" = "reading";
  #nextOffset: number;
  /** Read from the files and not yet taken. */
  #ahead: QueueRecord[] = [];
  #wake: (() => void) | null = null;
  #cancelLinger: (() => void) | null = null;

  constructor(parts: ReaderParts, nextOffset: number) {
    this.#parts = parts;
    this.#log = parts.log;
    this.#nextOffset = nextOffset;
    const { store } = parts.log;
    this.#files = store === null ? null : new SegmentReader(store, (cause) => parts.health.failed(cause));
    const resumedItems = parts.log.endOffset - nextOffset;
    if (resumedItems > 0) parts.account.resumed(this.signal, this.exporter, resumedItems);
    // Files are removed whole, so what is missing before the first is not damaged: an earlier run gave it up for room.
    const keptFrom = store?.segments[0]?.firstOffset ?? parts.log.endOffset;
    if (store !== null) this.forget({ start: nextOffset, end: keptFrom }, "queue_overflow");
    this.#saveCursor();
    parts.log.follow(this);
  }

  get exporter(): string {
    return this.#parts.exporter;
  }

  get signal(): Signal {
    return this.#log.signal;
  }

  get nextOffset(): number {
    return this.#nextOffset;
  }

  get acknowledgedOffset(): number {
    for (const { offset } of this.#underWay) return offset;
    return this.#collecting?.offset ?? this.#nextOffset;
  }

  /** Items that are neither delivered nor given up. */
  get queuedItems(): number {
    let underWay = this.#collecting?.itemCount ?? 0;
    for (const { itemCount } of this.#underWay) underWay += itemCount;
    return underWay + this.unreadItemsFrom(0);
  }

  /** Items at or after the offset that were not taken yet. */
  unreadItemsFrom(offset: number): number {
    const start = Math.max(offset, this.#nextOffset);
    return Math.max(0, this.#log.endOffset - start - this.#lost.itemsFrom(start));
  }

  /** The next batch, once there is a good one; null after the end. One call at a time. */
  async take(): Promise<ForwardBatch | null> {
    for (;;) {
      await this.#untilReady();
      if (this.#isClosed()) return null;
      const records = await this.#collect();
      if (this.#isClosed()) return null;
      if (records.length > 0) return this.#makeBatch(records);
      if (this.#state === "draining" && this.#nextOffset >= this.#log.endOffset) return null;
    }
  }

  /** From now on nothing waits for more, and `take` ends when everything is taken. */
  endWhenEmpty(): void {
    if (this.#state === "reading") this.#state = "draining";
    this.published();
  }

  /** Ends `take` at once. What is not settled comes again after the next start. */
  async close(): Promise<void> {
    this.#state = "closed";
    this.published();
    await this.#files?.close();
    this.#parts.cursor?.close();
  }

  published(): void {
    if (this.#wake === null) return;
    if (this.#isReady()) this.#wake();
    else if (this.#cancelLinger === null && this.#oldestUnread() !== undefined) this.#linger(this.#wake);
  }

  forget(range: OffsetRange, reason: ForwardDropReason): void {
    const unread = { start: Math.max(range.start, this.#nextOffset), end: range.end };
    if (unread.end <= unread.start) return;
    this.#countDropped(this.#lost.add(unread), reason);
    if (unread.start === this.#nextOffset) this.#passTo(unread.end);
    this.#saveCursor();
  }

  /** A method, because the compiler takes a field for unchanged across an await. */
  #isClosed(): boolean {
    return this.#state === "closed";
  }

  async #untilReady(): Promise<void> {
    while (!this.#isReady()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.published();
      });
      this.#wake = null;
      this.#cancelLinger?.();
      this.#cancelLinger = null;
    }
  }

  #isReady(): boolean {
    if (this.#state !== "reading") return true;
    if (this.#nextOffset >= this.#log.publishedOffset) return false;
    const oldest = this.#oldestUnread();
    // Behind, or in memory with enough beside it, or long enough there.
    if (oldest === undefined || oldest.offset > this.#nextOffset) return true;
    if (this.#log.recent.bytesFrom(this.#nextOffset) >= BATCH_GOOD_BYTES) return true;
    return this.#lingerLeftMs(oldest) <= 0;
  }

  #oldestUnread(): QueueRecord | undefined {
    return this.#log.recent.firstFrom(this.#nextOffset);
  }

  #linger(wake: () => void): void {
    const oldest = this.#oldestUnread();
    if (oldest !== undefined) this.#cancelLinger = this.#parts.schedule(this.#lingerLeftMs(oldest), wake);
  }

  #lingerLeftMs(oldest: QueueRecord): number {
    return oldest.queuedAt + LINGER_MS - this.#parts.now();
  }

  async #collect(): Promise<readonly QueueRecord[]> {
    const records: QueueRecord[] = [];
    let byteCount = 0;
    let itemCount = 0;
    for (;;) {
      if (this.#isBehind()) await this.#readAhead();
      if (this.#isClosed()) return records;
      const record = this.#ahead[0] ?? this.#oldestUnread();
      if (record === undefined) return records;
      byteCount += record.bytes.length;
      itemCount += record.itemCount;
      const isFull = byteCount > BATCH_MAX_BYTES || itemCount > BATCH_MAX_ITEMS;
      if (isFull && records.length > 0) return records;
      if (this.#take(record)) records.push(record);
    }
  }

  /** The next record is in the files and not in memory. */
  #isBehind(): boolean {
    while ((this.#ahead[0]?.offset ?? Number.POSITIVE_INFINITY) < this.#nextOffset) this.#ahead.shift();
    if (this.#ahead.length > 0 || this.#nextOffset >= this.#log.publishedOffset) return false;
    return (this.#log.recent.first?.offset ?? Number.POSITIVE_INFINITY) > this.#nextOffset;
  }

  async #readAhead(): Promise<void> {
    const wanted = this.#nextOffset;
    const records = (await this.#files?.read(wanted)) ?? [];
    this.#ahead = records.filter(({ offset }) => offset >= this.#nextOffset);
    // Not there, and not in memory either: it is lost, up to the first one that is.
    if (records.length > 0 || this.#nextOffset !== wanted) return;
    this.#passTo(this.#log.recent.first?.offset ?? this.#log.publishedOffset);
  }

  /** False when the record is too old to be sent. */
  #take(record: QueueRecord): boolean {
    if (this.#ahead[0] === record) this.#ahead.shift();
    this.#passTo(record.offset);
    const end = record.offset + record.itemCount;
    if (record.queuedAt < this.#parts.now() - this.#parts.maxAgeMs) {
      this.forget({ start: record.offset, end }, "queue_expired");
      return false;
    }
    this.#collecting ??= { offset: record.offset, itemCount: 0 };
    this.#collecting.itemCount += record.itemCount;
    this.#nextOffset = end;
    return true;
  }

  /** Moves on; what is passed over and was not accounted for before has been damaged. */
  #passTo(offset: number): void {
    if (offset <= this.#nextOffset) return;
    const missing = offset - this.#nextOffset - this.#lost.removeBefore(offset);
    this.#nextOffset = offset;
    this.#countDropped(missing, "queue_corrupt");
  }

  #makeBatch(records: readonly QueueRecord[]): ForwardBatch {
    const [first] = records;
    const underWay = this.#collecting;
    assert(first !== undefined && underWay !== null, "a batch has a record");
    this.#collecting = null;
    this.#underWay.add(underWay);
    const { itemCount } = underWay;
    this.#log.trim();
    const isCopy = records.length > 1;
    const requests = records.map((record) => ({ byteCount: record.bytes.length, itemCount: record.itemCount }));
    const bytes = isCopy ? this.#joined(records) : first.bytes;
    const settle = (rejectedCount: number) => this.#settle(underWay, rejectedCount);
    return { signal: this.signal, bytes, isCopy, itemCount, requests, settle };
  }

  #joined(records: readonly QueueRecord[]): Uint8Array {
    const bytes = Buffer.concat(records.map((record) => record.bytes));
    this.#log.free(records);
    return bytes;
  }

  #settle(underWay: UnderWay, rejectedCount: number): void {
    assert(this.#underWay.delete(underWay), "a batch is settled once");
    const sentCount = underWay.itemCount - rejectedCount;
    if (sentCount > 0) this.#parts.account.sent(this.signal, this.exporter, sentCount);
    this.#countDropped(rejectedCount, "exporter_rejected");
    this.#saveCursor();
    this.#log.trim();
  }

  #countDropped(items: number, reason: ForwardDropReason): void {
    if (items > 0) this.#parts.account.dropped(this.signal, this.exporter, reason, items);
  }

  #saveCursor(): void {
    if (this.#isClosed()) return;
    try {
      this.#parts.cursor?.write(this.acknowledgedOffset);
    } catch (cause) {
      this.#parts.health.failed(cause);
    }
  }
}
