import assert from "node:assert/strict";
import { test } from "node:test";
import { failuresToGo } from "../../../src/core/detection/failures-to-go.ts";
import { HOUR_MS, MINUTE_MS } from "../../../src/core/time.ts";
import { EndpointUnderTest } from "./endpoint-under-test.ts";

function login(perSecond: number, ratio = 0.05): EndpointUnderTest {
  const endpoint = new EndpointUnderTest({ seed: 11, isAuthenticationRoute: true });
  endpoint.play({ forMs: 6 * HOUR_MS, perSecond, ratio });
  return endpoint;
}

function toGo({ detector, series, now }: EndpointUnderTest, isReached = () => true) {
  return failuresToGo(detector, series, { now, isReached });
}

test("as many failures as are said to be missing raise the alarm, and a few less do not", () => {
  const forecast = toGo(login(1));
  assert.ok(forecast !== null);
  const { failures, withinMs } = forecast;
  assert.equal(withinMs, MINUTE_MS);
  for (const [count, isAlarm] of [
    [failures + 3, true],
    [failures - 3, false],
  ] as const) {
    const endpoint = login(1);
    const begin = endpoint.now;
    for (let index = 0; index < 60; index++) {
      endpoint.now = begin + (index * withinMs) / 60;
      endpoint.succeed(endpoint.person());
      for (let failed = Math.ceil((index * count) / 60); failed < ((index + 1) * count) / 60; failed++) {
        endpoint.fail(endpoint.person());
      }
    }
    assert.equal(endpoint.alarms.length > 0, isAlarm, `${count} of ${failures}`);
  }
});

test("evidence that is there already leaves fewer failures to go", () => {
  const endpoint = login(1);
  const before = toGo(endpoint)?.failures ?? 0;
  for (let count = 0; count < 4; count++) endpoint.fail(endpoint.person());
  const after = toGo(endpoint)?.failures ?? 0;
  assert.ok(after <= before - 3, `${before} to ${after}`);
});

test("a busy endpoint is asked about less than a minute", () => {
  const endpoint = new EndpointUnderTest({ seed: 3 });
  endpoint.play({ forMs: 2 * MINUTE_MS, perSecond: 400, ratio: 0.01 });
  const forecast = toGo(endpoint);
  assert.ok(forecast !== null && forecast.withinMs < 10_000, JSON.stringify(forecast));
});

test("where thousands of failures are not enough, no number is given", () => {
  assert.equal(
    toGo(login(1), () => false),
    null,
  );
});
