import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type protobuf from "protobufjs";
import type { JsonObject } from "../../../src/core/otlp/json-from-protobuf.ts";
import { decodeMessage, MESSAGES_MAX, protobufToJson } from "../../../src/core/otlp/json-from-protobuf.ts";
import { encodeMessage, jsonToProtobuf } from "../../../src/core/otlp/json-to-protobuf.ts";
import { EXPORT_REQUESTS, EXPORT_RESPONSES, SPAN } from "../../../src/core/otlp/message-tables.ts";
import { checkStructure } from "../../../src/core/otlp/structure-check.ts";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { anyMessage } from "../../support/otlp-arbitrary.ts";
import { decode, encode, LOGS_REQUEST, METRICS_REQUEST, TRACE_REQUEST } from "../../support/otlp-protobuf.ts";
import { fc } from "../../support/properties.ts";

const TYPES: Readonly<Record<Signal, protobuf.Type>> = {
  traces: TRACE_REQUEST,
  metrics: METRICS_REQUEST,
  logs: LOGS_REQUEST,
};

for (const [signal, type] of Object.entries(TYPES) as [Signal, protobuf.Type][]) {
  describe(`${signal} from protobuf to JSON`, () => {
    test("and back decode to the same request", () => {
      fc.assert(
        fc.property(anyMessage(type), (message) => {
          const bytes = encode(type, message);
          const back = jsonToProtobuf(signal, jsonText(signal, bytes));
          assert.ok(back.kind === "ok", JSON.stringify(back));
          assert.deepEqual(decode(type, back.bytes), decode(type, bytes));
        }),
        { numRuns: 200 },
      );
    });

    test("give the JSON that an independent library gives, apart from ids in hex", () => {
      fc.assert(
        fc.property(anyMessage(type), (message) => {
          const bytes = encode(type, message);
          assert.deepEqual(JSON.parse(jsonText(signal, bytes)), oracleJson(type, bytes));
        }),
        { numRuns: 100 },
      );
    });

    test("refuse exactly the bytes that the structure check refuses, and never throw", () => {
      const mutation = fc.record({ at: fc.nat(), byte: fc.nat(255) });
      fc.assert(
        fc.property(anyMessage(type), fc.array(mutation, { maxLength: 3 }), (message, mutations) => {
          const bytes = encode(type, message);
          for (const { at, byte } of mutations) bytes[at % Math.max(1, bytes.length)] = byte;
          const isMalformed = protobufToJson(signal, bytes).kind === "malformed";
          assert.equal(isMalformed, checkStructure(signal, bytes).kind === "malformed");
        }),
        { numRuns: 300 },
      );
    });
  });
}

