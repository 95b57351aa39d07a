import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NOTED_ATTRIBUTES_MAX } from "../../../src/core/otlp/attribute-notes.ts";
import { NOTED_SPANS_MAX } from "../../../src/core/otlp/span-notes.ts";
import type { SpanView } from "../../../src/core/otlp/span-view.ts";
import { TraceScanner } from "../../../src/core/otlp/trace-scanner.ts";
import { encode, TRACE_REQUEST } from "../../support/otlp-protobuf.ts";
import { anyTraceRequest, KEYS } from "../../support/otlp-requests.ts";
import { fc } from "../../support/properties.ts";
import { encodeTree, joinPieces } from "../../support/wire-tree.ts";

const scanner = new TraceScanner(KEYS);
const TRACE_ID = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const SPAN_ID = Uint8Array.from({ length: 8 }, (_, index) => index + 101);

describe("scanning a trace request", () => {
  test("shows the fields of a span", () => {
    const span = {
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      parentSpanId: SPAN_ID,
      traceState: "ot=th:8",
      name: "GET /users",
      kind: 2,
      startTimeUnixNano: "1760000000000500000",
      endTimeUnixNano: "1760000001000000000",
      attributes: [
        { key: "http.response.status_code", value: { intValue: 401 } },
        { key: "http.route", value: { stringValue: "/users" } },
      ],
      status: { code: 2, message: "denied" },
      flags: 0x80000301,
    };
    assert.deepEqual(scan(requestWith(span)).spans, [
      {
        traceId: hex(TRACE_ID),
        spanId: hex(SPAN_ID),
        parentSpanId: hex(SPAN_ID),
        traceState: "ot=th:8",
        name: "GET /users",
        kind: 2,
        flags: 0x80000301,
        startTimeUnixMillis: 1760000000000.5,
        endTimeUnixMillis: 1760000001000,
        statusCode: 2,
        statusMessage: "denied",
        attributes: ["/users", undefined, "401"],
        resource: [undefined, undefined],
        resourceIndex: 0,
      },
    ]);
  });

  test("forgets the last span before it shows the next", () => {
    const bare = { traceId: TRACE_ID, spanId: SPAN_ID };
    const full = { ...bare, name: "x", kind: 2, status: { code: 2 }, attributes: [text("http.route", "/a")] };
    const second = scan(requestWith(full, bare)).spans[1];
    assert.ok(second !== undefined);
    assert.equal(second.name, undefined);
    assert.equal(second.kind, 0);
    assert.equal(second.statusCode, 0);
    assert.deepEqual(second.attributes, [undefined, undefined, undefined]);
  });

  test("reads a resource whose bytes follow its spans, in pieces", () => {
    const envelope = (resourceSpans: object): Uint8Array =>
      encode(TRACE_REQUEST, { resourceSpans: [resourceSpans] }).subarray(2);
    const content = Buffer.concat([
      envelope({ scopeSpans: [{ spans: [{ traceId: TRACE_ID, spanId: SPAN_ID }] }] }),
      envelope({ resource: { attributes: [text("service.name", "shop")] } }),
      envelope({ resource: { attributes: [text("deployment.environment.name", "prod")] } }),
    ]);
    const bytes = Buffer.concat([Buffer.of(0x0a, content.length), content]);
    assert.deepEqual(scan(bytes).spans[0]?.resource, ["shop", "prod"]);
  });

  test("takes the last of two attributes with one key, even when it has no value", () => {
    const attributes = [text("http.route", "/a"), text("http.route", "/b"), text("http.request.method", "GET")];
    const span = { traceId: TRACE_ID, spanId: SPAN_ID };
    assert.deepEqual(scan(requestWith({ ...span, attributes })).spans[0]?.attributes, ["/b", "GET", undefined]);
    const emptied = [...attributes, { key: "http.route", value: {} }];
    assert.deepEqual(scan(requestWith({ ...span, attributes: emptied })).spans[0]?.attributes, [
      undefined,
      "GET",
      undefined,
    ]);
  });

  test("reads numbers, booleans and text alike", () => {
    const values = [{ intValue: "-5" }, { doubleValue: 401.5 }, { boolValue: true }, { stringValue: "x".repeat(300) }];
    for (const [index, expected] of ["-5", "401.5", "true", "x".repeat(300)].entries()) {
      const span = { traceId: TRACE_ID, spanId: SPAN_ID, attributes: [{ key: "http.route", value: values[index] }] };
      assert.equal(scan(requestWith(span)).spans[0]?.attributes[0], expected);
    }
  });

  test("hands spans with invalid ids out apart and goes on", () => {
    const good = { traceId: TRACE_ID, spanId: SPAN_ID, name: "good" };
    const bad = [
      { ...good, traceId: TRACE_ID.subarray(1) },
      { ...good, traceId: new Uint8Array(16) },
      { ...good, spanId: Buffer.alloc(9, 1) },
      { ...good, spanId: new Uint8Array(8) },
      {},
    ];
    const scanned = scan(requestWith(good, ...bad, good));
    assert.deepEqual(
      scanned.spans.map((span) => span.name),
      ["good", "good"],
    );
    assert.deepEqual(scanned.result, { kind: "scanned", spanCount: 7, invalidSpanCount: 5 });
  });

  test("takes a parent id that is not 8 bytes or all zero for none", () => {
    for (const parentSpanId of [new Uint8Array(8), new Uint8Array(3).fill(1)]) {
      assert.equal(
        scan(requestWith({ traceId: TRACE_ID, spanId: SPAN_ID, parentSpanId })).spans[0]?.parentSpanId,
        undefined,
      );
    }
  });

  test("reads texts of any length", () => {
    // Lengths of attribute, value and string take one more byte at different places.
    for (const length of [0, 1, ...range(90, 140), ...range(16_340, 16_400)]) {
      const attributes = [text("http.request.method", "x".repeat(length)), text("http.route", "/a")];
      const [span] = scan(requestWith({ traceId: TRACE_ID, spanId: SPAN_ID, attributes })).spans;
      assert.deepEqual(span?.attributes.slice(0, 2), ["/a", "x".repeat(Math.min(length, 6000))]);
    }
  });

  test("shows as many spans and attributes as there are", () => {
    const names = range(0, NOTED_SPANS_MAX + 20).map(String);
    const spans = names.map((name) => ({ traceId: TRACE_ID, spanId: SPAN_ID, attributes: [text("http.route", name)] }));
    const crowded = { ...spans[0], attributes: Array(NOTED_ATTRIBUTES_MAX + 1).fill(text("http.route", "crowd")) };
    const shown = scan(requestWith(crowded, ...spans, crowded, { ...crowded, attributes: [] })).spans;
    assert.deepEqual(
      shown.map(({ attributes: [route] }) => route),
      ["crowd", ...names, "crowd", undefined],
    );
  });

  test("accepts an empty request and empty envelopes", () => {
    const empty = { kind: "scanned", spanCount: 0, invalidSpanCount: 0 };
    assert.deepEqual(scan(new Uint8Array(0)).result, empty);
    assert.deepEqual(scan(Buffer.of(0x0a, 0x00, 0x0a, 0x02, 0x12, 0x00)).result, empty);
  });

  test("shows nothing of a request whose fault is at its end", () => {
    const good = requestWith({ traceId: TRACE_ID, spanId: SPAN_ID });
    const scanned = scan(Buffer.concat([good, Buffer.of(0x0a, 0x05, 0x12)]));
    assert.equal(scanned.result.kind, "malformed");
    assert.deepEqual(scanned.spans, []);
  });

  test("sees in any legal form what an independent decoder sees", () => {
    fc.assert(
      fc.property(anyTraceRequest(), ({ bytes, tree }) => {
        const scanned = scan(bytes);
        const expected = decodeSpans(encodeTree(joinPieces(tree)));
        assert.deepEqual(scanned.spans, expected.valid);
        const { invalidSpanCount } = expected;
        assert.deepEqual(scanned.result, {
          kind: "scanned",
          spanCount: expected.valid.length + invalidSpanCount,
          invalidSpanCount,
        });
      }),
      { numRuns: 300 },
    );
  });

  test("scans concatenated requests as one", () => {
    fc.assert(
      fc.property(anyTraceRequest(), anyTraceRequest(), (first, second) => {
        const both = scan(Buffer.concat([first.bytes, second.bytes])).spans;
        const apart = [...scan(first.bytes).spans, ...scan(second.bytes).spans];
        assert.deepEqual(both.map(withoutIndex), apart.map(withoutIndex));
      }),
      { numRuns: 50 },
    );
  });

  test("never throws and never reads beyond the end, whatever bytes are changed or cut", () => {
    const mutation = fc.record({ at: fc.nat(), byte: fc.nat(255) });
    fc.assert(
      fc.property(anyTraceRequest(), fc.array(mutation, { maxLength: 4 }), fc.nat(), (request, mutations, cut) => {
        const bytes = Uint8Array.from(request.bytes);
        for (const { at, byte } of mutations) bytes[at % Math.max(1, bytes.length)] = byte;
        scan(bytes.subarray(0, cut % (bytes.length + 1)));
      }),
      { numRuns: 500 },
    );
  });

  test("calls every cut of a request malformed or shorter", () => {
    const bytes = requestWith({ traceId: TRACE_ID, spanId: SPAN_ID, attributes: [text("http.route", "/a")], flags: 1 });
    for (let length = 1; length < bytes.length; length++) {
      assert.equal(scan(bytes.subarray(0, length)).result.kind, "malformed", `cut at ${length}`);
    }
  });
});

