import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { fc } from "../support/properties.ts";
import { Random } from "../support/random.ts";
import type { Flush, SpanFacts } from "./flushed-traffic.ts";
import { decisions, encodeSpan, flushes, RULES } from "./flushed-traffic.ts";

type Delivery = {
  /** How many of the spans that are left come in the next request. */
  readonly cut: (left: number) => number;
  /** Moments at which a tick comes besides the beats, none by default. */
  readonly extraTicks?: (at: number) => readonly number[];
  /** When the clock that a span was timed by says that it ended. */
  readonly clockOf?: (span: SpanFacts, at: number) => number;
};

const WHOLE: Delivery = { cut: (left) => left };

function alertsOf(all: readonly Flush[], { cut, extraTicks, clockOf = (_span, at) => at }: Delivery) {
  const world = new EngineWorld(RULES);
  for (const { at, spans } of all) {
    for (const tickAt of extraTicks?.(at) ?? []) {
      if (tickAt <= world.now || tickAt >= at) continue;
      world.pass(tickAt - world.now);
      world.effects.push(...world.engine.tick(world.instant));
    }
    world.pass(at - world.now);
    for (let next = 0; next < spans.length; ) {
      const count = Math.max(1, Math.min(spans.length - next, cut(spans.length - next)));
      // Requests behind each other are one request with the resources of both.
      const requests = spans.slice(next, next + count).map((span) => encodeSpan(span, clockOf(span, at)));
      world.sendBytes(Uint8Array.from(Buffer.concat(requests)));
      next += count;
    }
  }
  world.pass(30 * MINUTE_MS);
  return decisions(world);
}

const seeds = fc.integer({ min: 1, max: 1_000_000 });

test("spans alert alike however those of one moment are cut into requests", () => {
  let alertCount = 0;
  fc.assert(
    fc.property(seeds, fc.integer(), (seed, cutSeed) => {
      const all = flushes(seed);
      const whole = alertsOf(all, WHOLE);
      const random = new Random(cutSeed);
      assert.deepEqual(alertsOf(all, { cut: (left) => 1 + random.integer(left) }), whole);
      assert.deepEqual(alertsOf(all, { cut: () => 1 }), whole);
      alertCount += whole.length;
    }),
    { numRuns: 6 },
  );
  assert.ok(alertCount >= 5, `${alertCount} alerts`);
});

test("ticks between the beats move no page", () => {
  fc.assert(
    fc.property(seeds, fc.integer(), (seed, tickSeed) => {
      const all = flushes(seed);
      const random = new Random(tickSeed);
      const extraTicks = (at: number) =>
        Array.from({ length: random.integer(3) }, () => at - random.integer(SECOND_MS)).sort();
      const pagesOf = (delivery: Delivery) =>
        alertsOf(all, delivery).map(({ resolved_at: _resolvedAt, ...decision }) => decision);
      assert.deepEqual(pagesOf({ ...WHOLE, extraTicks }), pagesOf(WHOLE));
    }),
    { numRuns: 4 },
  );
});

test("clocks of senders that are wrong, each in its own way, change nothing", () => {
  fc.assert(
    fc.property(
      seeds,
      fc.array(fc.integer({ min: -9e7, max: 9e7 }), { minLength: 3, maxLength: 3 }),
      (seed, offsets) => {
        const all = flushes(seed);
        const clockOf = ({ ids }: SpanFacts, at: number) => at + (offsets[Number.parseInt(ids.spanId, 16) % 3] ?? 0);
        assert.deepEqual(alertsOf(all, { ...WHOLE, clockOf }), alertsOf(all, WHOLE));
      },
    ),
    { numRuns: 4 },
  );
});

test("spans that come late and in disorder count when they come", () => {
  fc.assert(
    fc.property(seeds, fc.integer(), (seed, delaySeed) => {
      const all = flushes(seed);
      const random = new Random(delaySeed);
      const clockOf = (_span: SpanFacts, at: number) => at - random.integer(90 * SECOND_MS);
      assert.deepEqual(alertsOf(all, { ...WHOLE, clockOf }), alertsOf(all, WHOLE));
    }),
    { numRuns: 4 },
  );
});
