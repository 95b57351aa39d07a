import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { SIGNALS } from "../../../src/core/otlp/verdict.ts";
import { drain, MIB, numbersIn, payload, QueueWorld, takeNow, takingAll, traces } from "./queue-world.ts";

const segmentNames = async (world: QueueWorld) =>
  (await readdir(join(world.directory, "traces"))).filter((name) => name.endsWith(".segment"));

test("every exporter gets everything, in order, at its own pace", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open({}, { exporters: takingAll("fast", "slow") });
  for (let number = 0; number < 5; number++) await queue.append(traces(number));
  assert.deepEqual(await drain(world, queue, "traces", "fast"), [0, 1, 2, 3, 4]);
  for (let number = 5; number < 8; number++) await queue.append(traces(number));
  assert.deepEqual(await drain(world, queue, "traces", "fast"), [5, 6, 7]);
  assert.deepEqual(await drain(world, queue, "traces", "slow"), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(world.books.get("traces slow sent"), 8);
});

test("small requests that come together are joined into one batch after a short wait", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open();
  const taking = queue.reader("backend", "traces").take();
  await queue.append(traces(1));
  await world.time.advance(150);
  await queue.append(traces(2));
  let isTaken = false;
  void taking.then(() => {
    isTaken = true;
  });
  await world.time.advance(49);
  assert.equal(isTaken, false);
  await world.time.advance(1);
  const batch = await taking;
  assert.ok(batch);
  assert.deepEqual(numbersIn(batch), [1, 2]);
});

test("with enough to send nothing waits, and a batch stays below the size that servers take", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open();
  await Promise.all(Array.from({ length: 30 }, (_, number) => queue.append(traces(number, 120_000, 100))));
  const reader = queue.reader("backend", "traces");
  const batches = [await reader.take(), await reader.take()];
  assert.deepEqual(
    batches.map((batch) => [batch?.bytes.length, batch?.itemCount]),
    [
      [17 * 120_000, 1700],
      [13 * 120_000, 1300],
    ],
  );
});

test("a request that is larger than a batch goes out by itself", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open();
  await Promise.all([queue.append(traces(1, 5 * MIB)), queue.append(traces(2))]);
  const reader = queue.reader("backend", "traces");
  assert.deepEqual(numbersIn((await reader.take()) ?? assert.fail()), [1]);
});

test("a signal that its destination will not take does not hold up the others", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open();
  await queue.append({ signal: "metrics", bytes: payload(1), itemCount: 1 });
  await takeNow(world, queue, "metrics");
  await queue.append(traces(2));
  assert.deepEqual(await drain(world, queue), [2]);
  assert.equal(queue.queued("backend", "metrics"), 1);
});

test("a reader that has fallen behind memory is served from the files", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open();
  const count = 400;
  for (let number = 0; number < count; number++) await queue.append(traces(number, 100_000));
  assert.deepEqual(
    await drain(world, queue),
    Array.from({ length: count }, (_, number) => number),
  );
  assert.equal(world.total("traces", "backend", "dropped"), 0);
});

test("a restart goes on after what was settled, and sends again what was under way", async () => {
  await using world = await QueueWorld.create();
  const before = await world.open();
  await Promise.all(Array.from({ length: 6 }, (_, number) => before.append(traces(number, MIB))));
  const reader = before.reader("backend", "traces");
  const [first, second, third] = [await reader.take(), await reader.take(), await reader.take()];
  first?.settle(0);
  third?.settle(0);
  assert.ok(second);
  await before[Symbol.asyncDispose]();
  const after = await world.open();
  assert.equal(after.queued("backend", "traces"), 4);
  assert.deepEqual(await drain(world, after), [2, 3, 4, 5]);
});

test("a batch that is still being put together is counted, and comes again after a restart", async () => {
  await using world = await QueueWorld.create();
  const before = await world.open();
  // Far more than memory keeps. A piece of a file holds six, and so does a batch.
  for (let number = 0; number < 100; number++) await before.append(traces(number, 300_000));
  const first = await takeNow(world, before);
  assert.deepEqual(first === null ? [] : numbersIn(first), [0, 1, 2, 3, 4, 5]);
  void before.reader("backend", "traces").take();
  // It takes the next six, and waits for the disk to know whether a seventh fits.
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  first?.settle(0);
  assert.equal(before.queued("backend", "traces"), 94);

  const after = await world.open();
  assert.deepEqual(
    await drain(world, after),
    Array.from({ length: 94 }, (_, index) => index + 6),
  );
});

