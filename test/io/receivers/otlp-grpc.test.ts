import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import { connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { describe, mock, test } from "node:test";
import { gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import type { Verdict } from "../../../src/core/otlp/verdict.ts";
import { ReceiverError } from "../../../src/io/receivers/receiver-settings.ts";
import { BAD_REQUEST, decode, RETRY_INFO, RPC_STATUS, TRACE_RESPONSE } from "../../support/otlp-protobuf.ts";
import type { GrpcAnswer } from "./grpc-client.ts";
import { EXPORT_LOGS, EXPORT_METRICS, EXPORT_TRACES, RawGrpcClient } from "./grpc-client.ts";
import { someSettings, traceRequest } from "./receiver-samples.ts";
import { clockStands, OtlpGrpcReceiver } from "./receivers-under-test.ts";
import { RecordingDoor } from "./recording-door.ts";

type GrpcError = Extract<GrpcAnswer, { kind: "error" }>;

function errorOf(answer: GrpcAnswer): GrpcError {
  assert.ok(answer.kind === "error", "the call should have failed");
  return answer;
}

function statusDetails(error: GrpcError): { code: number; message: string; details: { value: Uint8Array }[] } {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  assert.ok(Buffer.isBuffer(bytes));
  return RPC_STATUS.toObject(RPC_STATUS.decode(bytes)) as ReturnType<typeof statusDetails>;
}

/** One gRPC message as it travels: whether it is packed, its length, its bytes. */
function frame(message: Uint8Array, packing: "packed" | "plain"): Buffer {
  const head = Buffer.alloc(5);
  head[0] = packing === "packed" ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

describe("taking requests over gRPC", () => {
  test("hands over the bytes of each signal unchanged and answers with an empty message", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    using client = new RawGrpcClient(receiver.address.port);
    const body = traceRequest("GET /a");
    for (const path of [EXPORT_TRACES, EXPORT_METRICS, EXPORT_LOGS]) {
      assert.deepEqual(await client.call(path, body), { kind: "ok", body: Buffer.alloc(0) });
    }
    assert.deepEqual(
      door.requests.map(({ signal, bytes }) => [signal, Buffer.from(bytes).equals(body)]),
      [
        ["traces", true],
        ["metrics", true],
        ["logs", true],
      ],
    );
    assert.match(door.requests[0]?.peer ?? "", /127\.0\.0\.1:\d+$/);
  });

  test("takes an empty request and one larger than gRPC's usual 4 MiB", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    using client = new RawGrpcClient(receiver.address.port);
    assert.equal((await client.call(EXPORT_TRACES, new Uint8Array())).kind, "ok");
    assert.equal((await client.call(EXPORT_TRACES, new Uint8Array(8_000_000))).kind, "ok");
    assert.deepEqual(
      door.requests.map(({ bytes }) => bytes.length),
      [0, 8_000_000],
    );
  });

  test("keeps 200 calls in flight on one connection", async () => {
    const door = new RecordingDoor();
    const { promise: allArrived, resolve } = Promise.withResolvers<void>();
    door.decide = async () => {
      if (door.requests.length === 200) resolve();
      await allArrived;
      return { kind: "accepted" };
    };
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    using client = new RawGrpcClient(receiver.address.port);
    const calls = Array.from({ length: 200 }, () => client.call(EXPORT_TRACES, traceRequest("a")));
    assert.ok((await Promise.all(calls)).every(({ kind }) => kind === "ok"));
  });
});

describe("telling verdicts over gRPC", () => {
  async function answerTo(verdict: Verdict): Promise<GrpcAnswer> {
    const door = new RecordingDoor();
    door.verdict = verdict;
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    using client = new RawGrpcClient(receiver.address.port);
    return await client.call(EXPORT_TRACES, traceRequest("a"));
  }

  test("a partial acceptance is a success that counts what was left out", async () => {
    const answer = await answerTo({ kind: "partial", rejected: 2, message: "2 spans have no id" });
    assert.ok(answer.kind === "ok");
    assert.deepEqual(decode(TRACE_RESPONSE, answer.body), {
      partialSuccess: { rejectedSpans: "2", errorMessage: "2 spans have no id" },
    });
  });

  test("a retry is UNAVAILABLE with RetryInfo", async () => {
    const error = errorOf(await answerTo({ kind: "retry", message: "the queue is full", retryAfterMs: 250 }));
    assert.equal(error.code, status.UNAVAILABLE);
    assert.equal(error.details, "the queue is full");
    const details = statusDetails(error);
    assert.equal(details.code, status.UNAVAILABLE);
    assert.deepEqual(decode(RETRY_INFO, details.details[0]?.value ?? new Uint8Array()), {
      retryDelay: { nanos: 250_000_000 },
    });
  });

  test("malformed is INVALID_ARGUMENT with a BadRequest", async () => {
    const error = errorOf(await answerTo({ kind: "refused", reason: "malformed", message: "ends too early" }));
    assert.equal(error.code, status.INVALID_ARGUMENT);
    assert.deepEqual(decode(BAD_REQUEST, statusDetails(error).details[0]?.value ?? new Uint8Array()), {
      fieldViolations: [{ description: "ends too early" }],
    });
  });

  test("a fault of ours is UNAVAILABLE for the sender and known to the door", async () => {
    const door = new RecordingDoor();
    door.decide = () => {
      throw new Error("ours");
    };
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    using client = new RawGrpcClient(receiver.address.port);
    assert.equal(errorOf(await client.call(EXPORT_TRACES, new Uint8Array())).code, status.UNAVAILABLE);
    assert.equal(door.failures.length, 1);
  });
});

describe("refusing over gRPC", () => {
  test("a caller without a token is UNAUTHENTICATED", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpGrpcReceiver.start(someSettings({ bearerTokens: ["t"] }), door);
    using client = new RawGrpcClient(receiver.address.port);
    assert.equal(errorOf(await client.call(EXPORT_TRACES, new Uint8Array())).code, status.UNAUTHENTICATED);
    assert.deepEqual(door.refusals, ["traces unauthenticated"]);
    assert.equal((await client.call(EXPORT_TRACES, new Uint8Array(), { authorization: "Bearer t" })).kind, "ok");
  });

  test("a message over the limit is RESOURCE_EXHAUSTED without RetryInfo, packed or not", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpGrpcReceiver.start(someSettings({ maxRequestBytes: 1000 }), door);
    using client = new RawGrpcClient(receiver.address.port);
    const error = errorOf(await client.call(EXPORT_TRACES, new Uint8Array(2000)));
    assert.equal(error.code, status.RESOURCE_EXHAUSTED);
    assert.deepEqual(error.metadata.get("grpc-status-details-bin"), []);

    const packed = gzipSync(Buffer.alloc(100_000));
    assert.ok(packed.length < 1000);
    assert.equal(await rawGrpcStatus(receiver.address.port, frame(packed, "packed")), status.RESOURCE_EXHAUSTED);
    assert.equal((await client.call(EXPORT_TRACES, new Uint8Array(1000))).kind, "ok");
    assert.deepEqual(door.refusals, ["traces too_large", "traces too_large"]);
  });

  test("a message far over the limit does not cost the caller its answer, nor the connection", async () => {
    await using receiver = await OtlpGrpcReceiver.start(someSettings({ maxRequestBytes: 1000 }), new RecordingDoor());
    using client = new RawGrpcClient(receiver.address.port);
    const large = new Uint8Array(20_000_000);
    const answers = await Promise.all(
      [large, new Uint8Array(10), large].map((body) => client.call(EXPORT_TRACES, body)),
    );
    assert.deepEqual(
      answers.map((answer) => (answer.kind === "ok" ? 0 : answer.code)),
      [status.RESOURCE_EXHAUSTED, 0, status.RESOURCE_EXHAUSTED],
    );
  });

  test("what is no proper message is INTERNAL, says why and is counted", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    const { port } = receiver.address;
    const damaged = gzipSync("telemetry").subarray(0, 12);
    assert.equal(await rawGrpcStatus(port, frame(damaged, "packed")), status.INTERNAL);
    assert.equal(await rawGrpcStatus(port, Buffer.alloc(0)), status.INTERNAL);
    assert.equal(await rawGrpcStatus(port, frame(traceRequest("a"), "plain").subarray(0, 7)), status.INTERNAL);
    const two = Buffer.concat([frame(traceRequest("a"), "plain"), frame(traceRequest("b"), "plain")]);
    assert.equal(await rawGrpcStatus(port, two), status.INTERNAL);
    assert.deepEqual(door.refusals, Array(4).fill("traces malformed"));
    assert.equal(await rawGrpcStatus(port, frame(gzipSync(traceRequest("a")), "packed")), status.OK);
  });

  test("a packing that is not known is UNIMPLEMENTED, another protocol is HTTP 415, and both are counted", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    const { port } = receiver.address;
    const message = frame(traceRequest("a"), "packed");
    assert.equal(await rawGrpcStatus(port, message, { "grpc-encoding": "snappy" }), status.UNIMPLEMENTED);
    assert.equal(await rawGrpcStatus(port, message, { "content-type": "application/json" }), "http 415");
    assert.deepEqual(door.refusals, ["traces unsupported_encoding", "none unsupported_media_type"]);
  });

  test("a message in any language reaches the caller", async () => {
    const door = new RecordingDoor();
    const message = "100 % falsch: Größe ungültig \u{1f512}\ud800";
    door.verdict = { kind: "refused", reason: "malformed", message };
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    using client = new RawGrpcClient(receiver.address.port);
    assert.equal(errorOf(await client.call(EXPORT_TRACES, new Uint8Array())).details, message.toWellFormed());
  });

  test("an unknown method is UNIMPLEMENTED, and counted", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    using client = new RawGrpcClient(receiver.address.port);
    const path = "/opentelemetry.proto.collector.trace.v1.TraceService/Import";
    assert.equal(errorOf(await client.call(path, new Uint8Array())).code, status.UNIMPLEMENTED);
    assert.deepEqual(door.refusals, ["none not_found"]);
  });
});

