import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  EndpointExplanation,
  RuleExplanation,
  SeriesExplanation,
} from "../../../../src/core/alerts/explaining/explanation.ts";
import { HOUR_MS, MINUTE_MS } from "../../../../src/core/time.ts";
import { EngineWorld } from "../../../support/engine-world.ts";
import { ruleSetOf } from "../../../support/rule-bundles.ts";

const COUNT = "count: {outcome: unauthenticated}";
const CALM = { everyMs: 1000, failureShare: 0.05, forMs: HOUR_MS };

function worldOf(rules: string, rest = ""): EngineWorld {
  return new EngineWorld(ruleSetOf(`rules:\n${rules}\nroutes: [{notify: [log]}]\n${rest}`));
}

function explain(world: EngineWorld, name: string, rule: string | null = null): EndpointExplanation {
  const endpoint = [...world.engine.endpoints].find((candidate) => candidate.name === name);
  assert(endpoint !== undefined);
  return world.engine.explain(endpoint, rule, world.instant);
}

function ruleIn({ rules }: EndpointExplanation, id: string): RuleExplanation {
  const found = rules.find(({ rule }) => rule === id);
  assert(found !== undefined);
  return found;
}

function onlySeries(world: EngineWorld, name: string): SeriesExplanation {
  const [rule] = explain(world, name).rules;
  assert(rule?.kind === "watching");
  const [series] = rule.series;
  assert(series !== undefined);
  return series;
}

test("a calm login says how much evidence is missing, and how many failures would page", () => {
  const world = worldOf(`  - {id: a, match: {}, ${COUNT}, severity: error}`);
  world.play("POST /login", CALM);
  const { chance, gates, usual, verdict } = onlySeries(world, "POST /login");
  assert.deepEqual(
    gates.map(({ name }) => name),
    ["evidence", "failures", "surplus"],
  );
  assert.ok(usual.isKnown && usual.rate > 0.03 && usual.rate < 0.08 && usual.upTo > usual.rate);
  assert.match(chance?.threshold ?? "", /^once in \d+d/);
  assert.equal(verdict.keptSilentBy, "evidence");
  assert.match(
    verdict.sentence,
    /^silent: the evidence is [\d.]+ of 12\.2; about \d+ more failures in the next minute would page$/,
  );
});

test("a ticket is called a ticket, and a condition that must hold as well raises what is needed", () => {
  const plain = worldOf(`  - {id: a, match: {}, ${COUNT}, severity: error}`);
  const strict = worldOf(`  - {id: a, match: {}, ${COUNT}, severity: warning, when: {count: 40}, for: 2m}`);
  for (const world of [plain, strict]) world.play("POST /login", CALM);
  const fewer = onlySeries(plain, "POST /login").verdict.toGo?.failures ?? 0;
  const { toGo, sentence } = onlySeries(strict, "POST /login").verdict;
  assert.ok(toGo !== null && toGo.failures > fewer && toGo.failures >= 35, JSON.stringify(toGo));
  assert.match(sentence, /would open a ticket \(warning\), if the alarm then lasts 2m$/);
});

test("an alarm that `when` holds back says which condition", () => {
  const world = worldOf(`  - {id: a, match: {}, ${COUNT}, severity: error, when: {rate: 99%}}`);
  world.play("POST /login", CALM);
  world.play("POST /login", { everyMs: 500, failureShare: 0.6, forMs: MINUTE_MS });
  const { alarm, verdict } = onlySeries(world, "POST /login");
  assert.equal(alarm.isOn, true);
  assert.equal(verdict.keptSilentBy, "when");
  assert.match(
    verdict.sentence,
    /^silent: the alarm is on, but `when` asks for a rate of at least 99%, and it is \d+%$/,
  );
});

test("an alarm that has to last says how long it still has to", () => {
  const world = worldOf(`  - {id: a, match: {}, ${COUNT}, severity: error, for: 10m}`);
  world.play("POST /login", CALM);
  world.play("POST /login", { everyMs: 500, failureShare: 0.6, forMs: 2 * MINUTE_MS });
  const { verdict } = onlySeries(world, "POST /login");
  assert.deepEqual([verdict.state, verdict.keptSilentBy], ["pending", "for"]);
  assert.match(verdict.sentence, /has to last 10m \(`for`\), 8m\d*s? more$/);
});

