import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenBucket } from "../../../src/core/alerts/delivery-policy.ts";
import {
  backoffMs,
  fullBucket,
  hasIncidentToResolve,
  isGivenUp,
  isSuperseded,
  latenessMs,
  refill,
  retryDelayMs,
  takeToken,
  waitForTokenMs,
} from "../../../src/core/alerts/delivery-policy.ts";
import { fc } from "../../support/properties.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

test("waits double from one second to a minute, less up to a quarter by chance", () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 30].map((count) => backoffMs(count, () => 0));
  assert.deepEqual(longest, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  assert.equal(
    backoffMs(7, () => 1),
    45_000,
  );
});

test("the receiver's wish wins when it is longer, up to an hour", () => {
  const random = () => 0;
  assert.equal(retryDelayMs({ failureCount: 1, afterMs: 30_000, random }), 30_000);
  assert.equal(retryDelayMs({ failureCount: 7, afterMs: 5_000, random }), 60_000);
  assert.equal(retryDelayMs({ failureCount: 1, afterMs: 10 * DAY, random }), 3_600_000);
});

test("a page is late after a minute and given up after a day", () => {
  assert.equal(latenessMs(0, 59_999), null);
  assert.equal(latenessMs(0, 47 * MINUTE), 47 * MINUTE);
  assert.equal(isGivenUp(0, DAY - 1), false);
  assert.equal(isGivenUp(0, DAY), true);
});

test("a trigger gives way to its own resolve when it is in doubt or stale, and to nothing else", () => {
  const trigger = { action: "trigger", alertId: "a", createdAt: 0 } as const;
  const resolve = { action: "resolve", alertId: "a", createdAt: 0 } as const;
  const other = { action: "resolve", alertId: "b", createdAt: 0 } as const;
  assert.equal(isSuperseded(trigger, { behind: [resolve], isInDoubt: true, now: 0 }), true);
  assert.equal(isSuperseded(trigger, { behind: [resolve], isInDoubt: false, now: 0 }), false);
  assert.equal(isSuperseded(trigger, { behind: [resolve], isInDoubt: false, now: 10 * MINUTE }), true);
  assert.equal(isSuperseded(trigger, { behind: [other], isInDoubt: true, now: DAY }), false);
  assert.equal(isSuperseded(trigger, { behind: [], isInDoubt: true, now: DAY }), false);
  assert.equal(isSuperseded(resolve, { behind: [resolve], isInDoubt: true, now: DAY }), false);
});

test("there is nothing to resolve when every trigger was refused at its first attempt", () => {
  const refused = { state: "dead", attempts: 1, createdAt: 0 } as const;
  assert.equal(hasIncidentToResolve([refused], 1), false);
  assert.equal(hasIncidentToResolve([refused, { ...refused, state: "delivered" }], 1), true);
  assert.equal(hasIncidentToResolve([{ ...refused, attempts: 2 }], 1), true);
  assert.equal(hasIncidentToResolve([], 1), true);
  // It may have died of age after an attempt whose answer was lost.
  assert.equal(hasIncidentToResolve([refused], DAY), true);
});

test("no minute sees more than 120 calls, and 100 a minute is kept up", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 300, maxLength: 600 }), (pauses) => {
      let now = 0;
      let bucket: TokenBucket = fullBucket(now);
      const calls: number[] = [];
      for (const pause of pauses) {
        now += pause % 7 === 0 ? pause : 0;
        bucket = refill(bucket, now);
        now += waitForTokenMs(bucket);
        bucket = takeToken(refill(bucket, now));
        calls.push(now);
      }
      calls.forEach((at, index) => {
        const hundredTwentyLater = calls[index + 120];
        if (hundredTwentyLater !== undefined) assert.ok(hundredTwentyLater - at >= MINUTE);
      });
    }),
    { numRuns: 20 },
  );
});
