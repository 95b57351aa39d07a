import assert from "node:assert/strict";
import { test } from "node:test";
import { TakingTurns } from "../../../../src/io/receivers/threads/taking-turns.ts";

const immediate = () => new Promise<void>((resolve) => setImmediate(resolve));

function workFor(milliseconds: number): void {
  const endsAt = performance.now() + milliseconds;
  while (performance.now() < endsAt);
}

test("what is added is taken in order, and never before the caller is done", async () => {
  const taken: number[] = [];
  const turns = new TakingTurns<number>((item) => taken.push(item));
  turns.add([1, 2]);
  turns.add([3]);
  assert.deepEqual(taken, []);
  await immediate();
  assert.deepEqual(taken, [1, 2, 3]);
  turns.add([4]);
  await immediate();
  assert.deepEqual(taken, [1, 2, 3, 4]);
});

test("others have their turn while much is left to take, and nothing is taken twice", async () => {
  const taken: number[] = [];
  const turns = new TakingTurns<number>((item) => {
    workFor(1);
    taken.push(item);
  });
  turns.add(Array.from({ length: 40 }, (_, index) => index));
  let otherTurns = 0;
  while (taken.length < 40) {
    await immediate();
    otherTurns += 1;
    if (otherTurns === 2) turns.add([40]);
  }
  assert.ok(otherTurns >= 5, `others had ${otherTurns} turns`);
  await immediate();
  assert.deepEqual(
    taken,
    Array.from({ length: 41 }, (_, index) => index),
  );
});

test("what is left when nobody cares any more is not taken", async () => {
  const taken: number[] = [];
  const turns = new TakingTurns<number>((item) => taken.push(item));
  turns.add([1]);
  turns.clear();
  await immediate();
  turns.add([2]);
  await immediate();
  assert.deepEqual(taken, [2]);
});
