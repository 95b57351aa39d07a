import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { HandOverWindow } from "../../../../src/io/receivers/threads/hand-over-window.ts";

test("a thread that is too far ahead stands still until enough was taken, however large one request is", async () => {
  const maxBytes = 10;
  const sizes = Array.from({ length: 300 }, (_, index) => (index % 50 === 7 ? 25 : 1 + (index % 6)));
  const memory = HandOverWindow.createMemory();
  const ahead = new Int32Array(memory);
  const workerData = { memory, maxBytes, sizes };
  const worker = new Worker(new URL("./window-filler.ts", import.meta.url), { workerData });
  const window = new HandOverWindow(memory, maxBytes);
  const arrived: number[] = [];
  worker.on("message", (size: number) => {
    assert.ok((ahead[0] ?? 0) <= Math.max(maxBytes, size));
    arrived.push(size);
    window.taken(size);
  });
  await once(worker, "exit");
  assert.deepEqual(arrived, sizes);
  assert.equal(ahead[0], 0);
});
