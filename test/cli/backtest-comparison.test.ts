import assert from "node:assert/strict";
import { test } from "node:test";
import type { BacktestAlert } from "../../src/cli/backtest-alerts.ts";
import { comparePages } from "../../src/cli/backtest-comparison.ts";
import type { BacktestPage } from "../../src/cli/backtest-pages.ts";

type PageFacts = {
  readonly at: number;
  readonly until?: number | null;
  readonly route?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly peer?: string;
};

function pageOf({ at, until = at + 60_000, route = "/login", peer, fields }: PageFacts): BacktestPage {
  const endpoint = { service: "auth", env: "prod", method: "POST", route, ...(peer === undefined ? {} : { peer }) };
  const alert: BacktestAlert = {
    rule: "login-401",
    endpoint,
    page: true,
    group: `${route} ${at}`,
    severity: "error",
    fired_at: at,
    resolved_at: until,
    since: at - 1000,
    failures: 30,
    rate: 0.9,
    usual: 0.05,
    pattern: null,
    cause: null,
  };
  return { since: at - 1000, until, alert, series: [{ endpoint, fields: fields ?? { service: "auth", route } }] };
}

function compared(first: readonly PageFacts[], second: readonly PageFacts[]) {
  const { both, firstOnly, secondOnly } = comparePages(first.map(pageOf), second.map(pageOf));
  const times = (pages: readonly BacktestPage[]) => pages.map(({ alert }) => alert.fired_at);
  return { delays: both.map(({ delayMs }) => delayMs), firstOnly: times(firstOnly), secondOnly: times(secondOnly) };
}

test("pages of one endpoint at one time are one story, with the delay between them", () => {
  assert.deepEqual(compared([{ at: 10_000 }], [{ at: 14_000 }]), { delays: [4000], firstOnly: [], secondOnly: [] });
  assert.deepEqual(compared([{ at: 14_000 }], [{ at: 10_000 }]).delays, [-4000]);
});

test("other endpoints and other times are other stories", () => {
  const elsewhere = compared([{ at: 10_000 }], [{ at: 10_000, route: "/token" }]);
  assert.deepEqual(elsewhere, { delays: [], firstOnly: [10_000], secondOnly: [10_000] });
  const later = compared([{ at: 10_000 }], [{ at: 900_000 }]);
  assert.deepEqual(later, { delays: [], firstOnly: [10_000], secondOnly: [900_000] });
});

test("a second page for what the other bundle told in one is told as its own alone", () => {
  const first = [{ at: 10_000 }, { at: 200_000 }];
  const second = [{ at: 11_000, until: 400_000 }];
  assert.deepEqual(compared(first, second), { delays: [1000], firstOnly: [200_000], secondOnly: [] });
});

test("a page that was open at the end overlaps with all that come after it", () => {
  assert.deepEqual(compared([{ at: 10_000, until: null }], [{ at: 900_000 }]).delays, [890_000]);
});

test("a wider rule is compared by the fields that both have", () => {
  const wide = { at: 10_000, route: "/token", fields: { service: "auth" } };
  assert.deepEqual(compared([{ at: 10_000 }], [wide]).delays, [0]);
  assert.deepEqual(compared([{ at: 10_000 }], [{ ...wide, fields: { service: "billing" } }]).delays, []);
});

test("without a field in common the endpoint tells", () => {
  const byTenant = { at: 10_000, fields: { tenant: "acme" } };
  assert.deepEqual(compared([{ at: 10_000 }], [byTenant]).delays, [0]);
  assert.deepEqual(compared([{ at: 10_000 }], [{ ...byTenant, route: "/token" }]).delays, []);
});

test("what a service answers is never what it is answered", () => {
  const fields = { service: "auth" };
  assert.deepEqual(compared([{ at: 10_000, fields }], [{ at: 10_000, fields, peer: "idp" }]).delays, []);
});
