import assert from "node:assert/strict";
import { createServer } from "node:http";
import { PassThrough } from "node:stream";
import { after, before, describe, test } from "node:test";
import type { Verdict } from "../../../src/core/alerts/delivery-policy.ts";
import type { Page } from "../../../src/core/alerts/page.ts";
import { LogNotifier } from "../../../src/io/notifiers/log.ts";
import { PagerDutyNotifier } from "../../../src/io/notifiers/pagerduty.ts";
import { createLogger } from "../../../src/io/platform/logger.ts";
import { PagerDutyTwin } from "../../../src/io/stand-ins/pagerduty-twin.ts";
import { page, pageText } from "../../support/pages.ts";
import { VIRTUAL_START } from "../../support/virtual-scheduler.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const OPTIONS = { lateByMs: null, signal: new AbortController().signal };

describe("sending to PagerDuty", () => {
  const twin = new PagerDutyTwin({ routingKeys: [KEY] });
  const notifier = new PagerDutyNotifier({ wallNow: () => VIRTUAL_START });
  const hasty = new PagerDutyNotifier({ wallNow: () => VIRTUAL_START, timeoutMs: 50 });

  before(() => twin.start());
  after(async () => {
    await notifier[Symbol.asyncDispose]();
    await hasty[Symbol.asyncDispose]();
    await twin[Symbol.asyncDispose]();
  });

  function send(facts: Partial<Page> = {}, key = KEY): Promise<Verdict> {
    return notifier.send(page(facts), { url: twin.url, key }, OPTIONS);
  }

  function retried(verdict: Verdict): Extract<Verdict, { kind: "retry" }> {
    assert.equal(verdict.kind, "retry", JSON.stringify(verdict));
    return verdict as Extract<Verdict, { kind: "retry" }>;
  }

  test("a trigger opens an incident and a resolve closes it", async () => {
    const opened = await send();
    assert.equal(opened.kind, "delivered");
    assert.equal(opened.status, 202);
    assert.ok(opened.latencyMs > 0);
    const closed = await send({ action: "resolve", reason: "resolved" });
    assert.equal(closed.kind, "delivered");
    assert.equal(twin.incidents.length, 1);
  });

  test("the path is added to an address that lacks it", async () => {
    const bare = twin.url.replace("/v2/enqueue", "/");
    assert.equal((await notifier.send(page(), { url: bare, key: KEY }, OPTIONS)).kind, "delivered");
  });

  test("a refused event is not tried again, says why, and does not show the key", async () => {
    const wrong = "ffffffffffffffffffffffffffffffff";
    const verdict = await send({}, wrong);
    assert.equal(verdict.kind, "rejected");
    assert.equal(verdict.status, 400);
    assert.match(JSON.stringify(verdict), /Invalid routing key/);
    assert.doesNotMatch(JSON.stringify(verdict), /ffffffff/);
  });

  test("an event too odd for PagerDuty's own limits cannot be made", async () => {
    const verdict = await send({ text: pageText({ summary: "👍".repeat(5_000), source: "" }) });
    assert.equal(verdict.kind, "delivered");
  });

  for (const status of [429, 408, 500, 502, 503]) {
    test(`${status} is tried again`, async () => {
      twin.failNext({ kind: "status", status });
      const verdict = retried(await send());
      assert.equal(verdict.status, status);
      assert.equal(verdict.afterMs, null);
    });
  }

  for (const status of [401, 403, 404, 410, 413]) {
    test(`${status} is final`, async () => {
      twin.failNext({ kind: "status", status });
      assert.equal((await send()).kind, "rejected");
    });
  }

  test("Retry-After is understood as seconds and as a date", async () => {
    twin.failNext({ kind: "status", status: 429, retryAfter: "30" });
    assert.equal(retried(await send()).afterMs, 30_000);
    twin.failNext({ kind: "status", status: 503, retryAfter: new Date(VIRTUAL_START + 30_000).toUTCString() });
    assert.equal(retried(await send()).afterMs, 30_000);
  });

  test("an event whose answer is lost or senseless is tried again and pages nobody twice", async () => {
    const incidentsBefore = twin.incidents.length;
    const fresh = { dedupKey: "authspike/login-401/ffffffffffffffff" };
    twin.failNext({ kind: "reset-after-accepting" });
    assert.equal(retried(await send(fresh)).status, null);
    twin.failNext({ kind: "garbled-answer" });
    assert.equal(retried(await send(fresh)).status, 202);
    twin.failNext({ kind: "status-after-accepting", status: 500 });
    assert.equal(retried(await send(fresh)).status, 500);
    assert.equal((await send(fresh)).kind, "delivered");
    assert.equal(twin.incidents.length, incidentsBefore + 1);
  });

  test("a connection that breaks, refuses or hangs is tried again", async () => {
    twin.failNext({ kind: "reset" });
    assert.match(retried(await send()).reason, /^the request failed/);
    const nobody = { url: "http://127.0.0.1:1", key: KEY };
    assert.match(retried(await notifier.send(page(), nobody, OPTIONS)).reason, /ECONNREFUSED/);
    twin.failNext({ kind: "hang" });
    const hanging = await hasty.send(page(), { url: twin.url, key: KEY }, OPTIONS);
    assert.equal(retried(hanging).reason, "no answer in time");
  });

  test("an attempt can be cut off", async () => {
    twin.failNext({ kind: "hang" });
    const stop = new AbortController();
    const sending = notifier.send(page(), { url: twin.url, key: KEY }, { lateByMs: null, signal: stop.signal });
    stop.abort();
    assert.equal(retried(await sending).reason, "cut off because authspike is stopping");
  });
});

test("an answer that repeats the key, and one without an end, are cut down to size", async () => {
  const server = createServer((_, response) => {
    response.writeHead(400);
    response.end(`{"message": "bad key ${KEY}"}${"x".repeat(3_000_000)}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const notifier = new PagerDutyNotifier({ wallNow: () => VIRTUAL_START });
  const verdict = await notifier.send(page(), { url: `http://127.0.0.1:${address.port}`, key: KEY }, OPTIONS);
  assert.equal(verdict.kind, "rejected");
  assert.ok(verdict.bodyExcerpt.length <= 1000);
  assert.match(verdict.bodyExcerpt, /bad key \[routing key\]/);
  assert.doesNotMatch(JSON.stringify(verdict), new RegExp(KEY));
  await notifier[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

test("the log takes a page as a warning and its end as information", async () => {
  const output = new PassThrough();
  const notifier = new LogNotifier(createLogger({ level: "info", format: "json" }, output));
  assert.equal((await notifier.send(page())).kind, "delivered");
  await notifier.send(page({ action: "resolve", reason: "resolved" }));
  const lines = String(output.read()).trim().split("\n");
  const [fired, resolved] = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  assert.deepEqual(
    [fired?.["level"], fired?.["msg"], fired?.["summary"]],
    ["warn", "alert firing", pageText().summary],
  );
  assert.deepEqual([resolved?.["level"], resolved?.["msg"]], ["info", "alert resolved"]);
});
