import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage } from "../../../src/core/otlp/json-from-protobuf.ts";
import { EXPORT_REQUESTS } from "../../../src/core/otlp/message-tables.ts";
import { MINUTE_MS } from "../../../src/core/time.ts";
import { receivedSpans } from "../../../src/io/stand-ins/received-telemetry.ts";
import { encodeRequests } from "../../../src/io/traffic/encode-requests.ts";
import type { ScenarioName } from "../../../src/io/traffic/scenarios.ts";
import { SCENARIO_NAMES, SCENARIOS, USUAL_TRAFFIC } from "../../../src/io/traffic/scenarios.ts";
import { SeededChance } from "../../../src/io/traffic/seeded-chance.ts";
import { TrafficPlan } from "../../../src/io/traffic/traffic-plan.ts";
import { targetProblem } from "../../../src/io/traffic/traffic-target.ts";

const planOf = (name: ScenarioName, seed = 1) =>
  new TrafficPlan({
    seed,
    rate: 100,
    startAt: 0,
    scenario: SCENARIOS[name],
    troubleFrom: 2 * MINUTE_MS,
    troubleUntil: 4 * MINUTE_MS,
  });

/** Requests and failures of a service in each of the three spells of two minutes. */
function spells(name: ScenarioName, service: string) {
  const plan = planOf(name);
  return [2, 4, 6].map((minutes) => {
    const ofService = plan.until(minutes * MINUTE_MS).filter(({ flow }) => flow.service === service);
    return { requests: ofService.length, failed: ofService.filter(({ isRefused }) => isRefused).length };
  });
}

test("the usual traffic comes at the rate that was asked for, with its trickle of failures", () => {
  assert.ok(Math.abs(USUAL_TRAFFIC.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
  const requests = planOf("steady").until(MINUTE_MS);
  assert.ok(Math.abs(requests.length - 6000) < 300, String(requests.length));
  const failureShare = requests.filter(({ isRefused }) => isRefused).length / requests.length;
  assert.ok(failureShare > 0.005 && failureShare < 0.04, String(failureShare));
});

test("stuffing comes on top of the usual logins, from addresses of its own, and goes again", () => {
  const [before, during, after] = spells("stuffing", "auth");
  assert.ok(before !== undefined && during !== undefined && after !== undefined);
  assert.ok(during.requests > 3 * before.requests && during.failed > 50 * before.failed, JSON.stringify(during));
  assert.ok(Math.abs(after.requests - before.requests) < 500);
  const attackers = new Set(
    planOf("stuffing")
      .until(4 * MINUTE_MS)
      .flatMap(({ client }) => (client.startsWith("203.0.113.") ? [client] : [])),
  );
  assert.equal(attackers.size, 40);
});

test("expired tokens fail the requests there are, and add none", () => {
  const [before, during, after] = spells("token-expiry", "orders");
  assert.ok(before !== undefined && during !== undefined && after !== undefined);
  assert.ok(Math.abs(during.requests - before.requests) < 400);
  assert.ok(during.failed > 0.9 * during.requests && after.failed < 0.1 * after.requests);
});

test("one seed gives one rehearsal, another seed another", () => {
  const requests = (seed: number) => planOf("stuffing", seed).until(MINUTE_MS);
  assert.deepEqual(requests(5), requests(5));
  assert.notDeepEqual(requests(5), requests(6));
});

test("it does not matter in what steps a plan is played", () => {
  const stepped = planOf("spray");
  const inSteps = Array.from({ length: 300 }, (_, second) => stepped.until(second * 1000)).flat();
  assert.deepEqual(inSteps, planOf("spray").until(299_000));
});

test("a request is a SERVER span with children that are none, and a refusal says why", () => {
  for (const name of SCENARIO_NAMES) {
    const requests = planOf(name)
      .until(4 * MINUTE_MS)
      .filter(({ flow }) => flow.service === "auth")
      .slice(-200);
    const { bytes, spanCount } = encodeRequests(requests, new SeededChance(1));
    const decoded = decodeMessage(EXPORT_REQUESTS.traces, bytes);
    assert(decoded.kind === "ok");
    const spans = receivedSpans(decoded.value);
    assert.equal(spans.length, spanCount);
    const roots = spans.filter(({ kind }) => kind === 2);
    assert.equal(roots.length, requests.length);
    for (const [index, { attributes }] of roots.entries()) {
      const isRefused = requests[index]?.isRefused === true;
      assert.equal(attributes["http.response.status_code"], isRefused ? 401 : 200);
      assert.equal(Array.isArray(attributes["http.response.header.www-authenticate"]), isRefused);
    }
    const rootIds = new Set(roots.map(({ spanId }) => spanId));
    for (const { kind, parentSpanId } of spans) if (kind !== 2) assert.ok(rootIds.has(parentSpanId));
  }
});

test("rehearsals go to this machine, to names reserved for tests, and to hosts named by hand", () => {
  const allowed = ["http://localhost:4317", "http://127.0.0.2:1", "https://[::1]:4318", "http://collector.test"];
  for (const address of allowed) assert.equal(targetProblem(address, []), null, address);
  assert.equal(targetProblem("http://staging:4318", ["staging"]), null);
  const refused = ["http://example.com:4318", "http://10.0.0.1", "http://nottest", "http://test.example.com"];
  for (const address of refused)
    assert.match(targetProblem(address, ["staging"]) ?? "", /neither this machine nor a test host/);
  for (const address of ["localhost:4317", "ftp://localhost", ""]) {
    assert.match(targetProblem(address, []) ?? "", /is not an address such as/);
  }
});
