import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS } from "../../src/core/time.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { fc } from "../support/properties.ts";
import type { Flush } from "./flushed-traffic.ts";
import { decisions, encodeSpan, flushes, RULES } from "./flushed-traffic.ts";

const KEEP_FIRING_MS = MINUTE_MS;

/** `isStopAt` says after which flushes the process stops and another goes on at once. */
function play(all: readonly Flush[], isStopAt: (flush: number) => boolean): EngineWorld {
  const world = new EngineWorld(RULES);
  for (const [index, { at, spans }] of all.entries()) {
    world.pass(at - world.now);
    if (spans.length > 0) world.sendBytes(Uint8Array.from(Buffer.concat(spans.map((span) => encodeSpan(span, at)))));
    if (isStopAt(index)) world.restart();
  }
  world.pass(30 * MINUTE_MS);
  return world;
}

const stops = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 6 });

/**
 * An alert's pattern and the shares of its causes are found anew from what comes after (docs/patterns.md), and its
 * wait for `keep_firing_for` begins anew with each stop: nobody can say what came while the process was away.
 */
test("wherever a process stops, the next one pages as if it had gone on, and resolves no sooner", () => {
  let alertCount = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), stops, (seed, places) => {
      // Without an account taken over: what was noted of those begins anew, too.
      const all = flushes(seed, 1);
      const at = new Set(places.map((place) => place % all.length));
      const whole = decisions(play(all, () => false));
      const stopped = decisions(play(all, (flush) => at.has(flush)));
      const pages = (list: typeof whole) =>
        list.map(({ failures, fired_at, page, route, severity, since }) => ({
          ...{ failures, fired_at, page, route, severity, since },
        }));
      assert.deepEqual(pages(stopped), pages(whole));
      for (const [index, { resolved_at: resolvedAt }] of whole.entries()) {
        const laterMs = (stopped[index]?.resolved_at ?? 0) - (resolvedAt ?? 0);
        assert.ok(laterMs >= 0 && laterMs <= places.length * KEEP_FIRING_MS, `resolved ${laterMs} ms later`);
      }
      alertCount += whole.length;
    }),
    { numRuns: 6 },
  );
  assert.ok(alertCount >= 5, `${alertCount} alerts`);
});
