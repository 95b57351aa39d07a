import assert from "node:assert/strict";
import { test } from "node:test";
import { receiverThreadCount } from "../../src/service/receiver-thread-count.ts";

test("by itself, two cores are left to the rest, and no more threads receive than the engine can follow", () => {
  const counts = [1, 2, 3, 4, 64].map((coreCount) => receiverThreadCount("auto", { coreCount, platform: "linux" }));
  assert.deepEqual(counts, [0, 0, 1, 2, 2]);
});

test("a number that was given holds, whatever the machine", () => {
  assert.equal(receiverThreadCount(6, { coreCount: 2, platform: "linux" }), 6);
  assert.equal(receiverThreadCount(0, { coreCount: 64, platform: "linux" }), 0);
});

test("where a port cannot be shared there is one thread at most", () => {
  assert.equal(receiverThreadCount(6, { coreCount: 64, platform: "darwin" }), 1);
  assert.equal(receiverThreadCount("auto", { coreCount: 64, platform: "win32" }), 1);
  assert.equal(receiverThreadCount(0, { coreCount: 64, platform: "darwin" }), 0);
});
