/**
 * The queue between what was received and the destinations, which may be down for hours.
 *
 * A request is acknowledged to its sender once it is in here, and it leaves only when every
 * destination has taken it. The most widespread senders do not retry, so this queue refuses nothing
 * for want of room: it gives up the oldest instead, counted and announced. It refuses while the disk
 * takes no bytes and memory is full: to give up there what was acknowledged, for what might come
 * again, would be the worse choice.
 *
 * Each signal has a log of its own, so that metrics a destination will not take never hold up traces.
 */
import { assert } from "../../core/assert.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import { SIGNALS } from "../../core/otlp/verdict.ts";
import { SECOND_MS } from "../../core/time.ts";
import { Chore } from "./chore.ts";
import { DiskHealth } from "./disk-health.ts";
import { DropAnnouncer } from "./drop-announcer.ts";
import type { OpenedLog } from "./open-log.ts";
import { openLog } from "./open-log.ts";
import type { QueueReader } from "./queue-reader.ts";
import type { QueueParts, QueueSettings } from "./queue-settings.ts";
import { QueueError } from "./queue-settings.ts";
import type { NewBatch, SignalLog } from "./signal-log.ts";

/** Room for one request of the largest size that receivers take by default, and for what comes with it. */
const UNWRITTEN_MAX_BYTES = 128 * 1024 * 1024;
/** File systems free the room of a removed file a little later. */
const FREED_AFTER_MS = 100;
const SYNC_INTERVAL_MS = SECOND_MS;
/** How soon it is noticed that the disk is due for another try, when nothing is let in that would notice. */
const DISK_LOOK_MS = 250;

export class ForwardQueue {
  readonly #settings: QueueSettings;
  readonly #parts: QueueParts;
  readonly #health: DiskHealth;
  readonly #logs = new Map<Signal, OpenedLog>();
  #unwrittenBytes = 0;
  /** The count of disk failures when a segment was last given up for room. */
  #tradedAtFailure = 0;
  #isClosed = false;
  #isRefusing = false;
  readonly #chores: Chore[] = [];

  private constructor(settings: QueueSettings, parts: QueueParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#health = new DiskHealth(parts);
  }

  /** Goes on where an earlier run stopped. Rejects with a QueueError when the directory is of no use. */
  static async open(settings: QueueSettings, parts: QueueParts): Promise<ForwardQueue> {
    assert(parts.exporters.length > 0, "a queue without exporters would keep everything for nobody");
    const queue = new ForwardQueue(settings, parts);
    try {
      await queue.#openLogs();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new QueueError(`cannot use the queue in ${settings.directory}: ${reason}`, { cause });
    }
    if (settings.directory !== null) queue.#beginChores();
    return queue;
  }

  /** Whether an acknowledgement now means that the request survives the end of the process. */
  get isDurable(): boolean {
    return this.#settings.directory !== null && !this.#health.isFailing;
  }

