/**
 * The way in, through and out: the OpenTelemetry SDK for Node on one side, PagerDuty and two backends
 * on the other, authspike as a process between them.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SpanKind } from "@opentelemetry/api";
import type { JsonValue } from "../../src/core/otlp/json-from-protobuf.ts";
import { encodeMessage } from "../../src/core/otlp/json-to-protobuf.ts";
import { EXPORT_REQUESTS } from "../../src/core/otlp/message-tables.ts";
import type { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import { PagerDutyTwin } from "../../src/io/stand-ins/pagerduty-twin.ts";
import type { ReceivedSpan } from "../../src/io/stand-ins/received-telemetry.ts";
import { EXPORT_LOGS, EXPORT_METRICS, RawGrpcClient } from "../io/receivers/grpc-client.ts";
import { EXPORTER_NAMES, exportersTo, startedSink } from "../support/backends.ts";
import { Installation, ROUTING_KEY } from "../support/installation.ts";
import type { RunningService, SignalAccount } from "../support/running-service.ts";
import type { OtlpAddress } from "../support/sdk-sender.ts";
import { SDK_COMPRESSIONS, SDK_PROTOCOLS, SdkSender } from "../support/sdk-sender.ts";

const SPANS_PER_LOGIN = 3;
const TRICKLE_EVERY_MS = 100;
const TRICKLE_ROUNDS = 40;
const FAILS_ONE_IN = 40;
/** Enough that no single one stands out, and a prime, so that it is not always the same who fail. */
const CLIENT_COUNT = 199;
const BURST_ROUNDS = 15;
const CALM_ROUNDS = 100;
/** The detector wants to see a minute of calm. */
const RESOLVE_TIMEOUT_MS = 100_000;

describe("authspike between the SDK and its backends", { concurrency: true }, () => {
  test("pages once for a burst, resolves it once, and forwards every span once", async () => {
    await using pagerDuty = new PagerDutyTwin({ routingKeys: [ROUTING_KEY] });
    await pagerDuty.start();
    await using reference = await startedSink();
    await using backend = await startedBackends();
    await using installation = new Installation({ pagerDuty, exporters: backend.exporters });
    const service = await installation.start();
    await using fleet = new Fleet(addressOf(service), reference);

    await fleet.trickle(TRICKLE_ROUNDS);
    fleet.logins(BURST_ROUNDS, 401);
    await pagerDuty.waitFor(({ incidents }) => incidents.length === 1);
    fleet.logins(CALM_ROUNDS, 200);
    const resolved = pagerDuty.waitFor(({ events }) => events.length > 1, RESOLVE_TIMEOUT_MS);
    await fleet.during(service.whileRunning(resolved));
    await fleet.flush();

    const [trigger, resolve, ...more] = pagerDuty.events;
    assert.deepEqual([trigger?.action, resolve?.action, more.length], ["trigger", "resolve", 0]);
    assert.match(trigger?.dedupKey ?? "", /^authspike\/login-401\/[0-9a-f]{16}$/);
    assert.equal(resolve?.dedupKey, trigger?.dedupKey);
    assert.equal(pagerDuty.attempts.length, 2, "no page had to be sent again");

    const spanCount = fleet.loginCount * SPANS_PER_LOGIN;
    await reference.waitFor(({ received }) => received.traces.itemCount >= spanCount);
    const direct = byId(reference.spans);
    for (const sink of backend.sinks) {
      await sink.waitFor(({ received }) => received.traces.itemCount >= spanCount && received.logs.itemCount >= 2);
      assert.equal(sink.spans.length, spanCount);
      assert.deepEqual(byId(sink.spans.map(withoutMarks)), direct);
      assert.deepEqual(new Set(sink.spans.filter(isMarked).map(({ kind }) => kind)), new Set([SERVER_KIND]));
      assert.deepEqual(marksOf(sink.spans), { ok: fleet.okCount, unauthenticated: fleet.failedCount });
      assert.deepEqual(
        sink.logRecords.map(({ eventName }) => eventName),
        ["authspike.alert.firing", "authspike.alert.resolved"],
      );
      for (const { attributes, traceId } of sink.logRecords) {
        assert.equal(attributes["authspike.alert.dedup_key"], trigger?.dedupKey);
        assert.ok(sink.spans.some((span) => span.traceId === traceId && outcomeOf(span) === "unauthenticated"));
      }
    }
    await assertBalanced(service, { traces: spanCount, alert_events: 2 });
    await service.stop();
    console.log(service.output);
    assert.ok(!service.output.includes(ROUTING_KEY));
  });

  test("passes metrics and logs through untouched, fields of the future included", async () => {
    await using backend = await startedBackends();
    await using installation = new Installation({ exporters: backend.exporters });
    const service = await installation.start();
    using client = new RawGrpcClient(service.grpcPort);
    const metrics = [metricsRequest("requests"), metricsRequest("latency")] as const;
    const logs = [logsRequest("hello"), logsRequest("grüß Gott")] as const;

    await service.send(metrics[0], "metrics");
    await service.send(logs[0], "logs");
    assert.equal((await client.call(EXPORT_METRICS, metrics[1])).kind, "ok");
    assert.equal((await client.call(EXPORT_LOGS, logs[1])).kind, "ok");

    for (const sink of backend.sinks) {
      await sink.waitFor(({ received }) => received.metrics.itemCount === 2 && received.logs.itemCount === 2);
      // Requests may come joined, which in protobuf is to write one after the other.
      assert.deepEqual(bytesOf(sink, "metrics"), Buffer.concat(metrics));
      assert.deepEqual(bytesOf(sink, "logs"), Buffer.concat(logs));
    }
    await assertBalanced(service, { metrics: 2, logs: 2 });
    await service.stop();
  });
});

