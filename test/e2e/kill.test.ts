/**
 * The process ends when nobody expects it, or is asked to end: no page is lost or opens a second
 * incident, and nothing that was acknowledged goes missing.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import { absentBackend, EXPORTER_NAMES, exportersTo, startedSink } from "../support/backends.ts";
import { Installation } from "../support/installation.ts";
import { LoginTraffic } from "../support/login-traffic.ts";
import type { SignalAccount } from "../support/running-service.ts";
import { isListening } from "../support/running-service.ts";
import { WatchedLogin } from "../support/watched-login.ts";

const LULL_MS = 3_000;
const DRAIN_TIMEOUT_MS = 2_000;
/** A backend that is back may go unnoticed for some time: tries come at growing intervals. */
const BACK_TIMEOUT_MS = 30_000;
const HANG = { kind: "hang" } as const;

describe("killed during an episode, authspike opens one incident and resolves it", { concurrency: true }, () => {
  test("before the evidence was complete", async () => {
    await using login = await WatchedLogin.start();
    await login.traffic.burst(10);
    await login.killAndRestart();
    assert.equal(login.pagerDuty.attempts.length, 0);
    await login.traffic.burst(60);
    await login.assertRecoversFromOneIncident();
  });

  test("while the page was on its way", async () => {
    await using login = await WatchedLogin.start();
    login.pagerDuty.failNext(HANG);
    await login.traffic.burst(60);
    await login.pagerDuty.waitFor(({ attempts }) => attempts.length === 1);
    await login.killAndRestart();
    // Longer than an alert without its evidence would last; then the attack goes on.
    await login.traffic.trickle(LULL_MS);
    await login.traffic.burst(60);
    await login.assertRecoversFromOneIncident();
  });

  test("after PagerDuty took the page and its answer was lost", async () => {
    await using login = await WatchedLogin.start();
    login.pagerDuty.failNext({ kind: "reset-after-accepting" });
    await login.traffic.burst(60);
    await login.pagerDuty.waitFor(({ events }) => events.length === 1);
    await login.killAndRestart();
    await login.assertRecoversFromOneIncident();
  });

  test("the moment the page was taken, while the attack went on", async () => {
    await using login = await WatchedLogin.start();
    await login.traffic.burst(60);
    await login.pagerDuty.waitFor(({ events }) => events.length === 1);
    await login.killAndRestart();
    await login.traffic.burst(60);
    await login.assertRecoversFromOneIncident();
  });
});

describe("what was acknowledged", { concurrency: true }, () => {
  test("is delivered after a kill, though the backend was down all the time", async () => {
    const backend = await absentBackend();
    await using installation = new Installation({ exporters: backend.exporters });
    const before = await installation.start();
    const traffic = new LoginTraffic(before);
    const sending = traffic.trickle(Number.POSITIVE_INFINITY).catch(() => "cut off");
    await before.until(
      () => before.accountOf("traces"),
      ({ accepted }) => accepted >= 500,
    );
    await before.kill();
    assert.equal(await sending, "cut off");

    const after = await installation.start();
    const atStart = await after.accountOf("traces");
    for (const { resumed } of atStart.exporters) assert.ok(resumed >= traffic.acknowledgedSpanIds.length);
    await using sink = await backend.start();
    await after.until(() => after.accountOf("traces"), isBalancedAndEmpty, BACK_TIMEOUT_MS);
    await assertArrived(sink, traffic);
  });

  test("is delivered before SIGTERM ends the process", async () => {
    await using sink = await startedSink();
    await using installation = new Installation({ exporters: exportersTo(sink) });
    const service = await installation.start();
    const traffic = new LoginTraffic(service);
    await traffic.calm();
    await service.stop();
    assert.equal(sink.received.traces.itemCount, EXPORTER_NAMES.length * traffic.acknowledgedSpanIds.length);
  });

  test("waits for the next start when the backend hangs, and SIGTERM ends the process in time", async () => {
    await using sink = await startedSink();
    const settings = { drain_timeout: `${DRAIN_TIMEOUT_MS}ms` };
    await using installation = new Installation({ exporters: exportersTo(sink), settings });
    sink.failNext(HANG, Number.POSITIVE_INFINITY);
    const before = await installation.start();
    const traffic = new LoginTraffic(before);
    await traffic.calm();
    await sink.waitFor(({ attemptCount }) => attemptCount > 0);
    const askedAt = performance.now();
    await before.stop();
    assert.ok(performance.now() - askedAt < 2 * DRAIN_TIMEOUT_MS);

    sink.recover();
    await installation.start();
    await assertArrived(sink, traffic);
  });
});

test("a second SIGTERM ends the process at once", async () => {
  await using sink = await startedSink();
  sink.failNext(HANG, Number.POSITIVE_INFINITY);
  await using installation = new Installation({ exporters: exportersTo(sink), settings: { drain_timeout: "5m" } });
  const service = await installation.start();
  await new LoginTraffic(service).calm();
  await sink.waitFor(({ attemptCount }) => attemptCount > 0);
  service.signal("SIGTERM");
  await service.until(
    () => isListening(service.grpcPort),
    (isUp) => !isUp,
  );
  service.signal("SIGTERM");
  assert.deepEqual(await service.exited(), { code: null, signal: "SIGTERM" });
});

/** The books balance at every moment, whether anything waits yet or not. */
function isBalancedAndEmpty({ accepted, exporters }: SignalAccount): boolean {
  for (const { name, dropped, queued, resumed, sent } of exporters) {
    assert.equal(accepted + resumed, sent + queued + dropped, `the books of ${name}`);
  }
  return exporters.every(({ queued }) => queued === 0);
}

/** Everything that was acknowledged is there, once for each exporter. */
async function assertArrived(sink: OtlpSink, { acknowledgedSpanIds }: LoginTraffic): Promise<void> {
  const arrivalCount = EXPORTER_NAMES.length * acknowledgedSpanIds.length;
  await sink.waitFor(({ received }) => received.traces.itemCount >= arrivalCount, BACK_TIMEOUT_MS);
  const arrivals = Map.groupBy(sink.spans, ({ spanId }) => spanId);
  for (const spanId of acknowledgedSpanIds) assert.equal(arrivals.get(spanId)?.length, EXPORTER_NAMES.length);
}
