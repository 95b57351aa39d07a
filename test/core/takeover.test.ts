/** Who fails and then gets in, from spans to the page, whatever the rate. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { shippedRuleFiles } from "../bench/shipped-rules.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import type { SpanFacts } from "../support/trace-request.ts";

const RULES = ruleSetOf(shippedRuleFiles());
const STRANGER = "198.51.100.9";
const LOGIN = { method: "POST", route: "/login" };

/** A busy sign-in: two hundred people, one in sixteen mistypes. So a stranger's thirty failures are no rate to speak of. */
class SignIn {
  readonly world = new EngineWorld(RULES);
  #second = 0;

  constructor() {
    this.goOn(30 * MINUTE_MS);
  }

  /** `extra` tells what comes on top in each second; `people` how everybody else fares. */
  goOn(
    forMs: number,
    extra: (second: number) => readonly SpanFacts[] = () => [],
    people: "succeed" | "fail" = "succeed",
  ): this {
    for (let second = 0; second < forMs / SECOND_MS; second++) {
      this.#second += 1;
      this.world.pass(SECOND_MS);
      const usual = Array.from({ length: 4 }, (_, index) => {
        const request = this.#second * 4 + index;
        const isSlip = people === "fail" || request % 16 === 0;
        return { ...LOGIN, client: `203.0.113.${(request * 7) % 200}`, status: isSlip ? 401 : 200 };
      });
      this.world.send([...usual, ...extra(second)]);
    }
    return this;
  }

  takeovers() {
    return this.world.transitions().filter(({ alert }) => alert.ruleId === "login-takeover");
  }

  /** Of the alert about takeovers as it stands; null without one. */
  severity(): string | null {
    return this.takeovers().at(-1)?.alert.severity ?? null;
  }
}

type Attempt = { readonly client?: string; readonly user?: string };

/** So many failures, one each `everySeconds`, and then a success. */
function tries(count: number, everySeconds: number, { client = STRANGER, user }: Attempt = {}) {
  const attributes = user === undefined ? {} : { "user.name": user };
  return (second: number): readonly SpanFacts[] => {
    const attempt = second / everySeconds;
    if (!Number.isInteger(attempt) || attempt > count) return [];
    return [{ ...LOGIN, client, attributes, status: attempt < count ? 401 : 200 }];
  };
}

test("a stranger that fails thirty times and gets in pages, at a rate that is as usual", () => {
  const signIn = new SignIn().goOn(11 * MINUTE_MS, tries(30, 20));
  const kinds = signIn.world.transitions().map(({ kind, alert }) => `${kind} ${alert.ruleId} ${alert.severity}`);
  assert.deepEqual(kinds, ["firing login-takeover critical"]);
  const evidence = signIn.takeovers()[0]?.alert.evidence;
  assert.equal(evidence?.pattern, "account_takeover");
  assert.equal(evidence.failures, 30);
});

test("after a restart strangers are strangers at once, and people are known", () => {
  const strangers = new SignIn();
  strangers.world.restart();
  assert.equal(strangers.goOn(6 * MINUTE_MS, tries(30, 10)).severity(), "critical");
  const people = new SignIn();
  people.world.restart();
  assert.equal(people.goOn(6 * MINUTE_MS, tries(20, 10, { client: "203.0.113.3" })).severity(), null);
});

test("a session that fails from a new address each time and then gets in pages, and is never shown by its id", () => {
  const attributes = { "session.id": "0f1e2d3c4b5a" };
  const signIn = new SignIn().goOn(6 * MINUTE_MS, (second) =>
    second % 10 !== 0 || second > 300
      ? []
      : [{ ...LOGIN, client: `198.51.100.${second / 10}`, attributes, status: second < 300 ? 401 : 200 }],
  );
  assert.equal(signIn.severity(), "critical");
  assert.match(pageOf(signIn, "success_after_failures"), /about 30 failures of session s-[0-9a-f]{12} within/);
  assert.doesNotMatch(JSON.stringify(signIn.world.effects), /0f1e2d3c4b5a/);
});

test("somebody who mistypes five times or nine, known or not, raises nothing", () => {
  for (const count of [5, 9]) {
    for (const client of [STRANGER, "203.0.113.3"]) {
      const signIn = new SignIn().goOn(4 * MINUTE_MS, tries(count, 20, { client }));
      assert.equal(signIn.severity(), null, `${count} ${client}`);
    }
  }
});

test("a stranger at a loss who needs fourteen tries is a ticket that says why", () => {
  const signIn = new SignIn().goOn(6 * MINUTE_MS, tries(14, 20));
  assert.equal(signIn.severity(), "warning");
  assert.match(pageOf(signIn, "why_a_ticket"), /person at a loss/);
});

test("a stranger that tries several accounts, or as fast as no person, is a page from ten failures on", () => {
  const accounts = new SignIn().goOn(6 * MINUTE_MS, (second) =>
    tries(12, 20, { user: `user-${(second / 20) % 5}` })(second),
  );
  assert.equal(accounts.severity(), "critical");
  const fast = new SignIn().goOn(MINUTE_MS, (second) =>
    second > 20
      ? []
      : [{ ...LOGIN, client: STRANGER, status: second < 20 && second % 3 < 2 ? 401 : second < 20 ? 404 : 200 }],
  );
  assert.equal(fast.severity(), "critical");
});

test("whoever has signed in here before is at most a ticket, and below twenty-five failures nothing", () => {
  const client = "203.0.113.3";
  assert.equal(new SignIn().goOn(4 * MINUTE_MS, tries(20, 2, { client })).severity(), null);
  const often = new SignIn().goOn(6 * MINUTE_MS, tries(60, 1, { client }));
  assert.notEqual(often.severity(), "critical");
});

