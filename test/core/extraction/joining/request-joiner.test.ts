import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HELD_MS, HELD_REQUESTS_MAX } from "../../../../src/core/extraction/joining/request-joiner.ts";
import type { SpanSketch } from "../span-requests.ts";
import { between, JoinerWorld, LOCAL, REMOTE, START_MS, span } from "./joiner-world.ts";

/** Traces of the requests from which the joiner learns. */
const PRIMER = 1_000_000;

function outer(trace: number, status: number, flags?: number): SpanSketch {
  return span(trace, { at: 1 }, { "url.path": `/raw/${trace}`, "http.response.status_code": status }, flags);
}

function inner(trace: number, status: number, flags?: number): SpanSketch {
  return innerUnder(trace, 1, status, flags);
}

function innerUnder(trace: number, under: number, status: number, flags?: number): SpanSketch {
  const attributes = { "http.route": "/orders/:id", "http.response.status_code": status };
  return span(trace, { at: under + 1, under }, attributes, flags);
}

/** Two requests that were torn apart: from here on every span of the service waits for the others. */
function primed(): JoinerWorld {
  const world = new JoinerWorld();
  for (const trace of [PRIMER, PRIMER + 1]) {
    world.send(outer(trace, 200));
    world.send(inner(trace, 200));
  }
  world.marks.clear();
  return world;
}

describe("a request that two spans tell about", () => {
  test("is one sample, with the outer one's status and the inner one's route, from the first time on", () => {
    for (const flags of [undefined, LOCAL, REMOTE]) {
      for (const order of ["inner first", "outer first"]) {
        const world = new JoinerWorld();
        const spans = [inner(1, 200, flags), outer(1, 401)];
        assert.deepEqual(world.send(...(order === "inner first" ? spans : spans.toReversed())), ["GET /orders/{} 401"]);
        assert.deepEqual(world.wait(), []);
        assert.equal(world.joiner.nestedCount, 1);
      }
    }
  });

  test("is one sample in two batches too, once it is known that the service nests", () => {
    for (const flags of [undefined, LOCAL, REMOTE]) {
      const world = primed();
      assert.deepEqual([...world.send(inner(1, 200, flags)), ...world.send(outer(1, 401))], ["GET /orders/{} 401"]);
      assert.deepEqual([...world.send(outer(2, 401)), ...world.send(inner(2, 200, flags))], ["GET /orders/{} 401"]);
    }
  });

  test("is never two, even before that is known", () => {
    const world = new JoinerWorld();
    assert.deepEqual([...world.send(inner(1, 401)), ...world.send(outer(1, 401))], ["GET /orders/{} 401"]);
    const other = new JoinerWorld();
    assert.deepEqual([...other.send(outer(1, 401)), ...other.send(inner(1, 401))], ["GET /raw/{} 401"]);
  });

  test("takes the surest cause, the client and the attributes from whichever span has them", () => {
    const world = new JoinerWorld();
    const within = { ...inner(1, 403, LOCAL), exceptions: [{ type: "TokenExpiredError" }] };
    const around = outer(1, 403);
    const known = { ...around.attributes, "client.address": "203.0.113.7", tenant: "acme" };
    const [request] = world.countedIn([within, { ...around, attributes: known }]);
    assert.ok(request !== undefined);
    assert.deepEqual([request.outcome, request.cause?.name], ["unauthenticated", "expired"]);
    assert.notEqual(request.client, 0);
    assert.deepEqual([request.attribute("tenant"), request.attribute("other")], ["acme", undefined]);
    assert.deepEqual([request.traceId(), request.spanId()], [around.traceId, around.spanId]);
  });

  test("is marked as counted on its outermost span, and with one endpoint on both", () => {
    const world = new JoinerWorld();
    const spans = [inner(1, 200), outer(1, 401)];
    world.send(...spans);
    const expected = ["GET /orders/{} ok", "counted GET /orders/{} unauthenticated"];
    assert.deepEqual(
      spans.map(({ spanId = "" }) => world.marks.get(spanId)),
      expected,
    );
  });

  test("is marked as counted on one span only where its spans come in two batches", () => {
    for (const spans of [
      [inner(1, 401), outer(1, 401)],
      [outer(1, 401), inner(1, 401)],
    ]) {
      for (const world of [primed(), new JoinerWorld()]) {
        for (const each of spans) world.send(each);
        assert.equal(world.countedMarks, 1);
      }
    }
  });

  test("is counted as it is when the other span does not come", () => {
    const world = primed();
    assert.deepEqual(world.send(outer(1, 401)), []);
    assert.deepEqual(world.wait(HELD_MS - 1), []);
    assert.deepEqual(world.wait(1), ["GET /raw/{} 401"]);
    assert.deepEqual(world.send(inner(1, 401)), []);
    assert.deepEqual(world.wait(), []);
  });
});

