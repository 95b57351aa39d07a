/**
 * A mistake in a rule file, as somebody makes it on a running system: it is told with its place, and
 * what worked before goes on working, even across a restart.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PagerDutyTwin } from "../../src/io/stand-ins/pagerduty-twin.ts";
import { Installation, LOGIN_RULES } from "../support/installation.ts";
import { LoginTraffic } from "../support/login-traffic.ts";
import type { LogLine, RunningService } from "../support/running-service.ts";

const BROKEN_RULES = LOGIN_RULES.replace("keep_firing_for: 1s", "keep_firing_fro: 1s");
const PLACE_WITH_CARET =
  /login\.yaml:6:5: error AS104: unknown field "keep_firing_fro".*did you mean "keep_firing_for"\?\n +6 \| +keep_firing_fro: 1s\n +\| +\^{15}/;
/** The files are looked at twice a second; the rest is for a machine that is busy with other tests. */
const EDIT_TIMEOUT_MS = 5_000;

type RulesAnswer = {
  readonly active: { readonly hash: string; readonly origin: string };
  readonly refusal: { readonly text: string } | null;
};

describe("a rule file with a mistake", { concurrency: true }, () => {
  test("is told with its place, and the old rules go on, also after a restart", async () => {
    await using pagerDuty = new PagerDutyTwin();
    await pagerDuty.start();
    await using installation = new Installation({ pagerDuty });
    const before = await installation.start();
    const { active } = await rulesOf(before);

    installation.writeRules("login.yaml", BROKEN_RULES);
    const told = await before.waitForLog(isRefusal, EDIT_TIMEOUT_MS);
    assert.match(String(told["diagnostics"]), PLACE_WITH_CARET);
    await assertInForce(before, { hash: active.hash, origin: "start" });
    await new LoginTraffic(before).burst(60);
    await pagerDuty.waitFor(({ incidents }) => incidents.length === 1);
    await before.stop();

    const after = await installation.start();
    assert.match(String((await after.waitForLog(isRefusal))["diagnostics"]), PLACE_WITH_CARET);
    await assertInForce(after, { hash: active.hash, origin: "store" });
    await new LoginTraffic(after, { environment: "staging" }).burst(60);
    await pagerDuty.waitFor(({ incidents }) => incidents.length === 2);
    await after.stop();
  });

  test("counts as soon as it is mended", async () => {
    await using installation = new Installation();
    const service = await installation.start();
    const { active } = await rulesOf(service);
    installation.writeRules("login.yaml", BROKEN_RULES);
    await service.waitForLog(isRefusal, EDIT_TIMEOUT_MS);

    installation.writeRules("login.yaml", LOGIN_RULES.replace("critical", "error"));
    const told = await service.waitForLog(
      ({ msg, origin }) => msg === "rules in force" && origin === "change",
      EDIT_TIMEOUT_MS,
    );
    assert.deepEqual(told["changes"], ["~ rule login-401: severity critical → error"]);
    const mended = await rulesOf(service);
    assert.equal(mended.refusal, null);
    assert.notEqual(mended.active.hash, active.hash);
    await service.stop();
  });

  test("is judged again when SIGHUP asks for it", async () => {
    await using installation = new Installation();
    const service = await installation.start();
    installation.writeRules("login.yaml", BROKEN_RULES);
    await service.waitForLog(isRefusal, EDIT_TIMEOUT_MS);
    service.signal("SIGHUP");
    await service.waitForLog(() => service.log.filter(isRefusal).length === 2);
    installation.writeRules("login.yaml", LOGIN_RULES);
    service.signal("SIGHUP");
    await service.until(
      () => rulesOf(service),
      ({ refusal }) => refusal === null,
    );
    await service.stop();
  });

  test("keeps authspike from its very first start, with the reason", async () => {
    await using installation = new Installation();
    installation.writeRules("login.yaml", BROKEN_RULES);
    const { exitCode, stdout, stderr } = await installation.command(["run", "-c", "authspike.yaml"]);
    assert.equal(exitCode, 78);
    assert.match(stderr, PLACE_WITH_CARET);
    assert.equal(stdout, "");
  });
});

function isRefusal({ msg }: LogLine): boolean {
  return msg.startsWith("rule files have errors");
}

function rulesOf(service: RunningService): Promise<RulesAnswer> {
  return service.ask<RulesAnswer>("/api/v1/rules");
}

/** The bundle that is in force, while the API tells of the mistake as the log does. */
async function assertInForce(service: RunningService, expected: RulesAnswer["active"]): Promise<void> {
  const { active, refusal } = await rulesOf(service);
  assert.deepEqual({ hash: active.hash, origin: active.origin }, expected);
  assert.match(refusal?.text ?? "", PLACE_WITH_CARET);
  const ready = await fetch(`${service.apiUrl}/readyz?verbose`);
  assert.equal(ready.status, 200, "it goes on with its work");
  assert.match(await ready.text(), /rules: the files have errors/);
}
