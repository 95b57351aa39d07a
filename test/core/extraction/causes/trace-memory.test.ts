import assert from "node:assert/strict";
import { test } from "node:test";
import { SET_SIZE, TRACE_SETS, TraceMemory, traceKeyOf } from "../../../../src/core/extraction/causes/trace-memory.ts";

const SEED = 7;

function keyOf(traceId: string): number {
  return traceKeyOf(Buffer.from(traceId.padStart(32, "0"), "hex"), 0, SEED);
}

test("things are found by their trace, in no other", () => {
  const memory = new TraceMemory<string>();
  memory.add(keyOf("a"), "one");
  memory.add(keyOf("a"), "two");
  memory.add(keyOf("b"), "three");
  assert.deepEqual(memory.of(keyOf("a")), ["one", "two"]);
  assert.deepEqual(memory.of(keyOf("b")), ["three"]);
  assert.deepEqual(memory.of(keyOf("c")), []);
});

test("of one trace the newest are kept, and what has made place is counted", () => {
  const memory = new TraceMemory<number>();
  for (let index = 0; index < 100; index++) memory.add(keyOf("a"), index);
  assert.equal(memory.of(keyOf("a")).length, SET_SIZE);
  assert.ok(memory.of(keyOf("a")).includes(99));
  assert.equal(memory.displacedCount, 100 - SET_SIZE);
});

test("traces that are numbered in turn share sets as if by chance", () => {
  const loads = new Map<number, number>();
  for (let index = 0; index < 4 * TRACE_SETS; index++) {
    const set = Math.floor(keyOf(index.toString(16)) / 2 ** 32);
    assert.ok(set >= 0 && set < TRACE_SETS);
    loads.set(set, (loads.get(set) ?? 0) + 1);
  }
  assert.ok(loads.size > 0.9 * TRACE_SETS, `${loads.size} sets are used`);
  assert.ok(Math.max(...loads.values()) < 25);
});

test("another secret puts traces elsewhere", () => {
  const id = Buffer.alloc(16, 7);
  assert.notEqual(traceKeyOf(id, 0, 1), traceKeyOf(id, 0, 2));
});
