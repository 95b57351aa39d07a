import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { SIGNALS } from "../../../src/core/otlp/verdict.ts";
import type { ForwardQueue } from "../../../src/io/queue/forward-queue.ts";
import type { ForwardBatch } from "../../../src/io/queue/queue-reader.ts";
import { createSegmentFile } from "../../../src/io/queue/segment-file.ts";
import { payload, QueueWorld, takeNow, takingAll } from "./queue-world.ts";

type Step =
  | { readonly kind: "append"; readonly signal: Signal; readonly kib: number; readonly itemCount: number }
  | { readonly kind: "take"; readonly signal: Signal; readonly exporter: string }
  | { readonly kind: "settle"; readonly index: number; readonly rejected: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "disk"; readonly failure: "ENOSPC" | "EIO" | null };

const signal = fc.constantFrom<Signal>("traces", "logs");
const exporter = fc.constantFrom("one", "two");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      signal,
      kib: fc.integer({ min: 1, max: 600 }),
      itemCount: fc.integer({ min: 1, max: 50 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("take" as const), signal, exporter }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("settle" as const), index: fc.nat(9), rejected: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 8000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("disk" as const),
      failure: fc.constantFrom("ENOSPC" as const, "EIO" as const, null),
    }),
  },
);

/** What the steps act on, and what they have done so far. */
class Play {
  readonly accepted = new Map<Signal, number>();
  readonly #taken: ForwardBatch[] = [];
  readonly #world: QueueWorld;
  readonly #queue: ForwardQueue;
  readonly #disk: { failure: string | null };

  constructor(world: QueueWorld, queue: ForwardQueue, disk: { failure: string | null }) {
    this.#world = world;
    this.#queue = queue;
    this.#disk = disk;
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "append":
        await this.#queue.append({
          signal: step.signal,
          bytes: payload(1, step.kib * 1024),
          itemCount: step.itemCount,
        });
        this.accepted.set(step.signal, (this.accepted.get(step.signal) ?? 0) + step.itemCount);
        return;
      case "take": {
        if (this.#queue.reader(step.exporter, step.signal).unreadItemsFrom(0) === 0) return;
        const batch = await takeNow(this.#world, this.#queue, step.signal, step.exporter);
        if (batch !== null) this.#taken.push(batch);
        return;
      }
      case "settle": {
        const [batch] = this.#taken.splice(step.index, 1);
        batch?.settle(Math.min(step.rejected, batch.itemCount));
        return;
      }
      case "wait":
        await this.#world.time.advance(step.ms);
        return;
      case "disk":
        this.#disk.failure = step.failure;
    }
  }
}

test("whatever happens, for every exporter and signal accepted = sent + queued + dropped", async () => {
  const run = async (steps: readonly Step[], isDurable: boolean) => {
    await using world = await QueueWorld.create();
    const disk: { failure: string | null } = { failure: null };
    const createFile = async (path: string) => {
      if (disk.failure !== null) throw Object.assign(new Error(disk.failure), { code: disk.failure });
      const file = await createSegmentFile(path);
      const append = async (chunks: readonly Uint8Array[]) => {
        if (disk.failure !== null) throw Object.assign(new Error(disk.failure), { code: disk.failure });
        await file.append(chunks);
      };
      return { append, sync: () => file.sync(), close: () => file.close() };
    };
    const bounds = { maxBytes: 3 * 2 ** 20, memoryMaxBytes: 2 ** 20, maxAgeMs: 10_000 };
    const settings = isDurable ? bounds : { ...bounds, directory: null };
    const queue = await world.open(settings, { exporters: takingAll("one", "two"), createFile });
    const play = new Play(world, queue, disk);
    for (const step of steps) {
      await play.take(step);
      for (const name of ["one", "two"]) {
        for (const each of SIGNALS) {
          const accounted =
            world.total(each, name, "sent") + world.total(each, name, "dropped") + queue.queued(name, each);
          assert.equal(accounted, play.accepted.get(each) ?? 0, `${each} of ${name} after ${JSON.stringify(step)}`);
        }
      }
    }
    assert.equal(world.books.get("traces one queue_corrupt") ?? 0, 0);
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), run), { numRuns: 40 });
});
