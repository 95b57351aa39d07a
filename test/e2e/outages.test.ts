/**
 * PagerDuty or the backends fail for a while, in the ways that services and networks do.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { absentBackend, EXPORTER_NAMES, exportersTo, startedSink } from "../support/backends.ts";
import { Installation } from "../support/installation.ts";
import { LoginTraffic } from "../support/login-traffic.ts";
import { WatchedLogin } from "../support/watched-login.ts";

const BATCHES_OF_CALM = 4;
/** A backend that is back may go unnoticed for some time: tries come at growing intervals. */
const BACK_TIMEOUT_MS = 60_000;
const RETRY_AFTER_MS = 2_000;
/** PagerDuty is waited for ten seconds at most; then come the tries that failed before it. */
const PAGE_TIMEOUT_MS = 45_000;

describe("while PagerDuty fails", { concurrency: true }, () => {
  test("pages are tried again until they arrive, in order, as one incident", async () => {
    await using login = await WatchedLogin.start();
    const { pagerDuty } = login;
    pagerDuty.failNext({ kind: "status", status: 500 });
    pagerDuty.failNext({ kind: "status", status: 429, retryAfter: String(RETRY_AFTER_MS / 1000) });
    pagerDuty.failNext({ kind: "hang" });
    await login.traffic.burst(60);
    await pagerDuty.waitFor(({ events }) => events.length === 1, PAGE_TIMEOUT_MS);
    assert.deepEqual(
      pagerDuty.attempts.map(({ outcome }) => outcome),
      [500, 429, "hang", 202],
    );
    const [, held, next] = pagerDuty.attempts;
    assert.ok((next?.receivedAt ?? 0) - (held?.receivedAt ?? 0) >= RETRY_AFTER_MS, "Retry-After is kept to");

    pagerDuty.failNext({ kind: "status", status: 503 });
    pagerDuty.failNext({ kind: "reset" });
    await login.assertRecoversFromOneIncident();
    assert.deepEqual(
      pagerDuty.events.map(({ action }) => action),
      ["trigger", "resolve"],
    );
  });

  test("an answer that is lost is asked for again, which pages nobody twice", async () => {
    await using login = await WatchedLogin.start();
    login.pagerDuty.failNext({ kind: "status-after-accepting", status: 502 });
    login.pagerDuty.failNext({ kind: "garbled-answer" });
    await login.traffic.burst(60);
    await login.pagerDuty.waitFor(({ events }) => events.length === 3);
    assert.equal(new Set(login.pagerDuty.events.map(({ dedupKey }) => dedupKey)).size, 1);
    await login.assertRecoversFromOneIncident();
  });

  test("a refused page is not sent again, nothing is resolved that was not opened, and the log tells", async () => {
    await using login = await WatchedLogin.start();
    login.pagerDuty.failNext({ kind: "status", status: 400 });
    await login.traffic.burst(60);
    const line = await login.service.waitForLog(({ msg }) => msg === "page will not be delivered");
    assert.equal(line.level, "error");
    assert.match(String(line["summary"]), /Failed logins on POST \/login of auth/);
    await login.traffic.calm();
    await login.service.waitForLog(({ msg }) => msg === "page not needed any more", 120_000);
    assert.equal(login.pagerDuty.attempts.length, 1);
  });
});

describe("while a backend is down", { concurrency: true }, () => {
  test("thousands of spans wait, and all of them arrive once", async () => {
    const backend = await absentBackend();
    await using installation = new Installation({ exporters: backend.exporters });
    const service = await installation.start();
    const traffic = new LoginTraffic(service);
    for (let batch = 0; batch < BATCHES_OF_CALM; batch++) await traffic.calm();
    const spanCount = traffic.acknowledgedSpanIds.length;
    const waiting = await service.accountOf("traces");
    assert.deepEqual(waiting.exporters, accountsOf({ sent: 0, queued: spanCount }));

    await using sink = await backend.start();
    await sink.waitFor(
      ({ received }) => received.traces.itemCount >= EXPORTER_NAMES.length * spanCount,
      BACK_TIMEOUT_MS,
    );
    const account = await service.until(
      () => service.accountOf("traces"),
      ({ exporters }) => exporters.every(({ queued }) => queued === 0),
    );
    assert.deepEqual(account.exporters, accountsOf({ sent: spanCount, queued: 0 }));
    const arrivals = Map.groupBy(sink.spans, ({ spanId }) => spanId);
    for (const spanId of traffic.acknowledgedSpanIds) assert.equal(arrivals.get(spanId)?.length, EXPORTER_NAMES.length);
    await service.stop();
  });

  test("and answers in all the ways that mean later, nothing is dropped", async () => {
    await using sink = await startedSink();
    await using installation = new Installation({ exporters: exportersTo(sink, { timeout: "1s" }) });
    const service = await installation.start();
    const traffic = new LoginTraffic(service);
    sink.failNext({ kind: "unavailable" });
    sink.failNext({ kind: "throttled", retryAfterMs: 500 });
    sink.failNext({ kind: "reset" }, 2);
    sink.failNext({ kind: "hang" }, 2);
    sink.failNext({ kind: "unavailable", retryAfterMs: 500 }, 2);
    await traffic.calm();
    const spanCount = traffic.acknowledgedSpanIds.length;
    const account = await service.until(
      () => service.accountOf("traces"),
      ({ exporters }) => exporters.every(({ queued }) => queued === 0),
      BACK_TIMEOUT_MS,
    );
    assert.deepEqual(account.exporters, accountsOf({ sent: spanCount, queued: 0 }));
    assert.equal(sink.received.traces.itemCount, EXPORTER_NAMES.length * spanCount);
    await service.stop();
  });
});

/** What the pipeline says of every exporter, when all are alike and nothing was dropped. */
function accountsOf(counts: { readonly sent: number; readonly queued: number }) {
  return EXPORTER_NAMES.map((name) => ({ name, resumed: 0, ...counts, dropped: 0 }));
}
