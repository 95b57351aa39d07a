import assert from "node:assert/strict";
import { test } from "node:test";
import type { SignInSnapshot } from "../../../../src/core/alerts/takeover/sign-in-watch.ts";
import { SignInWatch } from "../../../../src/core/alerts/takeover/sign-in-watch.ts";
import type { Observation } from "../../../../src/core/extraction/observation.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../../src/core/time.ts";
import { fc } from "../../../support/properties.ts";
import { LOGIN_ENDPOINT, peopleAtLogin } from "../people-at-login.ts";

const STRANGER = 5001;

/** A moment at which the memory of who succeeded is ripe. Clients 1 to 9 have. */
const START = HOUR_MS;

type Event = { readonly at: number; readonly isOk?: boolean; readonly client?: number; readonly user?: number } & {
  readonly session?: number;
  /** By the sender's clock; when it arrives, unless given. */
  readonly endedAt?: number;
};

/** Hands requests to a watch, and says how many takeovers there were and of how many failures each. */
class Visit {
  watch = new SignInWatch();
  readonly known = peopleAtLogin();

  send({ at, client = STRANGER, endedAt = at, isOk = false, session = 0, user = 0 }: Event): this {
    const now = START + at;
    const observation: Observation = {
      ...{
        endpoint: LOGIN_ENDPOINT,
        outcome: isOk ? "ok" : "unauthenticated",
        cause: null,
        httpStatus: isOk ? 200 : 401,
      },
      ...{ grpcStatus: -1, weight: 1, client, user, session, endedAt: START + endedAt },
      traceId: () => `trace-${at}`,
      spanId: () => `span-${at}`,
      attribute: () => undefined,
    };
    if (isOk) this.watch.observeSuccess(observation, this.known, now);
    else this.watch.observeFailure(observation, this.known, now);
    if (isOk) this.known.noteSuccess(client, LOGIN_ENDPOINT.id, now);
    return this;
  }

  fail(count: number, everyMs: number, from = 0): this {
    for (let index = 0; index < count; index++) this.send({ at: from + index * everyMs });
    return this;
  }

  restart(): this {
    this.watch = new SignInWatch(JSON.parse(JSON.stringify(this.watch.snapshot())) as SignInSnapshot);
    return this;
  }

  get counts(): readonly number[] {
    return this.watch.takeovers.map(({ failures }) => failures);
  }
}

test("a success after thirty failures of a stranger is a takeover, and the next ones are none", () => {
  const visit = new Visit().fail(30, SECOND_MS).send({ at: 30_000, isOk: true }).send({ at: 40_000, isOk: true });
  assert.deepEqual(visit.counts, [30]);
  const [takeover] = visit.watch.takeovers;
  assert.equal(takeover?.grade, "page");
  assert.deepEqual([takeover.failedFrom, takeover.failedUntil], [START, START + 29_000]);
  assert.deepEqual(takeover.failure, { traceId: "trace-29000", spanId: "span-29000" });
  assert.deepEqual(takeover.success, { traceId: "trace-30000", spanId: "span-30000" });
});

test("failures that are told after the success they came before still count", () => {
  const visit = new Visit().fail(8, SECOND_MS).send({ at: 20_000, isOk: true });
  assert.deepEqual(visit.counts, []);
  for (let index = 0; index < 20; index++) visit.send({ at: 21_000 + index, endedAt: 10_000 + index });
  assert.deepEqual(visit.counts, [28]);
  assert.equal(visit.watch.takeovers[0]?.grade, "page");
});

test("a success that is told after failures that followed it counts those before it alone", () => {
  const late = new Visit().fail(40, SECOND_MS, 30_000).send({ at: 75_000, endedAt: 29_000, isOk: true });
  assert.deepEqual(late.counts, []);
  const between = new Visit().fail(40, SECOND_MS).send({ at: 41_000, endedAt: 19_500, isOk: true });
  assert.deepEqual(between.counts, [20]);
});

test("a clock that is off by more than a minute is not believed", () => {
  const visit = new Visit().fail(30, SECOND_MS).send({ at: 30_000, endedAt: -5 * MINUTE_MS, isOk: true });
  assert.deepEqual(visit.counts, [30]);
});

test("failures fade within the hour, and successes in between pay back", () => {
  const slow = new Visit()
    .fail(9, SECOND_MS)
    .send({ at: 2 * HOUR_MS })
    .send({ at: 2 * HOUR_MS + 1000, isOk: true });
  assert.deepEqual(slow.counts, []);
  const mixed = new Visit();
  for (let index = 0; index < 100; index++) mixed.send({ at: index * 1000, isOk: index % 4 === 3 });
  assert.deepEqual(mixed.counts, []);
});

