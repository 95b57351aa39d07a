import assert from "node:assert/strict";
import { test } from "node:test";
import type { Notification } from "../../src/core/alerts/alert.ts";
import { freezePage, thawPage } from "../../src/core/alerts/page.ts";
import { compileLabelMatcher } from "../../src/core/rules/match.ts";
import { LastingTrouble } from "../../src/service/lasting-trouble.ts";
import type { OwnTroubleName } from "../../src/service/own-alerts.ts";
import { OwnAlerts } from "../../src/service/own-alerts.ts";
import { ruleSet } from "../support/alert-builders.ts";
import { VirtualScheduler } from "../support/virtual-scheduler.ts";

const ROUTES = [
  { match: compileLabelMatcher(new Map([["trouble", ["queue-disk"]]])), notify: ["platform-team"], continues: false },
  { match: [], notify: ["on-call"], continues: false },
];

function world() {
  const time = new VirtualScheduler();
  const told: Notification[] = [];
  const troubles = new LastingTrouble<OwnTroubleName>(time.schedule, () => time.now().steady);
  const alerts = new OwnAlerts({
    ruleSet: () => ruleSet({ routes: ROUTES, notifiers: ["platform-team", "on-call"] }),
    now: () => time.now(),
    tell: (notifications) => told.push(...notifications),
  });
  const inWords = () =>
    told.map(({ action, incident, target }) => {
      const name = target.kind === "notifier" ? target.name : target.target.notifier;
      return `${action} ${incident.dedupKey} ${name}`;
    });
  return { time, troubles, alerts, told, inWords };
}

test("a disk that fails for a moment wakes nobody", async () => {
  const { time, troubles, alerts, inWords } = world();
  troubles.observe(alerts);
  troubles.begins("queue-disk");
  await time.advance(20_000);
  troubles.ends("queue-disk");
  await time.advance(60_000);
  assert.deepEqual(inWords(), []);
});

test("a disk that goes on failing is one page to whom the routes name, and one resolve", async () => {
  const { time, troubles, alerts, told, inWords } = world();
  troubles.observe(alerts);
  troubles.begins("queue-disk");
  await time.advance(20_000);
  troubles.begins("queue-disk");
  await time.advance(3_600_000);
  troubles.ends("queue-disk");
  assert.deepEqual(inWords(), [
    "trigger authspike/own/queue-disk platform-team",
    "resolve authspike/own/queue-disk platform-team",
  ]);
  const [trigger, resolve] = told.map((notification) => thawPage(freezePage(notification)));
  assert.match(trigger?.text.summary ?? "", /^authspike cannot write its queue to the disk/);
  assert.match(String(trigger?.text.details["what_to_do"]), /full, read-only or gone/);
  assert.match(resolve?.text.summary ?? "", /^Over after 1h: /);
});

test("trouble from before anybody could be told is told then", async () => {
  const { time, troubles, alerts, inWords } = world();
  troubles.begins("store-disk");
  await time.advance(60_000);
  troubles.observe(alerts);
  assert.deepEqual(inWords(), ["trigger authspike/own/store-disk on-call"]);
});
