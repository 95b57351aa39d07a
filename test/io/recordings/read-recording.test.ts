import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { protobufToJson } from "../../../src/core/otlp/json-from-protobuf.ts";
import { readRecording } from "../../../src/io/recordings/read-recording.ts";
import { fc } from "../../support/properties.ts";
import { traceRequest } from "../../support/trace-request.ts";
import { faultsOf, framed, itemsOf, requestsOf } from "./recordings.ts";

const FULL = {
  time: 1000,
  arrived: 1200,
  service: "auth",
  env: "prod",
  method: "POST",
  route: "/login",
  status: 401,
  client: "203.0.113.7",
  user_agent: "curl/8",
  user: "ann",
  cause: "expired",
  version: "1.4",
  weight: 2.5,
};
const { time, service, method, route, status } = FULL;
const LEAST = { time, service, method, route, status };

const line = (value: object) => `${JSON.stringify(value)}\n`;

test("a recorded request keeps every field of the format", async () => {
  const [item] = await itemsOf(line(FULL));
  assert.deepEqual(item, {
    kind: "request",
    arrivedAt: 1200,
    request: {
      endedAt: 1000,
      service: "auth",
      environment: "prod",
      method: "POST",
      route: "/login",
      httpStatus: 401,
      client: "203.0.113.7",
      weight: 2.5,
      cause: "expired",
      attributes: { "user_agent.original": "curl/8", "enduser.id": "ann", "service.version": "1.4" },
    },
  });
});

test("a request arrives when it ended unless the line says otherwise, and null says nothing", async () => {
  const [plain, withNulls] = await itemsOf(line(LEAST) + line({ ...LEAST, arrived: null, client: null, weight: null }));
  assert.deepEqual(plain, withNulls);
  assert.partialDeepStrictEqual(plain, { kind: "request", arrivedAt: 1000 });
});

test("a request without a method is a remote call, and its status one of gRPC", async () => {
  const [request] = await requestsOf(line({ ...LEAST, method: "", route: "shop.Cart/Add", status: 16 }));
  assert.partialDeepStrictEqual(request, { route: "shop.Cart/Add", grpcStatus: 16 });
  assert.equal(request?.method, undefined);
});

test("fields of the recording's owner are left alone", async () => {
  assert.equal((await requestsOf(line({ ...LEAST, isAttack: true }))).length, 1);
});

test("every fault of a line is told with its place, and the lines around it are read", async () => {
  const bad = '{"time": "now", "service": "a", "method": "GET", "route": "/", "status": 4.5, "weight": 0}';
  const content = `${line(LEAST)}${bad}\n{"time": 1}\nnonsense\n[1]\n{"time": 1, \n\n${line(LEAST)}`;
  assert.equal((await requestsOf(content)).length, 2);
  assert.deepEqual(await faultsOf(content), [
    '<stdin>:2:10: AR103: "time" must be milliseconds since 1970, not "now"',
    '<stdin>:2:74: AR103: "status" must be a status as a whole number, not 4.5',
    '<stdin>:2:89: AR103: "weight" must be a number above 0, 1000000 at most, not 0',
    "<stdin>:3:1: AR102: required and missing: service, method, route, status",
    "<stdin>:4:1: AR101: not a JSON object: Unexpected token 'o'",
    "<stdin>:5:1: AR101: not a JSON object: it is another JSON value",
    "<stdin>:6:13: AR101: not a JSON object: Expected double-quoted property name",
  ]);
});

test("the combined log format gives path, user and user agent, and the common one goes without", async () => {
  const combined =
    '198.51.100.4 - ann [10/Oct/2025:13:55:36 -0700] "POST /login?next=%2F HTTP/1.1" 401 512 "-" "curl/8 \\"x\\"" 0.012\r\n';
  const common = '2001:db8::1 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.0" 304 -\n';
  assert.deepEqual(await requestsOf(combined + common), [
    {
      endedAt: Date.UTC(2025, 9, 10, 20, 55, 36),
      service: "web",
      environment: "prod",
      method: "POST",
      path: "/login?next=%2F",
      httpStatus: 401,
      client: "198.51.100.4",
      attributes: { "enduser.id": "ann", "user_agent.original": 'curl/8 \\"x\\"' },
    },
    {
      endedAt: Date.UTC(2025, 9, 10, 13, 55, 36),
      service: "web",
      environment: "prod",
      method: "GET",
      path: "/",
      httpStatus: 304,
      client: "2001:db8::1",
      attributes: {},
    },
  ]);
});

