/** A queue over a temporary directory in virtual time, with its books, for tests. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { SIGNALS } from "../../../src/core/otlp/verdict.ts";
import { ForwardQueue } from "../../../src/io/queue/forward-queue.ts";
import type { ForwardBatch } from "../../../src/io/queue/queue-reader.ts";
import type { QueueExporter, QueueParts, QueueSettings, QueueTrouble } from "../../../src/io/queue/queue-settings.ts";
import { settled, VirtualScheduler } from "../../support/virtual-scheduler.ts";

export const MIB = 1024 * 1024;

export class QueueWorld implements AsyncDisposable {
  readonly time = new VirtualScheduler();
  readonly troubles: QueueTrouble[] = [];
  /** Keys such as `traces backend sent` and `traces backend queue_overflow`. */
  books = new Map<string, number>();
  readonly directory: string;
  #queues: ForwardQueue[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<QueueWorld> {
    return new QueueWorld(await mkdtemp(join(tmpdir(), "authspike-queue-")));
  }

  async open(settings: Partial<QueueSettings> = {}, parts: Partial<QueueParts> = {}): Promise<ForwardQueue> {
    const { books } = this;
    const add = (key: string, items: number) => books.set(key, (books.get(key) ?? 0) + items);
    const queue = await ForwardQueue.open(
      {
        directory: this.directory,
        maxBytes: 64 * MIB,
        memoryMaxBytes: 16 * MIB,
        maxAgeMs: 3_600_000,
        fsync: "never",
        ...settings,
      },
      {
        exporters: takingAll("backend"),
        account: {
          resumed: (signal, exporter, items) => add(`${signal} ${exporter} resumed`, items),
          sent: (signal, exporter, items) => add(`${signal} ${exporter} sent`, items),
          dropped: (signal, exporter, reason, items) => add(`${signal} ${exporter} ${reason}`, items),
        },
        now: () => this.time.now().steady,
        schedule: this.time.schedule,
        onTrouble: (trouble) => this.troubles.push(trouble),
        ...parts,
      },
    );
    this.#queues.push(queue);
    return queue;
  }

  /** Lets real writing and reading happen, and virtual time pass, until it is so. */
  async until(isSo: () => boolean): Promise<void> {
    for (let round = 0; round < 1000 && !isSo(); round++) {
      await this.time.advance(50);
      // The disk is real, and knows nothing of virtual time.
      await delay(1);
    }
    assert.ok(isSo(), "it never came about");
  }

  /** Queues that are opened from now on have books of their own, as a new process has. */
  renewBooks(): void {
    this.books = new Map();
  }

  /** Sums over reasons. */
  total(signal: Signal, exporter: string, kind: "resumed" | "sent" | "dropped"): number {
    let total = 0;
    for (const [key, items] of this.books) {
      const [ofSignal, ofExporter, entry = ""] = key.split(" ");
      const isSuch = entry === kind || (kind === "dropped" && entry !== "resumed" && entry !== "sent");
      if (ofSignal === signal && ofExporter === exporter && isSuch) total += items;
    }
    return total;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const queue of this.#queues) await queue[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export function takingAll(...names: string[]): QueueExporter[] {
  return names.map((name) => ({ name, signals: SIGNALS }));
}

/** A payload that can be told from others, however it is joined: its number, padded to the size with dots. */
export function payload(number: number, byteCount = 8): Uint8Array {
  return Buffer.from(`<${number}>`.padEnd(byteCount, "."));
}

export function traces(number: number, byteCount = 8, itemCount = 1) {
  return { signal: "traces", bytes: payload(number, byteCount), itemCount } as const;
}

export function numbersIn(batch: Pick<ForwardBatch, "bytes">): number[] {
  return Array.from(
    Buffer.from(batch.bytes)
      .toString()
      .matchAll(/<(\d+)>/g),
    (match) => Number(match[1]),
  );
}

/** Takes and settles everything that is there, and returns the numbers in order. */
export async function drain(world: QueueWorld, queue: ForwardQueue, signal: Signal = "traces", exporter = "backend") {
  const numbers: number[] = [];
  while (queue.queued(exporter, signal) > 0) {
    const batch = await takeNow(world, queue, signal, exporter);
    if (batch === null) break;
    numbers.push(...numbersIn(batch));
    batch.settle(0);
  }
  return numbers;
}

/** The next batch, with time passing until it is ready; null when none comes within a second. */
export async function takeNow(
  world: QueueWorld,
  queue: ForwardQueue,
  signal: Signal = "traces",
  exporter = "backend",
): Promise<ForwardBatch | null> {
  const taken: (ForwardBatch | null)[] = [];
  const taking = queue
    .reader(exporter, signal)
    .take()
    .then((batch) => {
      taken.push(batch);
      return batch;
    });
  // Reading a file takes real time, lingering takes virtual time: let either pass until it is there.
  for (let round = 0; round < 1000 && taken.length === 0; round++) {
    if (queue.queued(exporter, signal) === 0) return null;
    await settled();
    if (round % 10 === 9) await world.time.advance(50);
  }
  return taking;
}