test("an exporter that is new begins with what comes next", async () => {
  await using world = await QueueWorld.create();
  const before = await world.open();
  await before.append(traces(1));
  await before[Symbol.asyncDispose]();
  const after = await world.open({}, { exporters: takingAll("backend", "second") });
  await after.append(traces(2));
  assert.deepEqual(await drain(world, after, "traces", "second"), [2]);
  assert.deepEqual(await drain(world, after), [1, 2]);
});

test("an exporter that is no longer configured holds nothing back, and what it had to send is counted and announced", async () => {
  await using world = await QueueWorld.create();
  const before = await world.open({}, { exporters: takingAll("backend", "old one/2") });
  await before.append(traces(1));
  await drain(world, before);
  await before[Symbol.asyncDispose]();
  world.renewBooks();
  await world.open();
  assert.deepEqual(
    world.troubles.filter(({ kind }) => kind === "exporter_removed"),
    [1, 0, 0].map((items, index) => ({
      kind: "exporter_removed",
      exporter: "old one/2",
      signal: SIGNALS[index],
      items,
    })),
  );
  assert.deepEqual(
    [...world.books],
    [
      ["traces old one/2 resumed", 1],
      ["traces old one/2 exporter_removed", 1],
    ],
  );
  assert.deepEqual(await segmentNames(world), []);
});

test("a signal that no exporter takes is not kept", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open({}, { exporters: [{ name: "backend", signals: ["traces"] }] });
  await queue.append({ signal: "metrics", bytes: payload(1), itemCount: 1 });
  assert.equal(queue.isTaken("metrics"), false);
  assert.equal(queue.isTaken("traces"), true);
  assert.deepEqual(queue.sizeBytes, { disk: 0, memory: 0 });
});

test("files are removed once every exporter has settled what is in them", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open({ maxBytes: 32 * MIB }, { exporters: takingAll("backend", "second") });
  for (let number = 0; number < 10; number++) await queue.append(traces(number, MIB));
  await drain(world, queue);
  assert.ok(queue.sizeBytes.disk > 9 * MIB);
  await drain(world, queue, "traces", "second");
  assert.ok(queue.sizeBytes.disk <= 2.1 * MIB);
});

test("beyond the bound the oldest is dropped, counted and announced once", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open({ maxBytes: 8 * MIB });
  for (let number = 0; number < 20; number++) await queue.append(traces(number, MIB, 10));
  assert.ok(queue.sizeBytes.disk <= 8 * MIB);
  const dropped = world.books.get("traces backend queue_overflow") ?? 0;
  assert.equal(dropped + queue.queued("backend", "traces"), 200);
  const numbers = await drain(world, queue);
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => 20 - numbers.length + index),
  );
  assert.equal(dropped, 200 - numbers.length * 10);
  assert.equal(world.troubles.filter(({ kind }) => kind === "dropping").length, 1);
});

test("what was given up for room while it was under way counts as that after a restart", async () => {
  await using world = await QueueWorld.create();
  const before = await world.open({ maxBytes: 4 * MIB });
  for (let number = 0; number < 3; number++) await before.append(traces(number, MIB));
  // Taken by the exporter, and in no file any more before it is settled.
  await takeNow(world, before);
  for (let number = 3; number < 8; number++) await before.append(traces(number, MIB));
  world.books.clear();
  const after = await world.open({ maxBytes: 4 * MIB });
  const kept = await drain(world, after);
  assert.equal(kept.at(-1), 7);
  assert.deepEqual(Object.fromEntries(world.books), {
    "traces backend resumed": 8,
    "traces backend queue_overflow": 8 - kept.length,
    "traces backend sent": kept.length,
  });
});

