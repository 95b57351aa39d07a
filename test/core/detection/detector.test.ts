import assert from "node:assert/strict";
import { test } from "node:test";
import { needsTick } from "../../../src/core/detection/detector.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import { BUDGET, EndpointUnderTest, START } from "./endpoint-under-test.ts";

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** A login at two requests a second, six in a hundred failing, known for six hours. */
function warmLogin(seed: number): EndpointUnderTest {
  const endpoint = new EndpointUnderTest({ seed, isAuthenticationRoute: true });
  endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 2, ratio: 0.06 });
  assert.equal(endpoint.alarms.length, 0);
  return endpoint;
}

for (const [name, perSecond, ratio] of [
  ["twenty a day", 20 / 86_400, 0.1],
  ["one a minute", 1 / 60, 0.06],
  ["one every five seconds", 0.2, 0.3],
] as const) {
  test(`a steady trickle at ${name} is silent for thirty days`, () => {
    const endpoint = new EndpointUnderTest({ seed: 11, isAuthenticationRoute: true });
    endpoint.play({ forMs: 30 * DAY_MS, perSecond, ratio });
    assert.deepEqual(endpoint.alarms, []);
  });
}

for (const [perSecond, ratio, warmMs, optimumSeconds] of [
  [1, 0.06, 12 * HOUR_MS, 20.3],
  [20, 0.02, 2 * HOUR_MS, 3.25],
] as const) {
  test(`ten times the usual failures at ${perSecond}/s page within 1.5 times the delay of a CUSUM told the rates`, () => {
    const delays: number[] = [];
    for (let seed = 1; seed <= 8; seed++) {
      const endpoint = new EndpointUnderTest({ seed });
      endpoint.play({ forMs: warmMs, perSecond, ratio });
      const attackPerSecond = 10 * perSecond * ratio;
      const delayMs = endpoint.delayUntilAlarm({ forMs: 10 * MINUTE_MS, perSecond, ratio, attackPerSecond });
      delays.push((delayMs ?? Number.POSITIVE_INFINITY) / SECOND_MS);
    }
    assert.ok(mean(delays) <= 1.5 * optimumSeconds, `${mean(delays)} s`);
  });
}

test("an endpoint that never failed pages when it is attacked for the first time", () => {
  const endpoint = new EndpointUnderTest({ seed: 3 });
  endpoint.play({ forMs: DAY_MS, perSecond: 0.1, ratio: 0 });
  const delayMs = endpoint.delayUntilAlarm({ forMs: HOUR_MS, perSecond: 0.1, ratio: 0, attackPerSecond: 1 });
  assert.ok(delayMs !== undefined && delayMs < 30 * SECOND_MS, `${delayMs} ms`);
  assert.ok(endpoint.attackCount <= 15, `${endpoint.attackCount} attack requests`);
});

for (const ratio of [0.05, 0.3, 0.45, 0.6]) {
  test(`a new endpoint at ${ratio * 100} % is silent`, () => {
    for (let seed = 1; seed <= 10; seed++) {
      const endpoint = new EndpointUnderTest({ seed, isAuthenticationRoute: true });
      endpoint.play({ forMs: 2 * HOUR_MS, perSecond: 1, ratio });
      assert.deepEqual(endpoint.alarms, []);
    }
  });
}

test("a new endpoint that refuses 95 % pages within ninety requests", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const endpoint = new EndpointUnderTest({ seed });
    let requestCount = 0;
    const traffic = { forMs: HOUR_MS, perSecond: 5, ratio: 0.95 };
    const hasPaged = endpoint.play(traffic, () => ++requestCount > 0 && endpoint.alarms.length > 0);
    assert.ok(hasPaged && requestCount <= 90, `${requestCount} requests`);
  }
});

test("a surge of thirty times the traffic at the same ratio is silent, and so is its end", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const endpoint = warmLogin(seed);
    endpoint.play({ forMs: 10 * MINUTE_MS, perSecond: 60, ratio: 0.06 });
    endpoint.play({ forMs: HOUR_MS, perSecond: 2, ratio: 0.06 });
    assert.deepEqual(endpoint.alarms, []);
  }
});

