import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { DAY_MS } from "../../../src/core/time.ts";
import { schedule } from "../../../src/io/platform/timers.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

test("runs once after the delay", () => {
  const action = mock.fn();
  schedule(100, action);
  mock.timers.tick(99);
  assert.equal(action.mock.callCount(), 0);
  mock.timers.tick(1000);
  assert.equal(action.mock.callCount(), 1);
});

test("does not run once cancelled, and cancelling again does nothing", () => {
  const action = mock.fn();
  const cancel = schedule(100, action);
  cancel();
  cancel();
  mock.timers.tick(1000);
  assert.equal(action.mock.callCount(), 0);
});

test("a delay too long for the machine's timers does not run at once", () => {
  const action = mock.fn();
  schedule(60 * DAY_MS, action);
  mock.timers.tick(20 * DAY_MS);
  assert.equal(action.mock.callCount(), 0);
});