  /** When it answers no, the sender has to be asked to come again. */
  hasRoomFor(byteCount: number): boolean {
    if (this.#isClosed) return false;
    const isFull = this.#isFullFor(byteCount);
    this.#tellRoom(isFull);
    return !isFull && (this.#unwrittenBytes === 0 || this.#unwrittenBytes + byteCount <= UNWRITTEN_MAX_BYTES);
  }

  /** Neither the disk nor memory has room; a queue that is in memory by choice gives up the oldest instead. */
  #isFullFor(byteCount: number): boolean {
    if (this.#settings.directory === null || !this.#health.isFailing) return false;
    // With nothing else to write, the request itself is the one more try that the disk gets.
    if (this.#heldBytes() === 0 && this.#health.isDue) return false;
    return this.#heldBytes() + byteCount > this.#memoryMaxBytes;
  }

  /** Once for each time, however large and small requests take turns. */
  #tellRoom(isFull: boolean): void {
    const hasChanged = this.#isRefusing ? this.#heldBytes() <= this.#memoryMaxBytes / 2 : isFull;
    if (!hasChanged) return;
    this.#isRefusing = !this.#isRefusing;
    this.#parts.onTrouble({ kind: this.#isRefusing ? "refusing" : "accepting_again" });
  }

  #heldBytes(): number {
    return this.#memoryOnlyBytes() + this.#unwrittenBytes;
  }

  /**
   * Resolves when the batch is as safe as the settings and the disk allow. The bytes belong to the
   * queue from now on; `itemCount` is at least 1.
   */
  async append(batch: NewBatch): Promise<void> {
    assert(batch.itemCount > 0, "an empty batch has no place in the queue");
    if (this.#isClosed) throw new QueueError("the queue is closed");
    const { log, readers } = this.#logOf(batch.signal);
    // Nobody takes this signal.
    if (readers.length === 0) return;
    // Not to be asked again later: a reader may have freed the bytes by then.
    const byteCount = batch.bytes.length;
    this.#unwrittenBytes += byteCount;
    try {
      await log.append(batch);
    } finally {
      this.#unwrittenBytes -= byteCount;
    }
  }

  /** The same reader every time. */
  reader(exporter: string, signal: Signal): QueueReader {
    const reader = this.#logOf(signal).readers.find((candidate) => candidate.exporter === exporter);
    assert(reader !== undefined, `no exporter called ${exporter} takes ${signal}`);
    return reader;
  }

  /** Whether any exporter takes the signal; what nobody takes is not kept. */
  isTaken(signal: Signal): boolean {
    return this.#logOf(signal).readers.length > 0;
  }

  /** Items of the signal that the exporter has neither delivered nor given up. */
  queued(exporter: string, signal: Signal): number {
    return this.#logOf(signal).readers.find((reader) => reader.exporter === exporter)?.queuedItems ?? 0;
  }

  /** What the queue takes up on disk, and in memory alone. */
  get sizeBytes(): { readonly disk: number; readonly memory: number } {
    return { disk: this.#diskBytes(), memory: this.#memoryOnlyBytes() };
  }

  /** Takes no more, writes what is left and ends the readers. The exporters should have stopped before. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const chore of this.#chores) await chore[Symbol.asyncDispose]();
    this.#health.retryIn(0);
    for (const { log, readers } of this.#logs.values()) {
      await log.flush();
      this.#tellLost(log, readers);
      for (const reader of readers) await reader.close();
      await log.close();
    }
  }

  async #openLogs(): Promise<void> {
    const account = new DropAnnouncer(this.#parts);
    const onCommitted = () => this.#keepBounds();
    for (const signal of SIGNALS) {
      const parts = { ...this.#parts, signal, health: this.#health, onCommitted };
      this.#logs.set(signal, await openLog(this.#settings, parts, account));
    }
    await this.#keepBounds();
  }

  #logOf(signal: Signal): OpenedLog {
    const opened = this.#logs.get(signal);
    assert(opened !== undefined, `no log for ${signal}`);
    return opened;
  }

  async #keepBounds(): Promise<void> {
    const limit = this.#parts.now() - this.#settings.maxAgeMs;
    for (const { log } of this.#logs.values()) await log.dropOlderThan(limit);
    while (this.#diskBytes() > this.#settings.maxBytes && (await this.#dropOldestSegment()));
    await this.#tradeDiskForMemory();
    while (this.#memoryOnlyBytes() > this.#memoryMaxBytes && this.#dropOldestInMemory());
  }

  get #memoryMaxBytes(): number {
    return Math.min(this.#settings.memoryMaxBytes, this.#settings.maxBytes);
  }

  /** With the disk full and memory soon to be, the oldest is on disk: its place goes to the newest. */
  async #tradeDiskForMemory(): Promise<void> {
    if (!this.#health.isFull || this.#memoryOnlyBytes() < this.#memoryMaxBytes / 2) return;
    // One segment for each write that failed, or a disk that is slow to free it would cost the next one too.
    if (this.#tradedAtFailure === this.#health.failureCount) return;
    this.#tradedAtFailure = this.#health.failureCount;
    if (await this.#dropOldestSegment()) this.#health.retryIn(FREED_AFTER_MS);
  }

  async #dropOldestSegment(): Promise<boolean> {
    const oldest = this.#oldestLog((log) => log.store?.segments[0]?.firstQueuedAt);
    return (await oldest?.dropOldestSegment("queue_overflow")) ?? false;
  }

  #dropOldestInMemory(): boolean {
    const oldest = this.#oldestLog((log) => log.recent.firstFrom(log.storedOffset)?.queuedAt);
    return oldest?.dropOldestInMemory("queue_overflow") ?? false;
  }

  #oldestLog(ageOf: (log: SignalLog) => number | undefined): SignalLog | undefined {
    let oldest: SignalLog | undefined;
    let oldestQueuedAt = Number.POSITIVE_INFINITY;
    for (const { log } of this.#logs.values()) {
      const queuedAt = ageOf(log);
      if (queuedAt === undefined || queuedAt >= oldestQueuedAt) continue;
      oldest = log;
      oldestQueuedAt = queuedAt;
    }
    return oldest;
  }

  #diskBytes(): number {
    let bytes = 0;
    for (const { log } of this.#logs.values()) bytes += log.store?.bytes ?? 0;
    return bytes;
  }

  #memoryOnlyBytes(): number {
    let bytes = 0;
    for (const { log } of this.#logs.values()) bytes += log.memoryOnlyBytes;
    return bytes;
  }

  #beginChores(): void {
    const { schedule } = this.#parts;
    this.#chores.push(new Chore(schedule, DISK_LOOK_MS, () => this.#retryDisk()));
    if (this.#settings.fsync === "interval") {
      this.#chores.push(new Chore(schedule, SYNC_INTERVAL_MS, () => this.#syncOverdue()));
    }
  }

  /** Nothing may come in for a while, or be let in, and what is in memory alone is not safe. */
  async #retryDisk(): Promise<void> {
    if (!this.#health.isFailing || !this.#health.isDue) return;
    for (const { log } of this.#logs.values()) await log.retry();
  }

  async #syncOverdue(): Promise<void> {
    for (const { log } of this.#logs.values()) await log.syncOverdue();
  }

  #tellLost(log: SignalLog, readers: readonly QueueReader[]): void {
    for (const reader of readers) {
      const items = reader.unreadItemsFrom(log.storedOffset);
      const { exporter, signal } = reader;
      if (items > 0) this.#parts.onTrouble({ kind: "lost_at_close", exporter, signal, items });
    }
  }
}
