import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AttributeBuffer, attributeKey, encodeAttribute } from "../../../src/core/otlp/encode-attribute.ts";
import { APPENDED_BYTES_MAX, EDIT_ROWS_MAX, SpanEdits } from "../../../src/core/otlp/span-edits.ts";
import type { SpanView } from "../../../src/core/otlp/span-view.ts";
import { TraceScanner } from "../../../src/core/otlp/trace-scanner.ts";
import { writeVarint } from "../../../src/core/otlp/wire.ts";
import { decode, encode, TRACE_REQUEST } from "../../support/otlp-protobuf.ts";
import { anyTraceRequest, KEYS } from "../../support/otlp-requests.ts";
import { fc } from "../../support/properties.ts";
import type { WireMessage } from "../../support/wire-tree.ts";
import { changeFields, encodeTree, joinPieces, parseMessage } from "../../support/wire-tree.ts";

const scanner = new TraceScanner(KEYS);
const SPAN = { traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2) };

describe("editing the spans of a request", () => {
  test("gives the request's own bytes when nothing was edited", () => {
    const bytes = requestWith(SPAN);
    assert.equal(
      editEach(bytes, () => "keep"),
      bytes,
    );
  });

  test("appends attributes that an independent decoder reads", () => {
    const edited = editEach(requestWith({ ...SPAN, name: "x", attributes: [attribute("a", "1")] }), (_index) =>
      encodeAttribute("authspike.outcome", "ok"),
    );
    const attributes = [attribute("a", "1"), attribute("authspike.outcome", "ok")];
    assert.deepEqual(
      decode(TRACE_REQUEST, edited),
      decode(TRACE_REQUEST, requestWith({ ...SPAN, name: "x", attributes })),
    );
  });

  test("lets every length on the way up grow by a byte when it has to", () => {
    // Each step crosses the border of a varint somewhere: span, scope or resource at 128 or 16384.
    for (const nameLength of [20, 60, 80, 90, 100, 110, 16200, 16300, 16380]) {
      const bytes = requestWith({ ...SPAN, name: "n".repeat(nameLength) });
      const added = encodeAttribute("authspike.endpoint", "GET /a");
      assertSameBytes(
        editEach(bytes, () => added),
        editedTree(parseMessage(TRACE_REQUEST, bytes), () => added),
      );
    }
  });

  test("takes spans out and leaves the emptied envelope", () => {
    const edited = editEach(requestWith(SPAN, SPAN), () => "remove");
    assert.deepEqual(decode(TRACE_REQUEST, edited), { resourceSpans: [{ scopeSpans: [{}] }] });
  });

  test("fills reserved places in any order, after the spans behind them", () => {
    const bytes = requestWith(SPAN, SPAN, SPAN);
    const marks = [0, 1, 2].map((index) => encodeAttribute("index", `${"x".repeat(index * 100)}`));
    const edits = new SpanEdits();
    const places: number[] = [];
    edits.reset(bytes);
    const span = (view: SpanView): void => {
      if (places.length === 1) edits.append(view, marks[1] ?? SPAN.spanId);
      places.push(edits.reserve(view));
    };
    scanner.scan(bytes, { span, invalidSpan: () => {} });
    for (const index of [2, 0]) edits.fill(places[index] ?? -1, marks[index] ?? SPAN.spanId);
    assertSameBytes(
      edits.apply(),
      editEach(bytes, (index) => marks[index] ?? "keep"),
    );
  });

  test("copies a buffer, so that the caller may use it again", () => {
    const buffer = new AttributeBuffer();
    const key = attributeKey("index");
    let index = 0;
    const edited = edit(requestWith(SPAN, SPAN), (edits, view) => {
      buffer.clear();
      buffer.addInt(key, index++);
      edits.append(view, buffer);
    });
    const spans = [0, 1].map((value) => ({ ...SPAN, attributes: [{ key: "index", value: { intValue: value } }] }));
    assertSameBytes(edited, requestWith(...spans));
  });

  test("forgets the edits of a request that was given up", () => {
    const edits = new SpanEdits();
    const [first, second] = [requestWith(SPAN), requestWith(SPAN, SPAN)];
    edits.reset(first);
    scanner.scan(first, { span: (view) => edits.removeSpan(view), invalidSpan: () => {} });
    edits.reset(second);
    assert.equal(edits.apply(), second);
  });

  test("changes exactly what a decoder, an edit and an encoder would change, in any legal form", () => {
    fc.assert(
      fc.property(anyTraceRequest(), fc.array(fc.nat(2), { minLength: 1 }), ({ bytes, tree }, choices) => {
        const choose = (index: number): Edit => EDITS[choices[index % choices.length] ?? 0] ?? "keep";
        const edited = editEach(bytes, choose);
        assertSameBytes(edited, editedTree(tree, choose));
        const expected = editedTree(joinPieces(tree), choose);
        assert.deepEqual(decode(TRACE_REQUEST, joined(edited)), decode(TRACE_REQUEST, expected));
      }),
      { numRuns: 200 },
    );
  });

  test("leaves spans as they came when a request needs more room than there is", () => {
    const large = encodeAttribute("k", "v".repeat(APPENDED_BYTES_MAX / 2 - 100));
    const edits = new SpanEdits();
    const bytes = requestWith(SPAN, SPAN, SPAN);
    const answers: boolean[] = [];
    edits.reset(bytes);
    scanner.scan(bytes, { span: (view) => answers.push(edits.append(view, large)), invalidSpan: () => {} });
    assert.deepEqual(answers, [true, true, false]);
    assert.equal(edits.refusedCount, 1);
    assert.equal(spanCountOf(edits.apply()), 3);
  });

  test("takes out as many invalid spans as it has room for, and says how many it has not", () => {
    const invalidSpan = Buffer.of(0x12, 0x00);
    const spans = Buffer.alloc(invalidSpan.length * EDIT_ROWS_MAX, invalidSpan);
    const bytes = lengthDelimited(0x0a, lengthDelimited(0x12, spans));
    const edits = new SpanEdits();
    edits.reset(bytes);
    scanner.scan(bytes, { span: () => {}, invalidSpan: (view) => edits.removeSpan(view) });
    assert.ok(edits.refusedCount > 0);
    assert.equal(spanCountOf(edits.apply()), edits.refusedCount);
  });
});

