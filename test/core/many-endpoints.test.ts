/** What the engine as a whole keeps of endpoints and series: in rows, in objects, over restarts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Checkpoint } from "../../src/core/engine.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";

const RULE = 'id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}, severity: error';
const rulesWith = (rules: string) => ruleSetOf(`rules:\n${rules}\nroutes: [{notify: [log]}]\n`);
const ONE_RULE = rulesWith(`  - {${RULE}}`);
const CALM = { everyMs: 1000, failureShare: 0, forMs: 20 * MINUTE_MS };

/** A request that says its path and no route. */
function pathRequest(path: string, status: number) {
  return { route: path, status, attributes: { "http.route": "", "url.path": path } };
}

/** Letters only: digits would be taken for an identifier. */
function word(number: number): string {
  return [...number.toString(8)].map((digit) => "bdfgklmn"[Number(digit)]).join("");
}

function scan(world: EngineWorld, count: number, status = 401): void {
  for (let path = 0; path < count; path++) {
    world.send([pathRequest(`/x${word(path)}-${word(world.now % 8 ** 6)}`, status)]);
    world.pass(10);
  }
}

function readingOf(world: EngineWorld, route: string) {
  const series = [...world.engine.series()].find(({ endpoint }) => endpoint.route === route);
  assert.ok(series !== undefined, `${route} has a series`);
  return series.active.detector.reading(series.state, world.now);
}

function kindsOf(checkpoints: readonly Checkpoint[]): readonly string[] {
  return checkpoints.map(({ kind }) => kind);
}

test("a flood of invented paths pages once, as the service's other endpoints, and takes nothing from a login", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  const before = readingOf(world, "/login").requestRate;
  scan(world, 2000);
  assert.deepEqual(
    world.transitions().map(({ alert }) => alert.endpoint.route),
    ["(other endpoints)"],
  );
  assert.equal(world.engine.endpoints.probationCount, 250);
  assert.ok(readingOf(world, "/login").requestRate > 0.9 * before);
});

test("names on probation are so after a restart, and what is kept stays kept", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  for (let count = 0; count < 3; count++) world.send([pathRequest("/orders", 200)]);
  world.send([pathRequest("/tried", 401), pathRequest("/seen", 200)]);
  world.restart();
  const { endpoints } = world.engine;
  const standings = [...endpoints].map((endpoint) => [endpoint.route, endpoints.standingOf(endpoint)]);
  assert.deepEqual(Object.fromEntries(standings), {
    "/login": "kept",
    "/orders": "kept",
    "/seen": "probation",
    "/tried": "probation",
  });
});

test("what a forgotten endpoint has left is taken out of the store, and out of what is watched", () => {
  const world = new EngineWorld(ONE_RULE);
  scan(world, 250);
  assert.equal(world.engine.watchedSeries.watchedCount, 250);
  world.engine.checkpoint(Number.POSITIVE_INFINITY);
  world.pass(HOUR_MS + MINUTE_MS);
  world.send([pathRequest("/new", 200)]);
  assert.equal(world.engine.endpoints.forgottenCount, 250);
  assert.equal(world.engine.watchedSeries.watchedCount, 0);
  assert.deepEqual(
    [...world.engine.series()].map(({ endpoint }) => endpoint.route),
    ["/new"],
  );
  const checkpoints = world.engine.checkpoint(Number.POSITIVE_INFINITY);
  assert.equal(kindsOf(checkpoints).filter((kind) => kind === "gone").length, 250);
});

test("an endpoint whose alert is open is not forgotten", () => {
  const world = new EngineWorld(ONE_RULE);
  for (let count = 0; count < 200; count++) {
    world.send([{ ...pathRequest("/secret", 401), client: `203.0.113.${count}` }]);
    world.pass(50);
  }
  assert.deepEqual(world.kinds(), ["firing"]);
  const [endpoint] = world.engine.endpoints;
  assert.ok(endpoint !== undefined);
  assert.equal(world.engine.endpoints.dependents.mayForget(endpoint), false);
  world.pass(HOUR_MS);
  assert.deepEqual(world.kinds(), ["firing", "resolved"]);
  assert.equal(world.engine.endpoints.dependents.mayForget(endpoint), true);
});