test("when nobody could sign in, those who get in first are no takeovers", () => {
  const signIn = new SignIn();
  const newcomers = (status: number) => (second: number) =>
    Array.from({ length: 5 }, (_, index) => ({
      ...LOGIN,
      client: `198.51.100.${index}`,
      status: second % 3 === 0 ? status : 404,
    }));
  signIn.goOn(3 * MINUTE_MS, newcomers(401), "fail").goOn(MINUTE_MS, newcomers(200));
  assert.equal(signIn.severity(), null);
});

test("an account that five clients fail at is taken when another stranger gets in, and not when its owner does", () => {
  const attack = (second: number): readonly SpanFacts[] =>
    second % 10 === 0
      ? [{ ...LOGIN, client: `198.51.100.${second % 60}`, status: 401, attributes: { "user.name": "anna" } }]
      : [];
  const success = (client: string) => (second: number) =>
    second === 0 ? [{ ...LOGIN, client, status: 200, attributes: { "user.name": "anna" } }] : [];
  const owner = new SignIn().goOn(4 * MINUTE_MS, attack).goOn(MINUTE_MS, success("203.0.113.7"));
  assert.equal(owner.severity(), null);
  const taken = new SignIn()
    .goOn(4 * MINUTE_MS, attack)
    .goOn(2 * HOUR_MS)
    .goOn(MINUTE_MS, success("192.0.2.1"));
  assert.equal(taken.severity(), "critical");
  assert.match(pageOf(taken, "success_after_failures"), /of 6 clients.*as u-[0-9a-f]{12} at/);
});

test("ten thousand clients that fail once each do not wash out one that fails thirty times", () => {
  const signIn = new SignIn();
  const crowd = (second: number) =>
    Array.from({ length: 100 }, (_, index) => ({
      ...LOGIN,
      client: `10.${index}.${second}.1, 192.0.${index}.${second}`,
      status: 401,
    }));
  signIn.goOn(100 * SECOND_MS, (second) => [
    ...(second < 30 ? [{ ...LOGIN, client: STRANGER, status: 401 }] : []),
    ...crowd(second),
  ]);
  signIn.goOn(SECOND_MS, () => [{ ...LOGIN, client: STRANGER, status: 200 }]);
  assert.equal(signIn.severity(), "critical");
  assert.ok(signIn.world.engine.signIns.displacedCount > 1000);
});

test("the alert is over an hour after the last who got in, and the next begins another", () => {
  const signIn = new SignIn().goOn(6 * MINUTE_MS, tries(30, 10)).goOn(62 * MINUTE_MS);
  assert.deepEqual(
    signIn.takeovers().map(({ kind }) => kind),
    ["firing", "resolved"],
  );
  signIn.goOn(6 * MINUTE_MS, tries(30, 10, { client: "198.51.100.77" }));
  const [first, , second] = signIn.takeovers();
  assert.equal(second?.kind, "firing");
  assert.notEqual(second.alert.id, first?.alert.id);
  assert.equal(second.alert.dedupKey, first?.alert.dedupKey);
  assert.equal(second.alert.evidence.failures, 30);
});

test("a restart between failures and success changes nothing", () => {
  const signIn = new SignIn().goOn(5 * MINUTE_MS, tries(30, 10).bind(null));
  signIn.world.restart();
  signIn.goOn(MINUTE_MS, (second) => (second === 0 ? [{ ...LOGIN, client: STRANGER, status: 200 }] : []));
  assert.deepEqual(
    signIn.takeovers().map(({ kind, alert }) => [kind, alert.severity]),
    [["firing", "critical"]],
  );
});

test("a takeover within ten minutes of the burst's page is told in the burst's incident, and first of all", () => {
  const signIn = new SignIn().goOn(2 * MINUTE_MS, tries(90, 1));
  assert.deepEqual(incidentKeys(signIn), ["login-401"]);
  const pages = signIn.world.effects.flatMap((effect) => (effect.kind === "notify" ? [effect.notification] : []));
  const update = pages.find(({ text }) => text.details["alerts_in_incident"] === 2);
  assert.match(update?.text.summary ?? "", /^Somebody got in after 90 failures .*; one incident with another alert$/);
});

test("a takeover an hour after the burst's page is an incident of its own", () => {
  const signIn = new SignIn().goOn(HOUR_MS, tries(3590, 1));
  assert.deepEqual(incidentKeys(signIn), ["login-401", "login-takeover"]);
});

test("the page says who, how often, for how long, when, and where to look", () => {
  const signIn = new SignIn().goOn(6 * MINUTE_MS, tries(30, 10));
  assert.match(
    pageOf(signIn, "what_happened"),
    /kept failing on POST \/login of auth and then got in: 30 failures within 4m50s/,
  );
  const line =
    /^c-[0-9a-f]{12}: about 30 failures within 4m50s, then a success at \S+Z \(trace [0-9a-f]{32}, a failure before it [0-9a-f]{32}\)$/;
  assert.match(pageOf(signIn, "success_after_failures"), line);
  assert.match(pageOf(signIn, "what_to_do"), /sessions/);
  assert.equal(pageOf(signIn, "rate_now"), "");
});

function incidentKeys(signIn: SignIn): readonly (string | undefined)[] {
  const keys = new Set(signIn.world.transitions().map(({ alert }) => alert.incident?.dedupKey.split("/")[1]));
  return [...keys].sort();
}

function pageOf(signIn: SignIn, detail: string): string {
  const pages = signIn.world.effects.flatMap((effect) => (effect.kind === "notify" ? [effect.notification] : []));
  const page = pages.find(({ text }) => String(text.details["rule"]).startsWith("login-takeover"));
  return [page?.text.details[detail] ?? ""].flat().join("\n");
}
