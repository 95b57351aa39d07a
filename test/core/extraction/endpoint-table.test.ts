import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EndpointLimits } from "../../../src/core/extraction/endpoint-table.ts";
import { EndpointTable } from "../../../src/core/extraction/endpoint-table.ts";
import { RequestObservation } from "../../../src/core/extraction/request-observation.ts";
import type { SpanView } from "../../../src/core/otlp/span-view.ts";
import type { SpanSketch } from "./span-requests.ts";
import { CLIENT_KEY, ExtractionWorld, traceRequest } from "./span-requests.ts";

const LIMITS: EndpointLimits = { endpointsPerServiceMax: 100, endpointsMax: 1000 };
const LOGIN = {
  environment: "prod",
  namespace: "shop",
  service: "auth",
  method: "POST",
  route: "/login",
  protocol: "http",
} as const;

test("the same names give the same endpoint, and different ones another", () => {
  const table = new EndpointTable(LIMITS);
  const login = table.intern(LOGIN);
  assert.equal(table.intern({ ...LOGIN }), login);
  assert.equal(table.byName({ ...LOGIN }), login);
  assert.equal(table.at(login.id), login);
  assert.equal(login.name, "POST /login");
  for (const change of [
    { environment: "" },
    { namespace: "" },
    { service: "web" },
    { method: "GET" },
    { route: "/" },
  ]) {
    assert.notEqual(table.intern({ ...LOGIN, ...change }), login);
  }
  assert.equal(table.size, 6);
  assert.deepEqual(
    [...table].map(({ id }) => id),
    [0, 1, 2, 3, 4, 5],
  );
});

test("asking for a name does not make an endpoint", () => {
  const table = new EndpointTable(LIMITS);
  assert.equal(table.byName(LOGIN), undefined);
  assert.equal(table.size, 0);
});

test("beyond its bound a service has one endpoint for all others, and other services are not touched", () => {
  const table = new EndpointTable({ endpointsPerServiceMax: 2, endpointsMax: 1000 });
  const login = table.intern(LOGIN);
  table.intern({ ...LOGIN, route: "/a" });
  const overflow = table.intern({ ...LOGIN, route: "/b" });
  assert.equal(table.intern({ ...LOGIN, route: "/c" }), overflow);
  assert.equal(overflow.isOverflow, true);
  assert.equal(overflow.name, "* (other endpoints)");
  assert.equal(table.overflowedCount, 2);
  assert.equal(table.intern(LOGIN), login);
  assert.equal(table.intern({ ...LOGIN, service: "web", route: "/b" }).isOverflow, false);
  assert.equal(table.byName(overflow), overflow);
  assert.equal(table.intern(overflow), overflow);
});

test("the bound on all endpoints and the bound on services hold together", () => {
  const table = new EndpointTable({ endpointsPerServiceMax: 10, endpointsMax: 5, servicesMax: 20 });
  for (let service = 0; service < 100; service++) {
    for (let route = 0; route < 3; route++) table.intern({ ...LOGIN, service: `s${service}`, route: `/r${route}` });
  }
  assert.equal(table.services.size, 20);
  assert.equal([...table].filter(({ isOverflow }) => !isOverflow).length, 5);
  assert.ok(table.size <= 5 + 20 + 1);
});

const segment = fc.oneof(
  fc.constantFrom("users", "login", "7", ":id", "{id}", "<int:x>", "*", "[slug]", "oauth2", "é", "a b", "%20", "42:do"),
  fc.string({ maxLength: 12 }),
);
const route = fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join("/")}`);
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

test("a span finds by its bytes the endpoint that its names give", () => {
  const request = fc.record({
    service: fc.constantFrom("a", "b", "\u202eb "),
    method: fc.constantFrom("GET", "post", "BREW"),
    template: optional(route),
    path: optional(route),
  });
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 8 }), (requests) => {
      const world = new ExtractionWorld();
      const sketches = [...requests, ...requests].map(sketchOf);
      const found = world.observe(sketches, ({ endpoint }) => endpoint);
      const named = [...requests, ...requests].map(
        ({ service, method, template, path }) =>
          new RequestObservation(
            {
              endedAt: 0,
              service,
              method,
              ...(template === undefined ? {} : { route: template }),
              // A recorded route stands in for a path that is missing; a span's does not.
              path: path ?? "",
            },
            { endpoints: world.endpoints, clientKey: CLIENT_KEY },
          ).endpoint,
      );
      assert.deepEqual(
        found.map(({ name }) => name),
        named.map(({ name }) => name),
      );
      assert.ok(found.every((endpoint, index) => endpoint === named[index]));
    }),
    { numRuns: 400 },
  );
});

function sketchOf(request: {
  service: string;
  method: string;
  template: string | undefined;
  path: string | undefined;
}): SpanSketch {
  return {
    name: "request",
    resource: { "service.name": request.service },
    attributes: {
      "http.request.method": request.method,
      "http.response.status_code": 200,
      ...(request.template === undefined ? {} : { "http.route": request.template }),
      ...(request.path === undefined ? {} : { "url.path": request.path }),
    },
  };
}

test("a million invented paths fill one service's bound and no memory beyond it", () => {
  const world = new ExtractionWorld({ limits: { endpointsPerServiceMax: 1000, endpointsMax: 1_000_000 } });
  const login: SpanSketch = { attributes: { "http.request.method": "POST", "url.path": "/login" } };
  const [before] = world.observe([login], ({ endpoint }) => endpoint);
  const request = traceRequest([{ attributes: { "http.request.method": "POST", "url.path": `/${"x".repeat(16)}` } }]);
  const pathStart = Buffer.from(request).indexOf("xxxxxxxx");
  const sink = { span: (view: SpanView) => void world.extractor.extract(view), invalidSpan: () => assert.fail() };
  let heapWhenFull = 0;
  for (let count = 0; count < 1_000_000; count++) {
    if (count === 100_000) heapWhenFull = process.memoryUsage().heapUsed;
    writeWord(request, pathStart, count);
    world.scanner.scan(request, sink);
  }
  assert.equal(world.endpoints.size, 1001);
  assert.equal(world.endpoints.overflowedCount, 1_000_000 - 999);
  assert.ok(world.endpoints.spellings.size <= 1001);
  const grownBytes = process.memoryUsage().heapUsed - heapWhenFull;
  assert.ok(grownBytes < 64 * 1024 * 1024, `the heap grew by ${grownBytes} bytes`);
  assert.equal(world.observe([login], ({ endpoint }) => endpoint)[0], before);
});

/** Sixteen letters that differ for every number and hold nothing like an identifier. */
function writeWord(bytes: Uint8Array, start: number, number: number): void {
  for (let index = 0, rest = number; index < 16; index++, rest = Math.floor(rest / 16)) {
    bytes[start + index] = 0x67 + (rest % 16);
  }
}