test("when nine tenths of the healthy traffic vanish and the failures stay, nobody is paged", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const endpoint = warmLogin(seed);
    const perSecond = 2 * (0.06 + 0.94 / 10);
    endpoint.play({ forMs: 12 * HOUR_MS, perSecond, ratio: (2 * 0.06) / perSecond });
    assert.deepEqual(endpoint.alarms, []);
  }
});

test("an attack inside such a lull still pages", () => {
  const endpoint = warmLogin(1);
  const perSecond = 2 * (0.06 + 0.94 / 10);
  const lull = { perSecond, ratio: (2 * 0.06) / perSecond };
  endpoint.play({ ...lull, forMs: 3 * HOUR_MS });
  const delayMs = endpoint.delayUntilAlarm({ ...lull, forMs: HOUR_MS, attackPerSecond: 1 });
  assert.ok(delayMs !== undefined && delayMs < 90 * SECOND_MS, `${delayMs} ms`);
});

test("one patient guesser on a busy login is noticed by its persistence", () => {
  const endpoint = new EndpointUnderTest({ seed: 5, isAuthenticationRoute: true });
  endpoint.play({ forMs: 20 * MINUTE_MS, perSecond: 50, ratio: 0.05 });
  const guessing = { perSecond: 50, ratio: 0.05, attackPerSecond: 0.5, attackClients: 1 };
  const delayMs = endpoint.delayUntilAlarm({ ...guessing, forMs: 5 * MINUTE_MS });
  assert.ok(delayMs !== undefined && delayMs < 2 * MINUTE_MS, `${delayMs} ms`);
  assert.equal(endpoint.alarms[0]?.kind, "client");
});

test("a gateway's address that failed in a burst is calm again when its people succeed as usual", () => {
  const GATEWAY = 77;
  const endpoint = new EndpointUnderTest({ seed: 8, isAuthenticationRoute: true });
  const playPeople = (count: number) => {
    for (let request = 0; request < count; request++) {
      endpoint.now += 1000 / 60;
      if (request % 40 === 0) endpoint.fail(GATEWAY);
      else endpoint.succeed(GATEWAY);
    }
  };
  playPeople(60 * 600);
  for (let failure = 0; failure < 72; failure++) {
    endpoint.now += 20;
    endpoint.fail(GATEWAY, 1, "attack");
  }
  assert.equal(endpoint.reading.isAlarming, true);
  playPeople(60 * 120);
  assert.equal(endpoint.reading.isAlarming, false);
  assert.equal(endpoint.reading.clearedBy, "recovered");
});

test("a guesser whose guesses succeed in between is a person, not an alarm", () => {
  const endpoint = new EndpointUnderTest({ seed: 5, isAuthenticationRoute: true });
  endpoint.play({ forMs: 20 * MINUTE_MS, perSecond: 5, ratio: 0.05 });
  for (let round = 0; round < 40; round++) {
    endpoint.play({ forMs: 10 * SECOND_MS, perSecond: 5, ratio: 0.05 });
    endpoint.fail(7);
    if (round % 3 === 2) endpoint.succeed(7);
  }
  assert.deepEqual(endpoint.alarms, []);
});

test("a ratio that falls for good leaves no guard behind that hides the next attack", () => {
  const endpoint = warmLogin(7);
  endpoint.play({ forMs: 12 * HOUR_MS, perSecond: 2, ratio: 0 });
  endpoint.play({ forMs: 12 * HOUR_MS, perSecond: 2, ratio: 0.005 });
  assert.ok(endpoint.reading.usualUpper < 0.1, `${endpoint.reading.usualUpper}`);
});

test("the baseline learns nothing while the alarm is on", () => {
  const endpoint = warmLogin(2);
  const usualBefore = endpoint.reading.usual;
  endpoint.delayUntilAlarm({ forMs: HOUR_MS, perSecond: 2, ratio: 0.06, attackPerSecond: 2 });
  const usualAtAlarm = endpoint.reading.usual;
  endpoint.play({ forMs: 40 * MINUTE_MS, perSecond: 2, ratio: 0.06, attackPerSecond: 2 });
  assert.equal(endpoint.reading.isAlarming, true);
  assert.equal(endpoint.reading.usual, usualAtAlarm);
  assert.ok(Math.abs(usualAtAlarm - usualBefore) < 0.005);
});

