import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecentClients } from "../../../src/core/detection/recent-clients.ts";
import {
  beginTally,
  busiestClients,
  busiestShare,
  createRecentClients,
  persistenceOf,
  recordClientFailure,
  recordClientSuccess,
} from "../../../src/core/detection/recent-clients.ts";
import type { UnixMillis } from "../../../src/core/time.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";

test("a client's repeats within a minute are worth less and less, down to a third; another client's first is worth 1", () => {
  const recent = createRecentClients();
  const worths = [1, 2, 3, 4, 5].map(() => fail(recent, 5, 0));
  assert.deepEqual(worths, [1, 1 / 2, 1 / 3, 1 / 3, 1 / 3]);
  assert.equal(fail(recent, 6, 0), 1);
  assert.ok(fail(recent, 5, 10 * MINUTE_MS) > 0.99);
});

test("where failures come in parallel, those within a second of one client are worth one", () => {
  const recent = createRecentClients();
  const worths = [0, 200, 999, 1000, 1500].map((now) => {
    return recordClientFailure(recent, { client: 5, parallelMs: SECOND_MS }, now);
  });
  assert.deepEqual(
    worths.map((worth) => Math.round(100 * worth)),
    [100, 0, 0, 50, 0],
  );
  assert.equal(recordClientFailure(recent, { client: 6, parallelMs: SECOND_MS }, 1500), 1);
  assert.deepEqual(busiestClients(recent)[0], { client: 5, failures: 5 });
});

test("a failure of an unknown client is worth something in between", () => {
  const recent = createRecentClients();
  assert.equal(fail(recent, 0, 0), 0.5);
  assert.equal(fail(recent, 0, 0), 0.5);
  assert.equal(recent.records.size, 0);
});

test("persistence fades within ten minutes, and a success pays back three failures", () => {
  const recent = createRecentClients();
  for (let index = 0; index < 6; index++) fail(recent, 5, 0);
  recordClientSuccess(recent, 5, 0);
  assert.equal(persistenceOf(recent, 5), 3);
  fail(recent, 5, HOUR_MS);
  assert.ok(persistenceOf(recent, 5) < 1.01);
});

test("a success within a minute makes good what its client failed at just before, once", () => {
  const recent = createRecentClients();
  for (const now of [0, 5, 10]) fail(recent, 5, now * SECOND_MS);
  assert.equal(recordClientSuccess(recent, 6, 11 * SECOND_MS), 0);
  const owed = recordClientSuccess(recent, 5, 11 * SECOND_MS);
  assert.ok(owed > 1.8 && owed < 2, `${owed}`);
  assert.equal(recordClientSuccess(recent, 5, 12 * SECOND_MS), 0);
});

test("a success that comes late, after too many failures, or again and again makes nothing good", () => {
  const recent = createRecentClients();
  fail(recent, 5, 0);
  assert.equal(recordClientSuccess(recent, 5, 2 * MINUTE_MS), 0);
  for (let failure = 0; failure < 12; failure++) fail(recent, 6, failure * SECOND_MS);
  assert.equal(recordClientSuccess(recent, 6, 13 * SECOND_MS), 0);
  fail(recent, 7, 0);
  assert.equal(recordClientSuccess(recent, 7, SECOND_MS), 1);
  fail(recent, 7, 2 * SECOND_MS);
  assert.equal(recordClientSuccess(recent, 7, 3 * SECOND_MS), 0);
  fail(recent, 7, 3 * MINUTE_MS);
  assert.ok(recordClientSuccess(recent, 7, 3 * MINUTE_MS + SECOND_MS) > 0.9);
});

test("beyond what one session fails at, what comes faster than anybody types counts three times", () => {
  const recent = createRecentClients();
  for (let failure = 0; failure < 14; failure++) fail(recent, 5, failure * 500);
  assert.ok(persistenceOf(recent, 5) > 25, `${persistenceOf(recent, 5)}`);
  for (let failure = 0; failure < 14; failure++) fail(recent, 6, failure * 3 * SECOND_MS);
  assert.ok(persistenceOf(recent, 6) < 14, `${persistenceOf(recent, 6)}`);
});

test("a flood of newcomers does not push out the client that keeps failing", () => {
  const recent = createRecentClients();
  let client = 100;
  for (let second = 0; second < 120; second++) {
    const now = second * SECOND_MS;
    if (second % 2 === 0) fail(recent, 5, now);
    for (let other = 0; other < 10; other++) fail(recent, client++, now);
  }
  assert.ok(persistenceOf(recent, 5) > 50);
  assert.equal(recent.records.size, 64);
});

test("shares and top clients count from the beginning of the tally", () => {
  const recent = createRecentClients();
  for (let index = 0; index < 9; index++) fail(recent, 5, 0);
  beginTally(recent);
  assert.deepEqual(busiestClients(recent), []);
  for (const client of [6, 7, 6, 0]) fail(recent, client, SECOND_MS);
  assert.equal(busiestShare(recent), 0.5);
  assert.deepEqual(busiestClients(recent), [
    { client: 6, failures: 2 },
    { client: 7, failures: 1 },
  ]);
});

/** On a sign-in route. */
function fail(recent: RecentClients, client: number, now: UnixMillis): number {
  return recordClientFailure(recent, { client, parallelMs: 0 }, now);
}
