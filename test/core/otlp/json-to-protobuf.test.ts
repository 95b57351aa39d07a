import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { protobufToJson } from "../../../src/core/otlp/json-from-protobuf.ts";
import { CONTAINERS_MAX } from "../../../src/core/otlp/json-text.ts";
import { jsonToProtobuf } from "../../../src/core/otlp/json-to-protobuf.ts";
import { NESTING_MAX } from "../../../src/core/otlp/structure-check.ts";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { anyMessage } from "../../support/otlp-arbitrary.ts";
import { decode, encode, METRICS_REQUEST, TRACE_REQUEST } from "../../support/otlp-protobuf.ts";
import { fc } from "../../support/properties.ts";

const SPAN_PATH = "resourceSpans[0].scopeSpans[0].spans[0]";

describe("JSON to protobuf", () => {
  test("a span in OTLP/JSON becomes the span in protobuf", () => {
    const span = transcodeSpan(`{
      "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "eee19b7ec3c1b174", "parentSpanId": "eee19b7ec3c1b173",
      "name": "GET /login", "kind": 2, "startTimeUnixNano": "1544712660000000000",
      "attributes": [{"key": "http.response.status_code", "value": {"intValue": "401"}}],
      "status": {"code": 2}, "flags": 257
    }`);
    assert.deepEqual(span, {
      traceId: "5b8efff798038103d269b633813fc60c",
      spanId: "eee19b7ec3c1b174",
      parentSpanId: "eee19b7ec3c1b173",
      name: "GET /login",
      kind: 2,
      startTimeUnixNano: "1544712660000000000",
      attributes: [{ key: "http.response.status_code", value: { intValue: "401" } }],
      status: { code: 2 },
      flags: 257,
    });
  });

  test("an empty object is an empty request", () => {
    assert.deepEqual(transcode("traces", "{}"), new Uint8Array(0));
  });

  test("keys in snake_case and unknown keys are ignored, whatever they hold", () => {
    assert.deepEqual(
      transcodeSpan('{"name": "a", "trace_id": "not hex", "dropped_attributes_count": 7, "newer": {"deep": [[{}]]}}'),
      { name: "a" },
    );
  });

  test("keys that every JavaScript object inherits are unknown keys like others", () => {
    assert.deepEqual(transcodeSpan('{"__proto__": {"name": "b"}, "constructor": 1, "toString": 2}'), {});
  });

  test("the last of two equal keys counts", () => {
    assert.deepEqual(transcodeSpan('{"name": "a", "name": "b"}'), { name: "b" });
  });

  test("null stands for the default, also of numbers, lists and messages", () => {
    assert.deepEqual(
      transcodeSpan('{"name": null, "kind": null, "startTimeUnixNano": null, "attributes": null, "status": null}'),
      {},
    );
  });

  test("a default is left out unless its presence says something", () => {
    assert.deepEqual(transcodeSpan('{"name": "", "kind": 0, "droppedLinksCount": 0, "startTimeUnixNano": "0"}'), {});
    assert.deepEqual(transcodeAttribute('{"intValue": "0"}'), { intValue: "0" });
    assert.deepEqual(transcodeAttribute('{"stringValue": ""}'), { stringValue: "" });
    assert.deepEqual(transcodeAttribute('{"boolValue": false}'), { boolValue: false });
    assert.deepEqual(transcodeAttribute("{}"), {});
  });

  test("ids of a wrong length are passed on, for whoever checks spans to find", () => {
    assert.deepEqual(transcodeSpan('{"traceId": "ab", "spanId": ""}'), { traceId: "ab" });
  });

  test("bytes are read in both base64 alphabets, padded or not", () => {
    for (const text of ["+/+/AA==", "-_-_AA==", "+/+/AA", "-_-_AA"]) {
      assert.deepEqual(transcodeAttribute(`{"bytesValue": "${text}"}`), { bytesValue: "fbffbf00" });
    }
  });

  test("doubles may be numbers, numeric text or the names of what no number writes", () => {
    assert.deepEqual(transcodeAttribute('{"doubleValue": 0.25}'), { doubleValue: 0.25 });
    assert.deepEqual(transcodeAttribute('{"doubleValue": "-2.5e-3"}'), { doubleValue: -0.0025 });
    assert.deepEqual(transcodeAttribute('{"doubleValue": "NaN"}'), { doubleValue: Number.NaN });
    assert.deepEqual(transcodeAttribute('{"doubleValue": "Infinity"}'), { doubleValue: Number.POSITIVE_INFINITY });
    assert.deepEqual(transcodeAttribute('{"doubleValue": "-Infinity"}'), { doubleValue: Number.NEGATIVE_INFINITY });
    assert.deepEqual(transcodeAttribute('{"doubleValue": 12345678901234567890}'), {
      doubleValue: 12345678901234567000,
    });
  });

  test("64-bit integers are exact as text and as numbers, exponents included", () => {
    const cases = {
      '"9223372036854775807"': "9223372036854775807",
      '"-9223372036854775808"': "-9223372036854775808",
      "9223372036854775807": "9223372036854775807",
      "-9223372036854775807": "-9223372036854775807",
      "9007199254740993": "9007199254740993",
      "9007199254740993.0e0": "9007199254740993",
      "1.234567890123456789e18": "1234567890123456789",
      '"1e3"': "1000",
      "999999999999999e3": "999999999999999000",
      "-1": "-1",
      "4.0": "4",
    };
    for (const [written, exact] of Object.entries(cases)) {
      assert.deepEqual(transcodeAttribute(`{"intValue": ${written}}`), { intValue: exact }, written);
    }
    assert.deepEqual(transcodeSpan('{"endTimeUnixNano": 18446744073709551615}'), {
      endTimeUnixNano: "18446744073709551615",
    });
    assert.deepEqual(transcodeSpan('{"endTimeUnixNano":999999999999999e4}'), {
      endTimeUnixNano: "9999999999999990000",
    });
  });

  test("long digits inside a string do not disturb the string", () => {
    assert.deepEqual(transcodeSpan('{"name": "order: 12345678901234567890", "kind": 3}'), {
      name: "order: 12345678901234567890",
      kind: 3,
    });
  });

  test("text beyond ASCII, long text and a byte order mark are read as they are", () => {
    const name = `Anmeldung größer ${"ä".repeat(300)} 🔑`;
    const text = new TextEncoder().encode(`\uFEFF${spanBody(JSON.stringify({ name }))}`);
    assert.deepEqual(spanOf(transcode("traces", text)), { name });
  });

  test("metrics keep packed lists, signs and explicit zeros", () => {
    const bytes = transcode(
      "metrics",
      `{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"exponentialHistogram": {"dataPoints": [
        {"scale": -3, "sum": 0, "positive": {"offset": -7, "bucketCounts": ["1", 0, "18446744073709551615"]}}]}}]}]}]}`,
    );
    const point = {
      scale: -3,
      sum: 0,
      positive: { offset: -7, bucketCounts: ["1", "0", "18446744073709551615"] },
    };
    assert.deepEqual(decode(METRICS_REQUEST, bytes), {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ exponentialHistogram: { dataPoints: [point] } }] }] }],
    });
  });
});

