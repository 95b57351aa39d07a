import assert from "node:assert/strict";
import { test } from "node:test";
import { NAME_MAX_LENGTH } from "../../src/core/extraction/clean-text.ts";
import { decodeMessage } from "../../src/core/otlp/json-from-protobuf.ts";
import { EXPORT_REQUESTS } from "../../src/core/otlp/message-tables.ts";
import { MINUTE_MS } from "../../src/core/time.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";

const RULE =
  'id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}, severity: error, keep_firing_for: 1m';
const rulesWith = (rules: string) => ruleSetOf(`rules:\n${rules}\nroutes: [{notify: [log]}]\n`);
const ONE_RULE = rulesWith(`  - {${RULE}}`);

const CHALLENGE = "http.response.header.www-authenticate";
const CALM = { everyMs: 1000, failureShare: 0.05, forMs: 30 * MINUTE_MS };
const BURST = { everyMs: 100, failureShare: 0.95, forMs: MINUTE_MS };

test("a burst of 401s on a quiet login fires once and resolves once, under one dedup key", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  assert.deepEqual(world.kinds(), []);
  world.play("POST /login", BURST);
  assert.deepEqual(world.kinds(), ["firing"]);
  world.play("POST /login", CALM);
  assert.deepEqual(world.kinds(), ["firing", "resolved"]);
  assert.deepEqual(world.notified(), ["trigger log", "resolve log"]);
  assert.equal(world.dedupKeys().size, 1);
});

test("the request that completes the evidence makes the page, within seconds of the onset", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  const onset = world.now;
  world.play("POST /login", BURST);
  const [firing] = world.transitions();
  assert.ok(
    firing !== undefined && firing.at - onset < 5000,
    `paged after ${firing === undefined ? "never" : firing.at - onset} ms`,
  );
});

test("an alert carries what a person on call asks for", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  const onset = world.now;
  world.play("POST /login", BURST);
  const alert = world.transitions()[0]?.alert;
  assert.ok(alert !== undefined);
  assert.equal(alert.endpoint.route, "/login");
  assert.ok(Math.abs(alert.evidence.since - onset) < 5000);
  assert.ok(alert.evidence.failures >= 7);
  assert.ok(alert.evidence.topClients.length > 0);
  assert.match(alert.evidence.examples[0]?.traceId ?? "", /^[0-9a-f]{32}$/);
  assert.deepEqual(
    alert.triggered.map(({ notifier }) => notifier),
    ["log"],
  );
});

