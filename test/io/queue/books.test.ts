import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { SIGNALS } from "../../../src/core/otlp/verdict.ts";
import type { ForwardQueue } from "../../../src/io/queue/forward-queue.ts";
import type { ForwardBatch } from "../../../src/io/queue/queue-reader.ts";
import type { QueueParts } from "../../../src/io/queue/queue-settings.ts";
import { createSegmentFile } from "../../../src/io/queue/segment-file.ts";
import { fc } from "../../support/properties.ts";
import { payload, QueueWorld, takeNow, takingAll } from "./queue-world.ts";

type Step =
  | { readonly kind: "append"; readonly signal: Signal; readonly kib: number; readonly itemCount: number }
  | { readonly kind: "take"; readonly signal: Signal; readonly exporter: string }
  | { readonly kind: "settle"; readonly index: number; readonly rejected: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "disk"; readonly failure: "ENOSPC" | "EIO" | null }
  | { readonly kind: "restart"; readonly how: "stopped" | "killed" };

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
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("restart" as const),
      how: fc.constantFrom("stopped" as const, "killed" as const),
    }),
  },
);

const EXPORTERS = ["one", "two"];
const BOUNDS = { maxBytes: 3 * 2 ** 20, memoryMaxBytes: 2 ** 20, maxAgeMs: 10_000 };

/** A queue over a disk that can fail, what the steps do to it, and what this run of it has accepted. */
class Play {
  readonly #world: QueueWorld;
  readonly #accepted = new Map<Signal, number>();
  #directory: string | null;
  #queue: ForwardQueue;
  #taken: ForwardBatch[] = [];
  #diskFailure: string | null = null;
  #runCount = 1;

  private constructor(world: QueueWorld, directory: string | null, queue: ForwardQueue) {
    this.#world = world;
    this.#directory = directory;
    this.#queue = queue;
  }

  static async begin(world: QueueWorld, place: "disk" | "memory"): Promise<Play> {
    const directory = place === "disk" ? join(world.directory, "1") : null;
    const play: Play = new Play(
      world,
      directory,
      await world.open(
        { ...BOUNDS, directory },
        partsOf(() => play),
      ),
    );
    return play;
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "append": {
        const { itemCount, kib, signal } = step;
        await this.#queue.append({ signal, bytes: payload(1, kib * 1024), itemCount });
        this.#accepted.set(signal, (this.#accepted.get(signal) ?? 0) + itemCount);
        return;
      }
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
        this.#diskFailure = step.failure;
        return;
      case "restart":
        await this.#restart(step.how);
    }
  }

  assertBalanced(context: string): void {
    for (const exporter of EXPORTERS) {
      for (const each of SIGNALS) {
        const total = (kind: "resumed" | "sent" | "dropped") => this.#world.total(each, exporter, kind);
        const came = (this.#accepted.get(each) ?? 0) + total("resumed");
        const went = total("sent") + total("dropped") + this.#queue.queued(exporter, each);
        assert.equal(came, went, `${each} of ${exporter} after ${context}`);
      }
    }
  }

  failIfDiskDoes(): void {
    const code = this.#diskFailure;
    if (code !== null) throw Object.assign(new Error(code), { code });
  }

  /** A killed process writes nothing more: the next one finds its files as they were at that moment. */
  async #restart(how: "stopped" | "killed"): Promise<void> {
    if (how === "stopped") await this.#queue[Symbol.asyncDispose]();
    const next = this.#directory === null ? null : join(this.#world.directory, String(++this.#runCount));
    if (this.#directory !== null && next !== null) await cp(this.#directory, next, { recursive: true });
    this.#directory = next;
    this.#world.renewBooks();
    this.#accepted.clear();
    this.#taken = [];
    this.#queue = await this.#world.open(
      { ...BOUNDS, directory: next },
      partsOf(() => this),
    );
  }
}

function partsOf(play: () => Play): Pick<QueueParts, "exporters" | "createFile"> {
  const createFile = async (path: string) => {
    play().failIfDiskDoes();
    const file = await createSegmentFile(path);
    const append = async (chunks: readonly Uint8Array[]) => {
      play().failIfDiskDoes();
      await file.append(chunks);
    };
    return { append, sync: () => file.sync(), close: () => file.close() };
  };
  return { exporters: takingAll(...EXPORTERS), createFile };
}

test("whatever happens, in every run and at every moment accepted + resumed = sent + queued + dropped", async () => {
  const run = async (steps: readonly Step[], place: "disk" | "memory") => {
    await using world = await QueueWorld.create();
    const play = await Play.begin(world, place);
    for (const step of steps) {
      await play.take(step);
      play.assertBalanced(JSON.stringify(step));
      assert.equal(world.books.get("traces one queue_corrupt") ?? 0, 0);
    }
  };
  const place = fc.constantFrom("disk" as const, "memory" as const);
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), place, run), { numRuns: 40 });
});
