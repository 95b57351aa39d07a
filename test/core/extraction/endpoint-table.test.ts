import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../../../src/core/extraction/endpoint.ts";
import type { EndpointLimits, RouteOrigin } from "../../../src/core/extraction/endpoint-table.ts";
import { EndpointTable } from "../../../src/core/extraction/endpoint-table.ts";
import type { Outcome } from "../../../src/core/extraction/observation.ts";
import { RequestObservation } from "../../../src/core/extraction/request-observation.ts";
import type { SpanView } from "../../../src/core/otlp/span-view.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../src/core/time.ts";
import { fc } from "../../support/properties.ts";
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
  const login = table.intern(LOGIN, "declared");
  assert.equal(table.intern({ ...LOGIN }, "declared"), login);
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
    assert.notEqual(table.intern({ ...LOGIN, ...change }, "declared"), login);
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
  const login = table.intern(LOGIN, "declared");
  table.intern({ ...LOGIN, route: "/a" }, "declared");
  const overflow = table.intern({ ...LOGIN, route: "/b" }, "declared");
  assert.equal(table.intern({ ...LOGIN, route: "/c" }, "declared"), overflow);
  assert.equal(overflow.isOverflow, true);
  assert.equal(overflow.name, "* (other endpoints)");
  assert.equal(table.overflowedCount, 2);
  assert.equal(table.intern(LOGIN, "declared"), login);
  assert.equal(table.intern({ ...LOGIN, service: "web", route: "/b" }, "declared").isOverflow, false);
  assert.equal(table.byName(overflow), overflow);
  assert.equal(table.intern(overflow, "declared"), overflow);
});

test("the bound on all endpoints and the bound on services hold together", () => {
  const table = new EndpointTable({ endpointsPerServiceMax: 10, endpointsMax: 5, servicesMax: 20 });
  for (let service = 0; service < 100; service++) {
    for (let route = 0; route < 3; route++)
      table.intern({ ...LOGIN, service: `s${service}`, route: `/r${route}` }, "declared");
  }
  assert.equal(table.services.size, 20);
  assert.equal([...table].filter(({ isOverflow }) => !isOverflow).length, 5);
  assert.ok(table.size <= 5 + 20 + 1);
});

/** A service with room for 40 endpoints and ten names on probation. */
const SMALL: EndpointLimits = { endpointsPerServiceMax: 40, endpointsMax: 1000 };

class ProbationWorld {
  readonly table = new EndpointTable(SMALL);
  readonly forgotten: string[] = [];
  now = Date.UTC(2026, 0, 5);
  busyRoute = "";

  constructor() {
    this.table.advanceTo(this.now);
    this.table.dependents = {
      mayForget: ({ route: name }) => name !== this.busyRoute,
      forget: ({ route: name }) => this.forgotten.push(name),
    };
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    this.table.advanceTo(this.now);
  }

  request(path: string, outcome: Outcome, origin: RouteOrigin = "observed"): Endpoint {
    const endpoint = this.table.intern({ ...LOGIN, route: path }, origin);
    this.table.noteRequest(endpoint, outcome);
    return endpoint;
  }

  /** Asks once for each of so many invented paths. */
  scan(count: number, outcome: Outcome = "unauthenticated"): readonly Endpoint[] {
    return Array.from({ length: count }, (_, index) => this.request(`/scan-${this.now}-${index}`, outcome));
  }
}

test("a scan fills the places on probation, the rest of it is watched as one, and declared routes are kept", () => {
  const world = new ProbationWorld();
  const scanned = world.scan(1000);
  assert.equal(scanned.filter(({ isOverflow }) => !isOverflow).length, 10);
  assert.equal(world.table.probationCount, 10);
  const declared = Array.from({ length: 40 }, (_, index) => world.request(`/declared/${index}`, "ok", "declared"));
  assert.ok(declared.every(({ isOverflow }) => !isOverflow));
  assert.equal(world.request("/declared/too-many", "ok", "declared").isOverflow, true);
});

test("a path that was seen is kept after three successes, and failures prove nothing", () => {
  const world = new ProbationWorld();
  for (let count = 0; count < 100; count++) world.request("/login", "unauthenticated");
  for (let count = 0; count < 2; count++) world.request("/orders", "ok");
  assert.equal(world.table.probationCount, 2);
  const orders = world.request("/orders", "ok");
  assert.equal(world.table.standingOf(orders), "kept");
  assert.equal(world.table.probationCount, 1);
});

