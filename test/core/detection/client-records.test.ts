import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredClient } from "../../../src/core/detection/client-records.ts";
import { ClientRecords, NO_PLACE, SPENT } from "../../../src/core/detection/client-records.ts";
import { DAY_MS } from "../../../src/core/time.ts";
import { fc } from "../../support/properties.ts";

const client = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 2 ** 53 - 1 }));
const failure = fc.record({
  client,
  afterMs: fc.integer({ min: -10_000, max: 60_000 }),
  tally: fc.nat(2 ** 32 - 1),
  repeats: fc.float({ min: 0, max: 1e6, noNaN: true }),
  persistence: fc.float({ min: 0, max: 1e6, noNaN: true }),
  owed: fc.oneof(fc.constant(SPENT), fc.nat(63)),
  event: fc.record({ eventMs: fc.nat(60_000), parallel: fc.nat(8) }),
});

test("what is written of a client is read again, however many come after it, and by a copy and after a restart", () => {
  fc.assert(
    fc.property(fc.array(failure, { maxLength: 80 }), (failures) => {
      const records = new ClientRecords();
      const expected = new Map<number, readonly number[]>();
      let now = 1.75e12;
      for (const { afterMs, client, event, owed, persistence, repeats, tally } of failures) {
        now += afterMs;
        const known = records.find(client);
        assert.equal(known !== NO_PLACE, expected.has(client));
        const place = known === NO_PLACE ? records.add(client, now) : known;
        records.setFailedAt(place, now);
        records.setTally(place, tally);
        records.setRepeats(place, repeats);
        records.setPersistence(place, persistence);
        records.setOwed(place, owed);
        records.setEvent(place, event);
        expected.set(client, [client, now, tally, repeats, persistence, owed, event.eventMs, event.parallel]);
      }
      const restored = new ClientRecords(JSON.parse(JSON.stringify(records.stored())) as readonly StoredClient[]);
      const copy = records.copy();
      records.clear();
      for (const same of [copy, restored]) assert.deepEqual(same.stored(), [...expected.values()]);
      assert.equal(records.size, 0);
    }),
  );
});

test("whoever takes a place starts from nothing", () => {
  const records = new ClientRecords();
  const place = records.add(5, 1000);
  records.setTally(place, 7);
  records.setOwed(place, SPENT);
  records.replace(place, 6, 2000);
  assert.equal(records.find(5), NO_PLACE);
  assert.deepEqual(records.stored(), [[6, 2000, 0, 0, 0, 0, 0, 0]]);
});

test("times are right for months, and what is older counts as somewhat less old", () => {
  const records = new ClientRecords();
  const [early, late] = [records.add(5, 1000), records.add(6, 1000)];
  records.setFailedAt(late, 100 * DAY_MS);
  assert.equal(records.failedAt(late), 100 * DAY_MS);
  const ageDays = (100 * DAY_MS - records.failedAt(early)) / DAY_MS;
  assert.ok(ageDays > 20 && ageDays <= 100, `${ageDays}`);
});

test("a debt has an end, and a fraction of a millisecond is a whole one", () => {
  const records = new ClientRecords();
  const place = records.add(5, 1000.25);
  assert.equal(records.failedAt(place), 1001);
  records.setOwed(place, 1e9);
  assert.ok(records.owed(place) > 60 && records.owed(place) < 64);
});
