import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Alert, Effect, Notification } from "../../../src/core/alerts/alert.ts";
import { NO_CLUES } from "../../../src/core/alerts/evidence.ts";
import { isNoteworthyGrowth } from "../../../src/core/alerts/incident.ts";
import { endAlert } from "../../../src/core/alerts/lifecycle.ts";
import { settle } from "../../../src/core/alerts/settle.ts";
import type { Confidence } from "../../../src/core/extraction/causes/cause.ts";
import { compileLabelMatcher } from "../../../src/core/rules/match.ts";
import { MINUTE_MS } from "../../../src/core/time.ts";
import { alarmingReading, at, firingAlert, LOGIN, LOGIN_FIELDS, rule, ruleSet } from "../../support/alert-builders.ts";

const RULES = ruleSet({
  routes: [
    { match: compileLabelMatcher(new Map([["service", ["billing"]]])), notify: ["billing-team"], continues: false },
    { match: [], notify: ["on-call"], continues: false },
  ],
  notifiers: ["on-call", "billing-team"],
});

type Facts = {
  readonly route: string;
  readonly afterMs?: number;
  readonly service?: string;
  readonly environment?: string;
  readonly cause?: string;
  readonly confidence?: Confidence;
  readonly failures?: number;
};

function alarm({ route, afterMs = 0, service = "auth", environment = "prod", failures = 240, ...why }: Facts) {
  const causes = why.cause === undefined ? [] : [{ cause: why.cause, confidence: why.confidence ?? "high", failures }];
  return firingAlert({
    fields: { ...LOGIN_FIELDS, service, route, env: environment },
    endpoint: { ...LOGIN, service, route, environment },
    reading: alarmingReading({ failuresSince: failures, since: at(afterMs - 4_000).steady }),
    clues: () => ({ ...NO_CLUES, causes }),
    now: at(afterMs),
  });
}

/** Alerts that fire and resolve as they are told to, and what the notifiers hear of it. */
class Scene {
  readonly #inDoubtSince: number;
  #open: readonly Alert[] = [];
  readonly heard: Notification[] = [];

  constructor(inDoubtSince = -Infinity) {
    this.#inDoubtSince = inDoubtSince;
  }

