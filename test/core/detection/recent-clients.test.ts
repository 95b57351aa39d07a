import assert from "node:assert/strict";
import { test } from "node:test";
import {
  beginTally,
  busiestClients,
  busiestShare,
  createRecentClients,
  persistenceOf,
  recordClientFailure,
  recordClientSuccess,
} from "../../../src/core/detection/recent-clients.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";

test("a client's repeats within a minute are worth less and less; another client's first is worth 1", () => {
  const recent = createRecentClients();
  const worths = [1, 2, 3].map(() => recordClientFailure(recent, 5, 0));
  assert.deepEqual(worths, [1, 1 / Math.sqrt(2), 1 / Math.sqrt(3)]);
  assert.equal(recordClientFailure(recent, 6, 0), 1);
  assert.ok(recordClientFailure(recent, 5, 10 * MINUTE_MS) > 0.99);
});

test("a failure of an unknown client is worth something in between", () => {
  const recent = createRecentClients();
  assert.equal(recordClientFailure(recent, 0, 0), 0.7);
  assert.equal(recordClientFailure(recent, 0, 0), 0.7);
  assert.equal(recent.clients.length, 0);
});

test("persistence fades within ten minutes, and a success pays back three failures", () => {
  const recent = createRecentClients();
  for (let index = 0; index < 6; index++) recordClientFailure(recent, 5, 0);
  recordClientSuccess(recent, 5);
  assert.equal(persistenceOf(recent, 5), 3);
  recordClientFailure(recent, 5, HOUR_MS);
  assert.ok(persistenceOf(recent, 5) < 1.01);
});

test("a flood of newcomers does not push out the client that keeps failing", () => {
  const recent = createRecentClients();
  let client = 100;
  for (let second = 0; second < 120; second++) {
    const now = second * SECOND_MS;
    if (second % 2 === 0) recordClientFailure(recent, 5, now);
    for (let other = 0; other < 10; other++) recordClientFailure(recent, client++, now);
  }
  assert.ok(persistenceOf(recent, 5) > 50);
  assert.equal(recent.clients.length, 64);
});

test("shares and top clients count from the beginning of the tally", () => {
  const recent = createRecentClients();
  for (let index = 0; index < 9; index++) recordClientFailure(recent, 5, 0);
  beginTally(recent);
  assert.deepEqual(busiestClients(recent), []);
  for (const client of [6, 7, 6, 0]) recordClientFailure(recent, client, SECOND_MS);
  assert.equal(busiestShare(recent), 0.5);
  assert.deepEqual(busiestClients(recent), [
    { client: 6, failures: 2 },
    { client: 7, failures: 1 },
  ]);
});