test("series that never failed and one that has go on from where they were", () => {
  const [stopped, running] = [new EngineWorld(ONE_RULE), new EngineWorld(ONE_RULE)];
  for (const world of [stopped, running]) {
    for (let second = 0; second < 1200; second++) {
      const statuses = { "/a": 200, "/b": 200, "/c": second === 700 ? 401 : 200 };
      for (const [route, status] of Object.entries(statuses)) world.send([{ route, status }]);
      world.pass(SECOND_MS);
      if (world === stopped && second % 250 === 0) world.restart();
    }
  }
  for (const route of ["/a", "/b", "/c"]) assert.deepEqual(readingOf(stopped, route), readingOf(running, route));
});

test("what is stored by itself counts where a block stored before still has the series", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("GET /a", CALM);
  const stale = structuredClone(world.engine.checkpoint(Number.POSITIVE_INFINITY));
  world.send([{ route: "/a", status: 401 }]);
  const failed = world.engine.checkpoint(Number.POSITIVE_INFINITY).filter(({ kind }) => kind === "series");
  const again = new EngineWorld(ONE_RULE);
  again.now = world.now;
  for (const checkpoint of [...stale, ...failed]) {
    if (checkpoint.kind !== "gone") again.engine.restore(checkpoint, again.instant);
  }
  assert.equal(again.engine.seriesCount, 1);
  assert.equal(readingOf(again, "/a").failureCount, 1);
});

test("a block that could not be written is handed out again, with its names", () => {
  const world = new EngineWorld(ONE_RULE);
  world.send([{ route: "/a" }]);
  const first = world.engine.checkpoint(10);
  world.engine.takeBack(first);
  assert.equal(world.engine.dueCheckpointCount, first.length);
  assert.deepEqual(world.engine.checkpoint(10), first);
  world.send([{ route: "/a" }]);
  const [next] = world.engine.checkpoint(10);
  assert.ok(next?.kind === "block");
  assert.equal(next.names, null);
});

test("services that differ in their namespace alone share a series where the rule does not tell them apart", () => {
  const apart = `  - {id: apart, match: {service: "*"}, count: {http_status: 401}, per: [namespace, env, service, method, route]}`;
  const world = new EngineWorld(rulesWith(`  - {${RULE}}\n${apart}`));
  const countOf = (id: string) => [...world.engine.series()].filter(({ active }) => active.rule.id === id).length;
  const send = (namespace: string, status = 200) =>
    world.send([{ route: "/a", status }], { "service.namespace": namespace });
  send("blue");
  assert.deepEqual([countOf("http-401"), countOf("apart")], [1, 1]);
  for (const status of [200, 401]) for (const namespace of ["green", "blue"]) send(namespace, status);
  assert.deepEqual([countOf("http-401"), countOf("apart")], [1, 2]);
  const failures = () =>
    [...world.engine.series()].map(({ active, state }) => active.detector.reading(state, world.now).failureCount);
  assert.deepEqual(failures().toSorted(), [1, 1, 2]);
  world.restart();
  assert.deepEqual(failures().toSorted(), [1, 1, 2]);
  assert.equal(world.engine.seriesCount, 3);
});

test("rules that group endpoints by less keep one series for all, until the last of them is forgotten", () => {
  const world = new EngineWorld(rulesWith(`  - {${RULE}, per: [service]}`));
  world.send([{ route: "/a" }, { route: "/b" }]);
  assert.equal(world.engine.seriesCount, 1);
  scan(world, 250, 404);
  const [series] = world.engine.series();
  assert.deepEqual(series?.values, ["auth"]);
  world.restart();
  assert.equal(world.engine.seriesCount, 1);
});

test("a rule that comes back after it was gone begins anew, and the others go on", () => {
  const both = rulesWith(`  - {${RULE}}\n  - {id: http-403, match: {service: "*"}, count: {http_status: 403}}`);
  const world = new EngineWorld(both);
  world.play("GET /a", CALM);
  world.send([{ route: "/a", status: 403 }]);
  assert.equal(world.engine.seriesCount, 2);
  const rate = readingOf(world, "/a").requestRate;
  world.replaceRules(ONE_RULE);
  assert.equal(world.engine.seriesCount, 1);
  assert.equal(world.engine.watchedSeries.watchedCount, 0);
  assert.ok(kindsOf(world.engine.checkpoint(10)).includes("gone"));
  world.replaceRules(both);
  world.send([{ route: "/a" }]);
  assert.equal(world.engine.seriesCount, 2);
  assert.ok(readingOf(world, "/a").requestRate >= 0.9 * rate);
});
