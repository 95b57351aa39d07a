import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ServiceError } from "@grpc/grpc-js";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { OtlpSink } from "../../../src/io/stand-ins/otlp-sink.ts";
import type { SinkFault } from "../../../src/io/stand-ins/otlp-sink-exchange.ts";
import {
  decode,
  encode,
  LOGS_REQUEST,
  METRICS_REQUEST,
  RETRY_INFO,
  RPC_STATUS,
  TRACE_REQUEST,
  TRACE_RESPONSE,
} from "../../support/otlp-protobuf.ts";

const TRACE_METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const PROTOBUF = "application/x-protobuf";

const SPAN = {
  traceId: Buffer.from("5b8efff798038103d269b633813fc60c", "hex"),
  spanId: Buffer.from("eee19b7ec3c1b174", "hex"),
  name: "POST /login",
  kind: 2,
  startTimeUnixNano: "1544712660000000001",
  endTimeUnixNano: "1544712661000000001",
  status: { code: 2 },
  attributes: [
    { key: "http.response.status_code", value: { intValue: "401" } },
    { key: "tags", value: { arrayValue: { values: [{ stringValue: "a" }, { boolValue: true }, {}] } } },
    { key: "map", value: { kvlistValue: { values: [{ key: "ratio", value: { doubleValue: 0.5 } }] } } },
  ],
};
const RESOURCE = { attributes: [{ key: "service.name", value: { stringValue: "auth" } }] };
const TRACES = encode(TRACE_REQUEST, {
  resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: { name: "http" }, spans: [SPAN, SPAN] }] }],
});

describe("what is sent is received, decoded and counted", () => {
  test("over gRPC", async () => {
    await using sink = await startSink();
    const metadata = new Metadata();
    metadata.set("x-tenant", "blue");
    assert.equal((await exportGrpc(sink, TRACES, metadata)).length, 0);
    assertReceived(sink);
    assert.equal(sink.requests[0]?.protocol, "grpc");
    assert.equal(sink.requests[0].headers["x-tenant"], "blue");
  });

  test("over HTTP as protobuf, plain and gzip", async () => {
    await using sink = await startSink();
    const response = await exportHttp(sink, "traces", TRACES, { "content-type": PROTOBUF });
    assert.deepEqual([response.status, response.headers.get("content-type")], [200, PROTOBUF]);
    assert.equal((await response.arrayBuffer()).byteLength, 0);
    assertReceived(sink);
    const zipped = await promisify(gzip)(TRACES);
    await exportHttp(sink, "traces", zipped, { "content-type": PROTOBUF, "content-encoding": "gzip" });
    assert.deepEqual(sink.requests[1]?.bytes, sink.requests[0]?.bytes);
  });

  test("over HTTP as JSON", async () => {
    await using sink = await startSink();
    const spans = [{ name: "GET /", traceId: "5b8efff798038103d269b633813fc60c" }];
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const response = await exportHttp(sink, "traces", body, { "content-type": "application/json; charset=utf-8" });
    assert.deepEqual([response.status, await response.text()], [200, "{}"]);
    assert.equal(sink.spans[0]?.name, "GET /");
  });

  test("log records and data points", async () => {
    await using sink = await startSink();
    const record = { eventName: "authspike.alert.firing", severityNumber: 17, body: { stringValue: "401s" } };
    const logs = encode(LOGS_REQUEST, { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
    const gauge = { dataPoints: [{ asDouble: 1 }, { asInt: "2" }] };
    const metrics = encode(METRICS_REQUEST, { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge }] }] }] });
    await exportHttp(sink, "logs", logs, { "content-type": PROTOBUF });
    await exportHttp(sink, "metrics", metrics, { "content-type": PROTOBUF });
    assert.deepEqual([sink.received.logs.itemCount, sink.received.metrics.itemCount], [1, 2]);
    const { eventName, severityNumber, body } = sink.logRecords[0] ?? {};
    assert.deepEqual(
      { eventName, severityNumber, body },
      { eventName: record.eventName, severityNumber: 17, body: "401s" },
    );
  });

  test("listeners hear of each span until they leave, and waiting ends with what was awaited", async () => {
    await using sink = await startSink();
    const names: string[] = [];
    const leave = sink.onSpan((span) => names.push(span.name));
    const waited = sink.waitFor(() => sink.received.traces.itemCount >= 4);
    await exportGrpc(sink, TRACES);
    leave();
    await exportGrpc(sink, TRACES);
    await waited;
    assert.deepEqual(names, ["POST /login", "POST /login"]);
  });

  test("a sink that only counts keeps nothing", async () => {
    await using sink = await startSink({ keep: "counts" });
    await exportGrpc(sink, TRACES);
    assert.deepEqual([sink.received.traces.itemCount, sink.spans.length, sink.requests.length], [2, 0, 0]);
  });
});

