import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { HOUR_MS } from "../../../src/core/time.ts";
import { SystemClock } from "../../../src/io/platform/system-clock.ts";

test("on a first start both clocks agree", () => {
  const { steady, wall } = new SystemClock(null).now();
  assert.ok(Math.abs(steady - wall) < 50);
});

test("the steady clock does not follow when the machine's clock is set", () => {
  const clock = new SystemClock(null);
  const before = clock.now();
  mock.method(Date, "now", () => before.wall - HOUR_MS);
  const after = clock.now();
  mock.restoreAll();
  assert.equal(after.wall, before.wall - HOUR_MS);
  assert.ok(after.steady >= before.steady && after.steady < before.steady + 1000);
});

test("after a restart the steady clock goes on from the latest instant on record, if the wall was set back", () => {
  const recorded = Date.now() + HOUR_MS;
  assert.ok(new SystemClock(recorded).now().steady >= recorded);
  assert.ok(new SystemClock(Date.now() - HOUR_MS).now().steady >= Date.now() - 50);
});
