import assert from "node:assert/strict";
import { test } from "node:test";
import type { RowBlock } from "../../../src/core/detection/row-block.ts";
import { BLOCK_ROWS, NONE } from "../../../src/core/detection/row-block.ts";
import { SeriesRows } from "../../../src/core/detection/series-rows.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { fc } from "../../support/properties.ts";

const START = Date.UTC(2026, 0, 5);
const MEMORY_MS = 6 * HOUR_MS;

function newRows(): { readonly rows: SeriesRows; readonly changed: RowBlock[] } {
  const changed: RowBlock[] = [];
  return { rows: new SeriesRows((block) => changed.push(block)), changed };
}

/** As a checkpoint would store them, with their owners. */
function stored(changed: readonly RowBlock[]) {
  return changed.map((block) => ({
    id: block.id,
    numbers: block.numbers.slice(),
    owners: Array.from({ length: BLOCK_ROWS }, (_, slot) => (block.isFree(slot) ? null : block.owner(slot))),
  }));
}

test("rows are found by endpoint and rule, whatever comes and goes around them", () => {
  const step = fc.record({ endpointId: fc.nat(20), ruleNumber: fc.nat(3), isRemoval: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const { rows } = newRows();
      const known = new Map<string, number>();
      for (const { endpointId, ruleNumber, isRemoval } of steps) {
        const key = `${endpointId} ${ruleNumber}`;
        const row = rows.find(endpointId, ruleNumber);
        assert.equal(row, known.get(key) ?? NONE);
        if (row === NONE) known.set(key, rows.add({ endpointId, ruleNumber }, START));
        else if (isRemoval) {
          rows.remove(row);
          known.delete(key);
        }
      }
      assert.equal(rows.count, known.size);
      assert.deepEqual([...rows.rows()].toSorted(), [...known.values()].toSorted());
      for (const [key, row] of known) {
        assert.ok(rows.rowsOf(Number(key.split(" ")[0])).includes(row));
      }
    }),
    { numRuns: 200 },
  );
});

test("a block says once that it has changed, until it has been written", () => {
  const { rows, changed } = newRows();
  const row = rows.add({ endpointId: 1, ruleNumber: 0 }, START);
  rows.countSuccess(row, 1, START, MEMORY_MS);
  assert.equal(changed.length, 1);
  for (const block of changed) block.isChanged = false;
  rows.countSuccess(row, 1, START, MEMORY_MS);
  assert.equal(changed.length, 2);
});

test("restored rows go on counting exactly as those that were stored", () => {
  const { rows, changed } = newRows();
  const owners = Array.from({ length: 700 }, (_, endpointId) => ({ endpointId, ruleNumber: endpointId % 3 }));
  for (const owner of owners) rows.add(owner, START + owner.endpointId);
  for (let second = 0; second < 600; second += 7) {
    for (const { endpointId, ruleNumber } of owners) {
      if ((second + endpointId) % 5 > 0) continue;
      rows.countSuccess(rows.find(endpointId, ruleNumber), 1 + (endpointId % 2), START + second * SECOND_MS, MEMORY_MS);
    }
  }
  const now = START + 10 * MINUTE_MS;
  const { rows: restored } = newRows();
  for (const block of stored(changed).toReversed()) restored.restore(block, now);
  assert.equal(restored.count, rows.count);
  for (const each of [rows, restored]) {
    for (const { endpointId, ruleNumber } of owners) {
      each.countSuccess(each.find(endpointId, ruleNumber), 1, now + MINUTE_MS, MEMORY_MS);
    }
  }
  for (const { endpointId, ruleNumber } of owners) {
    assert.deepEqual(
      restored.countsOf(restored.find(endpointId, ruleNumber)),
      rows.countsOf(rows.find(endpointId, ruleNumber)),
    );
  }
});

test("time that passed while nobody was counting is not learned as silence", () => {
  const { rows, changed } = newRows();
  const row = rows.add({ endpointId: 1, ruleNumber: 0 }, START);
  rows.countSuccess(row, 1, START + SECOND_MS, MEMORY_MS);
  const { rows: restored } = newRows();
  for (const block of stored(changed)) restored.restore(block, START + HOUR_MS);
  const counts = restored.countsOf(restored.find(1, 0));
  assert.deepEqual([counts.createdAt, counts.quietSince, counts.quietSuccesses], [START, START + HOUR_MS, 0]);
});

test("a series that had failed, and a row without an owner, leave room for others", () => {
  const { rows, changed } = newRows();
  for (let endpointId = 0; endpointId < 3; endpointId++) rows.add({ endpointId, ruleNumber: 0 }, START);
  rows.setFailed(rows.find(1, 0), 17);
  assert.equal(rows.failedIndexOf(rows.find(1, 0)), 17);
  const { rows: restored, changed: changedAgain } = newRows();
  for (const block of stored(changed)) {
    restored.restore(
      { ...block, owners: block.owners.map((owner) => (owner?.endpointId === 2 ? null : owner)) },
      START,
    );
  }
  assert.deepEqual(
    [...restored.rows()].map((row) => restored.ownerOf(row).endpointId),
    [0],
  );
  assert.equal(changedAgain.length, 1, "the block is to be written again without them");
  restored.add({ endpointId: 9, ruleNumber: 0 }, START);
  assert.equal(changedAgain.length, 1);
});
