/** What an open incident is told again when more is known of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Notification } from "../../src/core/alerts/alert.ts";
import { UPDATE_SPACING_MS, UPDATES_MAX } from "../../src/core/alerts/updates.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import type { SpanFacts } from "../support/trace-request.ts";

const RULES = ruleSetOf(`rules:
  - {id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}, severity: error, keep_firing_for: 1m}
routes: [{notify: [log]}]
`);
const LOGIN = { method: "POST", route: "/login" };

class Day {
  readonly world = new EngineWorld(RULES);
  #second = 0;

  constructor() {
    this.goOn(2 * HOUR_MS);
  }

  goOn(forMs: number, extra: (second: number) => readonly SpanFacts[] = () => [], routes = [LOGIN]): this {
    for (let second = 0; second < forMs / SECOND_MS; second++) {
      this.#second += 1;
      this.world.pass(SECOND_MS);
      const client = `203.0.113.${(this.#second * 7) % 50}`;
      const status = this.#second % 97 === 0 ? 401 : 200;
      this.world.send([...routes.map((route) => ({ ...route, client, status })), ...extra(second)]);
    }
    return this;
  }

  triggers(): readonly (Notification & { readonly at: number })[] {
    return this.world.effects.flatMap((effect) =>
      effect.kind === "notify" && effect.notification.action === "trigger"
        ? [{ ...effect.notification, at: effect.notification.text.timestamp }]
        : [],
    );
  }
}

const bots = (second: number): readonly SpanFacts[] =>
  [0, 1, 2].map((bot) => ({ ...LOGIN, status: 401, client: `198.51.${second % 200}.${bot}` }));

test("a page that left before anybody could say what it is is brought up to date once, under its key", () => {
  const triggers = new Day().goOn(5 * MINUTE_MS, bots).triggers();
  assert.deepEqual(
    triggers.map(({ reason }) => reason),
    ["firing", "updated"],
  );
  const [first, update] = triggers;
  assert.equal(first?.text.details["pattern"], undefined);
  assert.match(String(update?.text.details["pattern"]), /^distributed_credential_stuffing/);
  assert.match(String(update?.text.details["update"]), /known now/);
  assert.equal(update?.incident.dedupKey, first?.incident.dedupKey);
  assert.equal(update?.severity, first?.severity);
  assert.ok((update?.at ?? 0) - (first?.at ?? 0) >= UPDATE_SPACING_MS);
});

test("a cause that most failures have is told when the first page could not name it", () => {
  const outage = (second: number): readonly SpanFacts[] =>
    [0, 1, 2].map((index) => ({
      ...LOGIN,
      status: 401,
      client: `203.0.113.${index}`,
      attributes:
        second < 5
          ? {}
          : {
              "http.response.header.www-authenticate":
                'Bearer error="invalid_token", error_description="The token expired"',
            },
    }));
  const triggers = new Day().goOn(3 * MINUTE_MS, outage).triggers();
  assert.deepEqual(
    triggers.slice(0, 2).map(({ reason }) => reason),
    ["firing", "updated"],
  );
  assert.match(String(triggers[1]?.text.details["cause"]), /^expired/);
});

test("an outage of the identity provider on forty endpoints is told by its name, in few pages under one key", () => {
  const day = new Day();
  const routes = Array.from({ length: 40 }, (_, index) => ({ method: "GET", route: `/v1/part-${index}` }));
  day.goOn(10 * MINUTE_MS, undefined, routes);
  const failing = (second: number): readonly SpanFacts[] =>
    routes.flatMap((route, index) =>
      [0, 1].map((client) => ({
        ...route,
        status: 401,
        client: `203.0.113.${(second + index + client) % 50}`,
        attributes: { "error.type": "ERR_JWKS_TIMEOUT", "exception.type": "ERR_JWKS_TIMEOUT" },
      })),
    );
  const triggers = day.goOn(3 * MINUTE_MS, failing, routes).triggers();
  assert.equal(new Set(triggers.map(({ incident }) => incident.dedupKey)).size, 1);
  assert.ok(triggers.length <= 6 + UPDATES_MAX, `${triggers.length}`);
  const last = triggers.at(-1)?.text;
  assert.match(
    last?.summary ?? "",
    /^Identity provider outage: 40 endpoints fail together, most often idp_unavailable/,
  );
  assert.equal(last?.details["incident_pattern"], "idp_outage");
});

test("however its pattern changes, an incident is told at most so many times, and never too soon after the last", () => {
  const day = new Day();
  for (let wave = 0; wave < 20; wave++) {
    day.goOn(MINUTE_MS, bots).goOn(MINUTE_MS, () => [{ ...LOGIN, status: 401, client: "198.51.100.9" }]);
  }
  const updates = day.triggers().filter(({ reason }) => reason === "updated");
  assert.ok(updates.length <= UPDATES_MAX);
  const times = updates.map(({ at }) => at);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  assert.ok(gaps.every((gapMs) => gapMs >= UPDATE_SPACING_MS));
});

test("what is told is remembered over a restart", () => {
  const day = new Day().goOn(4 * MINUTE_MS, bots);
  day.world.restart();
  day.goOn(4 * MINUTE_MS, bots);
  assert.deepEqual(
    day.triggers().map(({ reason }) => reason),
    ["firing", "updated"],
  );
});
