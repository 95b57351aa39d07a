import assert from "node:assert/strict";
import { test } from "node:test";
import { createCadence, followCadence, variationOf } from "../../../../src/core/alerts/patterns/cadence.ts";
import {
  countDistinct,
  createDistinctCount,
  distinctCount,
  partOf,
} from "../../../../src/core/alerts/patterns/distinct-count.ts";
import { KnownClients } from "../../../../src/core/alerts/patterns/known-clients.ts";
import type {
  KnownClientsCheckpoint,
  KnownClientsPage,
} from "../../../../src/core/alerts/patterns/known-clients-generation.ts";
import { mixClient, mixText } from "../../../../src/core/alerts/patterns/mix.ts";
import { ServiceVersions } from "../../../../src/core/alerts/patterns/service-versions.ts";
import type { UnixMillis } from "../../../../src/core/time.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../../src/core/time.ts";
import { fc } from "../../../support/properties.ts";

test("different values are counted within a tenth, repeats not at all", () => {
  for (const values of [1, 20, 300, 4000]) {
    const count = createDistinctCount(2048);
    for (let round = 0; round < 3; round++) {
      for (let value = 1; value <= values; value++) countDistinct(count, mixClient(value * 2 ** 20 + 7, 0));
    }
    assert.ok(Math.abs(distinctCount(count) - values) <= Math.max(1, values / 10), `${distinctCount(count)}`);
  }
});

test("parts of one buffer count for themselves", () => {
  const all = createDistinctCount(64 + 256);
  const [first, second] = [partOf(all, { fromBit: 0, bits: 64 }), partOf(all, { fromBit: 64, bits: 256 })];
  const alone = createDistinctCount(256);
  for (let value = 1; value <= 20; value++) {
    countDistinct(second, mixClient(value, 2));
    countDistinct(alone, mixClient(value, 2));
  }
  assert.equal(distinctCount(first), 0);
  assert.equal(distinctCount(second), distinctCount(alone));
});

test("a count never falls and never grows beyond its bound", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 200 }), (texts) => {
      const count = createDistinctCount(32);
      let before = 0;
      for (const text of texts) {
        countDistinct(count, mixText(text));
        assert.ok(distinctCount(count) >= before);
        before = distinctCount(count);
      }
      assert.ok(before <= 32 * Math.log(32));
    }),
  );
});

test("who succeeded is known where it did, for hours, and forgotten after a day", () => {
  const known = new KnownClients();
  known.noteSuccess(12_345, 1, 0);
  assert.ok(known.has(12_345, 1));
  assert.ok(!known.has(12_345, 2));
  known.noteSuccess(99, 1, 7 * HOUR_MS);
  assert.ok(known.has(12_345, 1));
  known.noteSuccess(99, 1, 14 * HOUR_MS);
  assert.ok(!known.has(12_345, 1));
  assert.ok(known.has(99, 1));
});

test("a young memory calls nobody new", () => {
  const known = new KnownClients();
  assert.ok(!known.isRipe(HOUR_MS));
  known.noteSuccess(1, 1, HOUR_MS);
  assert.ok(!known.isRipe(HOUR_MS + 9 * MINUTE_MS));
  assert.ok(known.isRipe(HOUR_MS + 10 * MINUTE_MS));
});

test("however many succeed, few strangers pass for known", () => {
  const known = new KnownClients();
  for (let client = 1; client <= 1_000_000; client++) known.noteSuccess(client * 4_294_967_311, 1, client);
  let mistaken = 0;
  for (let client = 1; client <= 10_000; client++) if (known.has(client * 6_700_417 + 5, 2)) mistaken++;
  assert.ok(mistaken < 1000, `${mistaken} of 10000`);
});

