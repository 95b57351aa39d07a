import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeLogsRequest } from "../../../src/core/otlp/log-record.ts";
import { decode, LOGS_REQUEST } from "../../support/otlp-protobuf.ts";

test("an event decodes with its resource, scope, times, ids and attributes", () => {
  const bytes = encodeLogsRequest({
    resource: { "service.name": "authspike" },
    scope: { name: "authspike", version: "0.1.0" },
    records: [
      {
        eventName: "authspike.alert.firing",
        occurredAtWall: 1_760_000_000_123.456,
        observedAtWall: 1_760_000_000_200,
        severityNumber: 17,
        severityText: "ERROR",
        body: "401s on POST /login",
        attributes: { rate: { double: 1 }, failures: { int: 42 }, is_page: true, clients: ["a", "b"] },
        traceId: "0102030405060708090a0b0c0d0e0f10",
        spanId: "0102030405060708",
      },
    ],
  });
  const record = {
    timeUnixNano: "1760000000123456000",
    observedTimeUnixNano: "1760000000200000000",
    severityNumber: 17,
    severityText: "ERROR",
    body: { stringValue: "401s on POST /login" },
    attributes: [
      { key: "rate", value: { doubleValue: 1 } },
      { key: "failures", value: { intValue: "42" } },
      { key: "is_page", value: { boolValue: true } },
      { key: "clients", value: { arrayValue: { values: [{ stringValue: "a" }, { stringValue: "b" }] } } },
    ],
    traceId: "0102030405060708090a0b0c0d0e0f10",
    spanId: "0102030405060708",
    eventName: "authspike.alert.firing",
  };
  assert.deepEqual(decode(LOGS_REQUEST, bytes), {
    resourceLogs: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "authspike" } }] },
        scopeLogs: [{ scope: { name: "authspike", version: "0.1.0" }, logRecords: [record] }],
      },
    ],
  });
});