test("what is older than the limit is dropped as expired, on disk and when it is read", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open({ maxAgeMs: 10_000, maxBytes: 8 * MIB });
  for (let number = 0; number < 4; number++) await queue.append(traces(number, MIB));
  await world.time.advance(10_001);
  await queue.append(traces(4));
  assert.deepEqual(await drain(world, queue), [4]);
  assert.equal(world.books.get("traces backend queue_expired"), 4);
});

test("a damaged record in the middle is passed over, and its items are counted exactly", async () => {
  await using world = await QueueWorld.create();
  const before = await world.open();
  for (let number = 0; number < 5; number++) await before.append(traces(number, 100, 7));
  await before[Symbol.asyncDispose]();
  const [name = ""] = await segmentNames(world);
  const path = join(world.directory, "traces", name);
  const file = await readFile(path);
  file.write("damage", file.indexOf("<2>"));
  await writeFile(path, file);
  const after = await world.open();
  assert.equal(after.queued("backend", "traces"), 35);
  assert.deepEqual(await drain(world, after), [0, 1, 3, 4]);
  assert.equal(world.books.get("traces backend queue_corrupt"), 7);
  assert.equal(world.books.get("traces backend sent"), 28);
});

test("half a record at the end is cut off, and what comes next follows the last whole one", async () => {
  await using world = await QueueWorld.create();
  const before = await world.open();
  await before.append(traces(0, 100));
  await before.append(traces(1, 100));
  await before[Symbol.asyncDispose]();
  const [name = ""] = await segmentNames(world);
  const path = join(world.directory, "traces", name);
  await writeFile(path, (await readFile(path)).subarray(0, -1));
  const after = await world.open();
  await after.append(traces(2));
  assert.deepEqual(await drain(world, after), [0, 2]);
  assert.equal(world.total("traces", "backend", "dropped"), 0);
});

test("an unreadable cursor means that everything still kept is sent again", async () => {
  await using world = await QueueWorld.create();
  const before = await world.open();
  await before.append(traces(1));
  await drain(world, before);
  await before.append(traces(2));
  await before[Symbol.asyncDispose]();
  await writeFile(join(world.directory, "traces", "backend.cursor"), "nonsense");
  const after = await world.open();
  assert.deepEqual(await drain(world, after), [1, 2]);
});

test("in memory the queue keeps its bound by dropping the oldest, and tells at the end what is lost", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open({ directory: null, memoryMaxBytes: 4 * MIB });
  for (let number = 0; number < 10; number++) await queue.append(traces(number, MIB));
  assert.equal(queue.isDurable, false);
  assert.equal(world.books.get("traces backend queue_overflow"), 6);
  const batch = await takeNow(world, queue);
  assert.deepEqual(numbersIn(batch ?? assert.fail()), [6, 7]);
  await queue[Symbol.asyncDispose]();
  assert.deepEqual(world.troubles.at(-1), {
    kind: "lost_at_close",
    exporter: "backend",
    signal: "traces",
    items: 2,
  });
});

test("a batch that was refused in part is counted as sent and as rejected", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open();
  await queue.append(traces(1, 8, 10));
  (await takeNow(world, queue))?.settle(3);
  assert.deepEqual(Object.fromEntries(world.books), {
    "traces backend sent": 7,
    "traces backend exporter_rejected": 3,
  });
  assert.equal(queue.queued("backend", "traces"), 0);
});

test("draining hands out the rest without waiting, then ends", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open();
  await queue.append(traces(1));
  const reader = queue.reader("backend", "traces");
  reader.endWhenEmpty();
  assert.deepEqual(numbersIn((await reader.take()) ?? assert.fail()), [1]);
  assert.equal(await reader.take(), null);
});

test("a closed queue has no room, and a waiting reader ends", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open();
  const taking = queue.reader("backend", "logs").take();
  await queue[Symbol.asyncDispose]();
  assert.equal(await taking, null);
  assert.equal(queue.hasRoomFor(1), false);
  await assert.rejects(queue.append(traces(1)), /the queue is closed/);
});

test("a directory of no use is an error that names it", async () => {
  await using world = await QueueWorld.create();
  const path = join(world.directory, "file");
  await writeFile(path, "");
  await assert.rejects(world.open({ directory: path }), {
    name: "QueueError",
    message: /cannot use the queue in .*file/,
  });
});