/** Sends one message by hand over HTTP/2 and returns the grpc-status of the answer, else the HTTP status. */
async function rawGrpcStatus(port: number, message: Buffer, headers: object = {}): Promise<number | string> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const usual = { "content-type": "application/grpc", te: "trailers", "grpc-encoding": "gzip" };
  const stream = session.request({ ":method": "POST", ":path": EXPORT_TRACES, ...usual, ...headers });
  const { promise, resolve } = Promise.withResolvers<number | string>();
  stream.on("response", (answer) => {
    if (answer[":status"] !== 200) resolve(`http ${answer[":status"]}`);
    if (answer["grpc-status"] !== undefined) resolve(Number(answer["grpc-status"]));
  });
  stream.on("trailers", (trailers: IncomingHttpHeaders) => resolve(Number(trailers["grpc-status"])));
  stream.on("error", () => {});
  stream.resume();
  stream.end(message);
  const outcome = await promise;
  session.destroy();
  return outcome;
}

describe("health over gRPC", () => {
  const path = "/grpc.health.v1.Health/Check";

  test("is SERVING for the server and each service, and NOT_FOUND for others, without a token", async () => {
    await using receiver = await OtlpGrpcReceiver.start(someSettings({ bearerTokens: ["t"] }), new RecordingDoor());
    using client = new RawGrpcClient(receiver.address.port);
    const asking = (service: string) => Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);
    const serving = { kind: "ok", body: Buffer.from([8, 1]) };
    assert.deepEqual(await client.call(path, new Uint8Array()), serving);
    assert.deepEqual(await client.call(path, asking("opentelemetry.proto.collector.logs.v1.LogsService")), serving);
    assert.equal(errorOf(await client.call(path, asking("other"))).code, status.NOT_FOUND);
  });
});