test("spans leave with endpoint, outcome and, while the alert fires, its id", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  world.play("POST /login", BURST);
  const forwarded = world.send([{ method: "POST", route: "/login/", status: 401 }]);
  const text = JSON.stringify(decodeMessage(EXPORT_REQUESTS.traces, forwarded));
  assert.match(text, /"authspike.endpoint","value":\{"stringValue":"POST \/login"/);
  assert.match(text, /"authspike.outcome","value":\{"stringValue":"unauthenticated"/);
  assert.match(text, /"authspike.counted","value":\{"boolValue":true/);
  assert.match(text, /"authspike.rate","value":\{"doubleValue":/);
  assert.match(text, /"authspike.alert.id","value":\{"stringValue":"http-401-/);
});

test("a restart in the middle of an episode goes on with the same incident", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  world.play("POST /login", BURST);
  world.restart();
  world.play("POST /login", BURST);
  assert.deepEqual(world.kinds(), ["firing"]);
  world.play("POST /login", CALM);
  assert.deepEqual(world.kinds(), ["firing", "resolved"]);
});

test("an engine that was restored decides as one that never stopped", () => {
  const [stopped, running] = [new EngineWorld(ONE_RULE), new EngineWorld(ONE_RULE)];
  for (const world of [stopped, running]) {
    world.play("POST /login", CALM);
    if (world === stopped) world.restart();
    world.play("POST /login", BURST);
    world.play("POST /login", CALM);
  }
  const times = (world: EngineWorld) => world.transitions().map(({ kind, at }) => [kind, at]);
  assert.deepEqual(times(stopped), times(running));
});

test("removing a rule while it fires resolves its incident and says why", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  world.play("POST /login", BURST);
  world.replaceRules(rulesWith('  - {id: other, match: {route: "/admin"}, count: {http_status: 403}}'));
  const last = world.transitions().at(-1);
  assert.ok(last?.alert.state === "resolved");
  assert.equal(last.alert.resolveReason, "rule_removed");
  assert.deepEqual(world.notified(), ["trigger log", "resolve log"]);
});

test("a rule removed while nobody was watching is resolved at the next start", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  world.play("POST /login", BURST);
  world.restart(rulesWith('  - {id: other, match: {route: "/admin"}, count: {http_status: 403}}'));
  assert.deepEqual(world.notified(), ["trigger log", "resolve log"]);
});

test("editing a threshold while firing keeps the incident and what was learned", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  world.play("POST /login", BURST);
  world.replaceRules(rulesWith(`  - {${RULE}, when: {count: 3}}`));
  world.play("POST /login", BURST);
  assert.deepEqual(world.kinds(), ["firing"]);
});

test("a rule that overrides another silences it for what it matches, and only there", () => {
  const login = `{id: login, overrides: [http-401], match: {route: /login}, count: {outcome: unauthenticated}}`;
  const world = new EngineWorld(rulesWith(`  - {${RULE}}\n  - ${login}`));
  for (const endpoint of ["POST /login", "GET /orders"]) world.play(endpoint, CALM);
  for (const endpoint of ["POST /login", "GET /orders"]) world.play(endpoint, BURST);
  const fired = world.transitions().filter(({ kind }) => kind === "firing");
  assert.deepEqual(
    fired.map(({ alert }) => [alert.ruleId, alert.endpoint.route]),
    [
      ["login", "/login"],
      ["http-401", "/orders"],
    ],
  );
});

test("a rule can group by an attribute of the span", () => {
  const world = new EngineWorld(rulesWith(`  - {${RULE}, per: [service, tenant]}`));
  const send = (tenant: string, status: number) =>
    world.send([{ method: "GET", route: "/a", status, attributes: { tenant } }]);
  for (let second = 0; second < 1800; second++) {
    world.pass(1000);
    for (const tenant of ["acme", "initech"]) send(tenant, second % 20 === 0 ? 401 : 200);
  }
  for (let request = 0; request < 300; request++) {
    world.pass(100);
    send("acme", 401);
    send("initech", 200);
  }
  const fired = world.transitions().filter(({ kind }) => kind === "firing");
  assert.deepEqual(
    fired.map(({ alert }) => alert.labels["tenant"]),
    ["acme"],
  );
});

test("what senders write into such an attribute is cut and cleaned as names are", () => {
  const world = new EngineWorld(rulesWith(`  - {${RULE}, per: [service, tenant]}`));
  const attributes = { tenant: `acme\u202e\n${"x".repeat(100_000)}` };
  world.send([{ method: "GET", route: "/a", status: 401, attributes }]);
  const [series] = world.engine.series();
  assert.deepEqual(series?.values, ["auth", `acme${"x".repeat(NAME_MAX_LENGTH - 4)}`]);
});

test("a burst from one address, such as a gateway's, fires wherever it strikes", () => {
  for (const endpoint of ["POST /login", "GET /orders"]) {
    const world = new EngineWorld(ONE_RULE);
    world.play(endpoint, { everyMs: 100, failureShare: 0.03, forMs: MINUTE_MS, clientCount: 1 });
    const onset = world.now;
    world.play(endpoint, { everyMs: 50, failureShare: 0.95, forMs: MINUTE_MS, clientCount: 1 });
    const [firing] = world.transitions();
    assert.ok(firing !== undefined && firing.at - onset < 15_000, `${endpoint}: ${JSON.stringify(firing?.at)}`);
  }
});

test("malformed bytes change nothing", () => {
  const world = new EngineWorld(ONE_RULE);
  const result = world.engine.ingest(Uint8Array.of(0x0a, 0xff), world.instant);
  assert.equal(result.kind, "malformed");
  assert.equal(world.engine.endpoints.size, 0);
});

test("an alert says why, and every span that was refused does", () => {
  const world = new EngineWorld(ONE_RULE);
  world.play("POST /login", CALM);
  const challenge = 'Bearer error="invalid_token", error_description="The token expired at 09:00"';
  const expired = { method: "POST", route: "/login", status: 401, attributes: { [CHALLENGE]: challenge } };
  let forwarded: Uint8Array = new Uint8Array();
  for (let request = 0; request < 200; request++) {
    world.pass(100);
    forwarded = world.send([expired]);
  }
  assert.match(
    JSON.stringify(decodeMessage(EXPORT_REQUESTS.traces, forwarded)),
    /"authspike.cause","value":\{"stringValue":"expired"/,
  );
  const [firing] = world.transitions();
  assert.match(firing?.alert.evidence.cause ?? "", /^expired \(\d+%\)$/);
});

test("a request that two spans tell about is one sample, in whatever batches they come", () => {
  const world = new EngineWorld(ONE_RULE);
  for (let request = 1; request <= 300; request++) {
    world.pass(1000);
    const traceId = `${request}`.padStart(32, "a");
    const outer = { traceId, spanId: "b".repeat(16) };
    const inner = { traceId, spanId: "c".repeat(16), parentSpanId: outer.spanId };
    const status = request > 295 ? 401 : 200;
    world.send([{ route: "/orders/:id", status, ids: inner }]);
    world.send([{ route: "/orders/:id", status, ids: outer }]);
  }
  const [series] = world.engine.series();
  assert.ok(series !== undefined);
  const reading = series.active.detector.reading(series.state, world.now);
  assert.equal(reading.failureCount, 5);
  assert.ok(reading.requestCount > 55 && reading.requestCount < 65, `${reading.requestCount} in a minute`);
  const { heldCount, nestedCount } = world.engine.joinedRequests;
  assert.deepEqual([heldCount, nestedCount], [0, 300]);
});