/** OTLP counts kinds from 1, the SDK from 0. */
const SERVER_KIND = SpanKind.SERVER + 1;

/** One service of many instances, which export in all the ways there are. */
class Fleet {
  readonly #senders: readonly SdkSender[];
  okCount = 0;
  failedCount = 0;

  constructor(authspike: OtlpAddress, reference: OtlpAddress) {
    this.#senders = SDK_PROTOCOLS.flatMap((protocol) =>
      SDK_COMPRESSIONS.map((compression) => new SdkSender({ protocol, compression, authspike, reference })),
    );
  }

  get loginCount(): number {
    return this.okCount + this.failedCount;
  }

  /** So many logins at each instance, all at once. */
  logins(rounds: number, status: 200 | 401): void {
    for (let round = 0; round < rounds; round++) {
      for (const sender of this.#senders) this.#login(sender, status);
    }
  }

  async trickle(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (const sender of this.#senders) this.#login(sender, this.loginCount % FAILS_ONE_IN === 0 ? 401 : 200);
      await delay(TRICKLE_EVERY_MS);
    }
  }

  /** Trickles on until `event` has come to pass. */
  async during(event: Promise<void>): Promise<void> {
    const end = new AbortController();
    const happening = event.finally(() => end.abort());
    while (!end.signal.aborted) await this.trickle(1);
    await happening;
  }

  async flush(): Promise<void> {
    for (const sender of this.#senders) await sender.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender[Symbol.asyncDispose]()));
  }

  #login(sender: SdkSender, status: 200 | 401): void {
    if (status === 401) this.failedCount += 1;
    else this.okCount += 1;
    sender.login(status, `203.0.113.${this.loginCount % CLIENT_COUNT}`);
  }
}

