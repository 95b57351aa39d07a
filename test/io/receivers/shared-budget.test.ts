import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { createBudgetMemory, SharedBudget } from "../../../src/io/receivers/shared-budget.ts";

test("all holders together take no more than there is", () => {
  const memory = createBudgetMemory(10, 2);
  const [one, other] = [new SharedBudget(memory, 0), new SharedBudget(memory, 1)];
  assert.equal(one.tryTake(7), true);
  assert.equal(other.tryTake(4), false);
  assert.equal(other.tryTake(3), true);
  one.giveBack(7);
  assert.equal(other.tryTake(7), true);
});

test("who waits gets what is given back, and keeps waiting for what is not enough", async () => {
  const budget = SharedBudget.of(3);
  assert.equal(budget.tryTake(3), true);
  let isTaken = false;
  const taking = budget.take(2).then(() => {
    isTaken = true;
  });
  budget.giveBack(1);
  await new Promise(setImmediate);
  assert.equal(isTaken, false);
  budget.giveBack(1);
  await taking;
  assert.equal(budget.tryTake(1), false);
});

test("what a holder had is given back when it is no more", () => {
  const memory = createBudgetMemory(10, 2);
  const [dead, living] = [new SharedBudget(memory, 0), new SharedBudget(memory, 1)];
  dead.tryTake(6);
  living.tryTake(3);
  dead.giveBackAll();
  assert.equal(living.tryTake(7), true);
  assert.equal(living.tryTake(1), false);
});

test("threads that take and give back side by side lose nothing and pass no bound", async () => {
  const holders = 3;
  const turns = 2;
  const memory = createBudgetMemory(turns, holders);
  const workers = Array.from({ length: holders }, (_, holder) => {
    return new Worker(new URL("./budget-holder.ts", import.meta.url), { workerData: { memory, holder } });
  });
  const mosts = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0] as number));
  assert.ok(mosts.every((most) => most <= turns));
  const budget = new SharedBudget(memory, 0);
  assert.equal(budget.tryTake(turns), true);
  assert.equal(budget.tryTake(1), false);
});
