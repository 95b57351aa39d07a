import assert from "node:assert/strict";
import { test } from "node:test";
import type { ForwardQueue } from "../../../src/io/queue/forward-queue.ts";
import { numbersIn, QueueWorld, takeNow, takingAll, traces } from "./queue-world.ts";

/** Large enough to be freed; two of them share a batch. */
const REQUEST_BYTES = 100_000;

async function appendTwo(queue: ForwardQueue): Promise<readonly Uint8Array[]> {
  const requests = [traces(1, REQUEST_BYTES), traces(2, REQUEST_BYTES)];
  await Promise.all(requests.map((request) => queue.append(request)));
  return requests.map(({ bytes }) => bytes);
}

for (const place of ["disk", "memory"] as const) {
  test(`requests queued in ${place} give back their memory when they have been joined into a batch`, async () => {
    await using world = await QueueWorld.create();
    const queue = await world.open(place === "disk" ? {} : { directory: null });
    const requests = await appendTwo(queue);
    assert.deepEqual(numbersIn((await takeNow(world, queue)) ?? assert.fail()), [1, 2]);
    assert.deepEqual(
      requests.map(({ length }) => length),
      [0, 0],
    );
    // What was freed is not forgotten in the account of what is being written.
    assert.equal(queue.hasRoomFor(128 * 1024 * 1024), true);
  });
}

test("requests that another exporter still waits for stay in memory", async () => {
  await using world = await QueueWorld.create();
  const queue = await world.open({}, { exporters: takingAll("fast", "slow") });
  const requests = await appendTwo(queue);
  assert.deepEqual(numbersIn((await takeNow(world, queue, "traces", "fast")) ?? assert.fail()), [1, 2]);
  assert.deepEqual(
    requests.map(({ length }) => length),
    [REQUEST_BYTES, REQUEST_BYTES],
  );
  assert.deepEqual(numbersIn((await takeNow(world, queue, "traces", "slow")) ?? assert.fail()), [1, 2]);
});
