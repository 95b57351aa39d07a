/** What a burst looks like, from spans to the page. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import type { SpanFacts } from "../support/trace-request.ts";

const ONE_RULE = ruleSetOf(`rules:
  - {id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}, severity: error, keep_firing_for: 1m}
routes: [{notify: [log]}]
`);

const LOGIN = { method: "POST", route: "/login" };
const ORDERS = { method: "GET", route: "/orders" };

/** Fifty people on both endpoints, two requests a second, hardly a failure. */
function usualDay(): EngineWorld {
  const world = new EngineWorld(ONE_RULE);
  goOn(world, 2 * HOUR_MS);
  return world;
}

/** `extra` tells what comes on top in each second. */
function goOn(
  world: EngineWorld,
  forMs: number,
  extra: (second: number) => readonly SpanFacts[] = () => [],
  people: "succeed" | "fail" = "succeed",
): void {
  for (let second = 0; second < forMs / SECOND_MS; second++) {
    world.pass(SECOND_MS);
    const client = `203.0.113.${(second * 7) % 50}`;
    const slip = second % 97 === 0 ? 401 : 200;
    const status = people === "fail" ? 401 : slip;
    world.send([{ ...LOGIN, client, status }, { ...ORDERS, client, status: 200 }, ...extra(second)]);
  }
}

/** Of the alerts as they ended, once all is as usual again. */
function patternsOf(world: EngineWorld): readonly (string | null)[] {
  goOn(world, 15 * MINUTE_MS);
  const ended = world.transitions().filter(({ kind }) => kind === "resolved");
  return ended.map(({ alert }) => alert.evidence.pattern);
}

test("strangers with an attempt each are distributed stuffing", () => {
  const world = usualDay();
  goOn(world, 3 * MINUTE_MS, (second) =>
    [0, 1, 2].map((bot) => ({ ...LOGIN, status: 401, client: `198.51.${second % 200}.${bot}` })),
  );
  assert.deepEqual(patternsOf(world), ["distributed_credential_stuffing"]);
});

test("one stranger that keeps failing is brute force", () => {
  const world = usualDay();
  goOn(world, 3 * MINUTE_MS, () => [{ ...LOGIN, status: 401, client: "198.51.100.9" }]);
  assert.deepEqual(patternsOf(world), ["brute_force"]);
});

test("accounts that spans name tell a list of them from one that is guessed at", () => {
  const failing = (user: string) => [
    { ...LOGIN, status: 401, client: "198.51.100.9", attributes: { "user.name": user } },
  ];
  const stuffed = usualDay();
  goOn(stuffed, 3 * MINUTE_MS, (second) => failing(`user-${second}`));
  assert.deepEqual(patternsOf(stuffed), ["credential_stuffing"]);
  const sprayed = usualDay();
  goOn(sprayed, 3 * MINUTE_MS, (second) => failing(`user-${second % 40}`));
  assert.deepEqual(patternsOf(sprayed), ["password_spraying"]);
});

test("a sign-in that refuses the people who always used it is no attack", () => {
  const world = usualDay();
  goOn(world, 3 * MINUTE_MS, undefined, "fail");
  assert.deepEqual(patternsOf(world), [null]);
});

test("a known client that repeats a call at a steady pace is in a retry loop", () => {
  const world = usualDay();
  goOn(world, 4 * MINUTE_MS, () => [{ ...ORDERS, status: 401, client: "203.0.113.3" }]);
  assert.deepEqual(patternsOf(world), ["retry_loop"]);
});

test("after a restart the pattern is found anew", () => {
  const world = usualDay();
  goOn(world, 3 * MINUTE_MS, () => [{ ...LOGIN, status: 401, client: "198.51.100.9" }]);
  world.restart();
  goOn(world, MINUTE_MS, () => [{ ...LOGIN, status: 401, client: "198.51.100.9" }]);
  assert.deepEqual(patternsOf(world), ["brute_force"]);
});

/** Failures of one client on the sign-in route, one a second, and then a success. */
function tries(count: number, client: string) {
  return (second: number): readonly SpanFacts[] =>
    second < 0 || second > count ? [] : [{ ...LOGIN, client, status: second < count ? 401 : 200 }];
}

test("a stranger that keeps failing and then gets in makes the page critical, and is listed", () => {
  const world = usualDay();
  goOn(world, 2 * MINUTE_MS, tries(60, "198.51.100.9"));
  const [fired, escalated] = world.transitions().filter(({ kind }) => kind !== "updated");
  assert.deepEqual([fired?.kind, fired?.alert.severity], ["firing", "error"]);
  assert.deepEqual([escalated?.kind, escalated?.alert.severity], ["escalated", "critical"]);
  assert.equal(escalated?.alert.evidence.pattern, "account_takeover");
  assert.equal(escalated.alert.evidence.successesAfterFailures.length, 1);
});

test("a person who mistypes and then gets in pages nobody, known here or not", () => {
  for (const client of ["198.51.100.9", "203.0.113.3"]) {
    const world = usualDay();
    goOn(world, 2 * MINUTE_MS, tries(5, client));
    assert.deepEqual(world.kinds(), [], client);
  }
});

test("a person who mistypes and then gets in does not raise the attack of somebody else", () => {
  const world = usualDay();
  const person = tries(6, "198.51.100.77");
  goOn(world, 4 * MINUTE_MS, (second) => [{ ...LOGIN, status: 401, client: "198.51.100.9" }, ...person(second - 60)]);
  assert.deepEqual(
    world.transitions().map(({ kind, alert }) => [kind, alert.evidence.pattern]),
    [
      ["firing", null],
      ["updated", "brute_force"],
    ],
  );
});

test("a client that used to sign in here and gets in again is no takeover", () => {
  const world = usualDay();
  goOn(world, 2 * MINUTE_MS, tries(60, "203.0.113.3"));
  assert.ok(!world.kinds().includes("escalated"));
});

test("a release that locks people out is one, also where several spans tell of each request", () => {
  const world = new EngineWorld(ONE_RULE);
  const minutes = (count: number, version: string, status: (second: number) => number): void => {
    for (let second = 0; second < 60 * count; second++) {
      world.pass(SECOND_MS);
      const login = { ...LOGIN, status: status(second), client: `203.0.113.${(second * 7) % 50}` };
      world.send([...nested(login), ...nested({ ...login, ...ORDERS, status: 200 })], { "service.version": version });
    }
  };
  minutes(90, "1.0", (second) => (second % 97 === 0 ? 401 : 200));
  minutes(5, "1.1", () => 401);
  minutes(20, "1.2", (second) => (second % 97 === 0 ? 401 : 200));
  assert.ok(world.engine.joinedRequests.nestedCount > 1000, "spans are joined");
  const ended = world.transitions().filter(({ kind }) => kind === "resolved");
  assert.deepEqual(
    ended.map(({ alert }) => alert.evidence.pattern),
    ["deploy"],
  );
});

let traceCount = 0;

/** The server's span, and the framework's within it. */
function nested(request: SpanFacts): readonly SpanFacts[] {
  traceCount += 1;
  const traceId = traceCount.toString(16).padStart(32, "d");
  const outer = traceCount.toString(16).padStart(16, "e");
  const inner = traceCount.toString(16).padStart(16, "f");
  return [
    { ...request, ids: { traceId, spanId: outer } },
    { ...request, ids: { traceId, spanId: inner, parentSpanId: outer } },
  ];
}
