import assert from "node:assert/strict";
import { test } from "node:test";
import { needsTick } from "../../../src/core/detection/detector.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../src/core/time.ts";
import type { EndpointOptions, Traffic } from "./endpoint-under-test.ts";
import { EndpointUnderTest, START } from "./endpoint-under-test.ts";

const WEEK_MS = 7 * DAY_MS;
const PEOPLE = { perSecond: 0.1, ratio: 0.02 };
/** Three machines whose credential has expired. */
const JOB = { ...PEOPLE, attackPerSecond: 0.2, attackClients: 3 };
const JOB_MS = 10 * MINUTE_MS;

/** What somebody was woken for: alarms that were not known from the first moment to the last. */
class Nights {
  readonly endpoint: EndpointUnderTest;
  readonly pagedAt: number[] = [];

  constructor(options: Partial<EndpointOptions> = {}) {
    this.endpoint = new EndpointUnderTest({ seed: 71, ...options });
  }

  /** What happens at this time of the coming day; everything else is people. */
  pass(hour: number, traffic: Traffic): void {
    const { endpoint } = this;
    const midnight = START + Math.floor((endpoint.now - START) / DAY_MS) * DAY_MS;
    this.#play({ ...PEOPLE, forMs: midnight + hour * HOUR_MS - endpoint.now });
    this.#play(traffic);
    this.#play({ ...PEOPLE, forMs: midnight + DAY_MS - endpoint.now });
  }

  #play(traffic: Traffic): void {
    const { endpoint, pagedAt } = this;
    endpoint.play(traffic, () => {
      const began = endpoint.alarms.at(-1)?.at;
      if (began === undefined || pagedAt.at(-1) === began || !needsTick(endpoint.series)) return false;
      if (endpoint.reading.recurredTimes === 0) pagedAt.push(began);
      return false;
    });
  }

  get pagedDays(): readonly number[] {
    return this.pagedAt.map((at) => Math.floor((at - START) / DAY_MS));
  }
}

function afterJobs(nights: number, options: Partial<EndpointOptions> = {}): Nights {
  const played = new Nights(options);
  for (let night = 0; night < nights; night++) played.pass(2, { ...JOB, forMs: JOB_MS });
  return played;
}

test("a job that fails every night pages three times, and is a ticket from then on", () => {
  const nights = afterJobs(10);
  assert.equal(nights.endpoint.alarms.length, 10);
  assert.deepEqual(nights.pagedDays, [0, 1, 2]);
});

test("one that fails every Sunday pages on three, and one that rests at the weekend is known on Monday", () => {
  const sundays = new Nights();
  const weekdays = new Nights({ seed: 72 });
  for (let day = 0; day < 42; day++) {
    const job = { ...JOB, forMs: JOB_MS };
    sundays.pass(3, day % 7 === 6 ? job : { ...PEOPLE, forMs: HOUR_MS });
    if (day < 21) weekdays.pass(2, day % 7 < 5 ? job : { ...PEOPLE, forMs: HOUR_MS });
  }
  assert.deepEqual(sundays.pagedDays, [6, 13, 20]);
  assert.deepEqual(weekdays.pagedDays, [0, 1, 2]);
});

test("a job that fails every other hour is known after three days", () => {
  const { endpoint } = afterJobs(0, { seed: 73 });
  const recurred: number[] = [];
  for (let round = 0; round < 48; round++) {
    endpoint.play({ ...PEOPLE, forMs: 2 * HOUR_MS - JOB_MS });
    endpoint.play({ ...JOB, forMs: JOB_MS });
    recurred.push(endpoint.reading.recurredTimes);
  }
  assert.ok(recurred.slice(0, 36).every((times) => times === 0));
  assert.ok(recurred.slice(37).every((times) => times >= 3));
});

test("people's clocks may move the job by an hour; at another time of the day it is news", () => {
  const nights = afterJobs(5);
  nights.pass(3, { ...JOB, forMs: JOB_MS });
  assert.deepEqual(nights.pagedDays, [0, 1, 2]);
  nights.pass(12, { ...JOB, forMs: JOB_MS });
  assert.deepEqual(nights.pagedDays, [0, 1, 2, 6]);
});

test("an attack in the job's hour, from others, pages", () => {
  const nights = afterJobs(5);
  nights.pass(2, { ...JOB, forMs: JOB_MS, attackClients: 0 });
  assert.deepEqual(nights.pagedDays, [0, 1, 2, 5]);
});

test("the same clients page when they fail by more than half more often than ever", () => {
  const nights = afterJobs(5);
  nights.pass(2, { ...JOB, forMs: JOB_MS, attackPerSecond: 2.5 * JOB.attackPerSecond });
  assert.deepEqual(nights.pagedDays, [0, 1, 2, 5]);
});

test("who grows night after night is paged again and again", () => {
  const nights = new Nights();
  for (let night = 0; night < 12; night++) {
    nights.pass(2, { ...JOB, forMs: JOB_MS, attackPerSecond: 0.1 * 1.6 ** night });
  }
  assert.equal(nights.pagedDays.length, 12);
});

test("on a sign-in route an attack that keeps its hour pages every night", () => {
  const nights = afterJobs(6, { isAuthenticationRoute: true });
  assert.deepEqual(nights.pagedDays, [0, 1, 2, 3, 4, 5]);
});

test("an endpoint of which four times as much fails every night pages on three nights, not on every one", () => {
  const nights = new Nights();
  for (let day = 0; day < 9; day++) nights.pass(16, { perSecond: 0.3, ratio: 0.12, forMs: 6 * HOUR_MS });
  assert.ok(nights.endpoint.alarms.length >= 8);
  assert.deepEqual(nights.pagedDays, [0, 1, 2]);
});

test("what is known of nights survives restarts, and is forgotten after four weeks", () => {
  const nights = afterJobs(5);
  nights.endpoint.restart(0);
  nights.pass(2, { ...JOB, forMs: JOB_MS });
  assert.deepEqual(nights.pagedDays, [0, 1, 2]);
  nights.endpoint.play({ ...PEOPLE, forMs: 5 * WEEK_MS });
  nights.pass(2, { ...JOB, forMs: JOB_MS });
  assert.equal(nights.pagedDays.length, 4);
  assert.equal(nights.endpoint.series.watch?.pastExcesses.length, 1);
});
