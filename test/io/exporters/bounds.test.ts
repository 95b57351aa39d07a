/** What the specification asks of exporters beyond their verdicts: bounds of size, and destinations kept apart. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { OtlpExporter } from "../../../src/io/exporters/otlp-exporter.ts";
import { OtlpHttpClient } from "../../../src/io/exporters/otlp-http-client.ts";
import { createLogger } from "../../../src/io/platform/logger.ts";
import { OtlpSink } from "../../../src/io/stand-ins/otlp-sink.ts";
import { traceRequest } from "../../support/trace-request.ts";
import { settled } from "../../support/virtual-scheduler.ts";
import { MIB, QueueWorld, takingAll } from "../queue/queue-world.ts";
import { ExporterWorld, exporterConfig } from "./exporter-world.ts";

/** The route stands in the name and in an attribute. */
const spanOf = (mebibytes: number) => traceRequest([{ route: "r".repeat((mebibytes / 2) * MIB) }]);

test("more than 64 MiB is sent in pieces, and a single item of that size not at all", async () => {
  await using world = await ExporterWorld.create("http/protobuf", {}, { maxBytes: 256 * MIB });
  await world.append("traces", Buffer.concat([spanOf(33), spanOf(33)]), 2);
  await world.append("traces", spanOf(65), 1);
  await world.until(() => world.queued("traces") === 0);
  assert.equal(world.sink.attemptCount, 2);
  assert.equal(world.sink.received.traces.itemCount, 2);
  assert.equal(world.queues.books.get("traces backend sent"), 2);
  assert.equal(world.queues.books.get("traces backend exporter_rejected"), 1);
  assert.match(String(world.logLines[0]?.["reason"]), /larger than 64 MiB/);
});

test("an answer of more than 4 MiB over HTTP is given up", async () => {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.end(Buffer.alloc(4 * MIB + 1)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { ...exporterConfig({ protocol: "http/protobuf", endpoint }), userAgent: "test", concurrency: 1 };
  const client = await OtlpHttpClient.create(settings, () => 0);
  const verdict = await client.send("traces", spanOf(0), new AbortController().signal);
  assert.deepEqual(verdict, { kind: "rejected", because: "other", message: "the answer is larger than 4 MiB" });
  await client.close();
  server.closeAllConnections();
  server.close();
});

for (const concurrency of [1, 3]) {
  test(`with a concurrency of ${concurrency} so many requests are under way, and no more`, async () => {
    await using world = await ExporterWorld.create("http/protobuf", { concurrency, timeoutMs: 60_000 });
    world.sink.failNext({ kind: "hang" }, Number.POSITIVE_INFINITY);
    for (let number = 0; number < 6; number++) await world.append("traces", spanOf(2), 1);
    await world.until(() => world.sink.attemptCount >= concurrency);
    await settled();
    assert.equal(world.sink.attemptCount, concurrency);
  });
}

test("a destination that hangs holds back no other, and what waits for it is kept", async () => {
  await using queues = await QueueWorld.create();
  const queue = await queues.open({}, { exporters: takingAll("hanging", "backend") });
  await using hanging = new OtlpSink();
  await using backend = new OtlpSink();
  await Promise.all([hanging.start(), backend.start()]);
  hanging.failNext({ kind: "hang" }, Number.POSITIVE_INFINITY);
  const exporters = [];
  for (const [name, sink] of [
    ["hanging", hanging],
    ["backend", backend],
  ] as const) {
    const config = exporterConfig({ name, endpoint: sink.grpcUrl, timeoutMs: 60_000 });
    const exporter = await OtlpExporter.create(config, {
      sources: [queue.reader(name, "traces")],
      log: createLogger({ level: "fatal", format: "json" }, process.stderr),
      now: () => queues.time.now().steady,
      wallNow: () => queues.time.now().wall,
      random: () => 0.5,
      schedule: queues.time.schedule,
      version: "1.2.3",
    });
    exporter.start();
    exporters.push(exporter);
  }
  for (let number = 0; number < 20; number++) {
    await queue.append({ signal: "traces", bytes: traceRequest([{ route: `/${number}` }]), itemCount: 1 });
  }
  await queues.until(() => queue.queued("backend", "traces") === 0);
  assert.equal(backend.received.traces.itemCount, 20);
  assert.equal(queue.queued("hanging", "traces"), 20);
  assert.equal(queues.total("traces", "hanging", "dropped"), 0);
  const stopped = Promise.all(exporters.map((exporter) => exporter.stop(0)));
  await queues.time.advance(0);
  await stopped;
});