test("who was known before a restart is known after it, and nobody else, in whatever order pages come back", () => {
  const success = fc.record({
    client: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
    endpointHash: fc.nat(),
    afterMs: fc.nat(2 * HOUR_MS),
  });
  fc.assert(
    fc.property(
      fc.array(success, { minLength: 1, maxLength: 20 }),
      fc.nat(19),
      fc.func(fc.nat()),
      (all, stop, order) => {
        const changed = new Set<KnownClientsPage>();
        const stored = new Map<string, KnownClientsCheckpoint>();
        const whole = new KnownClients((page) => changed.add(page));
        let stopped = whole;
        let now = 0;
        for (const [index, { afterMs, client, endpointHash }] of all.entries()) {
          now += afterMs;
          whole.noteSuccess(client, endpointHash, now);
          if (stopped !== whole) stopped.noteSuccess(client, endpointHash, now);
          if (index !== stop % all.length) continue;
          for (const page of changed) store(stored, page.checkpoint());
          stopped = new KnownClients();
          for (const page of [...stored.values()].sort((left, right) => order(left.page) - order(right.page)))
            stopped.restore(page, now);
        }
        for (const { client, endpointHash } of all) {
          assert.equal(stopped.has(client, endpointHash), whole.has(client, endpointHash));
          assert.equal(stopped.has(client + 1, endpointHash), whole.has(client + 1, endpointHash));
        }
        for (const laterMs of [0, 5 * MINUTE_MS, 10 * MINUTE_MS])
          assert.equal(stopped.isRipe(now + laterMs), whole.isRipe(now + laterMs));
      },
    ),
  );
});

test("what was known before a day away, or is written in another way, is left out", () => {
  const pages: KnownClientsPage[] = [];
  const before = new KnownClients((page) => pages.push(page));
  before.noteSuccess(5, 1, 0);
  const [checkpoint] = pages.map((page) => page.checkpoint());
  assert.ok(checkpoint !== undefined);
  const known = (stored: KnownClientsCheckpoint, now: UnixMillis) => {
    const after = new KnownClients();
    after.restore(stored, now);
    return after.has(5, 1);
  };
  assert.equal(known(checkpoint, 11 * HOUR_MS), true);
  assert.equal(known(checkpoint, 13 * HOUR_MS), false);
  assert.equal(known({ ...checkpoint, version: 0 }, 0), false);
  assert.equal(known({ ...checkpoint, bits: checkpoint.bits.subarray(4) }, 0), false);
});

test("a version is new for ten minutes, the first of a service never, and not when it comes back", () => {
  const versions = new ServiceVersions();
  assert.equal(versions.isNew("shop", "1.0", 0), false);
  assert.equal(versions.isNew("shop", "1.1", HOUR_MS), true);
  assert.equal(versions.isNew("shop", "1.1", HOUR_MS + 9 * MINUTE_MS), true);
  assert.equal(versions.isNew("shop", "1.1", HOUR_MS + 11 * MINUTE_MS), false);
  assert.equal(versions.isNew("shop", "1.0", 2 * HOUR_MS), false);
  assert.equal(versions.isNew("pay", "9", 2 * HOUR_MS), false);
});

test("services beyond the bound push out the longest known", () => {
  const versions = new ServiceVersions();
  for (let service = 0; service <= 4096; service++) versions.isNew(`service ${service}`, "1", 0);
  assert.equal(versions.isNew("service 0", "2", 1), false);
  assert.equal(versions.isNew("service 4096", "2", 1), true);
});

test("the cadence of the client with most failures is found among others", () => {
  const cadence = createCadence();
  for (let second = 0; second < 60; second++) {
    followCadence(cadence, 7, second * SECOND_MS);
    if (second % 3 === 0) followCadence(cadence, 1000 + second, second * SECOND_MS + 400);
  }
  assert.equal(cadence.client, 7);
  assert.ok((variationOf(cadence) ?? 1) < 0.01);
});

test("too few failures have no cadence", () => {
  const cadence = createCadence();
  for (let second = 0; second < 19; second++) followCadence(cadence, 7, second * SECOND_MS);
  assert.equal(variationOf(cadence), null);
});

/** As SQLite keeps them: a generation is written over the one before the last. */
function store(stored: Map<string, KnownClientsCheckpoint>, page: KnownClientsCheckpoint): void {
  stored.set(`${page.generation % 2} ${page.page}`, { ...page, bits: page.bits.slice() });
}
