import assert from "node:assert/strict";
import { test } from "node:test";
import { WEIGHT_MAX } from "../../../src/core/extraction/declared-sampling.ts";
import type { SpanSketch } from "./span-requests.ts";
import { ExtractionWorld, SPAN_ID, TRACE_ID } from "./span-requests.ts";

const REQUEST: SpanSketch = {
  attributes: { "http.request.method": "GET", "url.path": "/me", "http.response.status_code": 401, tenant: "acme" },
  resource: { "service.name": "auth", "service.version": "1.2.3", tenant: "from the resource", zone: "b" },
};

test("an observation knows its span", () => {
  const [facts] = new ExtractionWorld().observe([REQUEST], (observation) => ({
    trace: observation.traceId(),
    span: observation.spanId(),
    httpStatus: observation.httpStatus,
    grpcStatus: observation.grpcStatus,
    endedAt: observation.endedAt,
    weight: observation.weight,
  }));
  const expected = {
    trace: TRACE_ID,
    span: SPAN_ID,
    httpStatus: 401,
    grpcStatus: -1,
    endedAt: 1_700_000_000_500,
    weight: 1,
  };
  assert.deepEqual(facts, expected);
});

test("the endpoint's service comes from the resource, under old and new names", () => {
  const resources: ReadonlyArray<readonly [resource: SpanSketch["resource"], names: readonly string[]]> = [
    [{ "service.name": "a", "service.namespace": "n", "deployment.environment.name": "prod" }, ["prod", "n", "a"]],
    [{ "service.name": "a", "deployment.environment": "staging" }, ["staging", "", "a"]],
    [{ "service.name": "a\u202e\n" }, ["", "", "a"]],
    [{}, ["", "", "unknown_service"]],
  ];
  const sketches = resources.map(([resource]) => ({ ...REQUEST, resource: resource ?? {} }));
  const found = new ExtractionWorld().observe(sketches, ({ endpoint }) => [
    endpoint.environment,
    endpoint.namespace,
    endpoint.service,
  ]);
  assert.deepEqual(
    found,
    resources.map(([, names]) => names),
  );
});

test("rules may ask for any attribute that the scan was told of, the span's before the resource's", () => {
  const world = new ExtractionWorld({ extraKeys: ["tenant", "zone"] });
  const [found] = world.observe([REQUEST], (observation) =>
    ["tenant", "zone", "service.version", "not.scanned"].map((key) => observation.attribute(key)),
  );
  assert.deepEqual(found, ["acme", "b", "1.2.3", undefined]);
});

test("today's keys are answered from their predecessors", () => {
  const attributes = {
    "http.method": "GET",
    "http.user_agent": "curl/8",
    "http.status_code": 401,
    "net.peer.ip": "192.0.2.1",
  };
  const [found] = new ExtractionWorld().observe([{ attributes }], (observation) =>
    ["user_agent.original", "http.response.status_code", "client.address"].map((key) => observation.attribute(key)),
  );
  assert.deepEqual(found, ["curl/8", "401", "192.0.2.1"]);
});

test("a sampled span stands for as many requests as its sampler says, within reason", () => {
  const states: ReadonlyArray<readonly [traceState: string, weight: number]> = [
    ["ot=th:8;rv:ffffffffffffff", 2],
    ["vendor=x,ot=th:c;rv:ffffffffffffff", 4],
    ["ot=th:ffffffffffffff;rv:ffffffffffffff", WEIGHT_MAX],
    ["ot=th:c;rv:00000000000000", 1],
    ["ot=th:nonsense", 1],
    ["vendor=x", 1],
  ];
  const sketches = states.map(([traceState]) => ({ ...REQUEST, traceState }));
  const found = new ExtractionWorld().observe(sketches, ({ weight }) => weight);
  assert.deepEqual(
    found,
    states.map(([, weight]) => weight),
  );
});

test("the observation moves with the spans and mixes nothing up", () => {
  const client = (address: string, status: number): SpanSketch => ({
    attributes: { "http.request.method": "GET", "client.address": address, "http.response.status_code": status },
  });
  const found = new ExtractionWorld().observe(
    [client("192.0.2.1", 401), client("192.0.2.2", 200), client("192.0.2.1", 401)],
    ({ client, outcome }) => [client, outcome] as const,
  );
  assert.deepEqual(found[0], found[2]);
  assert.notEqual(found[0]?.[0], found[1]?.[0]);
  assert.equal(found[1]?.[1], "ok");
});

test("a span that another authspike has marked is known by its mark", () => {
  const marked = { ...REQUEST, attributes: { ...REQUEST.attributes, "authspike.endpoint": "GET /me" } };
  assert.deepEqual(
    new ExtractionWorld().observe([REQUEST, marked], ({ isMarked }) => isMarked),
    [false, true],
  );
});

test("letting go of a request leaves nothing of it for the next", () => {
  const world = new ExtractionWorld();
  const service = (name: string): SpanSketch => ({ ...REQUEST, resource: { "service.name": name } });
  const [first] = world.observe([service("a")], ({ endpoint }) => endpoint.service);
  world.extractor.forgetRequest();
  const [second] = world.observe([service("b")], ({ endpoint }) => endpoint.service);
  assert.deepEqual([first, second], ["a", "b"]);
});
