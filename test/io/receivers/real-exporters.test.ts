import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { SpanKind } from "@opentelemetry/api";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Verdict } from "../../../src/core/otlp/verdict.ts";
import { decode, TRACE_REQUEST } from "../../support/otlp-protobuf.ts";
import { someSettings } from "./receiver-samples.ts";
import type { Receiver } from "./receivers-under-test.ts";
import { OtlpGrpcReceiver, OtlpHttpReceiver } from "./receivers-under-test.ts";
import { RecordingDoor } from "./recording-door.ts";

function someSpans(count: number): readonly ReadableSpan[] {
  const memory = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] });
  const tracer = provider.getTracer("test");
  for (let index = 0; index < count; index++) {
    const attributes = { "http.route": "/login", "http.response.status_code": 401 };
    tracer.startSpan(`POST /login ${index}`, { kind: SpanKind.SERVER, attributes }).end();
  }
  return memory.getFinishedSpans();
}

/** Sends as the SDK does and returns 0 for success, 1 for failure. */
async function send(exporter: SpanExporter, spans: readonly ReadableSpan[]): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  exporter.export([...spans], ({ code }) => resolve(code));
  const code = await promise;
  await exporter.shutdown();
  return code;
}

function namesIn(bytes: Uint8Array | undefined): readonly string[] {
  type Request = { resourceSpans: { scopeSpans: { spans: { name: string; kind: number }[] }[] }[] };
  const request = decode(TRACE_REQUEST, bytes ?? new Uint8Array()) as Request;
  return request.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
  );
}

type Case = {
  readonly name: string;
  readonly Receiver: Receiver;
  readonly exporterTo: (port: number) => SpanExporter;
};

const cases: readonly Case[] = [
  {
    name: "gRPC",
    Receiver: OtlpGrpcReceiver,
    exporterTo: (port) => new GrpcExporter({ url: `http://localhost:${port}` }),
  },
  {
    name: "HTTP with protobuf",
    Receiver: OtlpHttpReceiver,
    exporterTo: (port) => new ProtobufExporter({ url: `http://localhost:${port}/v1/traces` }),
  },
  {
    name: "HTTP with JSON",
    Receiver: OtlpHttpReceiver,
    exporterTo: (port) => new JsonExporter({ url: `http://localhost:${port}/v1/traces` }),
  },
];

describe("the OpenTelemetry SDK for Node", () => {
  afterEach(() => {
    delete process.env["OTEL_EXPORTER_OTLP_COMPRESSION"];
  });

  for (const { name, Receiver, exporterTo } of cases) {
    for (const compression of ["none", "gzip"]) {
      test(`delivers over ${name}, compression ${compression}`, async () => {
        process.env["OTEL_EXPORTER_OTLP_COMPRESSION"] = compression;
        const door = new RecordingDoor();
        await using receiver = await Receiver.start(someSettings({ host: "localhost" }), door);
        assert.equal(await send(exporterTo(receiver.address.port), someSpans(50)), 0);
        assert.deepEqual(
          namesIn(door.requests[0]?.bytes),
          Array.from({ length: 50 }, (_, index) => `POST /login ${index}`),
        );
        assert.deepEqual(door.refusals, []);
      });
    }

    test(`does not send again over ${name} what was refused for good`, async () => {
      const door = new RecordingDoor();
      door.verdict = { kind: "refused", reason: "malformed", message: "no" };
      await using receiver = await Receiver.start(someSettings(), door);
      assert.equal(await send(exporterTo(receiver.address.port), someSpans(1)), 1);
      assert.equal(door.requests.length, 1);
    });
  }

  test("sends again over HTTP what was refused for now", async () => {
    const door = new RecordingDoor();
    const verdicts: Verdict[] = [{ kind: "retry", message: "busy", retryAfterMs: 10 }];
    door.decide = () => verdicts.pop() ?? { kind: "accepted" };
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const exporter = new ProtobufExporter({ url: `http://127.0.0.1:${receiver.address.port}/v1/traces` });
    assert.equal(await send(exporter, someSpans(1)), 0);
    assert.equal(door.requests.length, 2);
  });
});
