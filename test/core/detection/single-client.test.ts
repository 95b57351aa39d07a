import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { EndpointUnderTest } from "./endpoint-under-test.ts";

const PEOPLE = { perSecond: 2, ratio: 0.01 };
const LOOP = { ...PEOPLE, attackPerSecond: 2, attackClients: 1 };
const OTHERS_TOO = { ...PEOPLE, attackPerSecond: 10 };
/** The number of the only attacker, so that `play` can let the gateway fail too. */
const GATEWAY = 1;

function endpointOfPeople(isAuthenticationRoute = false): EndpointUnderTest {
  const endpoint = new EndpointUnderTest({ seed: 31, isAuthenticationRoute });
  endpoint.play({ ...PEOPLE, forMs: 6 * HOUR_MS });
  return endpoint;
}

/** One client's requests, one a second. */
function playGateway(endpoint: EndpointUnderTest, seconds: number, isFailing: (second: number) => boolean): void {
  for (let second = 0; second < seconds; second++) {
    endpoint.play({ perSecond: 0, ratio: 0, forMs: SECOND_MS });
    if (isFailing(second)) endpoint.fail(GATEWAY);
    else endpoint.succeed(GATEWAY);
  }
}

test("a dead token in a retry loop is one client that fails alone, for as long as it lasts", () => {
  const endpoint = endpointOfPeople();
  assert.notEqual(endpoint.delayUntilAlarm({ ...LOOP, forMs: 5 * MINUTE_MS }), undefined);
  assert.equal(endpoint.reading.isOneClientFailing, true);
  const hasPaged = endpoint.play({ ...LOOP, forMs: 20 * MINUTE_MS }, () => !endpoint.reading.isOneClientFailing);
  assert.equal(hasPaged, false);
});

test("on a sign-in route it never is: that is how a guesser looks", () => {
  const endpoint = endpointOfPeople(true);
  assert.notEqual(endpoint.delayUntilAlarm({ ...LOOP, forMs: 5 * MINUTE_MS }), undefined);
  assert.equal(endpoint.reading.isOneClientFailing, false);
});

test("many clients are not one", () => {
  const endpoint = endpointOfPeople();
  assert.notEqual(endpoint.delayUntilAlarm({ ...OTHERS_TOO, forMs: 5 * MINUTE_MS }), undefined);
  assert.equal(endpoint.reading.isOneClientFailing, false);
});

test("a loop of twenty minutes does not hide others that join it", () => {
  const endpoint = endpointOfPeople();
  endpoint.play({ ...LOOP, forMs: 20 * MINUTE_MS });
  assert.equal(endpoint.reading.isOneClientFailing, true);
  const isSeen = endpoint.play({ ...OTHERS_TOO, forMs: 15 * SECOND_MS }, () => !endpoint.reading.isOneClientFailing);
  assert.equal(isSeen, true);
});

test("a gateway that all requests come through is everybody", () => {
  const endpoint = new EndpointUnderTest({ seed: 32 });
  playGateway(endpoint, HOUR_MS / SECOND_MS, (second) => second % 100 === 0);
  playGateway(endpoint, MINUTE_MS / SECOND_MS, () => true);
  assert.equal(endpoint.reading.isAlarming, true);
  assert.equal(endpoint.reading.isOneClientFailing, false);
});

test("a gateway is still everybody when some come around it while it fails", () => {
  const endpoint = new EndpointUnderTest({ seed: 33 });
  playGateway(endpoint, HOUR_MS / SECOND_MS, (second) => second % 100 === 0);
  playGateway(endpoint, MINUTE_MS / SECOND_MS, () => true);
  const isIgnored = endpoint.play(
    { perSecond: 1, ratio: 0, attackPerSecond: 5, attackClients: 1, forMs: MINUTE_MS },
    () => {
      return endpoint.reading.isOneClientFailing;
    },
  );
  assert.equal(isIgnored, false);
});

test("nothing is said of one client where nobody is known to succeed", () => {
  const endpoint = new EndpointUnderTest({ seed: 34 });
  endpoint.play({ perSecond: 0, ratio: 0, attackPerSecond: 2, attackClients: 1, forMs: 10 * MINUTE_MS });
  assert.equal(endpoint.reading.isOneClientFailing, false);
});

for (const [what, pass] of [
  ["a restart", (endpoint: EndpointUnderTest) => endpoint.restart(HOUR_MS)],
  [
    "a quiet day",
    (endpoint: EndpointUnderTest) => {
      endpoint.play({ perSecond: 0.01, ratio: 0, forMs: DAY_MS });
      assert.equal(endpoint.series.watch, null);
    },
  ],
] as const) {
  test(`who usually succeeds is remembered over ${what}`, () => {
    const people = endpointOfPeople();
    pass(people);
    // Without anybody's success, what was known before is all there is.
    people.play({ perSecond: 0, ratio: 0, attackPerSecond: 2, attackClients: 1, forMs: 5 * MINUTE_MS });
    assert.equal(people.reading.isAlarming, true);
    assert.equal(people.reading.isOneClientFailing, true);
  });
}
