import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrafficEvent, TrafficOptions } from "../../src/cli/traffic.ts";
import { runTraffic } from "../../src/cli/traffic.ts";
import { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import { commandWorld } from "../support/command-world.ts";

const OPTIONS: TrafficOptions = {
  scenario: "stuffing",
  grpc: null,
  http: null,
  rate: 500,
  durationMs: 400,
  troubleAfterMs: 100,
  troubleForMs: 100,
  seed: 1,
  testHosts: [],
  output: "ndjson",
};

async function traffic(options: Partial<TrafficOptions>) {
  const world = commandWorld();
  const code = await runTraffic({ ...OPTIONS, ...options }, world.context);
  return { code, printed: world.printed(), complained: world.complained() };
}

const events = (printed: string) =>
  printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as TrafficEvent);

test("what was sent over gRPC and HTTP is what arrived, and the report says so", async () => {
  await using sink = new OtlpSink();
  await sink.start();
  const { code, printed } = await traffic({ grpc: sink.grpcUrl, http: sink.httpUrl });
  assert.equal(code, 0);
  const told = events(printed);
  assert.deepEqual(
    told.map(({ event }) => event),
    ["started", "trouble_begins", "trouble_ends", "finished"],
  );
  const report = told.at(-1);
  assert(report?.event === "finished");
  assert.equal(report.acknowledged, sink.received.traces.itemCount);
  assert.equal(report.spans, report.acknowledged);
  assert.ok((report.perLane["grpc"] ?? 0) > 0 && (report.perLane["http"] ?? 0) > 0);
  assert.ok(report.unauthenticated > 10);
});

test("a target that fails for a moment is tried again", async () => {
  await using sink = new OtlpSink();
  await sink.start();
  sink.failNext({ kind: "unavailable" }, 2);
  const { code, printed } = await traffic({ http: sink.httpUrl });
  const report = events(printed).at(-1);
  assert(report?.event === "finished");
  assert.deepEqual([code, report.failed], [0, 0]);
});

test("people are told in sentences", async () => {
  await using sink = new OtlpSink();
  await sink.start();
  const { printed } = await traffic({ http: sink.httpUrl, output: "text" });
  assert.match(printed, /^ {3}0\.0s {2}500 requests a second for 0\.4s to HTTP http:\/\/127\.0\.0\.1:\d+\n/);
  assert.match(printed, /\n {3}0\.1s {2}trouble begins: credential stuffing on POST \/login from 40 addresses\n/);
  assert.match(printed, /\n +[\d,]+ spans acknowledged \([\d,]+ over http\)\n$/);
});

test("what cannot be done is refused at once, all of it in one go", async () => {
  const { code, complained } = await traffic({ http: "http://example.com:4318", rate: 0, durationMs: 1e9 });
  assert.equal(code, 2);
  assert.match(complained, /^example\.com is neither this machine nor a test host/);
  assert.match(complained, /\n--rate must be .*\n--duration must be .*\n$/);
  assert.match((await traffic({})).complained, /^traffic needs a target/);
});
