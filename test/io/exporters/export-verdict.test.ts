import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeExportResponse } from "../../../src/core/otlp/export-response.ts";
import { encodeRpcStatus } from "../../../src/core/otlp/rpc-status.ts";
import type { HttpAnswer } from "../../../src/io/exporters/export-verdict.ts";
import { grpcFailure, grpcSuccess, httpVerdict } from "../../../src/io/exporters/export-verdict.ts";
import { tooLarge } from "../../../src/io/receivers/export-door.ts";

const WALL_NOW = Date.UTC(2026, 2, 2, 9, 0, 0);
const NOTHING = new Uint8Array();

function statusBody(message: string, retryDelayMs: number | null = null, encoding: "protobuf" | "json" = "protobuf") {
  return encodeRpcStatus({ code: 8, message, retryDelayMs, fieldViolations: [] }, encoding);
}

function grpc(code: number, message = "", retryDelayMs: number | null = null) {
  const statusDetails = retryDelayMs === null ? null : statusBody(message, retryDelayMs);
  return grpcFailure({ code, message, statusDetails });
}

function http(status: number, answer: Partial<HttpAnswer> = {}) {
  const silent = { status, contentType: undefined, retryAfter: undefined, body: NOTHING };
  return httpVerdict("traces", { ...silent, ...answer }, WALL_NOW);
}

test("of the gRPC codes exactly those that the specification names are retried", () => {
  const retried = Array.from({ length: 16 }, (_, index) => index + 1).filter((code) => grpc(code).kind === "retry");
  assert.deepEqual(retried, [1, 4, 10, 11, 14, 15]);
});

test("RESOURCE_EXHAUSTED is retried with RetryInfo and given up without", () => {
  assert.deepEqual(grpc(8, "slow down", 1500), { kind: "retry", afterMs: 1500, message: "slow down" });
  assert.deepEqual(grpc(8, "quota used up"), { kind: "rejected", because: "other", message: "quota used up" });
});

test("a delay that a server asks for is honoured on every retryable gRPC code", () => {
  assert.deepEqual(grpc(14, "restarting", 700), { kind: "retry", afterMs: 700, message: "restarting" });
});

test("a server's complaint about size is told from other refusals, in its many wordings", () => {
  for (const message of [
    "grpc: received message larger than max (5242890 vs. 4194304)",
    "Received message larger than max (4194305 vs 4194304)",
    "gRPC message exceeds maximum size 4194304: 5000000",
    tooLarge(4_194_304).message,
  ]) {
    const verdict = grpc(8, message);
    assert.ok(verdict.kind === "rejected" && verdict.because === "size", message);
  }
});

test("of the HTTP statuses exactly 429, 502, 503 and 504 are retried", () => {
  const statuses = Array.from({ length: 300 }, (_, index) => index + 300);
  assert.deepEqual(
    statuses.filter((status) => http(status).kind === "retry"),
    [429, 502, 503, 504],
  );
});

test("Retry-After is read as seconds and as a date, on every retryable status", () => {
  for (const [retryAfter, afterMs] of [
    ["3", 3000],
    ["Mon, 02 Mar 2026 09:00:05 GMT", 5000],
    ["Monday, 02-Mar-26 09:00:05 GMT", 5000],
    ["Mon Mar  2 09:00:05 2026 GMT", 5000],
    ["Mon, 02 Mar 2026 08:00:00 GMT", 0],
    ["soon", null],
    ["-5", null],
    ["1e9", null],
  ] as const) {
    for (const status of [429, 502, 503, 504]) {
      const verdict = http(status, { retryAfter });
      assert.equal(verdict.kind === "retry" ? verdict.afterMs : "not retried", afterMs, retryAfter);
    }
  }
});

test("RetryInfo in the body counts where there is no header", () => {
  const body = statusBody("busy", 2000);
  const verdict = http(503, { contentType: "application/x-protobuf", body });
  assert.deepEqual(verdict, { kind: "retry", afterMs: 2000, message: "HTTP 503: busy" });
});

test("an error's message is found by the content type of the answer, in protobuf, JSON and text", () => {
  const cases = [
    { contentType: "application/x-protobuf", body: statusBody("bad span") },
    { contentType: "application/json; charset=utf-8", body: statusBody("bad span", null, "json") },
    { contentType: "text/plain", body: Buffer.from("bad span\n") },
  ];
  for (const answer of cases) {
    assert.deepEqual(http(400, answer), { kind: "rejected", because: "content", message: "HTTP 400: bad span" });
  }
});

test("a long page of HTML is cut", () => {
  const verdict = http(404, { contentType: "text/html", body: Buffer.from("x".repeat(10_000)) });
  assert.ok(verdict.kind === "rejected" && verdict.message.length < 600);
});

test("413 asks for smaller pieces", () => {
  const verdict = http(413);
  assert.ok(verdict.kind === "rejected" && verdict.because === "size");
});

test("full success, a warning and a partial success are told apart over both protocols", () => {
  const rejected = { rejectedCount: 3, message: "too old" };
  const warning = { rejectedCount: 0, message: "deprecated field" };
  for (const encoding of ["protobuf", "json"] as const) {
    const contentType = encoding === "json" ? "application/json" : "application/x-protobuf";
    const answerTo = (partial: typeof rejected | null) =>
      http(200, { contentType, body: encodeExportResponse("traces", encoding, partial) });
    assert.deepEqual(answerTo(null), { kind: "delivered", warning: null });
    assert.deepEqual(answerTo(warning), { kind: "delivered", warning: "deprecated field" });
    assert.deepEqual(answerTo(rejected), { kind: "partial", rejectedCount: 3, message: "too old" });
  }
  assert.deepEqual(grpcSuccess("logs", encodeExportResponse("logs", "protobuf", rejected)), {
    kind: "partial",
    rejectedCount: 3,
    message: "too old",
  });
});

test("a yes that cannot be read is a yes", () => {
  const verdict = http(200, { contentType: "application/x-protobuf", body: Buffer.from([0xff]) });
  assert.equal(verdict.kind, "delivered");
  assert.deepEqual(http(202, { contentType: "text/plain", body: Buffer.from("ok") }), {
    kind: "delivered",
    warning: null,
  });
});
