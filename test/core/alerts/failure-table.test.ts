import assert from "node:assert/strict";
import { test } from "node:test";
import type { TableEntry } from "../../../src/core/alerts/failure-table.ts";
import { FailureTable } from "../../../src/core/alerts/failure-table.ts";
import { fc } from "../../support/properties.ts";

const BOUNDS = { entriesMax: 8, memoryMs: 1000 };

function fail(table: FailureTable<TableEntry>, id: number, now: number): void {
  const known = table.find(id, now);
  const entry = known ?? { id, failures: 0, lastAt: now };
  entry.failures += 1;
  entry.lastAt = now;
  if (known === undefined) table.add(entry, now);
}

test("a crowd of one failure each crowds out itself, and never one that failed often", () => {
  const table = new FailureTable<TableEntry>({ entriesMax: 8, memoryMs: 1e9 });
  for (let time = 0; time < 30; time++) fail(table, 7, time);
  for (let id = 100; id < 10_100; id++) fail(table, id, id);
  assert.equal(table.find(7, 20_000)?.failures, 30);
  assert.equal(table.size, 8);
  assert.equal(table.displacedCount, 10_001 - 8);
});

test("what has not failed for long is forgotten, and makes room before all others", () => {
  const table = new FailureTable<TableEntry>(BOUNDS);
  for (let time = 0; time < 30; time++) fail(table, 7, time);
  for (let id = 1; id <= 7; id++) fail(table, 100 + id, 1000);
  fail(table, 200, 1100);
  assert.equal(table.displacedCount, 0);
  assert.equal(table.find(7, 1100), undefined);
  assert.equal(table.find(101, 1100)?.failures, 1);
});

test("it never holds more than its bound, and no count is more than the truth", () => {
  const steps = fc.array(fc.record({ id: fc.integer({ min: 1, max: 20 }), afterMs: fc.nat({ max: 300 }) }));
  fc.assert(
    fc.property(steps, (failures) => {
      const table = new FailureTable<TableEntry>(BOUNDS);
      const truth = new Map<number, number>();
      let now = 0;
      for (const { id, afterMs } of failures) {
        now += afterMs;
        fail(table, id, now);
        truth.set(id, 1 + (truth.get(id) ?? 0));
        assert.ok(table.size <= BOUNDS.entriesMax);
        assert.ok((table.find(id, now)?.failures ?? Infinity) <= (truth.get(id) ?? 0));
      }
    }),
  );
});
