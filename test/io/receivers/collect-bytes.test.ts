import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { collectBytes } from "../../../src/io/receivers/collect-bytes.ts";
import { SharedBudget } from "../../../src/io/receivers/shared-budget.ts";

function streamOf(...chunks: readonly string[]): PassThrough {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return stream;
}

test("requests that together pass the bound are turned away until the others are through", async () => {
  const budget = SharedBudget.of(10);
  const slow = new PassThrough();
  const collectingSlow = collectBytes(slow, 10, budget);
  slow.write("1234567");
  await new Promise(setImmediate);

  assert.deepEqual(await collectBytes(streamOf("12", "34"), 10, budget), { kind: "crowded" });
  slow.end();
  assert.deepEqual(await collectingSlow, { kind: "read", bytes: Buffer.from("1234567") });
  assert.deepEqual(await collectBytes(streamOf("12345", "67890"), 10, budget), {
    kind: "read",
    bytes: Buffer.from("1234567890"),
  });
});

test("a request that is given up, or whose sender goes away, gives back what it held", async () => {
  const budget = SharedBudget.of(10);
  assert.deepEqual(await collectBytes(streamOf("12345", "678"), 6, budget), { kind: "too_large" });
  const broken = new PassThrough();
  const collecting = collectBytes(broken, 10, budget);
  broken.write("123");
  await new Promise(setImmediate);
  broken.destroy();
  assert.deepEqual(await collecting, { kind: "aborted" });
  assert.equal(budget.tryTake(10), true);
});
