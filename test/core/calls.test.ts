/** Calls: what services send to others, seen from the side that sends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS } from "../../src/core/time.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { Random } from "../support/random.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import type { SpanSketch } from "./extraction/span-requests.ts";
import { traceRequest } from "./extraction/span-requests.ts";

const rulesWith = (rules: string) => ruleSetOf(`rules:\n${rules}\nroutes: [{notify: [log]}]\n`);
const CALLS = rulesWith("  - {id: calls, match: {side: client}, count: {outcome: unauthenticated}, severity: warning}");
const SERVER = rulesWith("  - {id: http-401, match: {}, count: {outcome: unauthenticated}, severity: error}");
const BOTH = rulesWith(
  `  - {id: both, match: {side: "*"}, per: [service, side, peer], count: {outcome: unauthenticated}, severity: error}`,
);

let spanCount = 0;

function call(peer: string, status: number): SpanSketch {
  spanCount += 1;
  return {
    kind: "CLIENT",
    traceId: spanCount.toString(16).padStart(32, "a"),
    spanId: spanCount.toString(16).padStart(16, "0"),
    attributes: { "http.request.method": "POST", "server.address": peer, "http.response.status_code": status },
  };
}

class CallWorld extends EngineWorld {
  readonly #chance = new Random(11);

  call(peer: string, { everyMs, failureShare, forMs }: { everyMs: number; failureShare: number; forMs: number }): void {
    for (let passed = 0; passed < forMs; passed += everyMs) {
      this.pass(everyMs);
      this.sendBytes(traceRequest([call(peer, this.#chance.chance(failureShare) ? 401 : 200)]));
    }
  }
}

const CALM = { everyMs: 1000, failureShare: 0.02, forMs: 30 * MINUTE_MS };
const BURST = { everyMs: 200, failureShare: 0.95, forMs: 2 * MINUTE_MS };

test("a credential that a dependency refuses is an alert of its own, which names both", () => {
  const world = new CallWorld(CALLS);
  for (const peer of ["idp.example.com", "pay.example.com"]) world.call(peer, CALM);
  world.call("pay.example.com", BURST);
  const [firing] = world.transitions().filter(({ kind }) => kind === "firing");
  assert.deepEqual(
    [firing?.alert.labels["service"], firing?.alert.labels["peer"], firing?.alert.isPage],
    ["shop", "pay.example.com", false],
  );
  assert.equal(world.kinds().filter((kind) => kind === "firing").length, 1);
});

test("it goes on after a restart, with what is usual for the dependency", () => {
  const [stopped, running] = [new CallWorld(CALLS), new CallWorld(CALLS)];
  for (const world of [stopped, running]) {
    world.call("idp.example.com", CALM);
    if (world === stopped) world.restart();
    world.call("idp.example.com", BURST);
  }
  const times = (world: CallWorld) => world.transitions().map(({ kind, at, alert }) => [kind, at, alert.endpoint.peer]);
  assert.deepEqual(times(stopped), times(running));
  assert.equal(stopped.kinds().includes("firing"), true);
});

test("spans of calls leave as they came", () => {
  const world = new CallWorld(CALLS);
  const bytes = traceRequest([call("idp.example.com", 401)]);
  assert.equal(world.sendBytes(bytes), bytes);
});

test("rules that say nothing of a side judge no calls, and rules about calls no requests", () => {
  const server = new CallWorld(SERVER);
  server.sendBytes(traceRequest([call("idp.example.com", 401)]));
  assert.deepEqual([...server.engine.series()], []);
  assert.equal(server.engine.endpoints.size, 0);
  const client = new CallWorld(CALLS);
  client.send([{ route: "/login", status: 401 }]);
  assert.deepEqual([...client.engine.series()], []);
});

test("a rule about both sides keeps them apart where it groups by side", () => {
  const world = new CallWorld(BOTH);
  world.sendBytes(traceRequest([call("idp.example.com", 401)]));
  world.send([{ route: "/login", status: 401 }]);
  assert.deepEqual([...world.engine.series()].map(({ values }) => values).toSorted(), [
    ["auth", "server", ""],
    ["shop", "client", "idp.example.com"],
  ]);
});

test("a call that is sent again, or that two spans tell about, is one", () => {
  const world = new CallWorld(CALLS);
  const outer = call("idp.example.com", 401);
  const inner = { ...call("idp.example.com", 401), traceId: outer.traceId ?? "", parentSpanId: outer.spanId ?? "" };
  world.sendBytes(traceRequest([inner, outer]));
  world.sendBytes(traceRequest([inner, outer]));
  const [series] = world.engine.series();
  assert.ok(series !== undefined);
  assert.equal(series.active.detector.reading(series.state, world.now).failureCount, 1);
});