test("the alarm ends once, a minute after the ratio has come back, and does not flap", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const endpoint = warmLogin(seed);
    endpoint.play({ forMs: 5 * MINUTE_MS, perSecond: 2, ratio: 0.06, attackPerSecond: 3 });
    assert.equal(endpoint.reading.isAlarming, true);
    endpoint.play({ forMs: 40 * SECOND_MS, perSecond: 2, ratio: 0.06 });
    assert.equal(endpoint.reading.isAlarming, true);
    endpoint.play({ forMs: 30 * MINUTE_MS, perSecond: 2, ratio: 0.06 });
    assert.equal(endpoint.reading.isAlarming, false);
    assert.equal(endpoint.reading.clearedBy, "recovered");
    assert.equal(endpoint.alarms.length, 1);
  }
});

test("however fierce the burst was, the alarm ends within seconds of a minute that was as usual", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const endpoint = warmLogin(seed);
    endpoint.play({ forMs: 20 * SECOND_MS, perSecond: 2, ratio: 0.06, attackPerSecond: 100 });
    assert.equal(endpoint.reading.isAlarming, true);
    endpoint.play({ forMs: 100 * SECOND_MS, perSecond: 2, ratio: 0.04 });
    assert.equal(endpoint.reading.isAlarming, false, `seed ${seed}`);
    assert.equal(endpoint.reading.clearedBy, "recovered");
  }
});

test("while an alarm is fresh, the rate is the share since its onset", () => {
  const endpoint = warmLogin(6);
  endpoint.delayUntilAlarm({ forMs: MINUTE_MS, perSecond: 2, ratio: 0.06, attackPerSecond: 20 });
  const { rate, failuresSince, requestsSince } = endpoint.reading;
  assert.equal(rate, failuresSince / requestsSince);
  assert.ok(rate > 0.7, `rate ${rate}`);
});

test("an alarm on a busy endpoint that falls silent ends after a minute", () => {
  const endpoint = warmLogin(3);
  endpoint.play({ forMs: MINUTE_MS, perSecond: 2, ratio: 0.06, attackPerSecond: 20 });
  endpoint.play({ forMs: 50 * SECOND_MS, perSecond: 0, ratio: 0 });
  assert.equal(endpoint.reading.isAlarming, true);
  endpoint.play({ forMs: 15 * SECOND_MS, perSecond: 0, ratio: 0 });
  assert.equal(endpoint.reading.isAlarming, false);
  assert.equal(endpoint.reading.clearedBy, "silent");
});

test("on an endpoint with a request a minute, silence is only told after ten minutes", () => {
  const endpoint = new EndpointUnderTest({ seed: 9 });
  endpoint.play({ forMs: 48 * HOUR_MS, perSecond: 1 / 60, ratio: 0.06 });
  endpoint.play({ forMs: MINUTE_MS, perSecond: 1 / 60, ratio: 0.06, attackPerSecond: 1 });
  endpoint.play({ forMs: 9 * MINUTE_MS, perSecond: 0, ratio: 0 });
  assert.equal(endpoint.reading.isAlarming, true);
  endpoint.play({ forMs: 2 * MINUTE_MS, perSecond: 0, ratio: 0 });
  assert.equal(endpoint.reading.clearedBy, "silent");
});

test("an excess that stays is a new level after 45 minutes, and does not page again", () => {
  const endpoint = warmLogin(4);
  endpoint.play({ forMs: 50 * MINUTE_MS, perSecond: 2, ratio: 0.4 });
  assert.equal(endpoint.reading.clearedBy, "new_level");
  assert.ok(Math.abs(endpoint.reading.usual - 0.4) < 0.1, `usual ${endpoint.reading.usual}`);
  endpoint.play({ forMs: 12 * HOUR_MS, perSecond: 2, ratio: 0.4 });
  assert.equal(endpoint.alarms.length, 1);
});

test("a ratio that moves to just above the guard is one alarm, whatever lucky minutes it has", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const endpoint = warmLogin(seed);
    endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 2, ratio: 0.2 });
    assert.equal(endpoint.alarms.length, 1, `seed ${seed}`);
  }
});

