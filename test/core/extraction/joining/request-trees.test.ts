/**
 * Whatever trees spans form, in whatever order and batches they come and however often: what is counted
 * is the requests.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../../support/properties.ts";
import type { SpanSketch } from "../span-requests.ts";
import { between, JoinerWorld, LOCAL, REMOTE, span } from "./joiner-world.ts";

/** What stands above a server span, from the outside to the inside. */
type Step = {
  /** Spans that are no requests, and that join what is around them to what is within. */
  readonly between: readonly ("INTERNAL" | "BUBBLE" | "OTHER_SERVER")[];
  /** A call or a message: what is within is another request. */
  readonly breakBy: "CLIENT" | "PRODUCER" | "CONSUMER" | null;
  readonly status: number;
  readonly hasRoute: boolean;
  readonly flags: number | undefined;
  /** Spans beside it that lead nowhere. */
  readonly noise: readonly ("INTERNAL" | "CLIENT" | "PRODUCER")[];
};

const PARTS_MAX = 3;

const step: fc.Arbitrary<Step> = fc.record({
  between: fc.array(fc.constantFrom("INTERNAL", "BUBBLE", "OTHER_SERVER"), { maxLength: 3 }),
  breakBy: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, fc.constantFrom("CLIENT", "PRODUCER", "CONSUMER")),
  status: fc.constantFrom(200, 401, 500),
  hasRoute: fc.boolean(),
  flags: fc.constantFrom(undefined, LOCAL, REMOTE),
  noise: fc.array(fc.constantFrom("INTERNAL", "CLIENT", "PRODUCER"), { maxLength: 2 }),
});
const chains = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }).map(withPartsBound), {
  minLength: 1,
  maxLength: 8,
});
const randomness = fc.infiniteStream(fc.nat());

test("one batch in any order counts each request once and marks one of its spans so, from the first time on", () => {
  fc.assert(
    fc.property(chains, randomness, (plan, random) => {
      const world = new JoinerWorld();
      const counted = [...world.send(...shuffled(plan.flatMap(spansOf), random))];
      // Once some have turned out to nest, those that have an unknown parent wait for it.
      counted.push(...world.wait());
      assert.deepEqual(counted.toSorted(), plan.flatMap(requestsOf).toSorted());
      assert.equal(world.countedMarks, counted.length);
    }),
    { numRuns: 200 },
  );
});

test("any order, any batches and any repetition count each request once, as it is", () => {
  fc.assert(
    fc.property(chains, randomness, fc.integer({ min: 1, max: 12 }), (plan, random, batchCount) => {
      const world = primed();
      const spans = plan.flatMap(spansOf);
      const sent = shuffled([...spans, ...spans], random);
      const size = Math.ceil(sent.length / batchCount);
      const counted: string[] = [];
      for (let start = 0; start < sent.length; start += size) {
        counted.push(...world.send(...sent.slice(start, start + size)));
      }
      counted.push(...world.wait());
      assert.deepEqual(counted.toSorted(), plan.flatMap(requestsOf).toSorted());
      // More where the two had left before the span between them came.
      assert.ok(world.countedMarks >= counted.length);
      assert.equal(world.joiner.heldCount, 0);
    }),
    { numRuns: 300 },
  );
});

test("children first, as they end, a request is one sample in any batches even for a service never seen before", () => {
  fc.assert(
    fc.property(chains, fc.integer({ min: 1, max: 40 }), (plan, size) => {
      const world = new JoinerWorld();
      const spans = plan.flatMap((steps, index) => spansOf(steps, index).toReversed());
      let count = 0;
      for (let start = 0; start < spans.length; start += size) {
        count += world.send(...spans.slice(start, start + size)).length;
      }
      count += world.wait().length;
      assert.equal(count, plan.flatMap(requestsOf).length);
      assert.equal(world.countedMarks, count);
    }),
    { numRuns: 200 },
  );
});

/** Each service learns from a few torn requests how deep it nests; here from the outside to the inside. */
function primed(): JoinerWorld {
  const world = new JoinerWorld();
  const steps = Array.from({ length: PARTS_MAX }, () => ({ ...PLAIN, breakBy: null }));
  for (let trace = 0; trace < 4; trace++) for (const each of spansOf(steps, 1_000_000 + trace)) world.send(each);
  world.wait();
  world.marks.clear();
  return world;
}

const PLAIN: Step = { between: [], breakBy: null, status: 200, hasRoute: true, flags: undefined, noise: [] };

/** More spans for one request than the joiner has learned of would be told from it by nothing. */
function withPartsBound(steps: readonly Step[]): readonly Step[] {
  let parts = 0;
  return steps.map((each) => {
    parts = each.breakBy === null && parts < PARTS_MAX ? parts + 1 : 1;
    return parts === 1 && each.breakBy === null ? { ...each, breakBy: "CLIENT" } : each;
  });
}

/** All spans of a trace, each within the one before it. */
function spansOf(steps: readonly Step[], index: number): readonly SpanSketch[] {
  const trace = index + 1;
  const spans: SpanSketch[] = [];
  let at = 0;
  let under: number | undefined;
  const add = (sketch: SpanSketch): void => {
    spans.push(sketch);
    under = at;
  };
  const place = (): { at: number; under?: number } => {
    at += 1;
    return under === undefined ? { at } : { at, under };
  };
  steps.forEach((each, position) => {
    if (position > 0 && each.breakBy !== null) add({ ...between(trace, place()), kind: each.breakBy });
    for (const kind of each.between) add(betweenOf(kind, trace, place()));
    const url = { "url.path": `/raw${position}` };
    const name = each.hasRoute ? { ...url, "http.route": `/raw${position}` } : url;
    const status = { "http.response.status_code": each.status };
    add(span(trace, place(), { ...name, ...status }, under === undefined ? undefined : each.flags));
    const server = under;
    for (const kind of each.noise) {
      add({ ...between(trace, place()), kind });
      under = server;
    }
  });
  return spans;
}

function betweenOf(kind: Step["between"][number], trace: number, place: { at: number; under?: number }): SpanSketch {
  if (kind === "INTERNAL") return between(trace, place);
  const attributes = { "http.response.status_code": 200, "next.bubble": true };
  return kind === "BUBBLE"
    ? span(trace, place, attributes)
    : { ...between(trace, place), kind: "SERVER", attributes: { "messaging.system": "none" } };
}

/** Status from the outermost, route from the innermost that has one. */
function requestsOf(steps: readonly Step[]): readonly string[] {
  const requests: { route: string; status: number; hasRoute: boolean }[] = [];
  steps.forEach(({ breakBy, status, hasRoute }, position) => {
    const request = requests.at(-1);
    const route = `/raw${position}`;
    if (request === undefined || breakBy !== null) requests.push({ route, status, hasRoute });
    else if (hasRoute) Object.assign(request, { route, hasRoute });
  });
  return requests.map(({ route, status }) => `GET ${route} ${status}`);
}

function shuffled<Item>(items: readonly Item[], random: Iterable<number>): readonly Item[] {
  const numbers = random[Symbol.iterator]();
  return items
    .map((item) => ({ item, order: Number(numbers.next().value ?? 0) }))
    .sort((left, right) => left.order - right.order)
    .map(({ item }) => item);
}
