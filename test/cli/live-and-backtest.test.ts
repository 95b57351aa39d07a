import assert from "node:assert/strict";
import { test } from "node:test";
import type { BacktestAlert } from "../../src/cli/backtest-alerts.ts";
import { BacktestAlerts } from "../../src/cli/backtest-alerts.ts";
import { protobufToJson } from "../../src/core/otlp/json-from-protobuf.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { framed } from "../io/recordings/recordings.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { Random } from "../support/random.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import { traceRequest } from "../support/trace-request.ts";
import { VIRTUAL_START } from "../support/virtual-scheduler.ts";
import { backtest } from "./backtest-world.ts";

const RULES = `rules:
  - id: http-401
    match: {}
    count: {outcome: unauthenticated}
    severity: [error, {level: critical, when: {count: 400}}]
    keep_firing_for: 1m
    runbook: https://runbooks.example.com/auth
routes: [{notify: [log]}]
`;

/** One request, at the moment at which it ended and arrived. */
type Sample = {
  readonly at: number;
  readonly route: string;
  readonly status: number;
  readonly client: string;
  readonly user: string;
  readonly isExpired: boolean;
};

const ONSET = VIRTUAL_START + 25 * MINUTE_MS;

/** Sixty endpoints at work, expiring sessions on one of them, sprayed passwords on another, and the calm after both. */
function samples(): readonly Sample[] {
  const random = new Random(8);
  const taken: Sample[] = [];
  const take = (at: number, route: string, failureShare: number, facts: Partial<Sample> = {}) => {
    const status = random.chance(failureShare) ? 401 : 200;
    const [client, user] = [`203.0.113.${random.integer(200)}`, `person-${random.integer(5000)}`];
    taken.push({ at, route, status, client, user, isExpired: false, ...facts });
  };
  for (let at = VIRTUAL_START + 137; at < ONSET + 20 * MINUTE_MS; at += 400) {
    const isUnderAttack = at > ONSET && at < ONSET + 3 * MINUTE_MS;
    take(at, "/login", 0.05);
    take(at, `/api/reports/kind-${random.integer(60)}`, 0.01);
    if (isUnderAttack)
      for (let try_ = 0; try_ < 4; try_++) take(at, "/login", 0.97, { client: `198.51.100.${random.integer(250)}` });
    if (at > ONSET + 12 * MINUTE_MS && at < ONSET + 14 * MINUTE_MS) take(at, "/api/orders", 0.9, { isExpired: true });
    else take(at, "/api/orders", 0.02);
  }
  return taken;
}

const CHALLENGE = 'Bearer error="invalid_token", error_description="The token expired"';

const NIGHTS = 5;

/** Few people by day, none of whom fails often, and a job of three machines whose credential has expired, every night at two. */
function nights(): readonly Sample[] {
  const random = new Random(9);
  const facts = { user: "", isExpired: false, route: "/api/orders" };
  const taken: Sample[] = [];
  for (let at = VIRTUAL_START + 137; at < VIRTUAL_START + NIGHTS * DAY_MS; at += MINUTE_MS / 2) {
    const status = random.chance(0.02) ? 401 : 200;
    taken.push({ ...facts, at, status, client: `203.0.113.${random.integer(200)}` });
    const isJob = hourOfDay(at) >= 2 && hourOfDay(at) < 2.25;
    if (isJob)
      for (let try_ = 1; try_ < 7; try_++)
        taken.push({ ...facts, at: at + try_ * 3000, status: 401, client: `192.0.2.${1 + (try_ % 3)}` });
  }
  return taken;
}

function hourOfDay(at: number): number {
  return (at % DAY_MS) / HOUR_MS;
}

function asSpan({ at, route, status, client, user, isExpired }: Sample) {
  const attributes = {
    "enduser.id": user,
    ...(isExpired && status === 401 ? { "http.response.header.www-authenticate": CHALLENGE } : {}),
  };
  return { method: "POST", route, status, client, endMs: at, attributes };
}

function asRequestLine({ at, route, status, client, user, isExpired }: Sample): string {
  const cause = isExpired && status === 401 ? "expired" : null;
  return JSON.stringify({ time: at, service: "auth", env: "prod", method: "POST", route, status, client, user, cause });
}

function asJsonLine(bytes: Uint8Array): string {
  const converted = protobufToJson("traces", bytes);
  assert(converted.kind === "ok");
  return converted.text;
}

/** What came at one moment came in one request. */
function asBatches(all: readonly Sample[]): readonly { readonly at: number; readonly bytes: Uint8Array }[] {
  const byTime = Map.groupBy(all, ({ at }) => at);
  return [...byTime].map(([at, together]) => ({ at, bytes: traceRequest(together.map(asSpan)) }));
}

function alertsLive(batches: ReturnType<typeof asBatches>): readonly BacktestAlert[] {
  const ended: BacktestAlert[] = [];
  const alerts = new BacktestAlerts(({ alert }) => ended.push(alert));
  const world = new EngineWorld(ruleSetOf(RULES));
  for (const { at, bytes } of batches) {
    world.pass(at - world.now);
    world.sendBytes(bytes);
  }
  world.pass(HOUR_MS);
  alerts.take(world.effects);
  alerts.end();
  return ended;
}

async function alertsOf(recording: string | Uint8Array): Promise<readonly BacktestAlert[]> {
  const { printed, complained } = await backtest(recording, {}, { "rules/auth.yaml": RULES });
  assert.equal(complained, "");
  return printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as BacktestAlert);
}

test("a recording in order alerts in each format exactly as the same traffic does live", async () => {
  const all = samples();
  const batches = asBatches(all);
  const live = alertsLive(batches);
  assert.deepEqual(
    live.map(({ endpoint, page }) => [endpoint.route, page]),
    [
      ["/login", true],
      ["/api/orders", true],
    ],
  );
  assert.ok(live.every(({ fired_at: firedAt }) => firedAt % SECOND_MS !== 0));
  assert.match(live[1]?.cause ?? "", /^expired/);
  const frames = batches.map(({ bytes }) => bytes);
  assert.deepEqual(await alertsOf(framed(...frames)), live);
  assert.deepEqual(await alertsOf(frames.map(asJsonLine).join("\n")), live);
  assert.deepEqual(await alertsOf(all.map(asRequestLine).join("\n")), live);
});

test("a job that fails every night is a ticket from the fourth on, live as in a recording of the nights", async () => {
  const all = nights();
  const live = alertsLive(asBatches(all));
  assert.deepEqual(
    live.map(({ page }) => page),
    [true, true, true, false, false],
  );
  assert.deepEqual(await alertsOf(all.map(asRequestLine).join("\n")), live);
});