test("a firing alert says since when, and which mute keeps it from people", () => {
  const mute = 'mutes: [{id: pentest, match: {service: auth}, until: "2027-01-01", owner: sec, reason: a test}]';
  const world = worldOf(`  - {id: a, match: {}, ${COUNT}, severity: error}`, mute);
  world.play("POST /login", CALM);
  assert.match(onlySeries(world, "POST /login").verdict.sentence, /would page, were it not for the mute pentest$/);
  world.play("POST /login", { everyMs: 500, failureShare: 0.6, forMs: MINUTE_MS });
  const { alert, gates, mute: muting, verdict } = onlySeries(world, "POST /login");
  assert.equal(alert?.state, "firing");
  assert.ok(gates.length > 0);
  assert.partialDeepStrictEqual(muting, { id: "pentest", reason: "a test" });
  assert.match(
    verdict.sentence,
    /^firing since \S+ as error, a page, and nobody is told while the mute pentest holds$/,
  );
});

test("an attack that has come back is said to be known to return", () => {
  const world = worldOf(`  - {id: a, match: {}, ${COUNT}, severity: error}`);
  const burst = { everyMs: 500, failureShare: 0.6, forMs: MINUTE_MS };
  world.play("POST /login", CALM);
  world.play("POST /login", burst);
  assert.deepEqual(onlySeries(world, "POST /login").story, { isKnownRise: false, recurredTimes: 0, holdMs: 0 });
  world.play("POST /login", { ...CALM, forMs: 20 * MINUTE_MS });
  world.play("POST /login", burst);
  assert.ok(onlySeries(world, "POST /login").story.holdMs > 20 * MINUTE_MS);
  world.play("POST /login", { ...CALM, forMs: 10 * MINUTE_MS });
  assert.match(
    onlySeries(world, "POST /login").verdict.sentence,
    /; as usual again, it ends in \d+m\d*s? if that stays so$/,
  );
});

test("one address that keeps failing shows on the client chart", () => {
  const world = worldOf(`  - {id: a, match: {}, ${COUNT}, severity: error}`);
  world.play("POST /login", CALM);
  for (let count = 0; count < 5; count++) {
    world.pass(1000);
    world.send([{ method: "POST", route: "/login", status: 401, client: "198.51.100.9" }]);
  }
  const { client } = onlySeries(world, "POST /login");
  assert(client !== null);
  assert.ok(client.isAlarmOfItsOwn && client.name !== null);
  assert.ok(client.gate.value > 4.5 && client.gate.value <= 5 && !client.gate.holds, JSON.stringify(client.gate));
  assert.equal(client.gate.needed, 21);
});

test("an endpoint that never failed is explained without claiming anything to be usual there", () => {
  const world = worldOf(`  - {id: a, match: {}, ${COUNT}, severity: error}`);
  world.play("GET /health", { everyMs: 1000, failureShare: 0, forMs: HOUR_MS });
  const { hasFailed, verdict } = onlySeries(world, "GET /health");
  assert.equal(hasFailed, false);
  assert.match(verdict.sentence, /^silent: nothing has ever failed here; about \d+ more failures .* would page$/);
  assert.equal(world.engine.watchedSeries.watchedCount, 0);
});

test("a rule that does not match says which part of it, and one that is overridden says by whom", () => {
  const world = worldOf(`  - {id: a, match: {}, ${COUNT}, severity: error}
  - {id: b, match: {route: "/login"}, ${COUNT}, severity: error, overrides: [a]}
  - {id: c, match: {service: "billing*", method: POST}, ${COUNT}, severity: error}`);
  world.play("POST /login", { ...CALM, forMs: MINUTE_MS });
  const explained = explain(world, "POST /login");
  assert.deepEqual(ruleIn(explained, "a"), { rule: "a", kind: "overridden", by: ["b"] });
  assert.equal(ruleIn(explained, "b").kind, "watching");
  assert.deepEqual(ruleIn(explained, "c"), {
    rule: "c",
    kind: "unmatched",
    refusals: [{ field: "service", value: "auth", patterns: ["billing*"] }],
  });
  assert.deepEqual(
    explain(world, "POST /login", "c").rules.map(({ rule }) => rule),
    ["c"],
  );
});

test("a rule that groups by an attribute explains its strongest series and counts the rest", () => {
  const world = worldOf(`  - {id: a, match: {tenant: "?*"}, ${COUNT}, per: [tenant], severity: error}`);
  for (let count = 0; count < 8; count++) {
    const attributes = { tenant: `t${count}` };
    for (let failed = 0; failed <= count; failed++) {
      world.pass(1000);
      world.send([{ method: "POST", route: "/login", status: 401, client: `203.0.113.${failed}`, attributes }]);
    }
  }
  const [rule] = explain(world, "POST /login").rules;
  assert(rule?.kind === "watching");
  assert.deepEqual([rule.seriesCount, rule.series.length], [8, 5]);
  assert.deepEqual(rule.series[0]?.fields, { tenant: "t7" });
  assert.deepEqual(rule.attributes, [{ field: "tenant", patterns: ["?*"] }]);
});
