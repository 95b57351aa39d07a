import assert from "node:assert/strict";
import { test } from "node:test";
import { createSegmentFile } from "../../../src/io/queue/segment-file.ts";
import { drain, MIB, QueueWorld, traces } from "./queue-world.ts";

/** A disk that fails when told to, and can be full: what it holds is what was appended and not yet lost. */
class TestDisk {
  failure: string | null = null;
  syncCount = 0;

  readonly createFile = async (path: string) => {
    this.#check();
    const file = await createSegmentFile(path);
    return {
      append: async (chunks: readonly Uint8Array[]) => {
        this.#check();
        await file.append(chunks);
      },
      sync: async () => {
        this.#check();
        this.syncCount++;
      },
      close: () => file.close(),
    };
  };

  #check(): void {
    if (this.failure !== null) throw Object.assign(new Error(`${this.failure}: injected`), { code: this.failure });
  }
}

for (const code of ["ENOSPC", "EIO", "EROFS"]) {
  test(`while the disk fails with ${code} the queue runs in memory, and writes that down once it works`, async () => {
    await using world = await QueueWorld.create();
    const disk = new TestDisk();
    const queue = await world.open({}, { createFile: disk.createFile });
    await queue.append(traces(0));
    disk.failure = code;
    for (let number = 1; number < 4; number++) await queue.append(traces(number));
    assert.equal(queue.isDurable, false);
    assert.deepEqual(
      world.troubles.map((trouble) => [trouble.kind, "code" in trouble ? trouble.code : undefined]),
      [["disk_failed", code]],
    );
    disk.failure = null;
    await world.time.advance(5000);
    await queue.append(traces(4));
    assert.equal(queue.isDurable, true);
    assert.deepEqual(world.troubles.at(-1), { kind: "disk_recovered" });
    assert.equal(queue.sizeBytes.memory, 0);
    // A second run finds everything on disk.
    await queue[Symbol.asyncDispose]();
    const after = await world.open();
    assert.deepEqual(await drain(world, after), [0, 1, 2, 3, 4]);
    assert.equal(world.total("traces", "backend", "dropped"), 0);
  });
}

test("while the disk fails readers go on, from the files and then from memory", async () => {
  await using world = await QueueWorld.create();
  const disk = new TestDisk();
  const queue = await world.open({}, { createFile: disk.createFile });
  for (let number = 0; number < 30; number++) await queue.append(traces(number, MIB));
  disk.failure = "EIO";
  for (let number = 30; number < 40; number++) await queue.append(traces(number, MIB));
  assert.deepEqual(
    await drain(world, queue),
    Array.from({ length: 40 }, (_, number) => number),
  );
});

test("memory has its bound too: beyond it the oldest in memory goes, and the files stay", async () => {
  await using world = await QueueWorld.create();
  const disk = new TestDisk();
  const queue = await world.open({ memoryMaxBytes: 4 * MIB }, { createFile: disk.createFile });
  await queue.append(traces(0, MIB));
  disk.failure = "EROFS";
  for (let number = 1; number < 10; number++) await queue.append(traces(number, MIB));
  assert.equal(world.books.get("traces backend queue_overflow"), 5);
  assert.deepEqual(await drain(world, queue), [0, 6, 7, 8, 9]);
  assert.deepEqual(Object.fromEntries(world.books), {
    "traces backend queue_overflow": 5,
    "traces backend sent": 5,
  });
});

test("with disk and memory full it has no room, says so once, and has room again when the disk works", async () => {
  await using world = await QueueWorld.create();
  const disk = new TestDisk();
  const queue = await world.open({ memoryMaxBytes: 4 * MIB }, { createFile: disk.createFile });
  disk.failure = "EROFS";
  let number = 0;
  for (; queue.hasRoomFor(MIB); number++) await queue.append(traces(number, MIB));
  assert.equal(number, 4);
  await world.time.advance(60_000);
  assert.equal(queue.hasRoomFor(1000), false);
  assert.equal(world.total("traces", "backend", "dropped"), 0);

  disk.failure = null;
  await world.until(() => queue.isDurable);
  assert.ok(queue.hasRoomFor(MIB));
  assert.deepEqual(
    world.troubles.map(({ kind }) => kind),
    ["disk_failed", "refusing", "disk_recovered", "accepting_again"],
  );
});

test("what is in memory is written down when the disk works, though nothing more comes in", async () => {
  await using world = await QueueWorld.create();
  const disk = new TestDisk();
  const queue = await world.open({}, { createFile: disk.createFile });
  disk.failure = "ENOSPC";
  await queue.append(traces(0));
  disk.failure = null;
  await world.until(() => queue.isDurable);
  assert.equal(queue.sizeBytes.memory, 0);
});

test("a request larger than all memory for it is turned away while the disk fails, and tries it when it is time", async () => {
  await using world = await QueueWorld.create();
  const disk = new TestDisk();
  const queue = await world.open({ memoryMaxBytes: MIB }, { createFile: disk.createFile });
  disk.failure = "EIO";
  await queue.append(traces(0));
  assert.deepEqual(await drain(world, queue), [0]);
  assert.equal(queue.hasRoomFor(2 * MIB), false);
  disk.failure = null;
  await world.time.advance(5_000);
  assert.ok(queue.hasRoomFor(2 * MIB));
  await queue.append(traces(1, 2 * MIB));
  assert.equal(queue.isDurable, true);
});

test("on a full disk the oldest gives way to the newest", async () => {
  await using world = await QueueWorld.create();
  const disk = new TestDisk();
  const queue = await world.open({ memoryMaxBytes: 4 * MIB, maxBytes: 16 * MIB }, { createFile: disk.createFile });
  for (let number = 0; number < 4; number++) await queue.append(traces(number, MIB));
  disk.failure = "ENOSPC";
  await queue.append(traces(4, MIB));
  await queue.append(traces(5, MIB));
  // The oldest segment was given up for memory's sake; with its room the next write succeeds.
  disk.failure = null;
  await world.time.advance(100);
  await queue.append(traces(6, MIB));
  assert.equal(queue.isDurable, true);
  const numbers = await drain(world, queue);
  assert.deepEqual(numbers.slice(-4), [3, 4, 5, 6]);
  assert.equal(numbers.length + world.total("traces", "backend", "dropped"), 7);
});

test("with fsync always each acknowledgement waits for the disk, and those that come together share one", async () => {
  await using world = await QueueWorld.create();
  const disk = new TestDisk();
  const queue = await world.open({ fsync: "always" }, { createFile: disk.createFile });
  await queue.append(traces(0));
  assert.equal(disk.syncCount, 1);
  await Promise.all(Array.from({ length: 50 }, (_, number) => queue.append(traces(number))));
  // The first of them is written alone; the others wait for it and go together.
  assert.equal(disk.syncCount, 3);
});

test("with fsync interval the disk is left alone while the destination keeps up", async () => {
  await using world = await QueueWorld.create();
  const disk = new TestDisk();
  const queue = await world.open({ fsync: "interval" }, { createFile: disk.createFile });
  for (let number = 0; number < 5; number++) {
    await queue.append(traces(number));
    await drain(world, queue);
    await world.time.advance(1000);
  }
  assert.equal(disk.syncCount, 0);
  await queue.append(traces(5));
  await world.time.advance(2000);
  assert.equal(disk.syncCount, 1);
  await world.time.advance(10_000);
  assert.equal(disk.syncCount, 1);
});
