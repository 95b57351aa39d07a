import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientFacts } from "../../../../src/core/alerts/takeover/takeover-grade.ts";
import { gradeOfAccount, gradeOfClient, isOutage } from "../../../../src/core/alerts/takeover/takeover-grade.ts";
import { fc } from "../../../support/properties.ts";

const AT_A_LOSS: ClientFacts = { failures: 12, meanGapMs: 15_000, gapVariation: 0.6, accounts: null, isStranger: true };

test("how one client failed decides between nothing, a ticket and a page", () => {
  const cases: ReadonlyArray<readonly [what: string, facts: Partial<ClientFacts>, grade: string]> = [
    ["mistyped nine times", { failures: 9 }, "none"],
    ["at a loss", {}, "ticket"],
    ["at a loss for long", { failures: 24 }, "ticket"],
    ["more than any person", { failures: 25 }, "page"],
    ["one account, slowly", { accounts: 1 }, "ticket"],
    ["three accounts", { accounts: 3 }, "page"],
    ["too fast for a person", { meanGapMs: 900 }, "page"],
    ["an app that repeats itself", { meanGapMs: 1000, gapVariation: 0.01 }, "ticket"],
    ["fast and nine times", { failures: 9, meanGapMs: 10, accounts: 9 }, "none"],
    ["known here", { isStranger: false, meanGapMs: 900, accounts: 9 }, "none"],
    ["known here, and often", { isStranger: false, failures: 200 }, "ticket"],
    ["nobody knows, at a loss", { isStranger: null }, "none"],
    ["nobody knows, often", { isStranger: null, failures: 25 }, "ticket"],
  ];
  for (const [what, facts, grade] of cases) assert.equal(gradeOfClient({ ...AT_A_LOSS, ...facts }), grade, what);
});

test("an account that many failed at is taken when a stranger gets in", () => {
  assert.equal(gradeOfAccount({ failures: 10, clients: 5, isStranger: true }), "page");
  assert.equal(gradeOfAccount({ failures: 10, clients: 5, isStranger: null }), "ticket");
  assert.equal(gradeOfAccount({ failures: 10, clients: 5, isStranger: false }), "none");
  assert.equal(gradeOfAccount({ failures: 9, clients: 9, isStranger: true }), "none");
  assert.equal(gradeOfAccount({ failures: 90, clients: 4, isStranger: true }), "none");
});

test("those who always get in failing more than anybody succeeds is an outage, a few of them are not", () => {
  assert.equal(isOutage({ failuresOfKnown: 30, successes: 4 }), true);
  assert.equal(isOutage({ failuresOfKnown: 30, successes: 400 }), false);
  assert.equal(isOutage({ failuresOfKnown: 4, successes: 0 }), false);
});

const anyFacts: fc.Arbitrary<ClientFacts> = fc.record({
  failures: fc.integer({ min: 0, max: 1000 }),
  meanGapMs: fc.double({ min: 0, max: 3_600_000, noNaN: true }),
  gapVariation: fc.option(fc.double({ min: 0, max: 5, noNaN: true }), { nil: null }),
  accounts: fc.option(fc.integer({ min: 0, max: 16 }), { nil: null }),
  isStranger: fc.constantFrom(true, false, null),
});

test("further failures never make it less", () => {
  const order = ["none", "ticket", "page"];
  fc.assert(
    fc.property(anyFacts, fc.nat({ max: 100 }), (facts, more) => {
      const fewer = order.indexOf(gradeOfClient(facts));
      assert.ok(order.indexOf(gradeOfClient({ ...facts, failures: facts.failures + more })) >= fewer);
    }),
  );
});

test("nobody is woken for somebody who mistypes, nor for whoever signed in here before", () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      assert.equal(gradeOfClient({ ...facts, failures: facts.failures % 10 }), "none");
      assert.notEqual(gradeOfClient({ ...facts, isStranger: false }), "page");
    }),
  );
});
