import assert from "node:assert/strict";
import { test } from "node:test";
import type { BacktestAlert } from "../../src/cli/backtest-alerts.ts";
import { BacktestAlerts } from "../../src/cli/backtest-alerts.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { fc } from "../support/properties.ts";
import { Random } from "../support/random.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import { traceRequest } from "../support/trace-request.ts";
import { VIRTUAL_START } from "../support/virtual-scheduler.ts";

const RULES = ruleSetOf(`rules:
  - {id: http-401, match: {}, count: {outcome: unauthenticated}, severity: error, keep_firing_for: 1m}
routes: [{notify: [log]}]
`);

const CALM_MS = 15 * MINUTE_MS;
const ATTACK_MS = 2 * MINUTE_MS;
const EXPIRED = {
  "http.response.header.www-authenticate": 'Bearer error="invalid_token", error_description="expired"',
};

/** What arrives at one moment: spans of several services, as senders flush them. */
type Flush = { readonly at: number; readonly spans: readonly SpanFacts[] };

type SpanFacts = {
  readonly route: string;
  readonly status: number;
  readonly client: string;
  readonly isExpired: boolean;
  readonly ids: { readonly traceId: string; readonly spanId: string };
};

/** A login and an API at work, then stuffing on the one or expiring tokens on the other, and the calm after. */
function flushes(seed: number): readonly Flush[] {
  const random = new Random(seed);
  const target = random.pick(["/login", "/api/orders"]);
  const attackers = random.pick([1, 3, 200]);
  const all: Flush[] = [];
  let spanCount = 0;
  for (let at = VIRTUAL_START; at < VIRTUAL_START + CALM_MS + ATTACK_MS + 5 * MINUTE_MS; ) {
    at += 100 + random.integer(3000);
    const elapsed = at - VIRTUAL_START;
    const isUnderAttack = elapsed > CALM_MS && elapsed < CALM_MS + ATTACK_MS;
    const spans = Array.from({ length: random.integer(isUnderAttack ? 20 : 6) }, () => {
      spanCount += 1;
      const isAttack = isUnderAttack && random.chance(0.8);
      const route = isAttack ? target : random.pick(["/login", "/api/orders"]);
      const client = isAttack ? `198.51.100.${random.integer(attackers)}` : `203.0.113.${random.integer(200)}`;
      const ids = {
        traceId: spanCount.toString(16).padStart(32, "0"),
        spanId: spanCount.toString(16).padStart(16, "0"),
      };
      return { route, status: random.chance(isAttack ? 0.95 : 0.04) ? 401 : 200, client, isExpired: isAttack, ids };
    });
    all.push({ at, spans });
  }
  return all;
}

type Delivery = {
  /** How many of the spans that are left come in the next request. */
  readonly cut: (left: number) => number;
  /** Moments at which a tick comes besides the beats, none by default. */
  readonly extraTicks?: (at: number) => readonly number[];
  /** When the clock that a span was timed by says that it ended. */
  readonly clockOf?: (span: SpanFacts, at: number) => number;
};

const WHOLE: Delivery = { cut: (left) => left };

/** One resource each, since senders put spans of several services into one request. */
function encode({ route, status, client, isExpired, ids }: SpanFacts, endMs: number): Uint8Array {
  const attributes = isExpired && route === "/api/orders" ? EXPIRED : {};
  return traceRequest([{ method: "POST", route, status, client, endMs, ids, attributes }]);
}

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
      const requests = spans.slice(next, next + count).map((span) => encode(span, clockOf(span, at)));
      world.sendBytes(Uint8Array.from(Buffer.concat(requests)));
      next += count;
    }
  }
  world.pass(30 * MINUTE_MS);
  return decisions(world);
}

/** What must not depend on anything but the spans and the moments at which they came. */
function decisions(world: EngineWorld) {
  const ended: BacktestAlert[] = [];
  const alerts = new BacktestAlerts(({ alert }) => ended.push(alert));
  alerts.take(world.effects);
  alerts.end();
  return ended.map(({ cause, endpoint, failures, fired_at, page, pattern, resolved_at, rule, severity, since }) => ({
    ...{ rule, route: endpoint.route, page, severity, fired_at, resolved_at, since, failures, pattern, cause },
  }));
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