type Edit = Uint8Array | "keep" | "remove";
const EDITS: readonly Edit[] = ["keep", "remove", encodeAttribute("authspike.outcome", "unauthenticated")];

function edit(bytes: Uint8Array, onSpan: (edits: SpanEdits, view: SpanView) => void): Uint8Array {
  const edits = new SpanEdits();
  edits.reset(bytes);
  const result = scanner.scan(bytes, {
    span: (view) => onSpan(edits, view),
    invalidSpan: (view) => onSpan(edits, view),
  });
  assert.equal(result.kind, "scanned");
  return edits.apply();
}

function editEach(bytes: Uint8Array, choose: (index: number) => Edit): Uint8Array {
  let index = 0;
  return edit(bytes, (edits, view) => {
    const choice = choose(index++);
    if (choice === "remove") edits.removeSpan(view);
    else if (choice !== "keep") edits.append(view, index % 2 === 0 ? choice : bufferOf(choice));
  });
}

function bufferOf(bytes: Uint8Array): AttributeBuffer {
  const buffer = new AttributeBuffer();
  buffer.addEncoded(bytes);
  return buffer;
}

/** The same edits by way of a tree that is encoded again. */
function editedTree(tree: WireMessage, choose: (index: number) => Edit): Uint8Array {
  let index = 0;
  const edited = changeFields(tree, "Span", (span) => {
    const choice = choose(index++);
    if (choice === "remove") return null;
    if (choice === "keep") return span;
    return { ...span, fields: [...span.fields, ...parseMessage(span.type, choice).fields] };
  });
  return encodeTree(edited);
}

function joined(bytes: Uint8Array): Uint8Array {
  return encodeTree(joinPieces(parseMessage(TRACE_REQUEST, bytes)));
}

function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(Buffer.from(actual).toString("hex"), Buffer.from(expected).toString("hex"));
}

function requestWith(...spans: object[]): Uint8Array {
  return encode(TRACE_REQUEST, { resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

function attribute(key: string, stringValue: string): object {
  return { key, value: { stringValue } };
}

function lengthDelimited(tag: number, content: Uint8Array): Uint8Array {
  const header = new Uint8Array(6);
  header[0] = tag;
  return Buffer.concat([header.subarray(0, writeVarint(header, 1, content.length)), content]);
}

function spanCountOf(bytes: Uint8Array): number {
  const result = scanner.scan(bytes, { span: () => {}, invalidSpan: () => {} });
  assert.ok(result.kind === "scanned");
  return result.spanCount;
}
