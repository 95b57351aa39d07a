/** Answers that are meant otherwise than their status says, on whole spans. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutcomeOverride } from "../../../src/core/extraction/outcome-override.ts";
import { OutcomeOverrides } from "../../../src/core/extraction/outcome-override.ts";
import type { SpanSketch } from "./span-requests.ts";
import { ExtractionWorld, SPAN_ID } from "./span-requests.ts";

const NOTHING: OutcomeOverride = {
  appliesTo: () => true,
  attribute: null,
  httpStatus: new Map(),
  grpcStatus: new Map(),
};
const LOCATION = "http.response.header.location";
const GRAPHQL_CODE = "graphql.error.code";

const toLogin: OutcomeOverride = {
  ...NOTHING,
  attribute: { key: LOCATION, values: [{ accepts: (text) => text.includes("/login"), outcome: "unauthenticated" }] },
};
const graphqlCode: OutcomeOverride = {
  ...NOTHING,
  attribute: {
    key: GRAPHQL_CODE,
    values: [{ accepts: (text) => text === "UNAUTHENTICATED", outcome: "unauthenticated" }],
  },
};

function outcomes(override: OutcomeOverride, sketches: readonly SpanSketch[]): readonly string[] {
  const overrides = new OutcomeOverrides([override]);
  const world = new ExtractionWorld({ outcomes: overrides, extraKeys: overrides.attributeKeys });
  return world.observe(sketches, ({ outcome }) => outcome);
}

function answered(status: number, attributes: SpanSketch["attributes"] = {}): SpanSketch {
  return { startMs: 1000, endMs: 1100, attributes: { "http.response.status_code": status, ...attributes } };
}

test("a service's own meaning of a status comes before ours", () => {
  const override: OutcomeOverride = { ...NOTHING, httpStatus: new Map([[419, "unauthenticated"]]) };
  assert.deepEqual(outcomes(override, [answered(419), answered(401)]), ["unauthenticated", "unauthenticated"]);
  const handled: OutcomeOverride = { ...NOTHING, httpStatus: new Map([[401, "client_error"]]) };
  assert.deepEqual(outcomes(handled, [answered(401)]), ["client_error"]);
});

test("a redirect to a login page is a failed authentication where the owner says so", () => {
  const login = answered(302, { [LOCATION]: ["https://shop.example/login?next=%2Forders"] });
  assert.deepEqual(outcomes(toLogin, [login, answered(302, { [LOCATION]: "/orders/7" })]), ["unauthenticated", "ok"]);
});

test("GraphQL's code is found on the request's span and on one within it", () => {
  const code = { [GRAPHQL_CODE]: "UNAUTHENTICATED" };
  assert.deepEqual(outcomes(graphqlCode, [answered(200, code), answered(200)]), ["unauthenticated", "ok"]);
  const inner: SpanSketch = { kind: "INTERNAL", spanId: "00000000000000aa", parentSpanId: SPAN_ID, attributes: code };
  assert.deepEqual(outcomes(graphqlCode, [{ ...inner, startMs: 1010, endMs: 1020 }, answered(200)]), [
    "unauthenticated",
  ]);
});

test("the code may be the type of an exception on the request's own span", () => {
  const exceptions = [{ type: "UNAUTHENTICATED", message: "You must be logged in" }];
  const world = new ExtractionWorld();
  const failed: SpanSketch = { ...answered(200), statusCode: "ERROR", exceptions };
  assert.deepEqual(
    world.observe([failed], ({ outcome }) => outcome),
    ["unauthenticated"],
  );
});
