import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createSuccessesAfterFailures,
  noteSuccessAfterFailures,
} from "../../../../src/core/alerts/patterns/success-after-failures.ts";
import { HOUR_MS, MINUTE_MS } from "../../../../src/core/time.ts";
import { fc } from "../../../support/properties.ts";
import { LOGIN_ENDPOINT, peopleAtLogin } from "../people-at-login.ts";

const TRACE = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };

function request(client: number) {
  return { client, endpoint: LOGIN_ENDPOINT, traceId: () => TRACE.traceId, spanId: () => TRACE.spanId };
}

function succeed(client: number, failures: number, now = HOUR_MS, knownClients = peopleAtLogin()) {
  const successes = createSuccessesAfterFailures();
  noteSuccessAfterFailures(successes, request(client), { failures, knownClients }, now);
  return successes;
}

test("a stranger is listed from five failures on, and has taken over from ten on", () => {
  assert.deepEqual(succeed(5001, 4.9), { listed: [], isTakeover: false });
  assert.deepEqual(succeed(5001, 6), {
    listed: [{ client: 5001, failures: 6, succeededAt: HOUR_MS, success: TRACE }],
    isTakeover: false,
  });
  assert.equal(succeed(5001, 10).isTakeover, true);
});

test("while it is not known who is a stranger nobody takes over, and clients are listed", () => {
  const { listed, isTakeover } = succeed(5001, 40, 5 * MINUTE_MS);
  assert.equal(isTakeover, false);
  assert.equal(listed.length, 1);
});

test("whoever signed in here before is never suspected, however often it failed, nor is a client without a name", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), fc.double({ min: 0, max: 1e6, noNaN: true }), (client, failures) => {
      assert.deepEqual(succeed(client, failures), { listed: [], isTakeover: false });
    }),
  );
});

test("a program whose secret was repaired is no takeover", () => {
  const successes = createSuccessesAfterFailures();
  const endpoint = { ...LOGIN_ENDPOINT, route: "/oauth/token" };
  noteSuccessAfterFailures(
    successes,
    { ...request(5001), endpoint },
    { failures: 40, knownClients: peopleAtLogin() },
    HOUR_MS,
  );
  assert.deepEqual(successes, { listed: [], isTakeover: false });
});

test("however many get in, few are listed", () => {
  const successes = createSuccessesAfterFailures();
  for (let client = 5000; client < 5100; client++) {
    noteSuccessAfterFailures(successes, request(client), { failures: 30, knownClients: peopleAtLogin() }, HOUR_MS);
  }
  assert.equal(successes.listed.length, 16);
});
