/** Outcomes that only spans within a request tell, where those come behind it in its batch. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Outcome } from "../../../../src/core/extraction/observation.ts";
import { OutcomeOverrides } from "../../../../src/core/extraction/outcome-override.ts";
import { id, JoinerWorld, START_MS } from "../joining/joiner-world.ts";
import type { SpanSketch } from "../span-requests.ts";

type Exception = { readonly type: string; readonly message: string };
type Request = { readonly path: string; readonly status: number; readonly exception: Exception };

const GRAPHQL: Request = {
  path: "/graphql",
  status: 200,
  exception: { type: "UNAUTHENTICATED", message: "Not logged in" },
};
const EXPIRED: Request = {
  path: "/orders",
  status: 403,
  exception: { type: "TokenExpiredError", message: "jwt expired" },
};
const GRANT: Request = {
  path: "/oauth/token",
  status: 400,
  exception: { type: "Error", message: "invalid_grant: session not active" },
};

const INSUFFICIENT_SCOPE = { "http.response.header.www-authenticate": 'Bearer error="insufficient_scope"' };

/** The request's span, then the one within it. */
function spansOf({ exception, path, status }: Request, trace: number): readonly [SpanSketch, SpanSketch] {
  const outer: SpanSketch = {
    traceId: id(trace, 32),
    spanId: id(trace * 16, 16),
    ...{ startMs: START_MS, endMs: START_MS + 50 },
    attributes: { "http.request.method": "POST", "url.path": path, "http.response.status_code": status },
  };
  const inner: SpanSketch = {
    traceId: id(trace, 32),
    spanId: id(trace * 16 + 1, 16),
    parentSpanId: id(trace * 16, 16),
    ...{ startMs: START_MS + 10, endMs: START_MS + 40 },
    kind: "INTERNAL",
    statusCode: "ERROR",
    exceptions: [exception],
  };
  return [outer, inner];
}

for (const request of [GRAPHQL, EXPIRED, GRANT]) {
  test(`a ${request.status} of ${request.path} is marked by what is said behind it in its batch`, () => {
    const world = new JoinerWorld();
    world.send(...spansOf(request, 1).toReversed());
    // A service of one span a request would not be waited for.
    for (let trace = 2; trace < 50; trace += 1) world.send(...spansOf({ ...request, status: 204 }, trace).slice(0, 1));

    assert.equal(world.send(...spansOf(request, 50)).length, 1);
    assert.equal(world.marks.get(id(50 * 16, 16)), `counted POST ${request.path} unauthenticated`);
    assert.deepEqual(world.wait(), []);
  });
}

test("what is said in a later batch comes too late for the outcome, and nothing waits for it", () => {
  const world = new JoinerWorld();
  world.send(...spansOf(GRAPHQL, 1).toReversed());
  const [outer, inner] = spansOf(GRAPHQL, 2);
  assert.deepEqual(world.send(outer), ["POST /graphql 200"]);
  world.send(inner);
  assert.equal(world.marks.get(outer.spanId ?? ""), "counted POST /graphql ok");
  assert.deepEqual(world.wait(), []);
});

test("what an inner span says does not outweigh what the request itself says, in either order", () => {
  const world = new JoinerWorld();
  world.send(...spansOf(EXPIRED, 1).toReversed());
  for (let trace = 2; trace < 50; trace += 1) world.send(...spansOf({ ...EXPIRED, status: 204 }, trace).slice(0, 1));

  const marks = [50, 51].map((trace) => {
    const [outer, inner] = spansOf(EXPIRED, trace);
    const asked = { ...outer, attributes: { ...outer.attributes, ...INSUFFICIENT_SCOPE } };
    world.send(...(trace === 50 ? [asked, inner] : [inner, asked]));
    return world.marks.get(id(trace * 16, 16));
  });
  assert.deepEqual(marks, ["counted POST /orders forbidden", "counted POST /orders forbidden"]);
});

describe("what an attribute within a GraphQL request says by the configuration", () => {
  const outcomes = new OutcomeOverrides([
    {
      appliesTo: () => true,
      attribute: { key: "graphql.errors", values: [saying("UNAUTHENTICATED"), saying("FORBIDDEN")] },
      httpStatus: new Map(),
      grpcStatus: new Map(),
    },
  ]);

  for (const [order, arrange] of Object.entries({
    "as they end, the innermost first": (spans: readonly SpanSketch[]) => spans.toReversed(),
    "as they begin": (spans: readonly SpanSketch[]) => spans,
    "with the request's own between": (spans: readonly SpanSketch[]) => [...spans.slice(3), ...spans.slice(0, 3)],
  })) {
    test(`counts with spans ${order}`, () => {
      const world = new JoinerWorld(outcomes);
      world.send(...graphqlSpans(1, "UNAUTHENTICATED").toReversed());
      for (const [trace, code] of [
        [2, "UNAUTHENTICATED"],
        [3, "FORBIDDEN"],
        [4, "NOT_FOUND"],
      ] as const) {
        world.send(...arrange(graphqlSpans(trace, code)));
      }
      const marks = [2, 3, 4].map((trace) => world.marks.get(id(trace * 16, 16)));
      const answers = ["unauthenticated", "forbidden", "ok"];
      assert.deepEqual(
        marks,
        answers.map((answer) => `counted POST /graphql ${answer}`),
      );
    });
  }
});

function saying(code: string): { accepts: (text: string) => boolean; outcome: Outcome } {
  const outcome = code === "FORBIDDEN" ? "forbidden" : "unauthenticated";
  return { accepts: (text) => text.includes(`"code":"${code}"`), outcome };
}

/** As instrumentation-http, -express and -graphql send it, where a responseHook keeps the errors. */
function graphqlSpans(trace: number, code: string): readonly SpanSketch[] {
  const http = { "http.request.method": "POST", "url.path": "/graphql", "http.response.status_code": 200 };
  const errors = JSON.stringify([{ message: "You must be logged in", path: ["me"], extensions: { code } }]);
  const sketches: ReadonlyArray<readonly [parent: number, SpanSketch]> = [
    [0, { name: "POST /graphql", attributes: { ...http, "http.route": "/graphql" } }],
    [0, { name: "middleware - graphqlHandler", attributes: { "express.type": "middleware" } }],
    [1, { name: "graphql.parse" }],
    [1, { name: "graphql.validate" }],
    [1, { name: "query Me", attributes: { "graphql.operation.type": "query", "graphql.errors": errors } }],
    [
      4,
      {
        name: "graphql.resolve me",
        attributes: { "graphql.field.path": "me", "graphql.field.type": "User" },
        statusCode: "ERROR",
        statusMessage: "Access denied",
        exceptions: [{ type: "GraphQLError", message: "Access denied" }],
      },
    ],
  ];
  return sketches.map(([parent, sketch], index) => ({
    ...sketch,
    ...{ traceId: id(trace, 32), spanId: id(trace * 16 + index, 16), startMs: START_MS + index },
    ...{ endMs: START_MS + 50 - index },
    ...(index === 0 ? {} : { kind: "INTERNAL", parentSpanId: id(trace * 16 + parent, 16) }),
  }));
}