describe("faults over gRPC", () => {
  const statuses: readonly (readonly [SinkFault, status, string | undefined])[] = [
    [{ kind: "unavailable" }, status.UNAVAILABLE, undefined],
    [{ kind: "unavailable", retryAfterMs: 1500 }, status.UNAVAILABLE, "1.500000000"],
    [{ kind: "throttled" }, status.RESOURCE_EXHAUSTED, undefined],
    [{ kind: "throttled", retryAfterMs: 2000 }, status.RESOURCE_EXHAUSTED, "2.000000000"],
    [{ kind: "refused", message: "no" }, status.INVALID_ARGUMENT, undefined],
  ];
  for (const [fault, code, delay] of statuses) {
    test(`${JSON.stringify(fault)} is status ${code}`, async () => {
      await using sink = await startSink();
      sink.failNext(fault);
      const error = await refusalOf(exportGrpc(sink, TRACES));
      assert.deepEqual([error.code, retryDelay(error.metadata)], [code, delay]);
      assert.equal(sink.received.traces.requestCount, 0);
      await exportGrpc(sink, TRACES);
      assert.deepEqual([sink.attemptCount, sink.received.traces.requestCount], [2, 1]);
    });
  }

  test("a partial success is an answer, and what it rejects is not counted", async () => {
    await using sink = await startSink();
    sink.failNext({ kind: "partial", rejected: 1, message: "one was bad" });
    assert.deepEqual(decode(TRACE_RESPONSE, await exportGrpc(sink, TRACES)), {
      partialSuccess: { rejectedSpans: "1", errorMessage: "one was bad" },
    });
    assert.equal(sink.received.traces.itemCount, 1);
  });

  test("a reset ends the call, before or after the request was taken, and the next one is served", async () => {
    await using sink = await startSink();
    sink.failNext({ kind: "reset" });
    await refusalOf(exportGrpc(sink, TRACES));
    assert.equal(sink.received.traces.requestCount, 0);
    sink.failNext({ kind: "reset-after-accepting" });
    await refusalOf(exportGrpc(sink, TRACES));
    await exportGrpc(sink, TRACES);
    assert.equal(sink.received.traces.requestCount, 2);
  });

  test("a call that hangs ends when the sink does", async () => {
    const sink = await startSink();
    sink.failNext({ kind: "hang" });
    const call = refusalOf(exportGrpc(sink, TRACES));
    await sink.waitFor(() => sink.attemptCount === 1);
    await Promise.all([call, sink[Symbol.asyncDispose]()]);
  });

  test("bytes that are no request are refused for good", async () => {
    await using sink = await startSink();
    const error = await refusalOf(exportGrpc(sink, Uint8Array.of(0x0a, 9, 1)));
    assert.equal(error.code, status.INVALID_ARGUMENT);
  });
});

