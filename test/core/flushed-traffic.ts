/**
 * Traffic for properties of the whole engine: flushes of spans from a seed, an attack or expiring tokens in
 * the middle, and what an engine decided about them.
 */
import type { BacktestAlert } from "../../src/cli/backtest-alerts.ts";
import { BacktestAlerts } from "../../src/cli/backtest-alerts.ts";
import { MINUTE_MS } from "../../src/core/time.ts";
import type { EngineWorld } from "../support/engine-world.ts";
import { Random } from "../support/random.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import { traceRequest } from "../support/trace-request.ts";
import { VIRTUAL_START } from "../support/virtual-scheduler.ts";

export const RULES = ruleSetOf(`rules:
  - {id: http-401, match: {}, count: {outcome: unauthenticated}, severity: error, keep_firing_for: 1m}
routes: [{notify: [log]}]
`);

const CALM_MS = 15 * MINUTE_MS;
const ATTACK_MS = 2 * MINUTE_MS;
const EXPIRED = {
  "http.response.header.www-authenticate": 'Bearer error="invalid_token", error_description="expired"',
};

/** What arrives at one moment: spans of several services, as senders flush them. */
export type Flush = { readonly at: number; readonly spans: readonly SpanFacts[] };

export type SpanFacts = {
  readonly route: string;
  readonly status: number;
  readonly client: string;
  readonly isExpired: boolean;
  readonly ids: { readonly traceId: string; readonly spanId: string };
};

/** A login and an API at work, then stuffing on the one or expiring tokens on the other, and the calm after. */
export function flushes(seed: number, attackFailureShare = 0.95): readonly Flush[] {
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
      return {
        route,
        status: random.chance(isAttack ? attackFailureShare : 0.04) ? 401 : 200,
        client,
        isExpired: isAttack,
        ids,
      };
    });
    all.push({ at, spans });
  }
  return all;
}

/** One resource each, since senders put spans of several services into one request. */
export function encodeSpan({ route, status, client, isExpired, ids }: SpanFacts, endMs: number): Uint8Array {
  const attributes = isExpired && route === "/api/orders" ? EXPIRED : {};
  return traceRequest([{ method: "POST", route, status, client, endMs, ids, attributes }]);
}

/** What must not depend on anything but the spans and the moments at which they came. */
export function decisions(world: EngineWorld) {
  const ended: BacktestAlert[] = [];
  const alerts = new BacktestAlerts(({ alert }) => ended.push(alert));
  alerts.take(world.effects);
  alerts.end();
  return ended.map(({ cause, endpoint, failures, fired_at, page, pattern, resolved_at, rule, severity, since }) => ({
    ...{ rule, route: endpoint.route, page, severity, fired_at, resolved_at, since, failures, pattern, cause },
  }));
}
