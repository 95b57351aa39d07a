import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EndpointTable } from "../../../src/core/extraction/endpoint-table.ts";
import {
  LEARNED_SEGMENTS_PER_SERVICE_MAX,
  LearnedRoutes,
  MOUNTS_PER_SERVICE_MAX,
} from "../../../src/core/extraction/learned-routes.ts";
import { RequestObservation } from "../../../src/core/extraction/request-observation.ts";
import type { ServiceScope } from "../../../src/core/extraction/service-table.ts";
import { ServiceTable } from "../../../src/core/extraction/service-table.ts";
import { fc } from "../../support/properties.ts";
import type { SpanSketch } from "./span-requests.ts";
import { CLIENT_KEY, ExtractionWorld } from "./span-requests.ts";

function service(name = "shop"): ServiceScope {
  return new ServiceTable(10, 0).intern({ environment: "", namespace: "", service: name });
}

/** `[route, path]` pairs as a service's successes show them. */
function taught(...lessons: ReadonlyArray<readonly [route: string, path: string]>): (path: string) => string | null {
  const routes = new LearnedRoutes();
  const scope = service();
  for (const [route, path] of lessons) routes.learn(scope, { route, isCatchAll: false }, path);
  return (path) => routes.find(scope, path);
}

describe("what successes have taught", () => {
  test("names paths that come without a route", () => {
    const find = taught(["/users/{}/session", "/users/ann/session"], ["/users/{}", "/users/{}"]);
    assert.equal(find("/users/bob/session"), "/users/{}/session");
    assert.equal(find("/users/{}/session"), "/users/{}/session");
    assert.equal(find("/users/bob/sessions"), null);
    assert.equal(find("/users/bob/session/x"), null);
  });

  test("puts words into a parameter only where one has been seen", () => {
    const find = taught(["/orders/{}", "/orders/{}"]);
    assert.equal(find("/orders/{}"), "/orders/{}");
    assert.equal(find("/orders/export"), null);
  });

  test("prefers what is written out to a parameter", () => {
    const find = taught(
      ["/users/{}", "/users/ann"],
      ["/users/me", "/users/me"],
      ["/users/me/keys/{}", "/users/me/keys/{}"],
    );
    assert.equal(find("/users/me"), "/users/me");
    assert.equal(find("/users/you"), "/users/{}");
  });

  test("goes back where a literal leads nowhere", () => {
    const find = taught(["/{}/login", "/en/login"], ["/api/users", "/api/users"]);
    assert.equal(find("/api/login"), "/{}/login");
  });

  test("never takes the words of authentication for a parameter's value, nor anything for a template without words", () => {
    const find = taught(["/accounts/{}", "/accounts/ann"], ["/{}", "/about"]);
    assert.equal(find("/accounts/login"), null);
    assert.equal(find("/login"), null);
    assert.equal(find("/contact"), null);
    assert.equal(find("/{}"), "/{}");
  });

  test("knows templates that take any number of segments", () => {
    const routes = new LearnedRoutes();
    const scope = service();
    routes.learn(scope, { route: "/api/auth/{}", isCatchAll: true }, "/api/auth/callback/github");
    assert.equal(routes.find(scope, "/api/auth/callback/credentials"), "/api/auth/{}");
    assert.equal(routes.find(scope, "/api/auth/signin"), "/api/auth/{}");
    assert.equal(routes.find(scope, "/api/auth"), null);
  });

  test("belongs to its service", () => {
    const routes = new LearnedRoutes();
    const services = new ServiceTable(10, 0);
    const [shop, other] = ["shop", "other"].map((name) =>
      services.intern({ environment: "", namespace: "", service: name }),
    );
    assert.ok(shop !== undefined && other !== undefined);
    routes.learn(shop, { route: "/users/{}", isCatchAll: false }, "/users/ann");
    assert.equal(routes.find(other, "/users/ann"), null);
    assert.equal(routes.versionOf(other), 0);
  });

  test("has a new version whenever a path may be named otherwise, and says when nothing more is to be learned", () => {
    const routes = new LearnedRoutes();
    const scope = service();
    const template = { route: "/users/{}", isCatchAll: false };
    assert.equal(routes.learn(scope, template, "/users/{}"), true);
    const first = routes.versionOf(scope);
    assert.equal(routes.learn(scope, template, "/users/{}"), true);
    assert.equal(routes.versionOf(scope), first);
    assert.equal(routes.learn(scope, template, "/users/ann"), false);
    assert.notEqual(routes.versionOf(scope), first);
    assert.equal(routes.learn(scope, { route: "/login", isCatchAll: false }, "/login"), false);
  });

  test("is bounded", () => {
    const routes = new LearnedRoutes();
    const scope = service();
    for (let index = 0; index < 2 * LEARNED_SEGMENTS_PER_SERVICE_MAX; index++) {
      routes.learn(scope, { route: `/r${index}`, isCatchAll: false }, `/r${index}`);
    }
    assert.equal(routes.segmentCount, LEARNED_SEGMENTS_PER_SERVICE_MAX);
    assert.equal(routes.find(scope, "/r0"), "/r0");
    assert.equal(routes.find(scope, `/r${LEARNED_SEGMENTS_PER_SERVICE_MAX}`), null);
  });

  test("costs a bounded time, however ambiguous templates and paths are", () => {
    const routes = new LearnedRoutes();
    const scope = service();
    const words = (count: number) => Array.from({ length: count }, () => "a");
    for (let depth = 0; depth < 60; depth++) {
      const route = `/${[...words(depth), "{}", ...words(59 - depth), "x"].join("/")}`;
      routes.learn(scope, { route, isCatchAll: false }, `/${[...words(60), "x"].join("/")}`);
    }
    assert.equal(routes.find(scope, `/${[...words(60), "y"].join("/")}`), null);
  });

  test("gives names that are found again as they are", () => {
    const segment = fc.constantFrom("a", "b", "login", "{}");
    const route = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join("/")}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(route, route), { maxLength: 12 }), route, (lessons, path) => {
        const find = taught(...lessons);
        const found = find(path);
        if (found !== null) assert.equal(find(found), found);
      }),
    );
  });
});

