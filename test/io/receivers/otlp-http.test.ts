import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent } from "node:http";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Verdict } from "../../../src/core/otlp/verdict.ts";
import { ReceiverError } from "../../../src/io/receivers/receiver-settings.ts";
import {
  BAD_REQUEST,
  decode,
  METRICS_RESPONSE,
  RETRY_INFO,
  RPC_STATUS,
  TRACE_REQUEST,
  TRACE_RESPONSE,
} from "../../support/otlp-protobuf.ts";
import type { HttpAnswer } from "./http-client.ts";
import { ask } from "./http-client.ts";
import { someSettings, TRACE_REQUEST_JSON, traceRequest } from "./receiver-samples.ts";
import { OtlpHttpReceiver } from "./receivers-under-test.ts";
import { RecordingDoor } from "./recording-door.ts";

const protobuf = { "content-type": "application/x-protobuf" };
const json = { "content-type": "application/json" };

function jsonOf(answer: HttpAnswer): Record<string, unknown> {
  assert.equal(answer.headers["content-type"], "application/json");
  return JSON.parse(answer.body.toString()) as Record<string, unknown>;
}

describe("taking requests over HTTP", () => {
  test("hands over the bytes of a protobuf request unchanged and answers with an empty body", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const body = traceRequest("GET /a");
    const answer = await ask({ port: receiver.address.port, headers: protobuf, body });
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers["content-type"], "application/x-protobuf");
    assert.equal(answer.body.length, 0);
    assert.ok(door.requests[0]);
    assert.deepEqual(Buffer.from(door.requests[0].bytes), Buffer.from(body));
    assert.equal(door.requests[0].signal, "traces");
    assert.match(door.requests[0].peer, /^127\.0\.0\.1:\d+$/);
  });

  test("knows the signal by the path, whatever follows a question mark", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    for (const path of ["/v1/metrics", "/v1/logs?tenant=a"]) {
      await ask({ port: receiver.address.port, headers: protobuf, path, body: "" });
    }
    assert.deepEqual(
      door.requests.map(({ signal }) => signal),
      ["metrics", "logs"],
    );
  });

  test("transcodes JSON, whose content type may have parameters, and answers in JSON", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const headers = { "content-type": "Application/JSON; charset=utf-8" };
    const answer = await ask({ port: receiver.address.port, headers, body: TRACE_REQUEST_JSON });
    assert.deepEqual(jsonOf(answer), {});
    assert.deepEqual(decode(TRACE_REQUEST, door.requests[0]?.bytes ?? new Uint8Array()), {
      resourceSpans: [{ scopeSpans: [{ spans: [{ name: "GET /json", kind: 2 }] }] }],
    });
  });

  test("takes empty requests in either encoding", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const questions = [
      { headers: protobuf, body: "" },
      { headers: json, body: "{}" },
      { headers: json, body: "" },
    ];
    for (const question of questions) {
      const answer = await ask({ port: receiver.address.port, ...question });
      assert.equal(answer.statusCode, 200);
    }
    assert.deepEqual(
      door.requests.map(({ bytes }) => bytes.length),
      [0, 0, 0],
    );
  });

  for (const [name, headers, pack] of [
    ["gzip", { "content-encoding": "gzip" }, gzipSync],
    ["zstd", { "content-encoding": "zstd" }, zstdCompressSync],
    ["deflate", { "content-encoding": "deflate" }, deflateSync],
    ["identity", { "content-encoding": "identity" }, (bytes: Uint8Array) => bytes],
    ["several gzip members", { "content-encoding": "GZIP" }, gzipInTwo],
  ] as const) {
    test(`unpacks ${name}, small and large`, async () => {
      const door = new RecordingDoor();
      await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
      for (const body of [traceRequest("GET /a"), traceRequest("x".repeat(3_000_000))]) {
        const question = { port: receiver.address.port, headers: { ...protobuf, ...headers }, body: pack(body) };
        assert.equal((await ask(question)).statusCode, 200);
        assert.ok(Buffer.from(door.requests.at(-1)?.bytes ?? []).equals(body));
      }
    });
  }

  test("keeps 200 requests in flight at once", async () => {
    const door = new RecordingDoor();
    const { promise: allArrived, resolve } = Promise.withResolvers<void>();
    door.decide = async () => {
      if (door.requests.length === 200) resolve();
      await allArrived;
      return { kind: "accepted" };
    };
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const answers = await Promise.all(
      Array.from({ length: 200 }, () =>
        ask({ port: receiver.address.port, headers: protobuf, body: traceRequest("a") }),
      ),
    );
    assert.ok(answers.every(({ statusCode }) => statusCode === 200));
  });
});

