import assert from "node:assert/strict";
import { test } from "node:test";
import type { Residents } from "../../../src/core/detection/residents.ts";
import {
  CLIENT_LIMIT,
  clientLimitOf,
  NO_RESIDENTS,
  noteResidentSeen,
  withResident,
} from "../../../src/core/detection/residents.ts";
import { HOUR_MS, MINUTE_MS } from "../../../src/core/time.ts";

test("a client that came to stay is news at three times its persistence, and nobody else's limit moves", () => {
  const residents = withResident(NO_RESIDENTS, { client: 5, persistence: 60 }, 0);
  assert.equal(clientLimitOf(residents, 5, HOUR_MS), 180);
  assert.equal(clientLimitOf(residents, 6, 0), CLIENT_LIMIT);
});

test("no client's limit is below that of all", () => {
  const residents = withResident(NO_RESIDENTS, { client: 5, persistence: 3 }, 0);
  assert.equal(clientLimitOf(residents, 5, 0), CLIENT_LIMIT);
});

test("it stays as long as it goes on failing, and is news when it comes back after an hour", () => {
  const residents = withResident(NO_RESIDENTS, { client: 5, persistence: 60 }, 0);
  for (let now = 0; now < 5 * HOUR_MS; now += 50 * MINUTE_MS) noteResidentSeen(residents, 5, now);
  assert.equal(clientLimitOf(residents, 5, 5 * HOUR_MS), 180);
  noteResidentSeen(residents, 5, 7 * HOUR_MS);
  assert.equal(clientLimitOf(residents, 5, 7 * HOUR_MS), CLIENT_LIMIT);
});

test("a client is kept once, with its latest persistence", () => {
  const first = withResident(NO_RESIDENTS, { client: 5, persistence: 60 }, 0);
  const second = withResident(first, { client: 5, persistence: 100 }, 1);
  assert.deepEqual(second, [{ client: 5, limit: 300, seenAt: 1 }]);
});

test("of more than sixteen the one that was not seen for longest goes", () => {
  let residents: Residents = NO_RESIDENTS;
  for (let client = 1; client <= 16; client++) residents = withResident(residents, { client, persistence: 60 }, client);
  noteResidentSeen(residents, 1, 100);
  residents = withResident(residents, { client: 17, persistence: 60 }, 101);
  assert.equal(residents.length, 16);
  assert.equal(clientLimitOf(residents, 1, 101), 180);
  assert.equal(clientLimitOf(residents, 2, 101), CLIENT_LIMIT);
});
