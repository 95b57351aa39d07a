import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type protobuf from "protobufjs";
import { countItems } from "../../../src/core/otlp/signal-count.ts";
import { checkStructure, NESTING_MAX } from "../../../src/core/otlp/structure-check.ts";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { writeVarint } from "../../../src/core/otlp/wire.ts";
import { anyMessage } from "../../support/otlp-arbitrary.ts";
import { encode, LOGS_REQUEST, METRICS_REQUEST, TRACE_REQUEST } from "../../support/otlp-protobuf.ts";
import { fc } from "../../support/properties.ts";
import { Random } from "../../support/random.ts";
import type { WireMessage } from "../../support/wire-tree.ts";
import { disturb, encodeTree, parseMessage } from "../../support/wire-tree.ts";

const TYPES: Readonly<Record<Signal, protobuf.Type>> = {
  traces: TRACE_REQUEST,
  metrics: METRICS_REQUEST,
  logs: LOGS_REQUEST,
};

describe("the structure of a request", () => {
  for (const [signal, type] of Object.entries(TYPES) as [Signal, protobuf.Type][]) {
    test(`of ${signal} is well formed in any legal form, and its items are counted`, () => {
      fc.assert(
        fc.property(anyMessage(type), fc.integer(), (message, seed) => {
          const tree = disturb(parseMessage(type, encode(type, message)), new Random(seed));
          const result = checkStructure(signal, encodeTree(tree));
          assert.deepEqual(result, { kind: "well-formed", itemCount: countIn(tree) });
        }),
        { numRuns: 100 },
      );
    });
  }

  const faults: readonly { readonly what: string; readonly bytes: readonly number[]; readonly message: RegExp }[] = [
    { what: "field number zero", bytes: [0x02, 0x00], message: /invalid field tag at byte 0/ },
    { what: "a tag that ends early", bytes: [0x80], message: /invalid field tag at byte 0/ },
    { what: "a tag of more than 32 bits", bytes: [0xff, 0xff, 0xff, 0xff, 0x1f, 0], message: /invalid field tag/ },
    { what: "a length beyond the end", bytes: [0x0a, 0x02, 0x12], message: /length beyond the end at byte 1/ },
    { what: "a length of more than 5 bytes", bytes: [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0], message: /length/ },
    { what: "a length that leaves its parent", bytes: [0x0a, 0x02, 0x12, 0x01, 0x00], message: /length .* at byte 3/ },
    {
      what: "a varint of eleven bytes",
      bytes: [0xa0, 0x06, ...new Uint8Array(10).fill(0x80), 0],
      message: /invalid value/,
    },
    {
      what: "a varint of more than 64 bits",
      bytes: [0xa0, 0x06, ...new Uint8Array(9).fill(0xff), 2],
      message: /invalid value/,
    },
    { what: "a known field of another wire type", bytes: [0x08, 0x00], message: /wrong wire type at byte 0/ },
    { what: "a group that does not end", bytes: [0xa3, 0x06, 0x08, 0x01], message: /invalid value/ },
    { what: "a group that another ends", bytes: [0xa3, 0x06, 0xac, 0x06], message: /invalid value/ },
    { what: "the end of no group", bytes: [0xa4, 0x06], message: /invalid value/ },
    { what: "a wire type that does not exist", bytes: [0xa6, 0x06], message: /invalid value/ },
    { what: "a fixed64 that ends early", bytes: [0xa1, 0x06, 0, 0, 0, 0, 0, 0, 0], message: /invalid value/ },
  ];
  for (const { what, bytes, message } of faults) {
    test(`is malformed with ${what}`, () => {
      const result = checkStructure("traces", Uint8Array.from(bytes));
      assert.ok(result.kind === "malformed");
      assert.match(result.message, message);
    });
  }

  test("is malformed when an attribute of the common shape has a fault in its value", () => {
    const values = [
      [0x0a, 0x02, 0x61],
      [0x10, 0x80],
      [0x18, 0x01, 0x02],
      [0x21, 0, 0, 0, 0, 0, 0, 0],
      [0x0d, 0, 0, 0, 0],
    ];
    for (const value of values) {
      const pair = [0x0a, 0x01, 0x6b, 0x12, value.length, ...value];
      const resource = [0x0a, pair.length, ...pair];
      const result = checkStructure(
        "traces",
        Uint8Array.of(0x0a, resource.length + 2, 0x0a, resource.length, ...resource),
      );
      assert.equal(result.kind, "malformed", String(value));
    }
  });

  test("may nest deep, but not without a bound", () => {
    assert.equal(checkStructure("traces", nestedLists(64)).kind, "well-formed");
    const result = checkStructure("traces", nestedLists(NESTING_MAX));
    assert.ok(result.kind === "malformed");
    assert.match(result.message, /nested too deeply/);
    const groups = new Uint8Array(1000).fill(0xa3).map((byte, index) => (index % 2 === 0 ? byte : 0x06));
    assert.equal(checkStructure("traces", groups).kind, "malformed");
  });

  test("allows repeated numbers packed and one by one, and looks into packed ones", () => {
    const buckets = (content: readonly number[]): Uint8Array => {
      const path = [0x42, 0x0a, 0x52, 0x12, 0x12, 0x0a];
      return path.reduce<Uint8Array>((inner, tag) => lengthDelimited(tag, inner), Uint8Array.from(content));
    };
    assert.equal(checkStructure("metrics", buckets([0x12, 0x02, 0xac, 0x02])).kind, "well-formed");
    assert.equal(checkStructure("metrics", buckets([0x10, 0x01, 0x10, 0xac, 0x02])).kind, "well-formed");
    assert.equal(checkStructure("metrics", buckets([0x12, 0x01, 0xac])).kind, "malformed");
  });
});

