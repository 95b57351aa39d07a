import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprintClientText } from "../../../src/core/extraction/client-fingerprint.ts";
import { EndpointTable } from "../../../src/core/extraction/endpoint-table.ts";
import { OutcomeOverrides } from "../../../src/core/extraction/outcome-override.ts";
import type { RecordedRequest } from "../../../src/core/extraction/request-observation.ts";
import { RequestObservation } from "../../../src/core/extraction/request-observation.ts";
import { CLIENT_KEY } from "./span-requests.ts";

const UNAUTHENTICATED_419 = new OutcomeOverrides([
  {
    appliesTo: ({ service }) => service === "auth",
    attribute: { key: "app.result", values: [{ accepts: (value) => value === "denied", outcome: "forbidden" }] },
    httpStatus: new Map([[419, "unauthenticated"]]),
    grpcStatus: new Map(),
  },
]);

const endpoints = new EndpointTable({ endpointsPerServiceMax: 100, endpointsMax: 100 });
const observe = (request: Partial<RecordedRequest>) =>
  new RequestObservation({ endedAt: 5, service: "auth", ...request }, { endpoints, clientKey: CLIENT_KEY });

test("a recorded request is named and judged like a span", () => {
  const observation = observe({
    environment: "prod",
    method: "get",
    route: "/users/42/",
    httpStatus: 401,
    client: "203.0.113.7:99",
    weight: 3,
    cause: "expired",
    attributes: { "user_agent.original": "curl" },
  });
  assert.equal(observation.endpoint.name, "GET /users/{}");
  assert.equal(observation.endpoint.environment, "prod");
  assert.equal(observation.outcome, "unauthenticated");
  assert.equal(observation.weight, 3);
  assert.deepEqual(observation.cause, { name: "expired", confidence: "high" });
  assert.equal(observation.client, fingerprintClientText(CLIENT_KEY, "203.0.113.7"));
  assert.equal(observation.attribute("user_agent.original"), "curl");
  assert.equal(observation.attribute("client.address"), "203.0.113.7:99");
  assert.equal(observation.attribute("constructor"), undefined);
  assert.equal(observation.traceId(), "");
});

test("a recorded cause promotes a 403 as a span's would, and `unknown` is none", () => {
  const judged = (cause: string) => {
    const { cause: known, outcome } = observe({ method: "GET", route: "/", httpStatus: 403, cause });
    return [known?.name ?? null, outcome];
  };
  assert.deepEqual(judged("expired"), ["expired", "unauthenticated"]);
  assert.deepEqual(judged("insufficient_scope"), ["insufficient_scope", "forbidden"]);
  assert.deepEqual(judged("a word of their own"), ["a word of their own", "forbidden"]);
  assert.deepEqual(judged("unknown"), [null, "forbidden"]);
});

test("a recorded route may be a template, a path or a word", () => {
  const names = (request: Partial<RecordedRequest>) => observe({ method: "GET", ...request }).endpoint.name;
  assert.equal(names({ route: "/users/:id" }), "GET /users/{}");
  assert.equal(names({ route: "login" }), "GET /login");
  assert.equal(names({ route: "/api", path: "/api/orders/7?x=1" }), "GET /api/orders/{}");
  assert.equal(names({ path: "/orders/7" }), "GET /orders/{}");
  assert.equal(names({}), "GET (unknown route)");
});

test("a recorded call has a name and no method", () => {
  const observation = observe({ route: "/shop.Cart/Add", grpcStatus: 16 });
  assert.equal(observation.endpoint.name, "shop.Cart/Add");
  assert.equal(observation.endpoint.protocol, "grpc");
  assert.equal(observation.outcome, "unauthenticated");
});

test("statuses that are none are left out", () => {
  const observation = observe({ method: "GET", route: "/", httpStatus: 7, grpcStatus: 99 });
  assert.equal(observation.httpStatus, 0);
  assert.equal(observation.grpcStatus, -1);
});

test("a recorded request means what its service's configuration says", () => {
  const judged = (request: Partial<RecordedRequest>) => {
    const facts = { endedAt: 5, service: "auth", method: "GET", route: "/", ...request };
    return new RequestObservation(facts, { endpoints, clientKey: CLIENT_KEY, outcomes: UNAUTHENTICATED_419 }).outcome;
  };
  assert.equal(judged({ httpStatus: 419 }), "unauthenticated");
  assert.equal(judged({ httpStatus: 419, service: "billing" }), "client_error");
  assert.equal(judged({ httpStatus: 200 }), "ok");
  assert.equal(judged({ httpStatus: 200, attributes: { "app.result": "denied" } }), "forbidden");
});

test("where nobody says why, a recorded request has the cause that a bare span would have", () => {
  const causeOf = (request: Partial<RecordedRequest>) => observe({ method: "POST", httpStatus: 401, ...request }).cause;
  assert.partialDeepStrictEqual(causeOf({ route: "/login" }), { name: "bad_password", confidence: "low" });
  assert.equal(causeOf({ route: "/orders" }), null);
  assert.equal(causeOf({ route: "/login", httpStatus: 403 }), null);
  assert.deepEqual(causeOf({ route: "/login", cause: "expired" }), { name: "expired", confidence: "high" });
});
