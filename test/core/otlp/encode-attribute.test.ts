import assert from "node:assert/strict";
import { test } from "node:test";
import { AttributeBuffer, attributeKey, encodeAttribute } from "../../../src/core/otlp/encode-attribute.ts";
import { decode, TRACE_REQUEST } from "../../support/otlp-protobuf.ts";

const SPAN_TYPE = TRACE_REQUEST.root.lookupType("opentelemetry.proto.trace.v1.Span");

test("attributes of every kind decode to what they were", () => {
  const buffer = new AttributeBuffer();
  const longText = "é".repeat(300);
  buffer.addText(attributeKey("text"), longText);
  buffer.addText(attributeKey("k".repeat(200)), "");
  buffer.addBoolean(attributeKey("yes"), true);
  buffer.addBoolean(attributeKey("no"), false);
  buffer.addInt(attributeKey("int"), 2 ** 53 - 1);
  buffer.addDouble(attributeKey("double"), 0.25);
  buffer.addEncoded(encodeAttribute("kept", "once"));
  assert.deepEqual(decode(SPAN_TYPE, buffer.bytes.subarray(0, buffer.length)), {
    attributes: [
      { key: "text", value: { stringValue: longText } },
      { key: "k".repeat(200), value: { stringValue: "" } },
      { key: "yes", value: { boolValue: true } },
      { key: "no", value: { boolValue: false } },
      { key: "int", value: { intValue: "9007199254740991" } },
      { key: "double", value: { doubleValue: 0.25 } },
      { key: "kept", value: { stringValue: "once" } },
    ],
  });
});

test("a cleared buffer begins again", () => {
  const buffer = new AttributeBuffer();
  buffer.addText(attributeKey("first"), "1");
  buffer.clear();
  buffer.addText(attributeKey("second"), "2");
  assert.deepEqual(buffer.bytes.subarray(0, buffer.length), encodeAttribute("second", "2"));
});