describe("spans that are no requests", () => {
  const spans = [
    innerUnder(1, 3, 200),
    between(1, { at: 3, under: 2 }),
    between(1, { at: 2, under: 1 }),
    outer(1, 401),
  ];
  const orders = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 0, 3, 2],
    [2, 1, 0, 3],
    [0, 3, 1, 2],
  ];

  test("may stand between two of one request, in any order", () => {
    for (const order of orders) {
      const world = new JoinerWorld();
      assert.deepEqual(world.send(...order.flatMap((index) => spans[index] ?? [])), ["GET /orders/{} 401"], `${order}`);
      assert.equal(world.countedMarks, 1);
    }
  });

  test("may come in batches of their own", () => {
    for (const order of orders) {
      const world = primed();
      const counted = order.flatMap((index) => world.send(...spans.slice(index, index + 1)));
      assert.deepEqual([...counted, ...world.wait()], ["GET /orders/{} 401"], `${order}`);
    }
  });

  test("join nothing where a call or a message is among them: what that leads to is another request", () => {
    for (const kind of ["CLIENT", "PRODUCER", "CONSUMER"] as const) {
      const world = new JoinerWorld();
      assert.equal(world.send(...spans.map((each, index) => (index === 1 ? { ...each, kind } : each))).length, 2);
    }
  });

  test("around a request say that no other one is to be waited for", () => {
    const world = new JoinerWorld();
    const bubble = { ...outer(1, 200), attributes: { ...outer(1, 200).attributes, "next.bubble": true } };
    assert.deepEqual(world.send(inner(1, 401, LOCAL), bubble), ["GET /orders/{} 401"]);
    assert.deepEqual([...world.marks.values()], ["counted GET /orders/{} unauthenticated"]);
  });

  test("of another service join nothing", () => {
    const world = new JoinerWorld();
    const elsewhere = spans.map((each, index) => (index === 1 ? { ...each, resource: { "service.name": "x" } } : each));
    assert.equal(world.send(...elsewhere).length, 2);
  });

  test("in a circle do not hold up the others", () => {
    const world = new JoinerWorld();
    const circle = [between(1, { at: 2, under: 3 }), between(1, { at: 3, under: 2 })];
    assert.deepEqual(world.send(...circle, innerUnder(1, 3, 401)), ["GET /orders/{} 401"]);
  });
});

describe("requests of their own", () => {
  test("are counted at once, however many a trace has", () => {
    const world = new JoinerWorld();
    const calls = [1, 2, 3].map((at) => span(1, { at, under: 15 }, { "http.response.status_code": 401 }, REMOTE));
    assert.equal(world.send(...calls).length, 3);
    assert.equal(world.countedMarks, 3);
  });

  test("stay so where a service calls itself: the call's own span stands between", () => {
    const world = new JoinerWorld();
    const call = { ...span(1, { at: 2, under: 1 }, {}, LOCAL), kind: "CLIENT" as const };
    const called = span(1, { at: 3, under: 2 }, { "http.response.status_code": 200 }, REMOTE);
    assert.equal(world.send(called, call, outer(1, 200)).length, 2);
  });

  test("stay so in other services of the trace", () => {
    const world = new JoinerWorld();
    const behind = { ...inner(1, 401), resource: { "service.name": "behind" } };
    assert.equal(world.send(behind, outer(1, 401)).length, 2);
  });

  test("stay so for a client that names an earlier request as its parent", () => {
    const world = primed();
    const later = { startMs: START_MS + 5000, endMs: START_MS + 5100 };
    const forged = { ...inner(1, 401, REMOTE), ...later };
    assert.deepEqual(world.send(outer(1, 200), forged), []);
    assert.equal(world.wait().length, 2);
  });

  test("do not wait for ever again for a parent that is no request", () => {
    const world = new JoinerWorld();
    for (let trace = 1; trace <= 3; trace++) {
      assert.deepEqual(world.send(inner(trace, 401, LOCAL)), []);
      assert.equal(world.wait().length, 1);
    }
    assert.equal(world.send(inner(4, 401, LOCAL)).length, 1);
  });

  test("cost nothing more once a service is known not to nest", () => {
    const world = new JoinerWorld();
    for (let trace = 1; trace <= 100; trace++) {
      const hold = world.joiner.heldPart;
      assert.equal(world.send(outer(trace, 200)).length, 1);
      if (trace > 40) assert.equal(hold, null);
    }
    assert.equal(world.countedMarks, 100);
  });
});

test("a span that is sent again is not counted again, whether its request waits or not", () => {
  const world = new JoinerWorld();
  assert.equal(world.send(outer(1, 401), outer(1, 401)).length, 1);
  assert.deepEqual(world.send(inner(2, 401, LOCAL), inner(2, 401, LOCAL)), []);
  assert.equal(world.wait().length, 1);
  assert.equal(world.joiner.repeatedCount, 2);
  world.wait(300_000 + 1000);
  assert.equal(world.send(outer(1, 401)).length, 1);
});

test("as many requests wait as there is room for, and none is lost", () => {
  const world = primed();
  const all = Array.from({ length: HELD_REQUESTS_MAX + 10 }, (_, index) => outer(index + 1, 401));
  const counted = world.send(...all);
  assert.equal(world.joiner.overflowCount, 10);
  assert.equal(counted.length, 10);
  assert.equal(world.wait().length, HELD_REQUESTS_MAX);
});
