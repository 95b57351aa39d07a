/**
 * What is said about refused requests before, with and after them, through the whole engine.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { causeMix, causesOf } from "../../src/core/alerts/cause-tally.ts";
import { Engine } from "../../src/core/engine.ts";
import { MINUTE_MS } from "../../src/core/time.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { fc } from "../support/properties.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import type { RecordSketch } from "./extraction/log-requests.ts";
import { logsRequest } from "./extraction/log-requests.ts";
import type { SpanSketch } from "./extraction/span-requests.ts";
import { traceRequest } from "./extraction/span-requests.ts";

const RULES = ruleSetOf(`
rules:
  - {id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}, severity: error, keep_firing_for: 1m}
routes: [{notify: [log]}]
`);
const SETTINGS = { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 1000, endpointsMax: 10_000 } as const;
const START_MS = 1_700_000_000_000;

/** One refused request, and who says what about it. */
type Refusal = {
  /** Of the request's own span. */
  readonly own: string | null;
  /** Of a span two levels further in. */
  readonly inner: string | null;
  /** Of a log record of the middleware. */
  readonly log: string | null;
  readonly isBehindGateway: boolean;
};

type Item = { readonly kind: "span"; readonly span: SpanSketch } | { readonly kind: "log"; readonly log: RecordSketch };

function itemsOf({ inner, isBehindGateway, log, own }: Refusal, number: number): readonly Item[] {
  const traceId = (number + 1).toString(16).padStart(32, "0");
  const ids = (span: number) => ({ traceId, spanId: (16 * number + span).toString(16).padStart(16, "0") });
  const served = (startMs: number, endMs: number) => ({ startMs: START_MS + startMs, endMs: START_MS + endMs });
  const attributes = { "http.request.method": "GET", "http.route": "/orders", "http.response.status_code": 401 };
  const parentSpanId = ids(isBehindGateway ? 2 : 3).spanId;
  const request: SpanSketch = { ...ids(1), ...served(10, 90), attributes, ...(own !== null && { statusMessage: own }) };
  const items: Item[] = [{ kind: "span", span: { ...request, parentSpanId, flags: 0x300 } }];
  if (inner !== null) {
    const exceptions = [{ type: inner, message: "refused" }];
    items.push({
      kind: "span",
      span: { ...ids(4), ...served(20, 30), kind: "INTERNAL", parentSpanId: ids(5).spanId, exceptions },
    });
  }
  if (log !== null) items.push({ kind: "log", log: { ...ids(6), atMs: START_MS + 25, body: { stringValue: log } } });
  if (isBehindGateway)
    items.push({
      kind: "span",
      span: { ...ids(7), ...served(0, 100), attributes, resource: { "service.name": "gateway" } },
    });
  return items;
}

/** A few failures that nobody explains: what is counted after them belongs to one rise. */
const PRELUDE = Array.from({ length: 12 }, (_, index): Refusal => {
  return { own: null, inner: null, log: null, isBehindGateway: index % 2 === 0 };
}).flatMap((refusal, index) => itemsOf(refusal, 1000 + index));

/** The causes of each service's failures once all batches are in. */
function mixAfter(batches: readonly (readonly Item[])[]): Readonly<Record<string, readonly string[]>> {
  const engine = new Engine(SETTINGS, RULES);
  const now = { steady: START_MS, wall: START_MS };
  for (const items of [PRELUDE, ...batches]) {
    const spans = items.flatMap((item) => (item.kind === "span" ? [item.span] : []));
    const logs = items.flatMap((item) => (item.kind === "log" ? [item.log] : []));
    assert.equal(engine.ingest(traceRequest(spans), now).kind, "ingested");
    engine.hearLogs(logsRequest(logs));
  }
  const mixes: Record<string, readonly string[]> = {};
  for (const { causes, endpoint } of engine.series()) mixes[endpoint.service] = causeMix(causesOf(causes)).toSorted();
  return mixes;
}

const refusal: fc.Arbitrary<Refusal> = fc.record({
  own: fc.option(fc.constantFrom("token is malformed", "Bad credentials", "Unauthorized")),
  inner: fc.option(fc.constantFrom("TokenExpiredError", "LockedException", "SomeError")),
  log: fc.option(fc.constantFrom("jwt expired", "IDX10503: Signature validation failed", "GET /orders 401")),
  isBehindGateway: fc.boolean(),
});

const deliveries = fc.array(refusal, { minLength: 1, maxLength: 6 }).chain((refusals) => {
  const items = refusals.flatMap(itemsOf);
  const size = fc.integer({ min: 1, max: items.length });
  return fc.record({
    items: fc.constant(items),
    shuffled: fc.shuffledSubarray(items, { minLength: items.length }),
    batchSize: size,
  });
});

function inBatches(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

test("neither order nor batches change how many failures have which cause in the end", () => {
  fc.assert(
    fc.property(deliveries, ({ batchSize, items, shuffled }) => {
      assert.deepEqual(mixAfter(inBatches(shuffled, batchSize)), mixAfter([items]));
    }),
    { numRuns: 150 },
  );
});

describe("an alert", () => {
  function burst(): { readonly world: EngineWorld; readonly traceIds: readonly string[] } {
    const world = new EngineWorld(RULES);
    world.play("GET /orders", { everyMs: 1000, failureShare: 0, forMs: 30 * MINUTE_MS });
    const traceIds = Array.from({ length: 80 }, (_, index) => (index + 1).toString(16).padStart(32, "a"));
    for (const traceId of traceIds) {
      world.pass(100);
      const ids = { traceId, spanId: traceId.slice(16) };
      world.send([{ method: "GET", route: "/orders", status: 401, ids, endMs: world.now }]);
    }
    return { world, traceIds };
  }

  test("pages without waiting for an explanation, and knows it once the logs are in", () => {
    const { world, traceIds } = burst();
    assert.deepEqual(world.kinds(), ["firing"]);
    assert.equal(world.transitions()[0]?.alert.evidence.cause, null);
    const logs = traceIds.map((traceId): RecordSketch => {
      return {
        traceId,
        spanId: traceId.slice(16),
        service: "auth",
        attributes: { "exception.type": "TokenExpiredError" },
      };
    });
    world.engine.hearLogs(logsRequest(logs));
    world.play("GET /orders", { everyMs: 500, failureShare: 0, forMs: 10 * MINUTE_MS });
    assert.deepEqual(world.kinds(), ["firing", "resolved"]);
    assert.equal(world.transitions()[1]?.alert.evidence.cause, "expired (100%)");
  });

  test("that has begun anew is not told of what belongs to the last one", () => {
    const { world, traceIds } = burst();
    world.play("GET /orders", { everyMs: 500, failureShare: 0, forMs: 60 * MINUTE_MS });
    for (let index = 0; index < 60; index++) {
      world.pass(100);
      world.send([{ method: "GET", route: "/orders", status: 401 }]);
    }
    const logs = traceIds.map(
      (traceId): RecordSketch => ({ traceId, spanId: traceId.slice(16), body: { stringValue: "jwt expired" } }),
    );
    world.engine.hearLogs(logsRequest(logs));
    const [series] = [...world.engine.series()];
    assert.deepEqual(causeMix(causesOf(series?.causes ?? [])), ["undecided 100%"]);
  });
});
