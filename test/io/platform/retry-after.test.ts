import assert from "node:assert/strict";
import { test } from "node:test";
import { retryAfterMs } from "../../../src/io/platform/retry-after.ts";

const WALL_NOW = Date.UTC(2026, 2, 2, 9, 0, 0);

test("Retry-After is read as seconds and as a date in each of its three forms", () => {
  assert.equal(retryAfterMs(" 3 ", WALL_NOW), 3000);
  for (const date of [
    "Mon, 02 Mar 2026 09:00:05 GMT",
    "Monday, 02-Mar-26 09:00:05 GMT",
    "Mon Mar  2 09:00:05 2026 GMT",
  ]) {
    assert.equal(retryAfterMs(date, WALL_NOW), 5000, date);
  }
});

test("a date that has passed asks for no wait", () => {
  assert.equal(retryAfterMs("Mon, 02 Mar 2026 08:00:00 GMT", WALL_NOW), 0);
});

test("Retry-After in a form that nobody knows says nothing", () => {
  for (const text of [undefined, "", "soon", "-5", "1e9", "2026-03-02"]) {
    assert.equal(retryAfterMs(text, WALL_NOW), null, text);
  }
});
