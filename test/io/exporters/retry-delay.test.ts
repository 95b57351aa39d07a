import assert from "node:assert/strict";
import { test } from "node:test";
import { retryDelayMs } from "../../../src/io/exporters/retry-delay.ts";
import { fc } from "../../support/properties.ts";

test("the wait doubles from half a second to half a minute", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failureCount) =>
    retryDelayMs({ failureCount, afterMs: null, random: 0.5 }),
  );
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test("chance spreads the wait by a half either way", () => {
  assert.equal(retryDelayMs({ failureCount: 1, afterMs: null, random: 0 }), 250);
  assert.equal(retryDelayMs({ failureCount: 1, afterMs: null, random: 0.999 }), 749.5);
});

test("what the destination asks for is never cut short, except beyond a quarter of an hour", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.nat(2_000_000), fc.integer({ min: 1, max: 50 }), random, (afterMs, failureCount, chance) => {
      const wait = retryDelayMs({ failureCount, afterMs, random: chance });
      const asked = Math.min(afterMs, 900_000);
      assert.ok(wait >= asked && wait <= asked * 1.1);
    }),
  );
});