describe("faults over HTTP", () => {
  const statuses: readonly (readonly [SinkFault, number, string | null])[] = [
    [{ kind: "unavailable" }, 503, null],
    [{ kind: "unavailable", retryAfterMs: 1500 }, 503, "2"],
    [{ kind: "throttled", retryAfterMs: 30_000 }, 429, "30"],
    [{ kind: "refused", message: "no" }, 400, null],
  ];
  for (const [fault, code, retryAfter] of statuses) {
    test(`${JSON.stringify(fault)} is a ${code} with a Status in the encoding of the request`, async () => {
      await using sink = await startSink();
      sink.failNext(fault, 2);
      const protobuf = await exportHttp(sink, "traces", TRACES, { "content-type": PROTOBUF });
      assert.deepEqual([protobuf.status, protobuf.headers.get("retry-after")], [code, retryAfter]);
      const answer = decode(RPC_STATUS, new Uint8Array(await protobuf.arrayBuffer())) as { message: string };
      const json = await exportHttp(sink, "traces", "{}", { "content-type": "application/json" });
      assert.equal(json.status, code);
      assert.equal(((await json.json()) as { message: string }).message, answer.message);
      assert.equal(sink.received.traces.requestCount, 0);
    });
  }

  test("a partial success names the items of its signal", async () => {
    await using sink = await startSink();
    sink.failNext({ kind: "partial", rejected: 0, message: "slow down" });
    const response = await exportHttp(sink, "logs", "{}", { "content-type": "application/json" });
    assert.deepEqual(await response.json(), { partialSuccess: { rejectedLogRecords: "0", errorMessage: "slow down" } });
  });

  test("a reset breaks the connection and a hanging request ends when the sink does", async () => {
    const sink = await startSink();
    sink.failNext({ kind: "reset-after-accepting" });
    sink.failNext({ kind: "hang" });
    await assert.rejects(exportHttp(sink, "traces", "{}", { "content-type": "application/json" }));
    assert.equal(sink.received.traces.requestCount, 1);
    const call = exportHttp(sink, "traces", "{}", { "content-type": "application/json" });
    await sink.waitFor(() => sink.attemptCount === 2);
    await Promise.all([assert.rejects(call), sink[Symbol.asyncDispose]()]);
  });

  test("what no backend would take is refused", async () => {
    await using sink = await startSink();
    const json = { "content-type": "application/json" };
    assert.equal((await exportHttp(sink, "traces", '{"resourceSpans": 1}', json)).status, 400);
    assert.equal((await exportHttp(sink, "traces", "{}", { "content-type": "text/plain" })).status, 415);
    assert.equal((await exportHttp(sink, "profiles", "{}", json)).status, 404);
    assert.equal((await exportHttp(sink, "traces", "{}", { ...json, "content-encoding": "gzip" })).status, 400);
    const get = await fetch(`${sink.httpUrl}/v1/traces`, { headers: json });
    assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST"]);
    assert.equal(sink.attemptCount, 0);
  });
});

async function startSink(options: ConstructorParameters<typeof OtlpSink>[0] = {}): Promise<OtlpSink> {
  const sink = new OtlpSink(options);
  await sink.start();
  return sink;
}

async function exportGrpc(sink: OtlpSink, bytes: Uint8Array, metadata = new Metadata()): Promise<Buffer> {
  const client = new Client(new URL(sink.grpcUrl).host, credentials.createInsecure());
  const asIs = (value: Buffer) => value;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  client.makeUnaryRequest(TRACE_METHOD, asIs, asIs, Buffer.from(bytes), metadata, (error, answer) => {
    client.close();
    if (error === null) resolve(answer ?? Buffer.alloc(0));
    else reject(error);
  });
  return await promise;
}

async function refusalOf(call: Promise<unknown>): Promise<ServiceError> {
  const error: unknown = await call.then(
    () => assert.fail("the call was expected to fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error && "code" in error, String(error));
  return error as ServiceError;
}

function retryDelay(metadata: Metadata): string | undefined {
  const [packed] = metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(packed)) return undefined;
  const { details } = decode(RPC_STATUS, packed) as { details: { type_url: string; value: string }[] };
  assert.equal(details[0]?.type_url, "type.googleapis.com/google.rpc.RetryInfo");
  const info = decode(RETRY_INFO, Buffer.from(details[0].value, "hex")) as {
    retryDelay: { seconds: string; nanos?: number };
  };
  return `${info.retryDelay.seconds}.${String(info.retryDelay.nanos ?? 0).padStart(9, "0")}`;
}

async function exportHttp(
  sink: OtlpSink,
  signal: string,
  body: Uint8Array | string,
  headers: Record<string, string>,
): Promise<Response> {
  return await fetch(`${sink.httpUrl}/v1/${signal}`, { method: "POST", headers, body: Buffer.from(body) });
}

function assertReceived(sink: OtlpSink): void {
  assert.deepEqual(sink.received.traces, { requestCount: 1, itemCount: 2, byteCount: TRACES.length });
  assert.deepEqual(Buffer.from(sink.requests[0]?.bytes ?? []), Buffer.from(TRACES));
  const [span] = sink.spans;
  assert.ok(span !== undefined);
  const { json: _, ...plain } = span;
  assert.deepEqual(plain, {
    traceId: "5b8efff798038103d269b633813fc60c",
    spanId: "eee19b7ec3c1b174",
    parentSpanId: "",
    name: "POST /login",
    kind: 2,
    statusCode: 2,
    startTimeUnixNano: 1544712660000000001n,
    endTimeUnixNano: 1544712661000000001n,
    attributes: { "http.response.status_code": 401, tags: ["a", true, null], map: { ratio: 0.5 } },
    resource: { "service.name": "auth" },
    scopeName: "http",
  });
}