test("a name on probation is kept as soon as the service declares it", () => {
  const world = new ProbationWorld();
  const login = world.request("/login", "unauthenticated");
  assert.equal(world.request("/login", "unauthenticated", "declared"), login);
  assert.equal(world.table.standingOf(login), "kept");
  assert.equal(world.table.probationCount, 0);
});

test("an hour after a scan its names make place, and their ids are given to others", () => {
  const world = new ProbationWorld();
  world.scan(1000);
  assert.equal(world.request("/new", "ok").isOverflow, true);
  world.pass(HOUR_MS);
  assert.equal(world.request("/new", "ok").isOverflow, false);
  assert.equal(world.forgotten.length, 10);
  assert.equal(world.table.forgottenCount, 10);
  assert.equal(world.table.size, 2, "the new one, and the overflow");
  assert.deepEqual(
    [...world.table].map(({ name }) => name),
    ["POST /new", "* (other endpoints)"],
  );
});

test("what is asked for again stays, however long a scan goes on", () => {
  const world = new ProbationWorld();
  const login = world.request("/login", "unauthenticated");
  for (let minute = 0; minute < 300; minute++) {
    world.pass(MINUTE_MS);
    world.scan(50);
    if (minute % 30 === 0) assert.equal(world.request("/login", "unauthenticated"), login);
  }
  assert.ok(world.table.forgottenCount > 20);
  assert.ok(world.table.probationCount <= 10);
});

test("what must not lose its endpoint now keeps it", () => {
  const world = new ProbationWorld();
  world.busyRoute = "/login";
  const login = world.request("/login", "unauthenticated");
  world.scan(20);
  world.pass(2 * HOUR_MS);
  world.scan(20);
  assert.equal(world.table.forgottenCount, 9);
  assert.equal(world.table.byName(login), login);
});

test("kept endpoints make place after a week, in full services only", () => {
  const world = new ProbationWorld();
  const other = world.table.intern({ ...LOGIN, service: "other" }, "declared");
  for (let index = 0; index < 40; index++) world.request(`/old/${index}`, "ok", "declared");
  world.pass(6 * DAY_MS);
  world.request("/old/1", "ok", "declared");
  assert.equal(world.request("/new", "ok", "declared").isOverflow, true);
  world.pass(DAY_MS);
  assert.equal(world.request("/new", "ok", "declared").isOverflow, false);
  assert.equal(world.table.forgottenCount, 39);
  assert.equal(world.table.byName(other), other);
  assert.equal(world.request("/old/1", "ok", "declared").isOverflow, false);
});

test("requests, time and scans in any order leave an endpoint for each name, and never more than the bounds", () => {
  const step = fc.record({
    name: fc.integer({ min: 0, max: 60 }),
    origin: fc.constantFrom<RouteOrigin>("declared", "observed"),
    outcome: fc.constantFrom<Outcome>("ok", "unauthenticated"),
    pauseMs: fc.constantFrom(0, 0, MINUTE_MS, 2 * HOUR_MS, 8 * DAY_MS),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const world = new ProbationWorld();
      for (const { name, origin, outcome, pauseMs } of steps) {
        world.pass(pauseMs);
        const endpoint = world.request(`/r/${name}`, outcome, origin);
        assert.ok(endpoint.isOverflow || endpoint.route === `/r/${name}`);
        assert.equal(world.table.at(endpoint.id), endpoint);
      }
      const known = [...world.table];
      assert.ok(world.table.probationCount <= 10 && known.length <= 51);
      assert.equal(new Set(known.map(({ name }) => name)).size, known.length);
      assert.equal(known.length, world.table.size);
      for (const endpoint of known) assert.equal(world.table.byName(endpoint), endpoint);
    }),
    { numRuns: 200 },
  );
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
      // What a service's successes teach of its paths has to be known before the two can agree.
      for (let round = 0; round < 3; round++) world.observe(sketches, ({ endpoint }) => endpoint);
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

test("a million invented paths fill a part of one service's bound and no memory beyond it", () => {
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
  // A quarter of the bound is for names that nobody has proven, and the overflow endpoint comes on top.
  assert.equal(world.endpoints.size, 251);
  assert.equal(world.endpoints.overflowedCount, 1_000_000 - 249);
  assert.equal(world.endpoints.spellings.size, 0);
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