function gzipInTwo(bytes: Uint8Array): Uint8Array {
  const middle = bytes.length >> 1;
  return Buffer.concat([gzipSync(bytes.subarray(0, middle)), gzipSync(bytes.subarray(middle))]);
}

describe("telling verdicts over HTTP", () => {
  async function answerTo(verdict: Verdict, question: object): Promise<HttpAnswer> {
    const door = new RecordingDoor();
    door.verdict = verdict;
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    return await ask({ port: receiver.address.port, headers: protobuf, body: "", ...question });
  }

  test("a partial acceptance is a success that counts what was left out, by the signal's own name", async () => {
    const partial: Verdict = { kind: "partial", rejected: 3, message: "3 spans have no trace id" };
    const traces = await answerTo(partial, {});
    assert.equal(traces.statusCode, 200);
    assert.deepEqual(decode(TRACE_RESPONSE, traces.body), {
      partialSuccess: { rejectedSpans: "3", errorMessage: "3 spans have no trace id" },
    });
    const metrics = await answerTo(partial, { path: "/v1/metrics" });
    assert.deepEqual(
      Object.keys((decode(METRICS_RESPONSE, metrics.body) as { partialSuccess: object }).partialSuccess),
      ["rejectedDataPoints", "errorMessage"],
    );
    const logs = await answerTo(partial, { path: "/v1/logs", headers: json });
    assert.deepEqual(jsonOf(logs), {
      partialSuccess: { rejectedLogRecords: "3", errorMessage: "3 spans have no trace id" },
    });
  });

  test("a retry is 503 with Retry-After in whole seconds, and RetryInfo exactly", async () => {
    const retry: Verdict = { kind: "retry", message: "the queue is full", retryAfterMs: 1500 };
    const answer = await answerTo(retry, {});
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.headers["retry-after"], "2");
    const status = RPC_STATUS.toObject(RPC_STATUS.decode(answer.body)) as {
      code: number;
      message: string;
      details: { type_url?: string; typeUrl?: string; value: Uint8Array }[];
    };
    assert.equal(status.code, 14);
    assert.equal(status.message, "the queue is full");
    const [detail] = status.details;
    assert.ok(detail);
    assert.equal(detail.typeUrl ?? detail.type_url, "type.googleapis.com/google.rpc.RetryInfo");
    assert.deepEqual(decode(RETRY_INFO, detail.value), { retryDelay: { seconds: "1", nanos: 500_000_000 } });
    assert.deepEqual(jsonOf(await answerTo(retry, { headers: json, body: "{}" })), {
      code: 14,
      message: "the queue is full",
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1.5s" }],
    });
  });

  test("malformed is 400 with a BadRequest that says what is wrong", async () => {
    const answer = await answerTo({ kind: "refused", reason: "malformed", message: "span 3 ends too early" }, {});
    assert.equal(answer.statusCode, 400);
    const status = RPC_STATUS.toObject(RPC_STATUS.decode(answer.body)) as { details: { value: Uint8Array }[] };
    assert.deepEqual(decode(BAD_REQUEST, status.details[0]?.value ?? new Uint8Array()), {
      fieldViolations: [{ description: "span 3 ends too early" }],
    });
  });

  test("a fault of ours is a retry for the sender and known to the door", async () => {
    const door = new RecordingDoor();
    const fault = new Error("ours");
    door.decide = () => Promise.reject(fault);
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const answer = await ask({ port: receiver.address.port, headers: protobuf, body: "" });
    assert.equal(answer.statusCode, 503);
    assert.deepEqual(door.failures, [fault]);
  });
});