describe("callers that behave badly", () => {
  test("one that cancels, one that resets and one that speaks no HTTP/2 harm nobody", async () => {
    const door = new RecordingDoor();
    const { promise: arrived, resolve: hasArrived } = Promise.withResolvers<void>();
    const { promise: decided, resolve: decide } = Promise.withResolvers<Verdict>();
    door.decide = () => {
      hasArrived();
      return decided;
    };
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    const { port } = receiver.address;
    using client = new RawGrpcClient(port);
    await client.cancelled(EXPORT_TRACES, traceRequest("a"), arrived);

    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const headers = { ":method": "POST", ":path": EXPORT_TRACES, "content-type": "application/grpc" };
    const stream = session.request(headers);
    stream.on("error", () => {});
    stream.write(frame(traceRequest("a"), "plain").subarray(0, 7));
    await once(session, "connect");
    session.socket.destroy();

    const stranger = connect(port, "127.0.0.1");
    stranger.on("error", () => {});
    stranger.write("GET / HTTP/1.1\r\n\r\n");
    stranger.resume();
    await once(stranger, "close");

    decide({ kind: "accepted" });
    assert.equal((await client.call(EXPORT_TRACES, traceRequest("a"))).kind, "ok");
    assert.deepEqual(door.failures, []);
  });
});

