import assert from "node:assert/strict";
import { test } from "node:test";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import type { SinkFault } from "../../../src/io/stand-ins/otlp-sink-exchange.ts";
import { traceRequest } from "../../support/trace-request.ts";
import { MIB, takingAll } from "../queue/queue-world.ts";
import { ExporterWorld, PROTOCOLS } from "./exporter-world.ts";

function spans(count: number, service = "auth"): Uint8Array {
  return traceRequest(
    Array.from({ length: count }, (_, index) => ({ route: `/${index}` })),
    { "service.name": service },
  );
}

/** An envelope that is valid for every signal: one resource without items. */
const ENVELOPE = Buffer.from([0x0a, 0x00]);

const books = (world: ExporterWorld) => Object.fromEntries(world.queues.books);

for (const protocol of PROTOCOLS) {
  test(`${protocol}: what is queued arrives, byte for byte and in order`, async () => {
    await using world = await ExporterWorld.create(protocol, {
      compression: "gzip",
      headers: { "x-team": "identity" },
    });
    const requests = Array.from({ length: 20 }, (_, number) => spans(50, `service-${number}`));
    for (const bytes of requests) await world.append("traces", bytes, 50);
    for (const signal of ["metrics", "logs"] as const) await world.append(signal, ENVELOPE, 1);
    await world.until(() => ["traces", "metrics", "logs"].every((signal) => world.queued(signal as Signal) === 0));
    const traces = world.sink.requests.filter(({ signal }) => signal === "traces");
    assert.equal(world.sink.received.traces.itemCount, 1000);
    // JSON is written anew from the protobuf, so there it is the spans that are compared.
    const arrived = Buffer.concat(traces.map(({ bytes }) => bytes));
    if (protocol !== "http/json") assert.deepEqual(arrived, Buffer.concat(requests));
    const headers = traces[0]?.headers ?? {};
    assert.equal(headers["x-team"], "identity");
    assert.match(headers["user-agent"] ?? "", /^authspike\/1\.2\.3 OTel-OTLP-Exporter-JavaScript\/1\.2\.3/);
    assert.deepEqual(books(world), {
      "traces backend sent": 1000,
      "metrics backend sent": 1,
      "logs backend sent": 1,
    });
  });

  const passingFaults: readonly SinkFault[] = [
    { kind: "unavailable" },
    { kind: "unavailable", retryAfterMs: 2000 },
    { kind: "throttled", retryAfterMs: 3000 },
    { kind: "reset" },
  ];
  for (const fault of passingFaults) {
    test(`${protocol}: after ${JSON.stringify(fault)} three times the batch arrives once, and two lines tell of it`, async () => {
      await using world = await ExporterWorld.create(protocol);
      world.sink.failNext(fault, 3);
      await world.append("traces", spans(5), 5);
      const start = world.queues.time.now().steady;
      await world.until(() => world.queued("traces") === 0);
      const waitedMs = world.queues.time.now().steady - start;
      assert.ok(waitedMs >= 3 * ("retryAfterMs" in fault ? (fault.retryAfterMs ?? 0) : 500), `${waitedMs}`);
      assert.equal(world.sink.received.traces.itemCount, 5);
      assert.deepEqual(books(world), { "traces backend sent": 5 });
      assert.deepEqual(
        world.logLines.map(({ level, msg, signal, exporter }) => [level, msg, signal, exporter]),
        [
          ["warn", "export failed, will retry", "traces", "backend"],
          ["info", "export works again", "traces", "backend"],
        ],
      );
      assert.equal(world.exporter.isDelivering, true);
    });
  }

  test(`${protocol}: a request that is not answered in time is sent again`, async () => {
    await using world = await ExporterWorld.create(protocol, { timeoutMs: 100 });
    world.sink.failNext({ kind: "hang" });
    await world.append("traces", spans(2), 2);
    await world.until(() => world.queued("traces") === 0);
    assert.equal(world.sink.attemptCount, 2);
    assert.equal(world.sink.received.traces.itemCount, 2);
    assert.deepEqual(books(world), { "traces backend sent": 2 });
  });

  test(`${protocol}: a batch whose acknowledgement was lost arrives twice and is counted once`, async () => {
    await using world = await ExporterWorld.create(protocol);
    world.sink.failNext({ kind: "reset-after-accepting" });
    await world.append("traces", spans(6), 6);
    await world.until(() => world.queued("traces") === 0);
    assert.equal(world.sink.received.traces.itemCount, 12);
    assert.deepEqual(books(world), { "traces backend sent": 6 });
  });

  test(`${protocol}: what is refused for good is dropped, counted and told with the destination's words`, async () => {
    await using world = await ExporterWorld.create(protocol);
    world.sink.failNext({ kind: "refused", message: "span too old" });
    await world.append("traces", spans(3), 3);
    await world.until(() => world.queued("traces") === 0);
    assert.equal(world.sink.attemptCount, 1);
    assert.deepEqual(books(world), { "traces backend exporter_rejected": 3 });
    assert.match(String(world.logLines[0]?.["reason"]), /span too old/);
    assert.equal(world.logLines[0]?.["itemCount"], 3);
  });

  test(`${protocol}: a partial success is not sent again; the rejected items are counted`, async () => {
    await using world = await ExporterWorld.create(protocol);
    world.sink.failNext({ kind: "partial", rejected: 2, message: "no such tenant" });
    await world.append("traces", spans(10), 10);
    await world.until(() => world.queued("traces") === 0);
    assert.equal(world.sink.attemptCount, 1);
    assert.deepEqual(books(world), { "traces backend sent": 8, "traces backend exporter_rejected": 2 });
    assert.match(String(world.logLines[0]?.["reason"]), /no such tenant/);
  });
}