test("a client that keeps failing for hours is news once", () => {
  for (let seed = 1; seed <= 3; seed++) {
    const endpoint = new EndpointUnderTest({ seed, isAuthenticationRoute: true });
    endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 1, ratio: 0.01 });
    const news: number[] = [];
    endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 1, ratio: 0.01, attackPerSecond: 0.1, attackClients: 1 }, () => {
      if (endpoint.alarms.length > news.length && !endpoint.reading.isKnownRise) news.push(endpoint.now);
      return false;
    });
    assert.equal(news.length, 1, `seed ${seed}`);
  }
});

test("a guesser who was taken for usual does not make the endpoint deaf to the next one", () => {
  const endpoint = new EndpointUnderTest({ seed: 5, isAuthenticationRoute: true });
  endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 5, ratio: 0.05 });
  endpoint.play({ forMs: HOUR_MS, perSecond: 5, ratio: 0.05, attackPerSecond: 0.15, attackClients: 1 });
  assert.equal(endpoint.reading.clearedBy, "new_level");
  endpoint.play({ forMs: 10 * MINUTE_MS, perSecond: 5, ratio: 0.05 });
  for (let count = 0; count < 28; count++) {
    endpoint.fail(777);
    endpoint.play({ forMs: 3 * SECOND_MS, perSecond: 5, ratio: 0.05 });
  }
  assert.deepEqual(
    endpoint.alarms.map(({ kind }) => kind),
    ["client", "client"],
  );
  assert.equal(endpoint.reading.isKnownRise, false);
});

test("sessions that expire together are no burst, though each answers all that its client has under way", () => {
  const endpoint = new EndpointUnderTest({ seed: 3 });
  endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 0.2, ratio: 0.005 });
  for (const client of [1, 2, 3]) {
    for (let parallel = 0; parallel < 8; parallel++) endpoint.fail(client);
    endpoint.play({ forMs: 20 * SECOND_MS, perSecond: 0.2, ratio: 0 });
  }
  assert.deepEqual(endpoint.alarms, []);
});

test("where no client is named, sessions that expire with all that they have under way page nobody, and attacks still do", () => {
  const endpoint = new EndpointUnderTest({ seed: 21 });
  const day = (attackPerSecond: number) => {
    for (const end = endpoint.now + DAY_MS; endpoint.now < end; ) {
      endpoint.now += endpoint.random.exponential(2 * SECOND_MS);
      if (endpoint.random.chance(0.004)) failTogether(endpoint, 1 + endpoint.random.integer(8));
      else endpoint.succeed(0);
    }
    for (let failed = 0; attackPerSecond > 0 && endpoint.alarms.length === 0 && failed < 200; failed++) {
      endpoint.now += SECOND_MS / attackPerSecond;
      endpoint.fail(0, 1, "attack");
    }
  };
  for (let count = 0; count < 3; count++) day(0);
  assert.deepEqual(endpoint.alarms, []);
  day(3);
  assert.ok(endpoint.alarms.length === 1 && endpoint.attackCount < 100, `${endpoint.attackCount}`);
});

test("clients that fail and get in at once have renewed their sessions; off the sign-in routes that is no burst", () => {
  const wakeUp = (getIn: boolean) => {
    const endpoint = new EndpointUnderTest({ seed: 3 });
    endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 1, ratio: 0.01 });
    for (let count = 0; count < 60; count++) {
      const client = endpoint.person();
      endpoint.fail(client);
      if (getIn) {
        endpoint.now += SECOND_MS / 2;
        endpoint.succeed(client);
      }
      endpoint.now += SECOND_MS / 2;
    }
    return endpoint.alarms.length;
  };
  assert.equal(wakeUp(true), 0);
  assert.equal(wakeUp(false), 1);
});

test("an endpoint whose only caller begins to fail alarms within half a minute", () => {
  const endpoint = new EndpointUnderTest({ seed: 4 });
  for (let second = 0; second < 7200; second++) {
    endpoint.now += SECOND_MS / 10;
    endpoint.succeed(1);
  }
  const outage = { forMs: MINUTE_MS, perSecond: 0, ratio: 0, attackPerSecond: 10, attackClients: 1 };
  const delayMs = endpoint.delayUntilAlarm(outage);
  assert.ok(delayMs !== undefined && delayMs < 30 * SECOND_MS, `${delayMs} ms`);
});

