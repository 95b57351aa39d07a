import assert from "node:assert/strict";
import { test } from "node:test";
import { runWorld } from "./run-world.ts";

test("in a calm world every strike, on however many endpoints, is one incident that opens and closes", async () => {
  const report = await runWorld({ seed: 11, hours: 2, mood: "calm" });
  assert.deepEqual(report.breaches, []);
  assert.ok(report.bursts > report.strikes, "some strike several endpoints");
  assert.equal(report.episodes.length, report.bursts);
  assert.equal(report.incidents, report.strikes);
});

test("whatever goes wrong, no page is lost or doubled and no incident is stuck", async () => {
  const report = await runWorld({ seed: 1, hours: 3, mood: "faults" });
  assert.deepEqual(report.breaches, [], report.story.join("\n"));
  assert.ok(report.restarts > 3, "the world went wrong often enough to mean something");
});

test("a service that is stopped and started in order decides as one that never stopped", async () => {
  const [calm, restarted] = [
    await runWorld({ seed: 5, hours: 2, mood: "calm" }),
    await runWorld({ seed: 5, hours: 2, mood: "restarts" }),
  ];
  assert.ok(restarted.restarts > 0);
  assert.deepEqual(restarted.breaches, []);
  const summary = ({ episodes }: typeof calm) => episodes.map(({ firing }) => firing.alert.endpoint.route);
  assert.deepEqual(summary(restarted), summary(calm));
});
