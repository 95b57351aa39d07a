import assert from "node:assert/strict";
import { test } from "node:test";
import { readRequestLine } from "../../../src/io/recordings/request-line.ts";
import { fc } from "../../support/properties.ts";
import { Random } from "../../support/random.ts";
import { merge, tailSampled } from "./delivery.ts";
import type { BenchRequest } from "./request.ts";
import { BENIGN, toLine, toRecordedRequest } from "./request.ts";
import { drawScenario, RECIPES, REPORT_SEEDS, TUNING_SEEDS } from "./scenarios.ts";
import { CONSTANT, days } from "./shapes.ts";
import { signInFailureShare, signIns } from "./sources.ts";
import { endpointDays } from "./standing.ts";
import { TimeQueue } from "./time-queue.ts";

const REQUESTS_LOOKED_AT = 2_000;

for (const recipe of RECIPES) {
  test(`${recipe.name} draws the same requests again, in order of arrival`, () => {
    const requests = firstRequests(recipe.name, 1);
    assert.deepEqual(firstRequests(recipe.name, 1), requests);
    for (const [index, request] of requests.entries()) {
      assert.ok(request.arrived >= (requests[index - 1]?.arrived ?? 0));
    }
  });
}

test("another seed draws other values", () => {
  assert.notDeepEqual(firstRequests("steady-trickle", 1), firstRequests("steady-trickle", 2));
});

test("report seeds are none of those that are tuned on", () => {
  assert.deepEqual(
    REPORT_SEEDS.filter((seed) => TUNING_SEEDS.includes(seed)),
    [],
  );
});

test("every attack strikes an endpoint that is watched, and only scenarios that must page have one", () => {
  for (const recipe of RECIPES) {
    const { attacks, watched } = drawScenario(recipe, 1);
    assert.equal(attacks.length > 0, recipe.expectation === "page", recipe.name);
    for (const { endpoints } of attacks) {
      for (const endpoint of endpoints) assert.ok(watched.some((one) => one.endpoint === endpoint));
    }
  }
});

test("at least half of all endpoint-days have no attack", () => {
  const daysOf = (recipes: typeof RECIPES) =>
    recipes.reduce((sum, recipe) => sum + endpointDays(drawScenario(recipe, 1)), 0);
  const attacked = RECIPES.filter(({ expectation }) => expectation === "page");
  assert.ok(daysOf(attacked) < daysOf(RECIPES) / 2);
});

test("requests of an attack carry its number, all others none", () => {
  const labels = new Set([...scenarioOf("two-an-hour-apart", 1).stream()].map(({ attack }) => attack));
  assert.deepEqual([...labels].sort(), [BENIGN, 0, 1]);
});

test("a line of the benchmark is read by a backtest as what it was", () => {
  for (const name of ["sampled-one-percent", "no-client-address", "replica-with-a-wrong-clock"]) {
    for (const request of firstRequests(name, 1).slice(0, 50)) {
      const read = readRequestLine(toLine(request));
      assert.deepEqual(read, { kind: "request", arrivedAt: request.arrived, request: toRecordedRequest(request) });
    }
  }
});

test("of sign-ins the announced share fails, retries included", () => {
  const endpoint = { service: "web", env: "production", method: "POST", route: "/login" };
  const span = { from: 0, to: days(2) };
  const traffic = { endpoint, perSecond: 1, shape: CONSTANT, span, population: 1_000, ratio: () => 0.08 };
  const requests = [...signIns(new Random(7), { ...traffic, version: () => "1" })];
  const failed = requests.filter(({ status }) => status === 401).length / requests.length;
  assert.ok(Math.abs(failed - signInFailureShare(0.08)) < 0.004, `${failed}`);
});

test("tail sampling keeps every failure, and the weights stand for the rest", () => {
  const all = firstRequests("steady-trickle", 1);
  const kept = [...tailSampled(0.2, 0)(all, new Random(1))];
  const failures = (requests: readonly BenchRequest[]) => requests.filter(({ status }) => status >= 400).length;
  const weight = kept.reduce((sum, request) => sum + request.weight, 0);
  assert.equal(failures(kept), failures(all));
  assert.ok(Math.abs(weight / all.length - 1) < 0.15, `${weight} for ${all.length}`);
});

test("streams that come together stay in order", () => {
  const streams = ["steady-trickle", "dead-token", "load-test"].map((name) => firstRequests(name, 1));
  const merged = [...merge(streams)].map(({ arrived }) => arrived);
  assert.deepEqual(
    merged,
    streams
      .flat()
      .map(({ arrived }) => arrived)
      .sort((left, right) => left - right),
  );
});

test("a queue gives back what was put in, earliest first", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (moments) => {
      const queue = new TimeQueue<number>();
      for (const at of moments) queue.push(at, at);
      const taken = moments.map(() => queue.pop());
      assert.deepEqual(
        taken,
        moments.toSorted((left, right) => left - right),
      );
      assert.equal(queue.pop(), undefined);
    }),
  );
});

function scenarioOf(name: string, seed: number) {
  const recipe = RECIPES.find((one) => one.name === name);
  assert.ok(recipe !== undefined, name);
  return drawScenario(recipe, seed);
}

function firstRequests(name: string, seed: number): readonly BenchRequest[] {
  const requests: BenchRequest[] = [];
  for (const request of scenarioOf(name, seed).stream()) {
    if (requests.push(request) >= REQUESTS_LOOKED_AT) break;
  }
  return requests;
}
