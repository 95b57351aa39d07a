import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { EndpointUnderTest } from "./endpoint-under-test.ts";

const PEOPLE = { perSecond: 2, ratio: 0.06 };
const NOBODY = { perSecond: 0, ratio: 0 };

/** A login under attack whose alarm is on when the process stops for so long. */
function restartedUnderAttack(awayMs: number): EndpointUnderTest {
  const endpoint = new EndpointUnderTest({ seed: 21, isAuthenticationRoute: true });
  endpoint.play({ ...PEOPLE, forMs: 6 * HOUR_MS });
  endpoint.play({ ...PEOPLE, forMs: 5 * MINUTE_MS, attackPerSecond: 3 });
  assert.equal(endpoint.reading.isAlarming, true);
  endpoint.restart(awayMs);
  return endpoint;
}

for (const awayMs of [0, 20 * SECOND_MS, 11 * MINUTE_MS, 50 * MINUTE_MS, 9 * HOUR_MS]) {
  const away = `${awayMs / SECOND_MS} seconds away`;

  test(`after ${away} an open alarm is still on, and the attack goes on without a second one`, () => {
    const endpoint = restartedUnderAttack(awayMs);
    endpoint.play({ ...NOBODY, forMs: 10 * SECOND_MS });
    assert.equal(endpoint.reading.isAlarming, true);
    endpoint.play({ ...PEOPLE, forMs: 20 * MINUTE_MS, attackPerSecond: 3 });
    assert.equal(endpoint.reading.isAlarming, true);
    assert.equal(endpoint.alarms.length, 1);
  });

  test(`after ${away} an alarm ends when the ratio has been back for a minute, not sooner`, () => {
    const endpoint = restartedUnderAttack(awayMs);
    endpoint.play({ ...PEOPLE, forMs: 40 * SECOND_MS });
    assert.equal(endpoint.reading.isAlarming, true);
    endpoint.play({ ...PEOPLE, forMs: 5 * MINUTE_MS });
    assert.equal(endpoint.reading.isAlarming, false);
    assert.equal(endpoint.reading.clearedBy, "recovered");
  });

  test(`after ${away} an alarm ends with a minute in which somebody has listened and heard nothing`, () => {
    const endpoint = restartedUnderAttack(awayMs);
    endpoint.play({ ...NOBODY, forMs: MINUTE_MS - 2 * SECOND_MS });
    assert.equal(endpoint.reading.isAlarming, true);
    endpoint.play({ ...NOBODY, forMs: 5 * SECOND_MS });
    assert.equal(endpoint.reading.isAlarming, false);
    assert.equal(endpoint.reading.clearedBy, "silent");
  });
}

test("a calm that began just before the process stopped must last a minute anew", () => {
  const endpoint = new EndpointUnderTest({ seed: 22 });
  endpoint.play({ ...PEOPLE, forMs: 6 * HOUR_MS });
  endpoint.play({ ...PEOPLE, forMs: 5 * MINUTE_MS, attackPerSecond: 3 });
  endpoint.play({ perSecond: 2, ratio: 0, forMs: 40 * SECOND_MS });
  assert.equal(endpoint.reading.isAlarming, true);
  endpoint.restart(HOUR_MS);
  endpoint.play({ ...NOBODY, forMs: 30 * SECOND_MS });
  assert.equal(endpoint.reading.isAlarming, true);
});

test("a restart with the machine's clock put back leaves no alarm that cannot end", () => {
  const endpoint = restartedUnderAttack(-HOUR_MS);
  endpoint.play({ ...NOBODY, forMs: 11 * MINUTE_MS });
  assert.equal(endpoint.reading.clearedBy, "silent");
});
