import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HELD_MS, HELD_REQUESTS_MAX, RequestJoiner } from "../../../../src/core/extraction/joining/request-joiner.ts";
import type { Observation } from "../../../../src/core/extraction/observation.ts";
import type { AttributeValue, SpanSketch } from "../span-requests.ts";
import { ExtractionWorld } from "../span-requests.ts";

const START_MS = 1_700_000_000_000;
const LOCAL = 0x101;
const REMOTE = 0x301;
/** Trace of the request from which the joiner learns. */
const PRIMER = 1_000_000;

type Attributes = Readonly<Record<string, AttributeValue>>;

/** A joiner behind the real extractor, under virtual time. */
class JoinerWorld {
  now = START_MS;
  readonly joiner = new RequestJoiner(7);
  readonly #extraction = new ExtractionWorld({ extraKeys: ["tenant"] });

  constructor() {
    this.joiner.attributeKeys = ["tenant"];
  }

  /** What is counted at once, as `GET /orders/{} 401 expired`. */
  send(...sketches: readonly SpanSketch[]): readonly string[] {
    return this.#extraction
      .observe(sketches, (observation) => {
        const counted = this.joiner.admit(observation, this.now);
        return counted === null ? [] : [inWords(counted)];
      })
      .flat();
  }

  /** The same as observations; of a single span it is good only until the next. */
  counted(...sketches: readonly SpanSketch[]): readonly Observation[] {
    return this.#extraction.observe(sketches, (observation) => this.joiner.admit(observation, this.now) ?? []).flat();
  }

  /** What the spans are marked with. */
  marks(...sketches: readonly SpanSketch[]): readonly boolean[] {
    return this.#extraction.observe(sketches, (observation) => {
      this.joiner.admit(observation, this.now);
      return observation.isCounted;
    });
  }

  wait(forMs = HELD_MS): readonly string[] {
    this.now += forMs;
    return this.joiner.release(this.now).map(inWords);
  }
}

function inWords({ cause, endpoint, httpStatus }: Observation): string {
  return [endpoint.name, httpStatus, ...(cause === null ? [] : [cause.name])].join(" ");
}

function id(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
}

/** Span `name` of a request: its place in the chain is its number. */
function span(
  trace: number,
  chain: { at: number; under?: number },
  attributes: Attributes,
  flags?: number,
): SpanSketch {
  return {
    traceId: id(trace, 32),
    spanId: id(trace * 16 + chain.at, 16),
    ...(chain.under === undefined ? {} : { parentSpanId: id(trace * 16 + chain.under, 16) }),
    ...(flags === undefined ? {} : { flags }),
    startMs: START_MS + chain.at,
    endMs: START_MS + 100 - chain.at,
    attributes: { "http.request.method": "GET", ...attributes },
  };
}

function outer(trace: number, status: number, flags?: number): SpanSketch {
  return span(trace, { at: 1 }, { "url.path": `/raw/${trace}`, "http.response.status_code": status }, flags);
}

function inner(trace: number, status: number, flags?: number): SpanSketch {
  return span(trace, { at: 2, under: 1 }, { "http.route": "/orders/:id", "http.response.status_code": status }, flags);
}

/** One request outer span first, so that from here on every span of the service waits for the others. */
function primed(): JoinerWorld {
  const world = new JoinerWorld();
  world.send(outer(PRIMER, 200), inner(PRIMER, 200));
  return world;
}