describe("slow callers", () => {
  test("one that never finishes its message is cut off after a minute", { skip: clockStands() }, async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    await using receiver = await OtlpGrpcReceiver.start(someSettings(), new RecordingDoor());
    const session = connectHttp2(`http://127.0.0.1:${receiver.address.port}`);
    const headers = { ":method": "POST", ":path": EXPORT_TRACES, "content-type": "application/grpc" };
    const stream = session.request(headers);
    stream.on("error", () => {});
    stream.write(frame(traceRequest("a"), "plain").subarray(0, 7));
    // A later call of the same connection has been answered: the first one has begun.
    await once(session.request(headers).end(frame(traceRequest("b"), "plain")), "response");
    mock.timers.tick(60_000);
    await once(stream, "close");
    assert.equal(stream.rstCode, constants.NGHTTP2_CANCEL);
    mock.timers.reset();
    session.destroy();
  });
});

describe("starting and stopping", () => {
  test("a taken port is an error that names the port and the setting", async () => {
    await using first = await OtlpGrpcReceiver.start(someSettings(), new RecordingDoor());
    const { port } = first.address;
    const settings = someSettings({ port, settingName: "receivers.grpc.endpoint" });
    await assert.rejects(OtlpGrpcReceiver.start(settings, new RecordingDoor()), (error: unknown) => {
      assert.ok(error instanceof ReceiverError);
      assert.equal(error.kind, "port_taken");
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port} \\(receivers\\.grpc\\.endpoint\\)`));
      return true;
    });
  });

  test("stopping lets the call under way finish", async () => {
    const door = new RecordingDoor();
    const { promise: arrived, resolve: hasArrived } = Promise.withResolvers<void>();
    const { promise: decided, resolve: decide } = Promise.withResolvers<Verdict>();
    door.decide = () => {
      hasArrived();
      return decided;
    };
    const receiver = await OtlpGrpcReceiver.start(someSettings(), door);
    using client = new RawGrpcClient(receiver.address.port);
    const answer = client.call(EXPORT_TRACES, new Uint8Array());
    await arrived;
    const stopped = receiver[Symbol.asyncDispose]();
    decide({ kind: "accepted" });
    assert.equal((await answer).kind, "ok");
    await stopped;
  });
});