test("RESOURCE_EXHAUSTED without RetryInfo is given up over gRPC, and its HTTP counterpart retried", async () => {
  await using grpc = await ExporterWorld.create("grpc");
  await using http = await ExporterWorld.create("http/protobuf");
  for (const world of [grpc, http]) {
    world.sink.failNext({ kind: "throttled" });
    await world.append("traces", spans(4), 4);
    await world.until(() => world.queued("traces") === 0);
  }
  assert.deepEqual(books(grpc), { "traces backend exporter_rejected": 4 });
  assert.deepEqual(books(http), { "traces backend sent": 4 });
});

test("while the destination is down for hours nothing is dropped, few tries are made, and all arrives after", async () => {
  await using world = await ExporterWorld.create("http/protobuf");
  world.sink.failNext({ kind: "unavailable" }, Number.POSITIVE_INFINITY);
  for (let number = 0; number < 100; number++) await world.append("traces", spans(10), 10);
  const start = world.queues.time.now().steady;
  await world.until(() => world.queues.time.now().steady - start > 1_800_000, 10_000);
  assert.ok(world.sink.attemptCount < 400, `${world.sink.attemptCount} tries in half an hour`);
  assert.equal(world.queued("traces"), 1000);
  world.sink.recover();
  await world.until(() => world.queued("traces") === 0, 1000);
  assert.deepEqual(books(world), { "traces backend sent": 1000 });
  assert.equal(world.sink.received.traces.itemCount, 1000);
});

test("a signal that the destination will not take does not keep the others back", async () => {
  await using world = await ExporterWorld.create("grpc");
  world.sink.failNext({ kind: "hang" }, 1);
  await world.append("metrics", ENVELOPE, 1);
  await world.until(() => world.sink.attemptCount === 1);
  await world.append("traces", spans(3), 3);
  await world.until(() => world.queued("traces") === 0);
  assert.equal(world.queued("metrics"), 1);
});

test("stopping sends what is queued first", async () => {
  await using world = await ExporterWorld.create("grpc");
  await world.append("traces", spans(3), 3);
  await world.exporter.stop(10_000);
  assert.equal(world.sink.received.traces.itemCount, 3);
  assert.equal(world.queued("traces"), 0);
});

test("stopping does not wait for a destination that is down, and a restart sends what was left", async () => {
  await using world = await ExporterWorld.create("http/protobuf");
  world.sink.failNext({ kind: "unavailable" }, Number.POSITIVE_INFINITY);
  await world.append("traces", spans(3), 3);
  await world.until(() => !world.exporter.isDelivering);
  await world.exporter.stop(3_600_000);
  assert.equal(world.queued("traces"), 3);
  await world.queue[Symbol.asyncDispose]();
  const after = await world.queues.open({}, { exporters: takingAll("backend") });
  assert.equal(after.queued("backend", "traces"), 3);
});

test("stopping breaks off a request that hangs when the time is up", async () => {
  await using world = await ExporterWorld.create("grpc", { timeoutMs: 60_000 });
  world.sink.failNext({ kind: "hang" });
  await world.append("traces", spans(3), 3);
  await world.until(() => world.sink.attemptCount === 1);
  const stopping = world.exporter.stop(500);
  await world.queues.time.advance(500);
  await stopping;
  assert.equal(world.queued("traces"), 3);
});

test("many large batches at once pass over one gRPC connection", async () => {
  await using world = await ExporterWorld.create("grpc");
  const bytes = spans(5000);
  assert.ok(bytes.length > MIB / 2);
  for (let number = 0; number < 30; number++) await world.append("traces", bytes, 5000);
  await world.until(() => world.queued("traces") === 0);
  assert.equal(world.sink.received.traces.itemCount, 150_000);
  assert.deepEqual(world.logLines, []);
});
