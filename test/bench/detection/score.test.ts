import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS, SECOND_MS } from "../../../src/core/time.ts";
import type { Page } from "./contestant.ts";
import type { Scenario } from "./scenario.ts";
import { openedIncidents, scorePages } from "./score.ts";
import { Standing } from "./standing.ts";

const ENDPOINT = { service: "web", env: "production", method: "POST", route: "/login" };
const LOGIN = "web POST /login";
const HOUR_OF_TRAFFIC = { from: 0, to: 60 * MINUTE_MS };
/** One attack request a second from minute 10 to minute 20. */
const ATTACK = {
  attack: 0,
  endpoints: new Set([LOGIN]),
  arrivals: Array.from({ length: 601 }, (_, second) => 10 * MINUTE_MS + second * SECOND_MS),
};

test("the first page within an attack is the hit, with its delay and what came after it", () => {
  const { windows, falsePages, rePages } = scorePages(scenario({}), [ATTACK], [pageAt(11, 25)]);
  const [{ hit } = { hit: null }] = windows;
  assert.equal(hit?.delaySeconds, 60);
  assert.equal(hit.attackRequests, 61);
  assert.equal(hit.shareAfter, 540 / 601);
  assert.equal(hit.resolveSeconds, 300);
  assert.deepEqual([falsePages.length, rePages], [0, 0]);
});

test("a further page within an attack is a re-page, and so is one soon after it", () => {
  const { rePages, falsePages } = scorePages(scenario({}), [ATTACK], [pageAt(11, 13), pageAt(15, 21), pageAt(25, 26)]);
  assert.deepEqual([rePages, falsePages.length], [2, 0]);
});

test("a page that comes more than a minute after the attack is no hit", () => {
  const { windows, falsePages } = scorePages(scenario({}), [ATTACK], [pageAt(22, 30)]);
  assert.equal(windows[0]?.hit, null);
  assert.equal(falsePages.length, 0);
});

test("a page before the attack or on another endpoint is false", () => {
  const elsewhere = { ...pageAt(12, 13), endpoint: "web POST /other" };
  const { falsePages, windows } = scorePages(scenario({}), [ATTACK], [pageAt(9, 9.5), elsewhere]);
  assert.equal(falsePages.length, 2);
  assert.equal(windows[0]?.hit, null);
});

test("pages around a shared incident are counted, none of them is false", () => {
  const incident = { from: 10 * MINUTE_MS, to: 20 * MINUTE_MS };
  const pages = [pageAt(11, 12, "a"), pageAt(12, 30, "b"), pageAt(40, 41, "c")];
  const { sharedPages, falsePages } = scorePages(scenario({ incident }), [], pages);
  assert.deepEqual([sharedPages, falsePages.length], [2, 1]);
});

test("a page that joins an open incident of its group wakes nobody", () => {
  const pages = [pageAt(12, 20, "g"), pageAt(11, 15, "g"), pageAt(21, 22, "g"), pageAt(13, 14, "other")];
  assert.deepEqual(
    openedIncidents(pages).map(({ firedAt }) => firedAt / MINUTE_MS),
    [11, 13, 21],
  );
});

test("a page that never closes is told, and has no resolve delay", () => {
  const open = { ...pageAt(11, 12), resolvedAt: null };
  const { neverClosed, windows } = scorePages(scenario({}), [ATTACK], [open]);
  assert.equal(neverClosed, 1);
  assert.equal(windows[0]?.hit?.resolveSeconds, null);
});

test("what was missed counts as nothing after the page, and false pages as hits by chance", () => {
  const standing = new Standing();
  standing.add(scenario({}), scorePages(scenario({}), [ATTACK], [pageAt(11, 25)]));
  standing.add(scenario({}), scorePages(scenario({}), [ATTACK], [pageAt(40, 41)]));
  const [hits, byChance, delay, requests, shareAfter, falsePerMonth] = standing.row("ours").figures;
  assert.deepEqual([hits, delay, requests], [1, 60, 61]);
  assert.equal(shareAfter, 270 / 601);
  // One false page in two endpoint-hours, and two windows of ten minutes.
  assert.equal(falsePerMonth, 360);
  assert.ok(Math.abs((byChance ?? 0) - 2 * (1 - Math.exp(-1 / 12))) < 1e-9);
});

function scenario(parts: Pick<Partial<Scenario>, "incident">): Scenario {
  return {
    name: "test",
    expectation: "page",
    span: HOUR_OF_TRAFFIC,
    watched: [{ endpoint: ENDPOINT, perSecond: 1, ratio: 0.05 }],
    attacks: [],
    incident: null,
    stream: () => [],
    ...parts,
  };
}

function pageAt(firedMinute: number, resolvedMinute: number, group = "login"): Page {
  return { endpoint: LOGIN, group, firedAt: firedMinute * MINUTE_MS, resolvedAt: resolvedMinute * MINUTE_MS };
}