describe("refusing over HTTP", () => {
  const cases = [
    { name: "another path", question: { path: "/v1/profiles" }, statusCode: 404, refusal: "none not_found" },
    { name: "another method", question: { method: "GET" }, statusCode: 405, refusal: "traces method_not_allowed" },
    {
      name: "another content type",
      question: { headers: { "content-type": "text/plain" } },
      statusCode: 415,
      refusal: "traces unsupported_media_type",
    },
    { name: "no content type", question: { headers: {} }, statusCode: 415, refusal: "traces unsupported_media_type" },
    {
      name: "another content encoding",
      question: { headers: { ...json, "content-encoding": "br" } },
      statusCode: 415,
      refusal: "traces unsupported_encoding",
    },
    { name: "broken JSON", question: { body: '{"resourceSpans": [' }, statusCode: 400, refusal: "traces malformed" },
    {
      name: "damaged gzip",
      question: { headers: { ...json, "content-encoding": "gzip" }, body: gzipSync("{}").subarray(0, 15) },
      statusCode: 400,
      refusal: "traces malformed",
    },
    {
      name: "a body over the limit",
      question: { body: "x".repeat(2000) },
      statusCode: 413,
      refusal: "traces too_large",
    },
    {
      name: "a body over the limit that does not say so",
      question: { headers: { ...json, "transfer-encoding": "chunked" }, body: "x".repeat(200_000) },
      statusCode: 413,
      refusal: "traces too_large",
    },
    {
      name: "a body over the limit once unpacked",
      question: { headers: { ...json, "content-encoding": "gzip" }, body: gzipSync("x".repeat(2000)) },
      statusCode: 413,
      refusal: "traces too_large",
    },
  ];
  for (const { name, question, statusCode, refusal } of cases) {
    test(`${name} is ${statusCode}, told as a Status, and the connection stays usable`, async () => {
      const door = new RecordingDoor();
      await using receiver = await OtlpHttpReceiver.start(someSettings({ maxRequestBytes: 1000 }), door);
      const { port } = receiver.address;
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const refused = await ask({ port, agent, headers: json, ...question });
      assert.equal(refused.statusCode, statusCode);
      const status = jsonOf(refused);
      assert.ok(typeof status["message"] === "string" && status["message"].length > 5);
      assert.deepEqual(door.refusals, [refusal]);
      assert.equal(door.requests.length, 0);

      const taken = await ask({ port, agent, headers: protobuf, body: traceRequest("GET /a") });
      assert.equal(taken.statusCode, 200);
      agent.destroy();
    });
  }

  test("says in headers what would be accepted", async () => {
    await using receiver = await OtlpHttpReceiver.start(someSettings({ bearerTokens: ["t"] }), new RecordingDoor());
    const { port } = receiver.address;
    assert.equal((await ask({ port, method: "PUT" })).headers.allow, "POST");
    assert.equal((await ask({ port })).headers["www-authenticate"], "Bearer");
    const headers = { ...protobuf, authorization: "Bearer t", "content-encoding": "br" };
    assert.equal((await ask({ port, headers })).headers["accept-encoding"], "gzip, zstd, deflate, identity");
  });

  test("tells the refusal in protobuf to a sender of protobuf", async () => {
    await using receiver = await OtlpHttpReceiver.start(someSettings({ bearerTokens: ["t"] }), new RecordingDoor());
    const answer = await ask({ port: receiver.address.port, headers: protobuf });
    assert.equal(answer.statusCode, 401);
    assert.equal(answer.headers["content-type"], "application/x-protobuf");
    assert.deepEqual(decode(RPC_STATUS, answer.body), { code: 16, message: "a valid bearer token is required" });
  });

  test("lets in whoever has one of the tokens", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpHttpReceiver.start(someSettings({ bearerTokens: ["one", "two"] }), door);
    const statusOf = async (authorization: string) =>
      (await ask({ port: receiver.address.port, headers: { ...protobuf, authorization } })).statusCode;
    assert.equal(await statusOf("Bearer one"), 200);
    assert.equal(await statusOf("bearer two"), 200);
    for (const wrong of ["Bearer three", "Bearer", "Basic one", "one", ""])
      assert.equal(await statusOf(wrong), 401, wrong);
  });

  test("gives up a gzip bomb at the limit with flat memory", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpHttpReceiver.start(someSettings({ maxRequestBytes: 4 * 1024 * 1024 }), door);
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
    const before = process.memoryUsage().rss;
    const headers = { ...protobuf, "content-encoding": "gzip" };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask({ port: receiver.address.port, headers, body: bomb })),
    );
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      Array.from({ length: 8 }, () => 413),
    );
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 100 * 1024 * 1024, `memory grew by ${grown} bytes`);
  });
});