type SeenSpan = ReturnType<typeof seenSpan>;

/** What the view says, copied out. The view's bytes end where the request does. */
function seenSpan(view: SpanView) {
  const { bytes } = view;
  const read = (start: number, end: number): string | undefined =>
    start === -1 ? undefined : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
  const id = (start: number, byteLength: number): string | undefined =>
    start === -1 ? undefined : hex(bytes.subarray(start, start + byteLength));
  return {
    traceId: id(view.traceIdStart, 16),
    spanId: id(view.spanIdStart, 8),
    parentSpanId: id(view.parentSpanIdStart, 8),
    traceState: read(view.traceStateStart, view.traceStateEnd),
    name: read(view.nameStart, view.nameEnd),
    kind: view.kind,
    flags: view.flags,
    startTimeUnixMillis: view.startTimeUnixMillis,
    endTimeUnixMillis: view.endTimeUnixMillis,
    statusCode: view.statusCode,
    statusMessage: read(view.statusMessageStart, view.statusMessageEnd),
    attributes: KEYS.span.map((_, slot) => view.attributes.text(bytes, slot)),
    resource: KEYS.resource.map((_, slot) => view.resource.text(bytes, slot)),
    resourceIndex: view.resourceIndex,
  };
}

function scan(bytes: Uint8Array): { readonly result: ReturnType<TraceScanner["scan"]>; readonly spans: SeenSpan[] } {
  const spans: SeenSpan[] = [];
  const result = scanner.scan(bytes, {
    span: (view) => spans.push(seenSpan(view)),
    invalidSpan: () => {},
  });
  return { result, spans };
}