test("what scanners send to a web server is logged and is no request", async () => {
  const scan = '203.0.113.9 - - [10/Oct/2025:13:55:36 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"\n';
  assert.deepEqual(await itemsOf(scan), [{ kind: "ignored" }]);
});

test("a line that is no access log, and a time that is none, are told with their place", async () => {
  const faults = await faultsOf('hello\n1.2.3.4 - - [10/Okt/2025:13:55:36 +0000] "GET / HTTP/1.0" 304 -\n');
  assert.match(faults[0] ?? "", /^<stdin>:1:1: AR104: expected the common or combined log format/);
  assert.equal(
    faults[1],
    '<stdin>:2:14: AR104: "10/Okt/2025:13:55:36 +0000" is no time such as 10/Oct/2025:13:55:36 -0700',
  );
});

const ends = (...endMs: readonly number[]) => traceRequest(endMs.map((at) => ({ endMs: at })));
const asJson = (bytes: Uint8Array) => {
  const converted = protobufToJson("traces", bytes);
  return converted.kind === "ok" ? `${converted.text}\n` : assert.fail();
};

test("batches of spans are read from JSON lines and from frames alike", async () => {
  const batches = [ends(5000), ends(7000, 6000)];
  const fromFrames = await itemsOf(framed(...batches));
  const fromLines = await itemsOf(batches.map(asJson).join(""));
  assert.deepEqual(
    fromFrames,
    batches.map((bytes, index) => ({ kind: "spans", arrivedAt: [5000, 6000][index], bytes: Buffer.from(bytes) })),
  );
  assert.deepEqual(
    fromLines.map((item) => item.kind === "spans" && Buffer.from(item.bytes)),
    batches.map((bytes) => Buffer.from(bytes)),
  );
});

test("a batch arrives by the median of its spans: one fast clock must not stop the virtual one", async () => {
  const [item] = await itemsOf(framed(ends(5000, 5100, 99_999_000)));
  assert.equal(item?.kind === "spans" && item.arrivedAt, 5100);
});

test("metrics and logs between the traces are passed over, and malformed batches told", async () => {
  const content = `${asJson(ends(1))}{"resourceLogs":[]}\n{"resourceSpans":[{"scopeSpans":7}]}\n`;
  assert.deepEqual(
    (await itemsOf(content)).map(({ kind }) => kind),
    ["spans", "ignored", "faulty"],
  );
  const [fault] = await faultsOf(content);
  assert.match(fault ?? "", /^<stdin>:3:1: AR105: resourceSpans\[0\]\.scopeSpans: expected an array/);
});

test("a file that ends within a message is refused with the place", async () => {
  await assert.rejects(itemsOf(framed(ends(1)).subarray(0, -3)), {
    name: "RecordingError",
    message: /^<stdin>: at byte 0: the last message ends 3 bytes early/,
  });
});

test("gzip is unpacked whatever it holds, and a torn one is refused", async () => {
  const packed = gzipSync(line(LEAST).repeat(50));
  assert.equal((await requestsOf(packed)).length, 50);
  await assert.rejects(requestsOf(packed.subarray(0, -20)), /standard input is damaged: unexpected end of file/);
});

test("a format that was asked for is not guessed", async () => {
  assert.equal((await faultsOf(line(LEAST), { format: "access-log" })).length, 1);
});

test("an empty recording holds nothing", async () => {
  for (const content of ["", "\n\n", "\ufeff"]) assert.deepEqual(await requestsOf(content), []);
});

test("lines come out the same wherever chunks are cut", async () => {
  const texts = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 40 }), async (names, chunkBytes) => {
      const content = names.map((name) => line({ ...LEAST, service: name })).join("");
      const requests = await requestsOf(content, { chunkBytes, format: "requests" });
      assert.deepEqual(
        requests.map((request) => request.service),
        names,
      );
    }),
  );
});

test("a file is read from disk, and one that is missing is told in the system's words", async () => {
  const directory = mkdtempSync(join(tmpdir(), "authspike-"));
  try {
    writeFileSync(join(directory, "requests.jsonl"), line(LEAST));
    const read = async (name: string) => {
      let count = 0;
      const options = { format: null, accessLog: { service: "", environment: "" } };
      const input = { name: join(directory, name), stdin: Readable.from([]) };
      for await (const items of readRecording(input, options)) count += items.length;
      return count;
    };
    assert.equal(await read("requests.jsonl"), 1);
    await assert.rejects(read("none"), {
      reason: "missing",
      message: /^cannot read .*none: no such file or directory$/,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