describe("malformed JSON is refused with its place and the remedy", () => {
  const spanFaults: Readonly<Record<string, string>> = {
    '{"kind": "SPAN_KIND_SERVER"}': "kind: enum names are not valid in OTLP/JSON, send 2",
    '{"kind": "SERVER"}': "kind: enum names are not valid in OTLP/JSON, send the number",
    '{"kind": "2"}': 'kind: expected a number, got "2"',
    '{"kind": 1.5}': "kind: expected a whole number, got 1.5",
    '{"traceId": "xyz0"}': 'traceId: expected an id in hex, got "xyz0"',
    '{"traceId": "abc"}': 'traceId: expected an id in hex, got "abc"',
    '{"spanId": 12}': "spanId: expected an id in hex, got 12",
    '{"name": 12}': "name: expected a string, got a number",
    '{"name": 12345678901234567890}': "name: expected a string, got a number",
    '{"attributes": {}}': "attributes: expected an array, got an object",
    '{"attributes": [null]}': "attributes[0]: expected an object, got null",
    '{"attributes": [{}, {"value": []}]}': "attributes[1].value: expected an object, got an array",
    '{"attributes": [{"value": {"boolValue": "true"}}]}':
      "attributes[0].value.boolValue: expected true or false, got a string",
    '{"attributes": [{"value": {"intValue": "1", "doubleValue": 1}}]}':
      'attributes[0].value.doubleValue: cannot stand beside "intValue"',
    '{"attributes": [{"value": {"bytesValue": "a"}}]}':
      'attributes[0].value.bytesValue: expected bytes in base64, got "a"',
    '{"attributes": [{"value": {"doubleValue": 1e400}}]}':
      "attributes[0].value.doubleValue: expected a number that a double can hold, got Infinity",
    '{"attributes": [{"value": {"doubleValue": "0x10"}}]}':
      'attributes[0].value.doubleValue: expected a number that a double can hold, got "0x10"',
    '{"attributes": [{"value": {"intValue": "9223372036854775808"}}]}':
      "attributes[0].value.intValue: expected a number from -9223372036854775808 to 9223372036854775807, " +
      'got "9223372036854775808"',
    '{"droppedAttributesCount": 4294967296}':
      "droppedAttributesCount: expected a number from 0 to 4294967295, got 4294967296",
    '{"startTimeUnixNano": "-1"}': 'startTimeUnixNano: expected a number from 0 to 18446744073709551615, got "-1"',
    '{"startTimeUnixNano": "2024-01-01"}': 'startTimeUnixNano: expected a whole number, got "2024-01-01"',
    '{"startTimeUnixNano": ""}': 'startTimeUnixNano: expected a whole number, got ""',
  };
  for (const [span, problem] of Object.entries(spanFaults)) {
    test(`${span} is refused`, () => assert.equal(refusal("traces", spanBody(span)), `${SPAN_PATH}.${problem}`));
  }

  test("what is not JSON, not UTF-8 or not an object is refused", () => {
    assert.match(refusal("traces", '{"resourceSpans": ['), /^not valid JSON: /);
    assert.match(refusal("traces", ""), /^not valid JSON: /);
    assert.equal(refusal("traces", Uint8Array.of(0x22, 0xff, 0x22)), "the JSON text is not UTF-8");
    assert.equal(refusal("logs", "[]"), "expected an object, got an array");
    assert.equal(refusal("metrics", "null"), "expected an object, got null");
  });

  test("hostile nesting is refused, with long numbers and without", () => {
    const deepValue = '{"arrayValue": {"values": ['.repeat(NESTING_MAX) + "]}}".repeat(NESTING_MAX);
    assert.match(refusal("traces", attributeBody(deepValue)), /: nested deeper than 200 messages$/);
    const brackets = "[".repeat(200_000) + "]".repeat(200_000);
    assert.match(refusal("traces", `{"a": 12345678901234567890, "resourceSpans": ${brackets}}`), /nested|expected/);
    assert.match(refusal("traces", `{"resourceSpans": ${brackets}}`), /nested|expected/);
  });

  test("more objects and lists than telemetry has are refused before the text is parsed", () => {
    const list = (count: number) => `{"resourceSpans": [${"{},".repeat(count)}{}]}`;
    assert.match(refusal("traces", Buffer.from(list(CONTAINERS_MAX))), /^more than 2000000 JSON objects and arrays/);
    const inText = `{"resourceSpans": [], "note": "${'[{\\"'.repeat(CONTAINERS_MAX)}"}`;
    assert.deepEqual(jsonToProtobuf("traces", Buffer.from(inText)), { kind: "ok", bytes: new Uint8Array(0) });
  });

  test("no text makes it throw", () => {
    const tokens = [
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "null",
      "-",
      "1e999",
      "12345678901234567890",
      "\\u0000",
      "\ud800",
    ];
    const mutation = fc.record({
      at: fc.nat(),
      cut: fc.nat(5),
      insert: fc.oneof(fc.constantFrom(...tokens), fc.string()),
    });
    fc.assert(
      fc.property(
        anyMessage(TRACE_REQUEST),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (message, mutations) => {
          let text = jsonText(encode(TRACE_REQUEST, message));
          for (const { at, cut, insert } of mutations) {
            const position = at % (text.length + 1);
            text = text.slice(0, position) + insert + text.slice(position + cut);
          }
          const result = jsonToProtobuf("traces", text);
          if (result.kind === "ok") decode(TRACE_REQUEST, result.bytes);
          else assert.ok(result.message.length > 0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("any JSON value in the place of any other never makes it throw", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom("kind", "traceId", "attributes", "status", "events"),
        (value, name) => {
          const result = jsonToProtobuf("traces", spanBody(JSON.stringify({ [name]: value })));
          if (result.kind === "malformed") assert.ok(result.message.startsWith(`${SPAN_PATH}.${name}`));
        },
      ),
    );
  });
});

function spanBody(span: string): string {
  return `{"resourceSpans": [{"scopeSpans": [{"spans": [${span}]}]}]}`;
}

function attributeBody(value: string): string {
  return spanBody(`{"attributes": [{"key": "k", "value": ${value}}]}`);
}

function transcode(signal: Signal, text: Uint8Array | string): Uint8Array {
  const result = jsonToProtobuf(signal, text);
  assert.ok(result.kind === "ok", result.kind === "malformed" ? result.message : "");
  return result.bytes;
}

function transcodeSpan(span: string): unknown {
  return spanOf(transcode("traces", spanBody(span)));
}

function spanOf(bytes: Uint8Array): unknown {
  const request = decode(TRACE_REQUEST, bytes) as { resourceSpans: [{ scopeSpans: [{ spans: [unknown] }] }] };
  return request.resourceSpans[0].scopeSpans[0].spans[0];
}

function transcodeAttribute(value: string): unknown {
  const span = spanOf(transcode("traces", attributeBody(value))) as { attributes: [{ value: unknown }] };
  return span.attributes[0].value;
}

function refusal(signal: Signal, text: Uint8Array | string): string {
  const result = jsonToProtobuf(signal, text);
  assert.ok(result.kind === "malformed", "expected a refusal");
  return result.message;
}

function jsonText(bytes: Uint8Array): string {
  const result = protobufToJson("traces", bytes);
  assert.ok(result.kind === "ok");
  return result.text;
}