test("the gateway that everybody comes through has taken over nothing", () => {
  const visit = new Visit();
  for (let index = 0; index < 40; index++) visit.send({ at: index, client: 77, isOk: true });
  for (let index = 0; index < 40; index++) visit.send({ at: 1000 + index * 1000, client: 77 });
  assert.deepEqual(visit.send({ at: 60_000, client: 77, isOk: true }).counts, []);
});

const SESSION = 8001;

/** One session that fails from a new address every time. */
function wander(count: number): Visit {
  const visit = new Visit();
  for (let index = 0; index < count; index++) visit.send({ at: index * 1000, client: 6000 + index, session: SESSION });
  return visit;
}

test("a session that fails from one address after the other is followed, and gets in once", () => {
  const visit = wander(30);
  const success = { isOk: true, client: 7000, session: SESSION };
  visit.send({ at: 31_000, isOk: true, client: 7001 }).send({ ...success, at: 32_000 });
  assert.deepEqual(visit.counts, [30]);
  const [takeover] = visit.watch.takeovers;
  assert.deepEqual([takeover?.grade, takeover?.client, takeover?.session], ["page", 7000, SESSION]);
  assert.deepEqual(visit.send({ ...success, at: 40_000, client: 7002 }).counts, [30]);
});

test("what one client fails at is told once, as the client's, whatever its session", () => {
  const visit = new Visit();
  for (let index = 0; index < 30; index++) visit.send({ at: index * 1000, session: SESSION });
  visit.send({ at: 30_000, isOk: true, session: SESSION });
  assert.deepEqual(
    visit.watch.takeovers.map(({ failures, session }) => [failures, session]),
    [[30, 0]],
  );
});

test("a session that has signed in here before, or does so from where somebody has, is no stranger's", () => {
  const before = new Visit().fail(1, 0).send({ at: 100, isOk: true, client: 7000, session: SESSION });
  for (let index = 0; index < 24; index++)
    before.send({ at: 1000 + index * 1000, client: 6000 + index, session: SESSION });
  assert.deepEqual(before.send({ at: 30_000, isOk: true, client: 7001, session: SESSION }).counts, []);
  assert.deepEqual(wander(24).send({ at: 30_000, isOk: true, client: 3, session: SESSION }).counts, []);
});

test("a session id that everybody shares has taken over nothing", () => {
  const visit = new Visit();
  for (let index = 0; index < 40; index++)
    visit.send({ at: index, client: 7000 + index, isOk: true, session: SESSION });
  for (let index = 0; index < 40; index++) visit.send({ at: 1000 * index, client: 6000 + index, session: SESSION });
  assert.deepEqual(visit.send({ at: 60_000, client: 9000, isOk: true, session: SESSION }).counts, []);
});

test("an alarm is over a minute after the last takeover was found", () => {
  const visit = new Visit().fail(30, SECOND_MS).send({ at: 30_000, isOk: true });
  assert.equal(visit.watch.isAlarming(START + 89_000), true);
  assert.equal(visit.watch.isAlarming(START + 90_000), false);
});

test("a snapshot of another version begins anew", () => {
  const visit = new Visit().fail(30, SECOND_MS);
  visit.watch = new SignInWatch({ ...visit.watch.snapshot(), version: 0 });
  assert.deepEqual(visit.send({ at: 30_000, isOk: true }).counts, []);
});

const anyEvents = fc.array(
  fc.record({
    afterMs: fc.nat({ max: 4000 }),
    lateMs: fc.constantFrom(0, 0, 0, 2000, 30_000, 200_000),
    isOk: fc.constantFrom(false, false, false, false, false, true),
    client: fc.constantFrom(1, STRANGER, STRANGER, STRANGER, 5002, 5003, 5004, 5005),
    user: fc.constantFrom(0, 1, 1, 2),
    session: fc.constantFrom(0, SESSION, SESSION, 8002),
  }),
  { minLength: 20, maxLength: 120 },
);

test("a restart at any moment changes nothing", () => {
  fc.assert(
    fc.property(anyEvents, fc.nat({ max: 120 }), (events, restartAt) => {
      const [whole, stopped] = [new Visit(), new Visit()];
      let at = 0;
      events.forEach(({ afterMs, lateMs, ...event }, index) => {
        at += afterMs;
        if (index === restartAt) stopped.restart();
        for (const visit of [whole, stopped]) visit.send({ ...event, at, endedAt: at - lateMs });
      });
      assert.deepEqual(stopped.watch.takeovers, whole.watch.takeovers);
      assert.deepEqual(stopped.watch.snapshot(), whole.watch.snapshot());
    }),
  );
});
