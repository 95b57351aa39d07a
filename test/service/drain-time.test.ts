import assert from "node:assert/strict";
import { test } from "node:test";
import { DrainTime } from "../../src/service/drain-time.ts";

test("all parts of a stop share one span of time, which begins with the stop and never turns negative", () => {
  let now = 5_000;
  const drain = new DrainTime(8_000, () => now);
  assert.equal(drain.remainingMs(), 8_000);
  drain.begin();
  now += 3_000;
  assert.equal(drain.remainingMs(), 5_000);
  drain.begin();
  assert.equal(drain.remainingMs(), 5_000, "a second request does not prolong it");
  now += 6_000;
  assert.equal(drain.remainingMs(), 0);
});