describe("protobuf as JSON", () => {
  test("64-bit integers are text, ids hex, other bytes base64, enums numbers", () => {
    const span = {
      traceId: Buffer.from("5b8efff798038103d269b633813fc60c", "hex"),
      kind: 2,
      endTimeUnixNano: "1544712660000000001",
      attributes: [
        { key: "bytes", value: { bytesValue: Buffer.from([0xfb, 0xff]) } },
        { key: "negative", value: { intValue: "-5" } },
        { key: "none", value: {} },
      ],
    };
    const bytes = encode(TRACE_REQUEST, { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    assert.equal(
      jsonText("traces", bytes),
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","kind":2,' +
        '"endTimeUnixNano":"1544712660000000001","attributes":[{"key":"bytes","value":{"bytesValue":"+/8="}},' +
        '{"key":"negative","value":{"intValue":"-5"}},{"key":"none","value":{}}]}]}]}]}',
    );
  });

  test("doubles that JSON has no literal for are text", () => {
    const points = [Number.NaN, Number.NEGATIVE_INFINITY, -0, 0.5].map((asDouble) => ({ asDouble }));
    const bytes = encode(METRICS_REQUEST, {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: points } }] }] }],
    });
    assert.match(
      jsonText("metrics", bytes),
      /\[\{"asDouble":"NaN"\},\{"asDouble":"-Infinity"\},\{"asDouble":"-0"\},\{"asDouble":0\.5\}\]/,
    );
  });

  test("a message field that occurs twice is merged, a scalar is replaced, a oneof keeps the last member", () => {
    // status {message "a"}, status {code 2}; name "x", name "y"
    const merged = Uint8Array.of(0x7a, 3, 0x12, 1, 0x61, 0x7a, 2, 0x18, 2, 0x2a, 1, 0x78, 0x2a, 1, 0x79);
    assert.deepEqual(decoded(SPAN, merged), { status: { message: "a", code: 2 }, name: "y" });
    // attributes {value {string "a"}, value {int 1}}
    const changed = Uint8Array.of(0x4a, 9, 0x12, 3, 0x0a, 1, 0x61, 0x12, 2, 0x18, 1);
    assert.deepEqual(decoded(SPAN, changed), { attributes: [{ value: { intValue: "1" } }] });
  });

  test("repeated numbers are read packed and one by one", () => {
    const metric = { exponentialHistogram: { dataPoints: [{ positive: { bucketCounts: ["1", "300"] } }] } };
    const packed = encode(METRICS_REQUEST, { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });
    // Packed: 12 03 01 AC 02. One by one it takes as many bytes again less the length: 10 01 10 AC 02.
    const single = Uint8Array.from(packed);
    single.set([0x10, 0x01, 0x10, 0xac, 0x02], single.length - 5);
    assert.equal(jsonText("metrics", single), jsonText("metrics", packed));
  });

  test("unknown fields and groups are left out", () => {
    const withUnknown = Uint8Array.of(0x2a, 1, 0x78, 0xc3, 0x0c, 0x08, 1, 0xc4, 0x0c, 0xca, 0x0c, 1, 0);
    assert.deepEqual(decoded(SPAN, withUnknown), { name: "x" });
  });

  test("an answer's partial success is read by the same tables", () => {
    const answer = { partialSuccess: { rejectedSpans: "3", errorMessage: "no trace id" } };
    const encoded = encodeMessage(EXPORT_RESPONSES.traces, answer);
    assert.ok(encoded.kind === "ok");
    assert.deepEqual(decoded(EXPORT_RESPONSES.traces, encoded.bytes), answer);
  });

  test("more messages than a text can be made of are refused", () => {
    const empties = Buffer.alloc(2 * MESSAGES_MAX, Buffer.of(0x0a, 0));
    const result = decodeMessage(EXPORT_REQUESTS.traces, empties);
    assert.ok(result.kind === "malformed");
    assert.match(result.message, /^more than 2000000 messages/);
  });

  test("truncated bytes are refused with the place", () => {
    const result = decodeMessage(EXPORT_REQUESTS.traces, Uint8Array.of(0x0a, 5, 0));
    assert.deepEqual(result, {
      kind: "malformed",
      message: "invalid value in opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest at byte 0",
    });
  });
});

function jsonText(signal: Signal, bytes: Uint8Array): string {
  const result = protobufToJson(signal, bytes);
  assert.ok(result.kind === "ok", JSON.stringify(result));
  return result.text;
}

function decoded(table: Parameters<typeof decodeMessage>[0], bytes: Uint8Array): JsonObject {
  const result = decodeMessage(table, bytes);
  assert.ok(result.kind === "ok", JSON.stringify(result));
  return result.value;
}

function oracleJson(type: protobuf.Type, bytes: Uint8Array): unknown {
  const value = type.toObject(type.decode(bytes), { longs: String, bytes: String, json: true });
  return withHexIds("", value);
}

function withHexIds(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => withHexIds("", element));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withHexIds(key, field)]));
  }
  if (["traceId", "spanId", "parentSpanId"].includes(name)) return Buffer.from(String(value), "base64").toString("hex");
  return Object.is(value, -0) ? "-0" : value;
}
