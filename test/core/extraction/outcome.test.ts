import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_GRPC_STATUS, NO_HTTP_STATUS, outcomeOf } from "../../../src/core/extraction/outcome.ts";
import { grpcStatusOfWord, httpStatusOfWord } from "../../../src/core/extraction/status-names.ts";

const outcomeOfHttp = (httpStatus: number) => outcomeOf({ httpStatus, grpcStatus: NO_GRPC_STATUS, hasError: false });
const outcomeOfGrpc = (grpcStatus: number) => outcomeOf({ httpStatus: 200, grpcStatus, hasError: false });

test("an HTTP status tells who failed and why", () => {
  const statuses = {
    ok: [100, 200, 204, 302, 304],
    unauthenticated: [401, 440, 498],
    forbidden: [403],
    throttled: [423, 429],
    client_error: [400, 404, 405, 407, 408, 419, 422, 451, 499],
    server_error: [500, 502, 503, 504, 511, 999],
  };
  for (const [outcome, members] of Object.entries(statuses)) {
    for (const status of members) assert.equal(outcomeOfHttp(status), outcome, String(status));
  }
});

test("a gRPC status beats the HTTP one", () => {
  const statuses = {
    ok: [0],
    unauthenticated: [16],
    forbidden: [7],
    throttled: [8],
    client_error: [1, 3, 5, 6, 9, 10, 11],
    server_error: [2, 4, 12, 13, 14, 15],
  };
  for (const [outcome, members] of Object.entries(statuses)) {
    for (const status of members) assert.equal(outcomeOfGrpc(status), outcome, String(status));
  }
});

test("without a status the span's own word counts", () => {
  const none = { httpStatus: NO_HTTP_STATUS, grpcStatus: NO_GRPC_STATUS };
  assert.equal(outcomeOf({ ...none, hasError: true }), "server_error");
  assert.equal(outcomeOf({ ...none, hasError: false }), "ok");
  assert.equal(outcomeOf({ ...none, httpStatus: 401, hasError: true }), "unauthenticated");
});

test("statuses written as words are understood in every language's spelling", () => {
  for (const text of ["Unauthorized", "UNAUTHORIZED", "401 Unauthorized", "401"])
    assert.equal(httpStatusOfWord(text), 401);
  assert.equal(httpStatusOfWord("TooManyRequests"), 429);
  assert.equal(httpStatusOfWord("4012"), NO_HTTP_STATUS);
  assert.equal(httpStatusOfWord("teapot"), NO_HTTP_STATUS);
  for (const text of ["UNAUTHENTICATED", "Unauthenticated", "unauthenticated", "StatusCode.UNAUTHENTICATED"]) {
    assert.equal(grpcStatusOfWord(text), 16, text);
  }
  for (const text of ["PERMISSION_DENIED", "PermissionDenied", "permission_denied"])
    assert.equal(grpcStatusOfWord(text), 7);
  assert.equal(grpcStatusOfWord("Canceled"), 1);
  assert.equal(grpcStatusOfWord("-32601"), NO_GRPC_STATUS);
});