test("data points and log records are counted", () => {
  const dataPoints = [{ asDouble: 1 }, { asInt: 2 }];
  const metrics = [
    { gauge: { dataPoints } },
    { sum: { dataPoints } },
    { histogram: { dataPoints: [{ count: 1 }] } },
    { exponentialHistogram: { dataPoints: [{ count: 1 }] } },
    { summary: { dataPoints: [{ count: 1 }] } },
  ];
  const metricsBytes = encode(METRICS_REQUEST, { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  assert.deepEqual(countItems("metrics", metricsBytes), { kind: "counted", itemCount: 7 });
  const logsBytes = encode(LOGS_REQUEST, {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{}, { severityNumber: 9 }] }] }],
  });
  assert.deepEqual(countItems("logs", logsBytes), { kind: "counted", itemCount: 2 });
  assert.equal(countItems("logs", logsBytes.subarray(1)).kind, "malformed");
});

function countIn(message: WireMessage): number {
  const isItem = /^(Span|LogRecord|.*DataPoint)$/.test(message.type.name);
  return message.fields.reduce(
    (sum, field) => sum + (field.message === null ? 0 : countIn(field.message)),
    isItem ? 1 : 0,
  );
}

/** A resource attribute of key-value lists within each other. */
function nestedLists(depth: number): Uint8Array {
  let value: Uint8Array = new Uint8Array(0);
  // AnyValue.kvlist_value, KeyValueList.values, KeyValue.value
  for (let level = 0; level < depth; level++) {
    for (const tag of [0x12, 0x0a, 0x32]) value = lengthDelimited(tag, value);
  }
  // ResourceSpans.resource, Resource.attributes, KeyValue.value
  for (const tag of [0x12, 0x0a, 0x0a, 0x0a]) value = lengthDelimited(tag, value);
  return value;
}

function lengthDelimited(tag: number, content: Uint8Array): Uint8Array {
  const header = new Uint8Array(6);
  header[0] = tag;
  return Buffer.concat([header.subarray(0, writeVarint(header, 1, content.length)), content]);
}
