import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixMillis } from "../../../src/core/time.ts";
import { MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { ANCHORS } from "./anchors.ts";
import type { Page } from "./contestant.ts";
import type { BenchRequest } from "./request.ts";
import { BENIGN } from "./request.ts";
import type { Scenario } from "./scenario.ts";

const ENDPOINT = { service: "web", env: "production", method: "POST", route: "/login" };
const SCENARIO: Scenario = {
  name: "test",
  expectation: "page",
  span: { from: 0, to: 1 },
  watched: [{ endpoint: ENDPOINT, perSecond: 1, ratio: 0.05 }],
  attacks: [{ endpoints: [ENDPOINT], perSecond: 1, failing: 1 }],
  incident: null,
  stream: () => [],
};

test("the static ratio pages once each of five minutes was above a fifth", () => {
  const requests = everySecond(0, 10 * MINUTE_MS, (second) => (second % 4 === 0 ? 401 : 200));
  assert.deepEqual(firedAt("ratio > 20 %", requests), [5 * MINUTE_MS]);
});

test("the static count pages at the end of the minute with the hundred and first failure", () => {
  const requests = everySecond(0, 10 * MINUTE_MS, (second) => (second < 101 ? 401 : 200));
  assert.deepEqual(firedAt("> 100 401s", requests), [2 * MINUTE_MS]);
});

test("a leaky bucket pages at an address's sixth failure, and at no other address", () => {
  const failures = everySecond(0, 6 * SECOND_MS, () => 401);
  const elsewhere = failures.map((request, index) => ({ ...request, client: `198.51.100.${index}` }));
  assert.deepEqual(firedAt("leaky bucket", failures), [5 * SECOND_MS]);
  assert.deepEqual(firedAt("leaky bucket", elsewhere), []);
});

test("the z-score says nothing in its first hour, and pages after a minute with far more failures", () => {
  const burst = (from: UnixMillis) =>
    everySecond(0, 100 * MINUTE_MS, (second) => {
      const isBurst = second * SECOND_MS >= from && second * SECOND_MS < from + MINUTE_MS;
      return isBurst || second % (20 + (Math.floor(second / 60) % 2)) === 0 ? 401 : 200;
    });
  assert.deepEqual(firedAt("z-score", burst(30 * MINUTE_MS)), []);
  assert.deepEqual(firedAt("z-score", burst(90 * MINUTE_MS)), [91 * MINUTE_MS]);
});

test("the chart of the ratio pages after a minute of failures", () => {
  const requests = everySecond(0, 100 * MINUTE_MS, (second) => {
    const minute = Math.floor(second / 60);
    return minute === 90 || second % (20 + (minute % 2)) === 0 ? 401 : 200;
  });
  assert.deepEqual(firedAt("EWMA of the minute ratio", requests), [91 * MINUTE_MS]);
});

test("the CUSUM that knows both rates needs a handful of failures in a row", () => {
  const requests = everySecond(0, 5 * MINUTE_MS, (second) => (second >= 120 && second < 150 ? 401 : 200));
  const [first] = firedAt("CUSUM", requests);
  assert.ok(first !== undefined && first >= 123 * SECOND_MS && first <= 128 * SECOND_MS, `${first}`);
});

function firedAt(name: string, requests: readonly BenchRequest[]): readonly UnixMillis[] {
  const contestant = ANCHORS.find((anchor) => anchor.name.startsWith(name))?.enter(SCENARIO);
  assert.ok(contestant !== undefined, name);
  for (const request of requests) contestant.observe(request);
  return contestant.finish().map((page: Page) => page.firedAt);
}

function everySecond(from: UnixMillis, to: UnixMillis, statusOf: (second: number) => number): readonly BenchRequest[] {
  return Array.from({ length: (to - from) / SECOND_MS }, (_, second) => ({
    time: from + second * SECOND_MS,
    arrived: from + second * SECOND_MS,
    endpoint: ENDPOINT,
    status: statusOf(second),
    client: "198.51.100.7",
    userAgent: "test",
    cause: null,
    version: "1",
    weight: 1,
    attack: BENIGN,
  }));
}