  fires(...alerts: readonly Alert[]): this {
    const moves = alerts.map((alert) => ({
      before: null,
      advance: { alert, transitions: [{ kind: "firing" as const, at: alert.pendingAt, alert }] },
      rule: rule(),
    }));
    const settled = settle(moves, this.#open, { ruleSet: RULES, now: at(0), inDoubtSince: this.#inDoubtSince });
    this.#hear(settled.effects);
    this.#open = [...this.#open, ...settled.alerts.filter((alert) => alert !== null)];
    return this;
  }

  resolves(...routes: readonly string[]): this {
    const ending = this.#open.filter(({ endpoint }) => routes.includes(endpoint.route));
    const moves = ending.map((before) => ({
      before,
      advance: endAlert(before, { reason: "recovered", bundle: "b", now: at(720_000) }),
      rule: rule(),
    }));
    this.#hear(
      settle(moves, this.#open, { ruleSet: RULES, now: at(720_000), inDoubtSince: this.#inDoubtSince }).effects,
    );
    this.#open = this.#open.filter((alert) => !ending.includes(alert));
    return this;
  }

  get incidentCount(): number {
    return new Set(this.#open.map(({ incident }) => incident?.id)).size;
  }

  /** `trigger firing on-call`. */
  get inWords(): readonly string[] {
    return this.heard.map(({ action, reason, target }) => {
      const name = target.kind === "notifier" ? target.name : target.target.notifier;
      return `${action} ${reason} ${name}`;
    });
  }

  #hear(effects: readonly Effect[]): void {
    this.heard.push(...effects.flatMap((effect) => (effect.kind === "notify" ? [effect.notification] : [])));
  }
}

describe("alarms that begin together", () => {
  test("are one incident under the key of the first, told again as it grows and resolved once", () => {
    const scene = new Scene().fires(alarm({ route: "/login" })).fires(alarm({ route: "/me", afterMs: 30_000 }));
    scene.resolves("/login");
    scene.resolves("/me");
    assert.deepEqual(scene.inWords, ["trigger firing on-call", "trigger joined on-call", "resolve resolved on-call"]);
    const keys = new Set(scene.heard.map(({ incident }) => incident.dedupKey));
    assert.deepEqual([...keys], [alarm({ route: "/login" }).dedupKey]);
  });

  test("and at one moment are one page that tells of all", () => {
    const routes = Array.from({ length: 40 }, (_, index) => `/endpoint-${index}`);
    const scene = new Scene().fires(
      ...routes.map((route, index) => alarm({ route, service: `s${index % 4}`, cause: "idp_unavailable" })),
    );
    assert.deepEqual(scene.inWords, ["trigger firing on-call"]);
    const [page] = scene.heard;
    assert.ok(page !== undefined);
    assert.match(
      page.text.summary,
      /^Identity provider outage: 40 endpoints in 4 services fail together, most often idp_unavailable: /,
    );
    assert.equal(page.text.details["alerts_in_incident"], 40);
    assert.equal(page.text.details["failures_in_incident"], 9_600);
    assert.equal(page.text.details["cause"], "idp_unavailable (100%)");
  });

  test("name the worst first, whoever began", () => {
    const scene = new Scene()
      .fires(alarm({ route: "/login", failures: 10 }))
      .fires(alarm({ route: "/me", failures: 900, afterMs: 1_000 }));
    const text = scene.heard.at(-1)?.text;
    assert.ok(text !== undefined);
    assert.match(text.summary, /^2 endpoints fail together: POST \/me of auth, POST \/login of auth$/);
    assert.deepEqual(text.details["endpoints"], [
      "POST /me of auth: 43%, usually 1.2%, 900 failures",
      "POST /login of auth: 43%, usually 1.2%, 10 failures",
    ]);
    assert.equal(text.details["since"], "2026-03-02T08:59:56Z");
  });

  test("reach each notifier that a route names, and each sees the resolve when its own are over", () => {
    const scene = new Scene()
      .fires(alarm({ route: "/login" }))
      .fires(alarm({ route: "/pay", service: "billing", afterMs: 5_000 }));
    scene.resolves("/pay").resolves("/login");
    assert.deepEqual(scene.inWords, [
      "trigger firing on-call",
      "trigger joined on-call",
      "trigger firing billing-team",
      "resolve resolved billing-team",
      "resolve resolved on-call",
    ]);
  });

  test("one resolve tells how many there were", () => {
    const scene = new Scene().fires(alarm({ route: "/login" }), alarm({ route: "/me" }));
    scene.resolves("/login", "/me");
    assert.match(scene.heard.at(-1)?.text.summary ?? "", /; the last of 2 alerts in one incident$/);
  });
});

describe("an alarm is an incident of its own", () => {
  const later = 11 * MINUTE_MS;
  for (const [why, facts] of [
    ["when the other one is no longer young", { route: "/me", afterMs: later }],
    ["in another environment", { route: "/me", environment: "staging" }],
    ["when the causes contradict each other", { route: "/me", cause: "clock_skew" }],
  ] as const) {
    test(why, () => {
      const scene = new Scene().fires(alarm({ route: "/login", cause: "expired" })).fires(alarm(facts));
      assert.equal(scene.incidentCount, 2);
      assert.deepEqual(scene.inWords, ["trigger firing on-call", "trigger firing on-call"]);
    });
  }

  test("but a guess at a cause contradicts nothing", () => {
    const scene = new Scene()
      .fires(alarm({ route: "/login", cause: "expired" }))
      .fires(alarm({ route: "/me", cause: "bad_password", confidence: "low" }));
    assert.equal(scene.incidentCount, 1);
  });
});

test("an incident that has spread takes in quiet endpoints for an hour, a small one does not", () => {
  const wide = ["/a", "/b", "/c", "/d", "/e"].map((route) => alarm({ route }));
  const late = alarm({ route: "/quiet", afterMs: 40 * MINUTE_MS });
  assert.equal(new Scene().fires(...wide).fires(late).incidentCount, 1);
  assert.equal(new Scene().fires(...wide.slice(1)).fires(late).incidentCount, 2);
});

test("a series that fires again while its incident goes on rejoins it, however late", () => {
  const scene = new Scene().fires(alarm({ route: "/login" }), alarm({ route: "/me" })).resolves("/login");
  scene.fires(alarm({ route: "/login", afterMs: 90 * MINUTE_MS }));
  assert.equal(scene.incidentCount, 1);
});

test("an alert that joined soon after a start closes in the end what it may have opened before a crash", () => {
  const scene = new Scene(at(-MINUTE_MS).steady).fires(alarm({ route: "/login" }), alarm({ route: "/me" }));
  scene.resolves("/me");
  assert.deepEqual(scene.inWords, ["trigger firing on-call", "resolve resolved on-call"]);
  assert.equal(scene.heard.at(-1)?.incident.dedupKey, alarm({ route: "/me" }).dedupKey);
  scene.resolves("/login");
  assert.equal(scene.heard.at(-1)?.incident.dedupKey, alarm({ route: "/login" }).dedupKey);
});

test("growth is told ever more rarely", () => {
  const told = Array.from({ length: 600 }, (_, index) => index + 1).filter((size) =>
    isNoteworthyGrowth(size - 1, size),
  );
  assert.deepEqual(told, [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500]);
  assert.equal(isNoteworthyGrowth(4, 60), true);
});