describe("spans and recordings", () => {
  const get = (attributes: SpanSketch["attributes"]): SpanSketch => ({
    name: "GET",
    attributes: { "http.request.method": "GET", ...attributes },
  });
  const success = (route: string, path: string) =>
    get({ "http.route": route, "url.path": path, "http.response.status_code": 200 });
  const refused = (path: string, route = "") =>
    get({ "url.path": path, "http.response.status_code": 401, ...(route === "" ? {} : { "http.route": route }) });

  function namesOf(world: ExtractionWorld, ...sketches: readonly SpanSketch[]): readonly string[] {
    return world.observe(sketches, ({ endpoint }) => endpoint.name);
  }

  test("map a failing path to the template of its successes, also where the path was known before", () => {
    const world = new ExtractionWorld();
    assert.deepEqual(namesOf(world, refused("/users/ann/keys")), ["GET /users/ann/keys"]);
    namesOf(world, success("/users/:name/keys", "/users/bob/keys"));
    assert.deepEqual(namesOf(world, refused("/users/ann/keys"), refused("/users/eve/keys", "/users")), [
      "GET /users/{}/keys",
      "GET /users/{}/keys",
    ]);
  });

  test("learn from a later success what the first one did not show", () => {
    const world = new ExtractionWorld();
    namesOf(world, success("/users/:name", "/users/7"), refused("/users/ann"));
    namesOf(world, success("/users/:name", "/users/8"), success("/users/:name", "/users/bob"));
    assert.deepEqual(namesOf(world, refused("/users/ann")), ["GET /users/{}"]);
  });

  test("see behind a template for a whole prefix what a request that went on would have shown", () => {
    const world = new ExtractionWorld();
    assert.deepEqual(namesOf(world, refused("/api/keys/7", "/api/*")), ["GET /api/{}"]);
    namesOf(world, success("/api/keys/:id", "/api/keys/7"));
    assert.deepEqual(namesOf(world, refused("/api/keys/8", "/api/*"), success("/api/*", "/api/other")), [
      "GET /api/keys/{}",
      "GET /api/{}",
    ]);
  });

  test("learn from a framework's own span what the server's does not say", () => {
    const world = new ExtractionWorld();
    const within: SpanSketch = { ...success("/users/:name", "/users/bob"), kind: "INTERNAL" };
    assert.deepEqual(namesOf(world, within, refused("/users/ann")), ["GET /users/{}"]);
  });

  test("learn nothing from failures: who asks for a path does not say what it is", () => {
    const world = new ExtractionWorld();
    namesOf(world, { ...success("/users/:name", "/users/bob"), ...refused("/users/bob", "/users/:name") });
    assert.deepEqual(namesOf(world, refused("/users/ann")), ["GET /users/ann"]);
  });

  test("give a route the prefix under which it is mounted", () => {
    const world = new ExtractionWorld();
    const mounted: ReadonlyArray<readonly [route: string, path: string, name: string]> = [
      ["/orders/:id", "/api/v1/orders/7", "GET /api/v1/orders/{}"],
      ["/orders/:id", "/api/v1/orders/8", "GET /api/v1/orders/{}"],
      ["/orders/:id", "/api/v2/orders/8", "GET /api/v2/orders/{}"],
      ["/orders/:id", "/orders/8", "GET /orders/{}"],
      ["/orders/:id", "/tenants/42/orders/8", "GET /tenants/{}/orders/{}"],
      ["users/{id:int}", "/base/users/5", "GET /base/users/{}"],
      ["login", "/auth/login", "GET /auth/login"],
      ["/users/{name}", "/app/users/ann", "GET /app/users/{}"],
    ];
    for (const [route, path, name] of mounted) assert.deepEqual(namesOf(world, success(route, path)), [name], path);
    assert.deepEqual(namesOf(world, refused("/api/v1/orders/9"), refused("/app/users/eve")), [
      "GET /api/v1/orders/{}",
      "GET /app/users/{}",
    ]);
  });

  test("leave a route as it is where there are more prefixes than a service can have", () => {
    const world = new ExtractionWorld();
    const paths = Array.from(
      { length: MOUNTS_PER_SERVICE_MAX + 1 },
      (_, index) => `/${"abcdefgh"[index % 8]}${"x".repeat(index)}`,
    );
    const names = namesOf(world, ...paths.map((prefix) => success("/orders/:id", `${prefix}/orders/7`)));
    assert.equal(names[0], "GET /a/orders/{}");
    assert.equal(names.at(-1), "GET /orders/{}");
  });

  test("believe a template unless the path goes on where it ends", () => {
    const cases: ReadonlyArray<readonly [template: string, path: string, route: string]> = [
      ["/api", "/api/orders/7", "/api/orders/{}"],
      ["/", "/login", "/login"],
      ["/", "/", "/"],
      ["/tenants/:t", "/tenants/a/orders", "/tenants/a/orders"],
      ["/files/*", "/files/a/b/c", "/files/{}"],
      ["/orders/:id", "/shop/orders/7", "/shop/orders/{}"],
      ["app_profile", "/profile", "/profile"],
      ["/rewritten", "/index.php", "/rewritten"],
    ];
    for (const [template, path, route] of cases) {
      const endpoints = new EndpointTable({ endpointsPerServiceMax: 10, endpointsMax: 10 });
      const request = { endedAt: 0, service: "shop", method: "GET", route: template, path, httpStatus: 200 };
      const named = new RequestObservation(request, { endpoints, clientKey: CLIENT_KEY }).endpoint.route;
      assert.equal(named, route, template);
      assert.deepEqual(namesOf(new ExtractionWorld(), success(template, path)), [`GET ${route}`], template);
    }
    assert.deepEqual(namesOf(new ExtractionWorld(), get({ "http.route": "login" })), ["GET (unknown route)"]);
  });
});

test("a route whose requests show identifiers alone goes on learning, and a name among them teaches that it takes names", () => {
  const world = new ExtractionWorld();
  const span = (path: string, status: number, route?: string) =>
    world.endpointOf({
      attributes: {
        "http.request.method": "GET",
        "url.path": path,
        "http.response.status_code": status,
        ...(route === undefined ? {} : { "http.route": route }),
      },
    })?.route;
  for (let user = 1; user <= 10; user++) span(`/users/${user}`, 200, "/users/:id");
  assert.equal(span("/users/bob", 401), "/users/bob");
  span("/users/anna", 200, "/users/:id");
  assert.equal(span("/users/bob", 401), "/users/{}");
});
