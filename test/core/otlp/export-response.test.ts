import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type protobuf from "protobufjs";
import { decodeExportResponse, encodeExportResponse } from "../../../src/core/otlp/export-response.ts";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { decode, encode, LOGS_RESPONSE, METRICS_RESPONSE, TRACE_RESPONSE } from "../../support/otlp-protobuf.ts";

const PARTIAL = { rejectedCount: 3, message: "3 spans without trace id" };
const SIGNALS: readonly { readonly signal: Signal; readonly type: protobuf.Type; readonly rejected: string }[] = [
  { signal: "traces", type: TRACE_RESPONSE, rejected: "rejectedSpans" },
  { signal: "metrics", type: METRICS_RESPONSE, rejected: "rejectedDataPoints" },
  { signal: "logs", type: LOGS_RESPONSE, rejected: "rejectedLogRecords" },
];

describe("the answer to an export", () => {
  for (const { signal, type, rejected } of SIGNALS) {
    test(`of ${signal} says how many were rejected, in both encodings`, () => {
      const answer = { partialSuccess: { [rejected]: "3", errorMessage: PARTIAL.message } };
      const protobufBody = encodeExportResponse(signal, "protobuf", PARTIAL);
      const jsonBody = encodeExportResponse(signal, "json", PARTIAL);
      assert.deepEqual(decode(type, protobufBody), answer);
      assert.deepEqual(JSON.parse(Buffer.from(jsonBody).toString()), answer);
      const expected = { kind: "response", partialSuccess: PARTIAL };
      assert.deepEqual(decodeExportResponse(signal, "protobuf", protobufBody), expected);
      assert.deepEqual(decodeExportResponse(signal, "json", jsonBody), expected);
    });
  }

  test("is empty when everything was taken", () => {
    assert.equal(encodeExportResponse("traces", "protobuf", null).length, 0);
    assert.equal(Buffer.from(encodeExportResponse("traces", "json", null)).toString(), "{}");
  });

  test("with a partial success that says nothing is a full success", () => {
    const taken = { kind: "response", partialSuccess: null };
    const saysNothing = encode(TRACE_RESPONSE, { partialSuccess: {} });
    assert.deepEqual(decodeExportResponse("traces", "protobuf", saysNothing), taken);
    for (const text of [
      "",
      "{}",
      '{"partialSuccess":{}}',
      '{"partialSuccess":{"rejectedSpans":"0","errorMessage":""}}',
    ]) {
      assert.deepEqual(decodeExportResponse("traces", "json", Buffer.from(text)), taken, text);
    }
  });

  test("keeps a warning that rejects nothing", () => {
    const partialSuccess = { rejectedCount: 0, message: "37 spans have no route" };
    const body = encodeExportResponse("traces", "json", partialSuccess);
    assert.deepEqual(decodeExportResponse("traces", "json", body), { kind: "response", partialSuccess });
  });

  test("is malformed when it is something else", () => {
    assert.equal(decodeExportResponse("traces", "json", Buffer.from("<html>")).kind, "malformed");
    assert.equal(decodeExportResponse("traces", "protobuf", Buffer.from("<html>")).kind, "malformed");
  });
});