describe("senders that behave badly", () => {
  test("one that goes away in the middle of a body, or before its answer, harms nobody", async () => {
    const door = new RecordingDoor();
    const { promise: goneAway, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: hasArrived } = Promise.withResolvers<void>();
    door.decide = async () => {
      if (door.requests.length > 1) return { kind: "accepted" };
      hasArrived();
      await goneAway;
      return { kind: "accepted" };
    };
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const { port } = receiver.address;
    const head = "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n";

    const halfWay = connect(port, "127.0.0.1");
    halfWay.write(`${head}Content-Length: 100\r\n\r\nhalf`);
    await once(halfWay, "connect");
    halfWay.resetAndDestroy();

    const impatient = connect(port, "127.0.0.1");
    impatient.write(`${head}Content-Length: 0\r\n\r\n`);
    await arrived;
    impatient.resetAndDestroy();
    letGo();

    assert.equal((await ask({ port, headers: protobuf, body: traceRequest("a") })).statusCode, 200);
    assert.equal(door.requests.length, 2);
    assert.deepEqual(door.failures, []);
  });

  test("one that closes its side after the request still gets its answer, though that takes a while", async () => {
    const door = new RecordingDoor();
    door.decide = async () => {
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
      return { kind: "accepted" };
    };
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const socket = connect({ port: receiver.address.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.end("POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    let received = "";
    for await (const chunk of socket) received += String(chunk);
    assert.match(received, /^HTTP\/1\.1 200 OK/);
  });

  test("a large body that is refused before it was read does not cost the sender its answer", async () => {
    await using receiver = await OtlpHttpReceiver.start(someSettings({ maxRequestBytes: 1000 }), new RecordingDoor());
    const body = Buffer.alloc(20_000_000);
    assert.equal((await ask({ port: receiver.address.port, headers: protobuf, body })).statusCode, 413);
  });

  test("one that writes far too much, and said that it will close, is answered before the connection ends", async () => {
    await using receiver = await OtlpHttpReceiver.start(someSettings({ maxRequestBytes: 1000 }), new RecordingDoor());
    const socket = connect(receiver.address.port, "127.0.0.1");
    const answer = socket.toArray();
    const head = "POST /v1/traces HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    socket.write(`${head}Content-Length: 20000000\r\n\r\n`);
    await once(socket, "connect");
    socket.write(Buffer.alloc(20_000_000, " "));
    assert.match(Buffer.concat(await answer).toString(), /^HTTP\/1\.1 413 .*larger than max \(1000 bytes\)/s);
  });

  test("a sender that waits for the word to continue gets it", async () => {
    const door = new RecordingDoor();
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const headers = { ...protobuf, expect: "100-continue" };
    assert.equal((await ask({ port: receiver.address.port, headers, body: traceRequest("a") })).statusCode, 200);
  });
});

describe("what is no HTTP request", () => {
  async function answerTo(text: string): Promise<string> {
    const door = new RecordingDoor();
    await using receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const socket = connect(receiver.address.port, "127.0.0.1");
    socket.write(text);
    const chunks = await socket.toArray();
    assert.deepEqual(door.refusals, ["none malformed"]);
    return Buffer.concat(chunks).toString();
  }

  test("is answered with a status as any other error is", async () => {
    const answer = await answerTo("telemetry\r\n\r\n");
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/json\r\n/);
    assert.match(answer, /"code":3,"message":"the request cannot be read/);
  });

  test("because of its headers' size is told so", async () => {
    const answer = await answerTo(`POST /v1/traces HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(40_000)}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 431 .*"message":"the request cannot be read/s);
  });
});

describe("browsers", () => {
  const cors = { allowedOrigins: ["https://app.example.com", "https://*.shop.example"], allowedHeaders: ["x-tenant"] };

  test("of allowed origins may send, and their preflight says what", async () => {
    await using receiver = await OtlpHttpReceiver.start(someSettings({ cors }), new RecordingDoor());
    const { port } = receiver.address;
    const origin = "https://eu.shop.example";
    const preflight = await ask({ port, method: "OPTIONS", headers: { origin } });
    assert.equal(preflight.statusCode, 204);
    assert.equal(preflight.headers["access-control-allow-origin"], origin);
    assert.equal(preflight.headers["access-control-allow-methods"], "POST");
    assert.match(preflight.headers["access-control-allow-headers"] ?? "", /content-type.*x-tenant/);
    const answer = await ask({ port, headers: { ...json, origin }, body: "{}" });
    assert.equal(answer.headers["access-control-allow-origin"], origin);
    assert.equal(answer.headers.vary, "origin");
  });

  test("of other origins are not told that they may, nor are any without configuration", async () => {
    await using open = await OtlpHttpReceiver.start(someSettings({ cors }), new RecordingDoor());
    await using closed = await OtlpHttpReceiver.start(someSettings(), new RecordingDoor());
    for (const [receiver, origin] of [
      [open, "https://appXexample.com"],
      [open, "https://app.example.com.evil.test"],
      [closed, "https://app.example.com"],
    ] as const) {
      const answer = await ask({ port: receiver.address.port, method: "OPTIONS", headers: { origin } });
      assert.equal(answer.headers["access-control-allow-origin"], undefined, origin);
    }
  });
});

describe("starting and stopping", () => {
  test("a taken port is an error that names the port and the setting", async () => {
    await using first = await OtlpHttpReceiver.start(someSettings(), new RecordingDoor());
    const { port } = first.address;
    await assert.rejects(OtlpHttpReceiver.start(someSettings({ port }), new RecordingDoor()), (error: unknown) => {
      assert.ok(error instanceof ReceiverError);
      assert.equal(error.kind, "port_taken");
      assert.equal(
        error.message,
        `cannot listen on 127.0.0.1:${port} (receivers.http.endpoint): another process has the port`,
      );
      return true;
    });
  });

  test("an unknown host is an error that names it", async () => {
    const settings = someSettings({ host: "no-such-host.invalid" });
    await assert.rejects(
      OtlpHttpReceiver.start(settings, new RecordingDoor()),
      /cannot listen on no-such-host\.invalid:0/,
    );
  });

  test("localhost listens on every loopback address with one port", async () => {
    await using receiver = await OtlpHttpReceiver.start(someSettings({ host: "localhost" }), new RecordingDoor());
    const { port } = receiver.address;
    assert.notEqual(port, 0);
    assert.equal((await ask({ host: "127.0.0.1", port, headers: json, body: "{}" })).statusCode, 200);
    const overIpv6 = await ask({ host: "::1", port, headers: json, body: "{}" }).catch((error: unknown) => error);
    if (overIpv6 instanceof Error) assert.match(overIpv6.message, /EADDRNOTAVAIL|ECONNREFUSED|ENETUNREACH/);
    else assert.equal((overIpv6 as HttpAnswer).statusCode, 200);
  });

  test("stopping waits for the request under way and closes idle connections", async () => {
    const door = new RecordingDoor();
    const { promise: arrived, resolve: hasArrived } = Promise.withResolvers<void>();
    const { promise: decided, resolve: decide } = Promise.withResolvers<Verdict>();
    door.decide = () => {
      hasArrived();
      return decided;
    };
    const receiver = await OtlpHttpReceiver.start(someSettings(), door);
    const agent = new Agent({ keepAlive: true });
    const answer = ask({ port: receiver.address.port, agent, headers: json, body: "{}" });
    await arrived;
    const stopped = receiver[Symbol.asyncDispose]();
    decide({ kind: "accepted" });
    assert.equal((await answer).statusCode, 200);
    await stopped;
    agent.destroy();
  });
});