test("a long attack that was taken for a new level does not hide the next one", () => {
  const endpoint = warmLogin(5);
  const people = { perSecond: 2, ratio: 0.06 };
  endpoint.play({ ...people, forMs: HOUR_MS, attackPerSecond: 3 });
  endpoint.play({ ...people, forMs: 30 * MINUTE_MS });
  assert.ok(endpoint.reading.usual < 0.12, `usual ${endpoint.reading.usual}`);
  const delayMs = endpoint.delayUntilAlarm({ ...people, forMs: HOUR_MS, attackPerSecond: 2 });
  assert.ok(delayMs !== undefined && delayMs < 30 * SECOND_MS, `${delayMs} ms`);
});

test("a ramp over hours cannot teach the baseline to accept an attack", () => {
  const endpoint = warmLogin(6);
  const upperBefore = endpoint.reading.usualUpper;
  for (let quarter = 0; quarter < 48 && endpoint.alarms.length === 0; quarter++) {
    const attackPerSecond = 0.01 * 1.1 ** quarter;
    endpoint.play({ forMs: 15 * MINUTE_MS, perSecond: 2, ratio: 0.06, attackPerSecond });
  }
  assert.equal(endpoint.alarms.length, 1);
  assert.ok(endpoint.reading.usualUpper < 1.5 * upperBefore, `${upperBefore} to ${endpoint.reading.usualUpper}`);
});

test("weights never multiply evidence: one request in a hundred is judged as a slow endpoint", () => {
  const full = new EndpointUnderTest({ seed: 8 });
  const sampled = new EndpointUnderTest({ seed: 8 });
  const weights = { failureWeight: 100, successWeight: 100 };
  full.play({ forMs: 6 * HOUR_MS, perSecond: 1, ratio: 0.06 });
  sampled.play({ forMs: 6 * HOUR_MS, perSecond: 1, ratio: 0.06, ...weights });
  full.delayUntilAlarm({ forMs: HOUR_MS, perSecond: 1, ratio: 0.06, attackPerSecond: 1 });
  sampled.delayUntilAlarm({ forMs: HOUR_MS, perSecond: 1, ratio: 0.06, attackPerSecond: 1, ...weights });
  assert.equal(sampled.attackCount, full.attackCount);
  assert.equal(sampled.reading.failuresSince, 100 * full.reading.failuresSince);
  assert.ok(Math.abs(sampled.reading.usual - full.reading.usual) < 1e-9);
});

test("switching sampling on or off pages nobody", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const endpoint = warmLogin(seed);
    const sampled = { failureWeight: 100, successWeight: 100 };
    endpoint.play({ forMs: HOUR_MS, perSecond: 0.2, ratio: 0.06, ...sampled });
    endpoint.play({ forMs: HOUR_MS, perSecond: 2, ratio: 0.06 });
    // Tail sampling: every failure is kept, of the successes one in twenty.
    const keptPerSecond = 2 * (0.06 + 0.94 / 20);
    const tail = { perSecond: keptPerSecond, ratio: (2 * 0.06) / keptPerSecond, successWeight: 20 };
    endpoint.play({ forMs: 6 * HOUR_MS, ...tail });
    assert.ok(endpoint.reading.usual < 0.1, `usual ${endpoint.reading.usual}`);
    endpoint.play({ forMs: 2 * HOUR_MS, perSecond: 2, ratio: 0.06 });
    assert.deepEqual(endpoint.alarms, []);
  }
});

test("weights that make no sense count as one request", () => {
  const endpoint = warmLogin(9);
  for (const weight of [Number.NaN, 0, -5, Number.POSITIVE_INFINITY, 1e300]) {
    endpoint.fail(endpoint.person(), weight);
    endpoint.succeed(endpoint.person(), weight);
  }
  for (const value of Object.values(endpoint.reading)) {
    if (typeof value === "number") assert.ok(Number.isFinite(value));
  }
  endpoint.play({ forMs: HOUR_MS, perSecond: 2, ratio: 0.06 });
  assert.deepEqual(endpoint.alarms, []);
});

