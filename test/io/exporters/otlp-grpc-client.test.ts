/** The gRPC client before servers that answer as servers should, and as they should not. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import { constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { ExporterConfig } from "../../../src/config/config.ts";
import { encodeExportResponse } from "../../../src/core/otlp/export-response.ts";
import type { ExportVerdict } from "../../../src/io/exporters/export-verdict.ts";
import { OtlpGrpcClient } from "../../../src/io/exporters/otlp-grpc-client.ts";
import { exporterConfig } from "./exporter-world.ts";

const MIB = 1024 * 1024;
const GRPC = { ":status": 200, "content-type": "application/grpc" };

type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => unknown;

class World implements AsyncDisposable {
  readonly client: OtlpGrpcClient;
  readonly sessions: ServerHttp2Session[];
  readonly #server: Http2Server;

  private constructor(server: Http2Server, sessions: ServerHttp2Session[], client: OtlpGrpcClient) {
    this.#server = server;
    this.sessions = sessions;
    this.client = client;
  }

  static async create(answer: Answer, facts: Partial<ExporterConfig> = {}): Promise<World> {
    const server = createServer();
    const sessions: ServerHttp2Session[] = [];
    server.on("session", (session) => sessions.push(session.on("error", () => {})));
    server.on("stream", (stream, headers) => {
      stream.on("error", () => {});
      void answer(stream, headers);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = await OtlpGrpcClient.create({
      ...exporterConfig({ endpoint, ...facts }),
      userAgent: "authspike/test",
      concurrency: 4,
    });
    return new World(server, sessions, client);
  }

  send(bytes: Uint8Array = Buffer.from("request")): Promise<ExportVerdict> {
    return this.client.send("traces", bytes, new AbortController().signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The answers of a server that speaks gRPC: a message, and a status after it. */
function answerWith(
  stream: ServerHttp2Stream,
  {
    message = Buffer.alloc(0),
    isPacked = false,
    ...trailers
  }: Record<string, unknown> & { message?: Uint8Array; isPacked?: boolean },
): void {
  const prefix = Buffer.from([isPacked ? 1 : 0, 0, 0, 0, 0]);
  prefix.writeUInt32BE(message.length, 1);
  stream.respond({ ...GRPC, ...(isPacked ? { "grpc-encoding": "gzip" } : {}) }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", ...trailers }));
  stream.end(Buffer.concat([prefix, message]));
}

const DELIVERED: ExportVerdict = { kind: "delivered", warning: null };

test("a call is what the gRPC protocol asks for", async () => {
  const seen: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
  await using world = await World.create(
    async (stream, headers) => {
      seen.push({ headers, body: await buffer(stream) });
      answerWith(stream, {});
    },
    { headers: { "X-Team": "identity", "trace-bin": "ünicode" }, timeoutMs: 1234 },
  );
  assert.deepEqual(await world.send(), DELIVERED);
  const [{ headers, body }] = seen as [(typeof seen)[0]];
  assert.deepEqual(body, Buffer.from("\0\0\0\0\x07request"));
  assert.equal(headers[":method"], "POST");
  assert.equal(headers[":scheme"], "http");
  assert.equal(headers[":path"], "/opentelemetry.proto.collector.trace.v1.TraceService/Export");
  assert.equal(headers["content-type"], "application/grpc");
  assert.equal(headers["te"], "trailers");
  assert.equal(headers["user-agent"], "authspike/test");
  assert.equal(headers["grpc-timeout"], "1234m");
  assert.equal(headers["grpc-encoding"], undefined);
  assert.equal(headers["x-team"], "identity");
  assert.equal(headers["trace-bin"], Buffer.from("ünicode").toString("base64"));
});

test("with gzip a request of some size is packed, and a small one is not", async () => {
  const seen: { packing: unknown; body: Buffer }[] = [];
  await using world = await World.create(
    async (stream, headers) => {
      seen.push({ packing: headers["grpc-encoding"], body: await buffer(stream) });
      answerWith(stream, {});
    },
    { compression: "gzip" },
  );
  const large = Buffer.alloc(100_000, "span");
  await world.send(large);
  await world.send();
  assert.equal(seen[0]?.packing, "gzip");
  assert.equal(seen[0].body[0], 1);
  assert.deepEqual(gunzipSync(seen[0].body.subarray(5)), large);
  assert.equal(seen[1]?.packing, undefined);
  assert.equal(seen[1]?.body[0], 0);
});

test("one connection serves all calls, until the server asks for another", async () => {
  await using world = await World.create((stream) => answerWith(stream.resume(), {}));
  await Promise.all(Array.from({ length: 20 }, () => world.send()));
  assert.equal(world.sessions.length, 1);
  world.sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR);
  // Answered on the old connection, so that the client has read the GOAWAY before it.
  await world.send();
  assert.deepEqual(await world.send(), DELIVERED);
  assert.equal(world.sessions.length, 2);
});

test("a message that a server packed is read", async () => {
  const message = encodeExportResponse("traces", "protobuf", { rejectedCount: 2, message: "too old" });
  await using world = await World.create((stream) =>
    answerWith(stream.resume(), { message: gzipSync(message), isPacked: true }),
  );
  assert.deepEqual(await world.send(), { kind: "partial", rejectedCount: 2, message: "too old" });
});

test("an answer of more than 4 MiB is given up, as it comes and unpacked", async () => {
  const tooMuch = Buffer.alloc(4 * MIB + 1);
  for (const answer of [{ message: tooMuch }, { message: gzipSync(tooMuch), isPacked: true }]) {
    await using world = await World.create((stream) => answerWith(stream.resume(), answer));
    const rejected = { kind: "rejected", because: "other", message: "the answer is larger than 4 MiB" };
    assert.deepEqual(await world.send(), rejected);
  }
});

