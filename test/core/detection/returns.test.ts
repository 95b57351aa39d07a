import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../src/core/time.ts";
import { EndpointUnderTest } from "./endpoint-under-test.ts";

const PEOPLE = { perSecond: 1, ratio: 0.05 };

function knownLogin(seed: number): EndpointUnderTest {
  const endpoint = new EndpointUnderTest({ seed, isAuthenticationRoute: true });
  endpoint.play({ ...PEOPLE, forMs: 6 * HOUR_MS });
  return endpoint;
}

function attack(endpoint: EndpointUnderTest, forMs: number, attackPerSecond = 2): void {
  endpoint.play({ ...PEOPLE, forMs, attackPerSecond });
}

test("the first attack and the first return of it are told as they are; from then on a calm has to last twice the pause", () => {
  const endpoint = knownLogin(1);
  attack(endpoint, 3 * MINUTE_MS);
  assert.equal(endpoint.reading.holdMs, 0);
  endpoint.play({ ...PEOPLE, forMs: 57 * MINUTE_MS });
  attack(endpoint, 3 * MINUTE_MS);
  assert.equal(endpoint.alarms.length, 2);
  const { holdMs, isKnownRise } = endpoint.reading;
  assert.ok(holdMs > 100 * MINUTE_MS && holdMs < 120 * MINUTE_MS, `${holdMs / MINUTE_MS} minutes`);
  assert.equal(isKnownRise, false);
});

test("that a series returns is remembered over a restart and a quiet time, and forgotten after a day", () => {
  const endpoint = knownLogin(2);
  attack(endpoint, 3 * MINUTE_MS);
  endpoint.play({ ...PEOPLE, forMs: 30 * MINUTE_MS });
  attack(endpoint, 3 * MINUTE_MS);
  endpoint.play({ perSecond: 1, ratio: 0, forMs: 12 * HOUR_MS });
  endpoint.restart(MINUTE_MS);
  assert.ok(endpoint.reading.holdMs > 50 * MINUTE_MS);
  endpoint.play({ ...PEOPLE, forMs: DAY_MS });
  attack(endpoint, 3 * MINUTE_MS);
  assert.equal(endpoint.alarms.length, 3);
  assert.equal(endpoint.reading.holdMs, 0);
});

test("rounds that lie hours apart are not held together", () => {
  const endpoint = knownLogin(3);
  for (let round = 0; round < 3; round++) {
    attack(endpoint, 3 * MINUTE_MS);
    assert.equal(endpoint.reading.holdMs, 0);
    endpoint.play({ ...PEOPLE, forMs: 2 * HOUR_MS });
  }
  assert.equal(endpoint.alarms.length, 3);
});

test("a further step of an excess that was taken for usual is known, unless it is clearly higher", () => {
  const endpoint = knownLogin(4);
  attack(endpoint, 2 * HOUR_MS, 0.4);
  assert.equal(endpoint.reading.clearedBy, "new_level");
  attack(endpoint, 20 * MINUTE_MS, 1.5);
  assert.equal(endpoint.alarms.length, 2);
  assert.equal(endpoint.reading.isKnownRise, true);
  attack(endpoint, 20 * MINUTE_MS, 20);
  assert.equal(endpoint.reading.isKnownRise, false);
});

test("what one client made usual by failing alone was a ticket, and hides no attack that comes after it", () => {
  const endpoint = new EndpointUnderTest({ seed: 6 });
  endpoint.play({ ...PEOPLE, forMs: 6 * HOUR_MS });
  endpoint.play({ ...PEOPLE, forMs: 2 * HOUR_MS, attackPerSecond: 0.5, attackClients: 1 });
  assert.equal(endpoint.reading.clearedBy, "new_level");
  endpoint.play({ ...PEOPLE, forMs: 10 * MINUTE_MS, attackPerSecond: 2 });
  assert.equal(endpoint.alarms.length, 2);
  assert.equal(endpoint.reading.isKnownRise, false);
});

test("once the ratio is back where it was, the next rise is news", () => {
  const endpoint = knownLogin(5);
  attack(endpoint, 2 * HOUR_MS, 1);
  endpoint.play({ ...PEOPLE, forMs: HOUR_MS });
  attack(endpoint, 10 * MINUTE_MS, 1);
  assert.equal(endpoint.alarms.length, 2);
  assert.equal(endpoint.reading.isKnownRise, false);
});

test("an attack that grows for hours is one alarm as long as it grows", () => {
  for (let seed = 1; seed <= 3; seed++) {
    const endpoint = knownLogin(seed);
    for (let step = 0; step < 14; step++) attack(endpoint, 10 * MINUTE_MS, 0.05 * 1.5 ** step);
    assert.equal(endpoint.alarms.length, 1, `seed ${seed}`);
    assert.equal(endpoint.reading.isAlarming, true);
  }
});
