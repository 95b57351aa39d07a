/** `rules explain` against a real server, engine and store; only time is virtual. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { parseMoment } from "../../src/cli/moment.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/core/time.ts";
import { Store } from "../../src/io/sqlite/store.ts";
import { explainView } from "../../src/service/explain-view.ts";
import { WebServer } from "../../src/web/server.ts";
import { temporaryDirectory } from "../io/sqlite/temporary-directory.ts";
import { commandWorld } from "../support/command-world.ts";
import { EngineWorld } from "../support/engine-world.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import { VIRTUAL_START } from "../support/virtual-scheduler.ts";
import { sampleViews } from "../web/view-samples.ts";

const RULES = `rules:
  - {id: any-401, match: {}, count: {outcome: unauthenticated}, severity: error}
  - {id: login-401, match: {route: "/login"}, count: {outcome: unauthenticated}, severity: error, overrides: [any-401]}
  - {id: billing-401, match: {service: billing}, count: {outcome: unauthenticated}, severity: error}
routes: [{notify: [log]}]
`;

const BURST = { everyMs: 100, failureShare: 0.9, forMs: MINUTE_MS };

function loginWorld(): EngineWorld {
  const world = new EngineWorld(ruleSetOf(RULES));
  world.play("POST /login", { everyMs: 1000, failureShare: 0.05, forMs: HOUR_MS });
  world.play("GET /health", { everyMs: 1000, failureShare: 0, forMs: MINUTE_MS });
  return world;
}

/** `args` are the words after `rules explain`. */
async function explain(world: EngineWorld, ...args: readonly string[]) {
  using temporary = temporaryDirectory();
  using store = Store.open(temporary.path);
  store.alerts.commit({ transitions: world.transitions(), outboxRows: [], targets: [] });
  const sources = { engine: world.engine, record: store.alerts, now: () => world.instant };
  const views = sampleViews({ explain: (question) => explainView(question, sources) });
  await using server = await WebServer.start({ host: "127.0.0.1", port: 0, bearerTokens: [] }, views);
  const { context, printed, complained } = commandWorld();
  const environment = { AUTHSPIKE_URL: `http://127.0.0.1:${server.address.port}` };
  const code = await runCommandLine(["rules", "explain", ...args], environment, context);
  return { code, printed: printed(), complained: complained() };
}

test("a quiet login is explained gate by gate, and the last sentence says how much is missing", async () => {
  const { code, printed } = await explain(loginWorld(), "POST /login");
  assert.equal(code, 0);
  const lines = printed.trimEnd().split("\n");
  assert.deepEqual(lines.slice(0, 4), [
    "POST /login of auth in prod",
    "rule any-401: silent, overridden by login-401",
    'rule billing-401: does not match: service is "auth", wanted billing',
    "rule login-401",
  ]);
  assert.match(
    printed,
    /^ {2}usual +\d\S*% of 1 request a second, up to \d\S*% is no evidence\n +known, learned from/m,
  );
  assert.match(printed, /^ {2}evidence +by chance (at any moment|once in \S+); the threshold, once in \S.*$/m);
  assert.match(printed, /^ {2}gates +\[-\] evidence: [\d.]+ nats, needed more than [\d.]+\n +\[-\] failures, repeats/m);
  assert.match(printed, /^ {2}severity +error, a page$/m);
  assert.match(
    lines.at(-1) ?? "",
    /^ {2}silent: the evidence is [\d.]+ of [\d.]+; about \d+ more failures .* would page$/,
  );
});

test("one rule is asked alone, and programs get JSON", async () => {
  const { printed } = await explain(loginWorld(), "/login", "--rule", "login-401", "-o", "json");
  const answer = JSON.parse(printed) as { endpoints: { rules: { rule: string; series: { verdict: object }[] }[] }[] };
  const [endpoint, ...others] = answer.endpoints;
  assert.deepEqual(others, []);
  const rules = endpoint?.rules ?? [];
  assert.deepEqual(
    rules.map(({ rule }) => rule),
    ["login-401"],
  );
  assert.partialDeepStrictEqual(rules[0]?.series[0]?.verdict, {
    state: "silent",
    keptSilentBy: "evidence",
    toGo: { withinMs: MINUTE_MS, severity: "error" },
  });
});