test("a message that cannot be read is still a yes", async () => {
  await using world = await World.create((stream) =>
    answerWith(stream.resume(), { message: Buffer.from([0xff]), isPacked: true }),
  );
  assert.equal((await world.send()).kind, "delivered");
});

test("a refusal is read from headers alone, with its message as it was before encoding", async () => {
  await using world = await World.create((stream) =>
    stream.respond({ ...GRPC, "grpc-status": "3", "grpc-message": "no such tenant: %C3%A4%25" }, { endStream: true }),
  );
  assert.deepEqual(await world.send(), { kind: "rejected", because: "content", message: "no such tenant: ä%" });
});

test("a refusal of a message that is still coming ends the call", async () => {
  await using world = await World.create((stream) => {
    stream.respond({ ...GRPC, "grpc-status": "8", "grpc-message": "message size exceeds limit" }, { endStream: true });
  });
  const verdict = await world.send(Buffer.alloc(8 * MIB));
  assert.deepEqual(verdict, { kind: "rejected", because: "size", message: "message size exceeds limit" });
});

test("what is no gRPC is judged by its HTTP status", async () => {
  for (const [status, kind] of [
    [503, "retry"],
    [502, "retry"],
    [429, "retry"],
    [401, "rejected"],
    [404, "rejected"],
    [200, "rejected"],
  ] as const) {
    await using world = await World.create((stream) => {
      stream.resume().respond({ ":status": status, "content-type": "text/html" });
      stream.end("<html>");
    });
    const verdict = await world.send();
    assert.equal(verdict.kind, kind, `${status}`);
    assert.match("message" in verdict ? verdict.message : "", new RegExp(`HTTP ${status} with text/html`));
  }
});

const broken: Readonly<Record<string, Answer>> = {
  "is reset": (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
  "is cancelled": (stream) => stream.close(constants.NGHTTP2_CANCEL),
  "is refused for the load": (stream) => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM),
  "loses its connection": (stream) => stream.session?.destroy(),
  "loses its connection after the headers": (stream) => {
    stream.respond(GRPC);
    setImmediate(() => stream.session?.destroy());
  },
  "ends without a status": (stream) => {
    stream.resume().respond(GRPC);
    stream.end();
  },
};
for (const [how, answer] of Object.entries(broken)) {
  test(`a call that ${how} is retried, over a new connection`, async () => {
    let callCount = 0;
    await using world = await World.create((stream, headers) => {
      callCount++;
      if (callCount === 1) answer(stream, headers);
      else answerWith(stream.resume(), {});
    });
    const verdict = await world.send(Buffer.alloc(100_000));
    assert.equal(verdict.kind, "retry", JSON.stringify(verdict));
    assert.deepEqual(await world.send(), DELIVERED);
    assert.equal(world.sessions.length, 2);
  });
}

test("a call without an answer ends at its deadline, and the next goes over a new connection", async () => {
  await using world = await World.create(() => {}, { timeoutMs: 50 });
  for (const connectionCount of [1, 2]) {
    assert.deepEqual(await world.send(), { kind: "retry", afterMs: null, message: "no answer within 50 ms" });
    assert.equal(world.sessions.length, connectionCount);
  }
});

test("a server that does not listen is named in the reason", async () => {
  const client = await OtlpGrpcClient.create({
    ...exporterConfig({ endpoint: "http://127.0.0.1:1" }),
    userAgent: "authspike/test",
    concurrency: 4,
  });
  const verdict = await client.send("traces", Buffer.from("request"), new AbortController().signal);
  assert.deepEqual(verdict, { kind: "retry", afterMs: null, message: "connect ECONNREFUSED 127.0.0.1:1" });
});

test("headers that gRPC cannot carry are errors that name them", async () => {
  for (const headers of [{ "x bad": "1" }, { "grpc-timeout": "1S" }, { Connection: "close" }, { team: "größe" }]) {
    const [name] = Object.keys(headers);
    const settings = { ...exporterConfig({ headers }), userAgent: "authspike/test", concurrency: 4 };
    await assert.rejects(OtlpGrpcClient.create(settings), {
      name: "ExporterError",
      message: new RegExp(`header "${name}" cannot be sent over gRPC`),
    });
  }
});

test("says that a request has left when the server has taken all of it, and not when it answers before", async () => {
  await using taking = await World.create(async (stream) => {
    await buffer(stream);
    answerWith(stream, {});
  });
  await using hasty = await World.create((stream) => answerWith(stream, {}));
  // More than the server's flow-control window, which only reading opens.
  assert.deepEqual(await leavings(taking, Buffer.alloc(MIB)), [DELIVERED, 1]);
  const [verdict, leftCount] = await leavings(hasty, Buffer.alloc(MIB));
  assert.deepEqual([verdict.kind, leftCount], ["delivered", 0]);
});

test("a packed request has left once it is packed, whatever the server does", async () => {
  await using world = await World.create((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM), {
    compression: "gzip",
  });
  const [verdict, leftCount] = await leavings(world, Buffer.alloc(MIB));
  assert.deepEqual([verdict.kind, leftCount], ["retry", 1]);
});

async function leavings({ client }: World, bytes: Uint8Array): Promise<[ExportVerdict, number]> {
  let leftCount = 0;
  const verdict = await client.send("traces", bytes, new AbortController().signal, () => leftCount++);
  return [verdict, leftCount];
}
