import assert from "node:assert/strict";
import { test } from "node:test";
import type { Crowding } from "../../../src/core/detection/crowding.ts";
import { createCrowd, crowdSize, joinCrowd, learnCrowding } from "../../../src/core/detection/crowding.ts";
import { emptyStretch } from "../../../src/core/detection/stretch.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { Random } from "../../support/random.ts";

test("over a crowd what each failure adds comes to the square of its size", () => {
  const crowd = createCrowd();
  const added = [0, 10, 999, 1000, 5000].map((now) => joinCrowd(crowd, now));
  assert.deepEqual(added, [1, 3, 5, 1, 1]);
});

test("failures that have nothing to do with each other are no crowd, however many a second there are", () => {
  for (const perSecond of [0.01, 0.3, 2, 10]) {
    const size = crowdSize(learned({ eventsPerSecond: perSecond, sizes: [1] }));
    assert.ok(size < 1.25, `${size} at ${perSecond} a second`);
  }
});

test("failures that come one to eight at once count as their mean square over their mean: 5.7", () => {
  for (const eventsPerSecond of [0.005, 0.1]) {
    const size = crowdSize(learned({ eventsPerSecond, sizes: [1, 2, 3, 4, 5, 6, 7, 8] }));
    assert.ok(size > 4.5 && size < 6.5, `${size} at ${eventsPerSecond} a second`);
  }
});

test("until an endpoint has shown its own, failures are taken to come two by two", () => {
  assert.equal(crowdSize({ crowdedFailures: 0, crowdedSquares: 0 }), 2);
});

test("no crowd counts for less than an eighth", () => {
  assert.equal(crowdSize({ crowdedFailures: 300, crowdedSquares: 30_000 }), 8);
});

/** What some hours of events, each of as many failures as one of the sizes says, have taught. */
function learned(traffic: { readonly eventsPerSecond: number; readonly sizes: readonly number[] }): Crowding {
  const random = new Random(5);
  const crowd = createCrowd();
  const crowding = { crowdedFailures: 0, crowdedSquares: 0 };
  const meanSize = traffic.sizes.reduce((sum, size) => sum + size, 0) / traffic.sizes.length;
  let stretch = emptyStretch();
  let now = 0;
  for (let events = 0; events < 2000 && now < 24 * HOUR_MS; events++) {
    const next = now + random.exponential(SECOND_MS / traffic.eventsPerSecond);
    if (Math.floor(next / MINUTE_MS) > Math.floor(now / MINUTE_MS)) {
      learnCrowding(crowding, stretch, traffic.eventsPerSecond * meanSize);
      stretch = emptyStretch();
    }
    now = next;
    const size = traffic.sizes[random.integer(traffic.sizes.length)] ?? 1;
    for (let count = 0; count < size; count++) {
      stretch.crowdedFailures += 1;
      stretch.crowdedSquares += joinCrowd(crowd, now + 20 * count);
    }
  }
  return crowding;
}