test("what never failed is said not to have", async () => {
  const { printed } = await explain(loginWorld(), "get /health");
  assert.match(printed, /\n {2}silent: nothing has ever failed here; about \d+ more failures/);
  assert.doesNotMatch(printed, /is no evidence/);
});

test("an endpoint that nobody called is not found, and what was meant is named", async () => {
  const slip = await explain(loginWorld(), "POST /logn");
  assert.deepEqual(
    [slip.code, slip.complained],
    [5, 'no requests to "POST /logn" have been counted; did you mean "POST /login" of auth in prod?\n'],
  );
  const elsewhere = await explain(loginWorld(), "POST /login", "--service", "billing");
  assert.equal(elsewhere.code, 5);
  assert.match(
    elsewhere.complained,
    /^no requests to "POST \/login" of billing .* "POST \/login" of auth in prod\?\n$/,
  );
  const rule = await explain(loginWorld(), "POST /login", "--rule", "login-41");
  assert.deepEqual(
    [rule.code, rule.complained],
    [5, 'no rule in force has the id "login-41"; did you mean "login-401"?\n'],
  );
});

test("an endpoint beyond its service's bound is explained with the others beyond it", async () => {
  const world = loginWorld();
  for (let path = 0; path < 1200; path++) world.send([{ method: "GET", route: `/r${path}`, status: 200 }]);
  const beyond = await explain(world, "GET /r1199");
  assert.equal(beyond.code, 5);
  assert.match(
    beyond.complained,
    /\nauth has more endpoints than the bound: with --service, those beyond are explained/,
  );
  const asked = await explain(world, "GET /r1199", "--service", "auth");
  assert.equal(asked.code, 0);
  assert.match(asked.printed, /^\* \(other endpoints\) of auth in prod\nit stands for all endpoints of this service/);
});

test("an alarm shows what held when it went on", async () => {
  const world = loginWorld();
  world.play("POST /login", BURST);
  const { printed } = await explain(world, "POST /login", "--rule", "login-401");
  assert.match(printed, /^ {2}held then +\[\+\] evidence: /m);
  assert.match(printed, /\n {2}firing since \S+ as error, a page\n$/);
});

test("a moment in the past is explained by what alerts had on record then", async () => {
  const world = loginWorld();
  const calmAt = world.now - MINUTE_MS;
  world.play("POST /login", BURST);
  const then = await explain(world, "POST /login", "--at", new Date(world.now).toISOString());
  assert.equal(then.code, 0);
  assert.match(then.printed, /: one alert was open\n {2}recorded +\S+ firing \(rule login-401, error, /);
  assert.match(then.printed, /\n {2}gates +\[\+\] evidence: [\d.]+ nats, needed more than [\d.]+\n/);
  assert.match(then.printed, /\nnothing is on record after that\n$/);
  const calm = await explain(world, "POST /login", "--at", String(calmAt));
  assert.match(
    calm.printed,
    /: no alert was open\. Only what alerts do is on record, not what was known in between\.\n/,
  );
  assert.match(calm.printed, /next on record: \S+ firing/);
  const never = await explain(world, "GET /health", "--at", "1m ago");
  assert.deepEqual([never.code, never.printed.split("\n")[1]], [0, "nothing is on record after that"]);
  const mistyped = await explain(world, "POST /logn", "--at", "1m ago");
  assert.equal(mistyped.code, 5);
  assert.match(mistyped.complained, /did you mean "POST \/login" of auth in prod\?\n$/);
});

test("moments are read as people write them", () => {
  const now = VIRTUAL_START;
  assert.equal(parseMoment("10m ago", now), now - 10 * MINUTE_MS);
  assert.equal(parseMoment("2026-03-02T09:40:00Z", now), Date.UTC(2026, 2, 2, 9, 40));
  assert.equal(parseMoment("1772444400000", now), 1_772_444_400_000);
  for (const text of ["yesterday", "10 ago", "2026-03-02", "", "123"]) assert.equal(parseMoment(text, now), undefined);
});

test("a time that is none is a usage error", async () => {
  const { code, complained } = await explain(loginWorld(), "POST /login", "--at", "noon");
  assert.equal(code, 2);
  assert.match(complained, /^"noon" is no time: write /);
});