describe("a request that two spans tell about", () => {
  test("is one sample, with the outer one's status and the inner one's route", () => {
    const world = new JoinerWorld();
    assert.deepEqual(world.send(inner(1, 200, LOCAL), outer(1, 401)), ["GET /orders/{} 401"]);
    assert.deepEqual(world.wait(), []);
    assert.equal(world.joiner.nestedCount, 1);
  });

  test("is one sample whatever the senders say of the parent, once it is known that the service nests", () => {
    for (const flags of [undefined, LOCAL, REMOTE]) {
      const world = primed();
      assert.deepEqual(world.send(inner(1, 200, flags), outer(1, 401)), ["GET /orders/{} 401"], String(flags));
      assert.deepEqual(world.send(outer(2, 401), inner(2, 200, flags)), ["GET /orders/{} 401"], String(flags));
    }
  });

  test("is never two, even before that is known", () => {
    const world = new JoinerWorld();
    assert.deepEqual(world.send(inner(1, 401), outer(1, 401)), ["GET /orders/{} 401"]);
    assert.deepEqual(new JoinerWorld().send(outer(1, 401), inner(1, 401)), ["GET /raw/{} 401"]);
  });

  test("takes the surest cause, the client and the attributes from whichever span has them", () => {
    const world = new JoinerWorld();
    const within = { ...inner(1, 403, LOCAL), exceptions: [{ type: "TokenExpiredError" }] };
    const around = outer(1, 403);
    const known = { ...around.attributes, "client.address": "203.0.113.7", tenant: "acme" };
    const [request] = world.counted(within, { ...around, attributes: known });
    assert.ok(request !== undefined);
    assert.deepEqual([request.outcome, request.cause?.name], ["unauthenticated", "expired"]);
    assert.notEqual(request.client, 0);
    assert.deepEqual([request.attribute("tenant"), request.attribute("other")], ["acme", undefined]);
    assert.deepEqual([request.traceId(), request.spanId()], [around.traceId, around.spanId]);
  });

  test("is marked as counted on one span only", () => {
    const world = primed();
    assert.deepEqual(world.marks(inner(1, 401), outer(1, 401)), [false, true]);
    assert.deepEqual(world.marks(outer(2, 401), inner(2, 401)), [true, false]);
    assert.deepEqual(new JoinerWorld().marks(inner(1, 401), outer(1, 401)), [true, false]);
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

describe("requests of their own", () => {
  test("are counted at once, however many a trace has", () => {
    const world = new JoinerWorld();
    const calls = [1, 2, 3].map((at) => span(1, { at, under: 15 }, { "http.response.status_code": 401 }, REMOTE));
    assert.equal(world.send(...calls).length, 3);
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
  assert.deepEqual(world.send(...all), []);
  assert.equal(world.joiner.overflowCount, 10);
  assert.equal(world.wait().length, all.length);
});

test("what is counted depends neither on order nor on repetition", () => {
  const depth = fc.integer({ min: 1, max: 3 });
  const status = fc.constantFrom(200, 401, 500);
  const requests = fc.array(fc.tuple(depth, status), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(requests, fc.infiniteStream(fc.nat()), (plan, random) => {
      const spans = plan.flatMap(([spanCount, code], index) => chain(index + 1, spanCount, code));
      const twice = shuffled([...spans, ...spans], random);
      const world = primed();
      world.send(...chain(PRIMER + 1, 3, 200));
      world.wait();
      const counted = [...world.send(...twice), ...world.wait()];
      const expected = plan.map(([spanCount, code]) => requestOf(spanCount, code));
      assert.deepEqual(counted.toSorted(), expected.toSorted());
    }),
  );
});

/** Every span within the one before; only the outermost has the status that counts. */
function chain(trace: number, spanCount: number, status: number): readonly SpanSketch[] {
  return Array.from({ length: spanCount }, (_, index) => {
    const isOutermost = index === 0;
    const place = isOutermost ? { at: 1 } : { at: index + 1, under: index };
    const name = isOutermost ? { "url.path": `/raw/${trace}` } : { "http.route": `/level${index}` };
    return span(trace, place, { ...name, "http.response.status_code": isOutermost ? status : 302 });
  });
}

function requestOf(spanCount: number, status: number): string {
  return `GET ${spanCount === 1 ? "/raw/{}" : `/level${spanCount - 1}`} ${status}`;
}

function shuffled<Item>(items: readonly Item[], random: Iterable<number>): readonly Item[] {
  const numbers = random[Symbol.iterator]();
  return items
    .map((item) => ({ item, order: Number(numbers.next().value ?? 0) }))
    .sort((left, right) => left.order - right.order)
    .map(({ item }) => item);
}