test("a page can say since when, how many, and who", () => {
  const endpoint = warmLogin(10);
  const attackStartedAt = endpoint.now;
  endpoint.play({ forMs: MINUTE_MS, perSecond: 2, ratio: 0.06, attackPerSecond: 10, attackClients: 4 });
  const { reading } = endpoint;
  assert.equal(reading.alarmKind, "ratio");
  assert.ok(Math.abs((reading.since ?? 0) - attackStartedAt) < 20 * SECOND_MS);
  assert.ok(Math.abs(reading.failuresSince - endpoint.attackCount) < 30);
  assert.ok(reading.failureCount <= reading.requestCount);
  assert.ok(reading.busiestClientShare > 0.15 && reading.busiestClientShare < 0.4);
  const top = endpoint.detector.topClients(endpoint.series);
  assert.deepEqual(new Set(top.slice(0, 4).map((entry) => entry.client)), new Set([1, 2, 3, 4]));
  assert.ok(reading.deviation > 5 && reading.rate > reading.usualUpper);
});

test("the classical control limit pages in its own right", () => {
  const endpoint = new EndpointUnderTest({ seed: 12, settings: { deviation: 5 } });
  endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 1, ratio: 0.06 });
  assert.equal(endpoint.alarms.length, 0);
  const delayMs = endpoint.delayUntilAlarm({ forMs: HOUR_MS, perSecond: 1, ratio: 0.06, attackPerSecond: 1 });
  assert.ok(delayMs !== undefined && delayMs < MINUTE_MS, `${delayMs} ms`);
  assert.equal(endpoint.alarms[0]?.kind, "control-limit");
  assert.equal(endpoint.reading.threshold, 5);
});

test("no alarm without the failures that the rule asks for", () => {
  const endpoint = new EndpointUnderTest({ seed: 13, settings: { minFailures: 50 } });
  endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 1, ratio: 0.06 });
  endpoint.delayUntilAlarm({ forMs: HOUR_MS, perSecond: 1, ratio: 0.06, attackPerSecond: 10 });
  assert.ok(endpoint.alarms.length === 1 && endpoint.attackCount >= 45, `${endpoint.attackCount}`);
});

test("a larger fleet on the same budget asks for more evidence", () => {
  const endpoint = warmLogin(14);
  const alone = endpoint.reading.threshold;
  endpoint.detector.tick(endpoint.series, endpoint.now + MINUTE_MS, { ...BUDGET, activeSeriesCount: 300 });
  endpoint.now += MINUTE_MS;
  assert.ok(Math.abs(endpoint.reading.threshold - alone - Math.log(300)) < 0.5);
});

test("accepting the present level ends the alarm", () => {
  const endpoint = warmLogin(15);
  endpoint.play({ forMs: 10 * MINUTE_MS, perSecond: 2, ratio: 0.4 });
  endpoint.detector.acceptPresentLevel(endpoint.series, endpoint.now);
  assert.equal(endpoint.reading.clearedBy, "new_level");
  endpoint.play({ forMs: 6 * HOUR_MS, perSecond: 2, ratio: 0.4 });
  assert.equal(endpoint.alarms.length, 1);
});

test("a series that never failed holds no more than a few numbers and asks for no ticks", () => {
  const endpoint = new EndpointUnderTest({ seed: 16 });
  endpoint.play({ forMs: HOUR_MS, perSecond: 1, ratio: 0 });
  assert.equal(endpoint.series.watch, null);
  assert.equal(needsTick(endpoint.series), false);
  assert.ok(Math.abs(endpoint.reading.requestRate - 1) < 0.1);
  assert.ok(Math.abs(endpoint.reading.requestCount - 60) < 25);
  assert.ok(endpoint.now > START);
});

/** Nobody says whose they are, nor that they are one's. */
function failTogether(endpoint: EndpointUnderTest, count: number): void {
  for (let parallel = 0; parallel < count; parallel++) {
    endpoint.fail(0);
    endpoint.now += 20;
  }
}