/** The same, from what protobufjs decodes. */
function decodeSpans(bytes: Uint8Array): { readonly valid: SeenSpan[]; readonly invalidSpanCount: number } {
  const valid: SeenSpan[] = [];
  let invalidSpanCount = 0;
  const request = TRACE_REQUEST.toObject(TRACE_REQUEST.decode(bytes), { longs: String }) as DecodedRequest;
  for (const [resourceIndex, { resource, scopeSpans = [] }] of (request.resourceSpans ?? []).entries()) {
    for (const span of scopeSpans.flatMap((scope) => scope.spans ?? [])) {
      if (!isId(span.traceId, 16) || !isId(span.spanId, 8)) invalidSpanCount++;
      else valid.push({ ...expectedSpan(span), resource: texts(KEYS.resource, resource?.attributes), resourceIndex });
    }
  }
  return { valid, invalidSpanCount };
}

type DecodedAttribute = { readonly key?: string; readonly value?: Readonly<Record<string, unknown>> };
type DecodedSpan = {
  readonly traceId?: Uint8Array;
  readonly spanId?: Uint8Array;
  readonly parentSpanId?: Uint8Array;
  readonly traceState?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly flags?: number;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly attributes?: readonly DecodedAttribute[];
};
type DecodedRequest = {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly DecodedAttribute[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly DecodedSpan[] }[];
  }[];
};

function expectedSpan(span: DecodedSpan): Omit<SeenSpan, "resource" | "resourceIndex"> {
  return {
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    parentSpanId: isId(span.parentSpanId, 8) ? hex(span.parentSpanId) : undefined,
    traceState: span.traceState,
    name: span.name,
    kind: span.kind ?? 0,
    flags: span.flags ?? 0,
    startTimeUnixMillis: unixMillis(span.startTimeUnixNano),
    endTimeUnixMillis: unixMillis(span.endTimeUnixNano),
    statusCode: span.status?.code ?? 0,
    statusMessage: span.status?.message,
    attributes: texts(KEYS.span, span.attributes),
  };
}

function texts(keys: readonly string[], attributes: readonly DecodedAttribute[] = []): (string | undefined)[] {
  return keys.map((key) => {
    const value = attributes.findLast((attribute) => attribute.key === key)?.value ?? {};
    if (value["intValue"] !== undefined) return String(Number(value["intValue"]));
    const scalar = value["stringValue"] ?? value["boolValue"] ?? value["doubleValue"];
    return scalar === undefined ? undefined : String(scalar);
  });
}

function isId(bytes: Uint8Array | undefined, byteLength: number): boolean {
  return bytes?.length === byteLength && bytes.some((byte) => byte !== 0);
}

/** Rounds as the scanner does, which adds the two halves of the number. */
function unixMillis(nanos = "0"): number {
  const bits = BigInt(nanos);
  return Number(bits >> 32n) * (2 ** 32 / 1e6) + Number(bits & 0xffffffffn) / 1e6;
}

function withoutIndex(span: SeenSpan): Omit<SeenSpan, "resourceIndex"> {
  const { resourceIndex: _, ...rest } = span;
  return rest;
}

function requestWith(...spans: object[]): Uint8Array {
  return encode(TRACE_REQUEST, { resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

function range(start: number, end: number): readonly number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
}