/** Two backends, one taking gRPC, one HTTP. */
async function startedBackends() {
  const grpc = await startedSink();
  const http = await startedSink();
  return {
    sinks: [grpc, http],
    exporters: exportersTo({ grpcUrl: grpc.grpcUrl, httpUrl: http.httpUrl }),
    async [Symbol.asyncDispose]() {
      await grpc[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
    },
  };
}

function addressOf({ grpcPort, httpUrl }: RunningService): OtlpAddress {
  return { grpcUrl: `http://127.0.0.1:${grpcPort}`, httpUrl };
}

/** Every signal that was accepted is sent, queued or dropped; in the end it is sent. */
async function assertBalanced(service: RunningService, accepted: Readonly<Record<string, number>>): Promise<void> {
  for (const [signal, count] of Object.entries(accepted)) {
    const account = await service.until(() => service.accountOf(signal), isSettled);
    assert.deepEqual(account, {
      signal,
      accepted: count,
      refused: 0,
      exporters: EXPORTER_NAMES.map((name) => ({ name, resumed: 0, sent: count, queued: 0, dropped: 0 })),
    });
  }
}

/** The balance itself holds at every moment. */
function isSettled({ accepted, exporters }: SignalAccount): boolean {
  for (const { sent, queued, dropped } of exporters) assert.equal(accepted, sent + queued + dropped);
  return exporters.every(({ queued }) => queued === 0);
}

function byId(spans: readonly ReceivedSpan[]): ReadonlyMap<string, ReceivedSpan> {
  return new Map(spans.map((span) => [span.spanId, span]));
}

function isMarked({ attributes }: ReceivedSpan): boolean {
  return Object.keys(attributes).some((key) => key.startsWith("authspike."));
}

function withoutMarks(span: ReceivedSpan): ReceivedSpan {
  const isOwn = (key: string) => !key.startsWith("authspike.");
  const attributes = Object.fromEntries(Object.entries(span.attributes).filter(([key]) => isOwn(key)));
  const listed = span.json["attributes"];
  if (!Array.isArray(listed)) return { ...span, attributes };
  return { ...span, attributes, json: { ...span.json, attributes: listed.filter((pair) => isOwn(keyOf(pair))) } };
}

function keyOf(pair: JsonValue): string {
  return typeof pair === "object" && "key" in pair ? String(pair["key"]) : "";
}

function outcomeOf({ attributes }: ReceivedSpan): string {
  return String(attributes["authspike.outcome"]);
}

/** How many spans were marked and counted, by outcome. */
function marksOf(spans: readonly ReceivedSpan[]): Readonly<Record<string, number>> {
  const counted = spans.filter(
    ({ attributes }) => attributes["authspike.counted"] === true && attributes["authspike.endpoint"] === "POST /login",
  );
  return Object.fromEntries([...Map.groupBy(counted, outcomeOf)].map(([outcome, { length }]) => [outcome, length]));
}

function bytesOf(sink: OtlpSink, signal: "metrics" | "logs"): Buffer {
  return Buffer.concat(sink.requests.filter((request) => request.signal === signal).map(({ bytes }) => bytes));
}

/** Field 200 of the request, a string: no version of OTLP has it. */
const UNKNOWN_FIELD = Buffer.from([0xc2, 0x0c, 0x03, 0x6e, 0x65, 0x77]);

function metricsRequest(name: string): Uint8Array {
  const dataPoints = [{ startTimeUnixNano: "1", timeUnixNano: "2", asInt: "9007199254740993" }];
  const metrics = [{ name, unit: "{request}", sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } }];
  return encoded("metrics", { resourceMetrics: [{ scopeMetrics: [{ scope: { name: "test" }, metrics }] }] });
}

function logsRequest(text: string): Uint8Array {
  const logRecords = [{ timeUnixNano: "1", severityNumber: 9, body: { stringValue: text } }];
  return encoded("logs", { resourceLogs: [{ scopeLogs: [{ scope: { name: "test" }, logRecords }] }] });
}

function encoded(signal: "metrics" | "logs", request: object): Uint8Array {
  const encoding = encodeMessage(EXPORT_REQUESTS[signal], request);
  assert.ok(encoding.kind === "ok");
  return Buffer.concat([encoding.bytes, UNKNOWN_FIELD]);
}
