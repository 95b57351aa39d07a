import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RpcStatus } from "../../../src/core/otlp/rpc-status.ts";
import { decodeRpcStatus, encodeRpcStatus } from "../../../src/core/otlp/rpc-status.ts";
import { BAD_REQUEST, decode, encode, RETRY_INFO, RPC_STATUS } from "../../support/otlp-protobuf.ts";
import { fc } from "../../support/properties.ts";

const RETRY: RpcStatus = { code: 14, message: "queue full", retryDelayMs: 1500, fieldViolations: [] };
const BAD: RpcStatus = {
  code: 3,
  message: "malformed",
  retryDelayMs: null,
  fieldViolations: [{ field: "resource_spans", description: "length beyond the end at byte 3" }],
};

describe("a status", () => {
  test("decodes to what it was, in both encodings", () => {
    const plain = { noNullPrototype: true };
    const anyViolation = fc.record({ field: fc.string(), description: fc.string() }, plain);
    const anyStatus = fc.record(
      {
        code: fc.nat(16),
        message: fc.string(),
        retryDelayMs: fc.option(fc.nat(10_000_000)),
        fieldViolations: fc.array(anyViolation, { maxLength: 3 }),
      },
      plain,
    );
    fc.assert(
      fc.property(anyStatus, fc.constantFrom("json" as const, "protobuf" as const), (status, encoding) => {
        assert.deepEqual(decodeRpcStatus(encodeRpcStatus(status, encoding), encoding), status);
      }),
    );
  });

  test("carries its details packed in protobuf", () => {
    const retryInfo = encode(RETRY_INFO, { retryDelay: { seconds: 1, nanos: 500_000_000 } });
    const badRequest = encode(BAD_REQUEST, { fieldViolations: BAD.fieldViolations });
    assert.deepEqual(decode(RPC_STATUS, encodeRpcStatus({ ...BAD, retryDelayMs: 1500 }, "protobuf")), {
      code: 3,
      message: "malformed",
      details: [
        { type_url: "type.googleapis.com/google.rpc.RetryInfo", value: Buffer.from(retryInfo).toString("hex") },
        { type_url: "type.googleapis.com/google.rpc.BadRequest", value: Buffer.from(badRequest).toString("hex") },
      ],
    });
  });

  test("carries its details in the JSON of their own type", () => {
    assert.equal(
      Buffer.from(encodeRpcStatus(RETRY, "json")).toString(),
      '{"code":14,"message":"queue full","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]}',
    );
    assert.equal(
      Buffer.from(encodeRpcStatus({ ...RETRY, retryDelayMs: null }, "json")).toString(),
      '{"code":14,"message":"queue full"}',
    );
  });

  test("is read whatever details of other types it has", () => {
    const other = { type_url: "type.googleapis.com/google.rpc.Help", value: Buffer.from([1, 2, 3]) };
    const status = { code: 8, message: "m", details: [other] };
    const expected = { code: 8, message: "m", retryDelayMs: null, fieldViolations: [] };
    assert.deepEqual(decodeRpcStatus(encode(RPC_STATUS, status), "protobuf"), expected);
    assert.deepEqual(
      decodeRpcStatus(Buffer.from('{"code":8,"message":"m","details":[{"@type":"x"},3]}'), "json"),
      expected,
    );
  });

  test("is not read from what is none", () => {
    for (const text of ["", "[]", "null", "<html>", '"x"']) {
      assert.equal(decodeRpcStatus(Buffer.from(text), "json"), undefined, text);
    }
    assert.equal(decodeRpcStatus(Buffer.from("<html>"), "protobuf"), undefined);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        decodeRpcStatus(bytes, "protobuf");
        decodeRpcStatus(bytes, "json");
      }),
    );
  });

  test("never asks for a negative or endless delay", () => {
    const delayOf = (retryDelay: unknown): number | null | undefined => {
      const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay }];
      return decodeRpcStatus(Buffer.from(JSON.stringify({ details })), "json")?.retryDelayMs;
    };
    assert.equal(delayOf("-3s"), 0);
    assert.equal(delayOf(undefined), 0);
    assert.equal(delayOf("soon"), null);
    assert.ok(Number.isSafeInteger(delayOf(`${"9".repeat(40)}s`)));
  });
});
