/**
 * Reads the spans of an ExportTraceServiceRequest in place and shows them one after the other.
 *
 * The request is walked twice: once to prove it well formed (`structure-check.ts`), so that the sink
 * never sees half of a malformed one, and once to read it without checks. Spans come in the order of
 * their bytes. A resource is read before its spans even where its bytes follow them, and singular
 * messages that come in pieces are merged, because both are legal protobuf.
 */
import { scanAttribute } from "./attribute-scanner.ts";
import { KeyTable } from "./key-table.ts";
import { SpanView } from "./span-view.ts";
import type { Malformed } from "./structure-check.ts";
import { checkStructure, skipCheckedField } from "./structure-check.ts";
import { cursor, isAllZero, readFixed32, readInt64, readUnixMillis, readVarint32 } from "./wire.ts";

export interface SpanSink {
  span(view: SpanView): void;
  /**
   * A span whose trace id is not 16 bytes or whose span id is not 8, or is all zero: the receiver has
   * to reject it and keep the rest. `SpanEdits.removeSpan` takes it out.
   */
  invalidSpan(view: SpanView): void;
}

export type ScanResult =
  | {
      readonly kind: "scanned";
      /** All spans of the request, invalid ones included. */
      readonly spanCount: number;
      readonly invalidSpanCount: number;
    }
  | Malformed;

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

// Tags: field number and wire type in one. The structure check has made sure that no known field
// comes with another wire type.
const REQUEST_RESOURCE_SPANS = 0x0a;
const RESOURCE_SPANS_RESOURCE = 0x0a;
const RESOURCE_SPANS_SCOPE_SPANS = 0x12;
const RESOURCE_ATTRIBUTES = 0x0a;
const SCOPE_SPANS_SPANS = 0x12;
const SPAN_TRACE_ID = 0x0a;
const SPAN_SPAN_ID = 0x12;
const SPAN_TRACE_STATE = 0x1a;
const SPAN_PARENT_SPAN_ID = 0x22;
const SPAN_NAME = 0x2a;
const SPAN_KIND = 0x30;
const SPAN_START_TIME = 0x39;
const SPAN_END_TIME = 0x41;
const SPAN_ATTRIBUTES = 0x4a;
const SPAN_EVENTS = 0x5a;
const SPAN_STATUS = 0x7a;
const SPAN_FLAGS = 0x85;
const STATUS_MESSAGE = 0x12;
const STATUS_CODE = 0x18;

// Constants of the module are cheaper to reach than imported bindings; see structure-check.ts.
const at = cursor;
const readTag = readVarint32;
const skipField = skipCheckedField;

const NO_BYTES = new Uint8Array(0);

export class TraceScanner {
  /** Shown to the sink, moved from span to span; between scans it holds nothing of use. */
  readonly view: SpanView;
  readonly #spanKeys: KeyTable;
  readonly #resourceKeys: KeyTable;
  #spanCount = 0;
  #invalidSpanCount = 0;

  constructor(keys: { readonly span: readonly string[]; readonly resource: readonly string[] }) {
    this.view = new SpanView(keys);
    this.#spanKeys = new KeyTable(keys.span);
    this.#resourceKeys = new KeyTable(keys.resource);
  }

  /** Shows every span to the sink, which must be done with the view when it returns. */
  scan(bytes: Uint8Array, sink: SpanSink): ScanResult {
    const structure = checkStructure("traces", bytes);
    if (structure.kind === "malformed") return structure;
    this.#spanCount = 0;
    this.#invalidSpanCount = 0;
    this.view.bytes = bytes;
    this.view.resourceIndex = -1;
    try {
      this.#scanRequest(bytes, sink);
    } finally {
      // An idle scanner must not keep the largest request alive.
      this.view.bytes = NO_BYTES;
    }
    return { kind: "scanned", spanCount: this.#spanCount, invalidSpanCount: this.#invalidSpanCount };
  }

  #scanRequest(bytes: Uint8Array, sink: SpanSink): void {
    let position = 0;
    while (position < bytes.length) {
      const tag = readTag(bytes, position, bytes.length);
      const lengthStart = at.position;
      position = skipField(bytes, tag, lengthStart, bytes.length);
      if (tag !== REQUEST_RESOURCE_SPANS) continue;
      this.view.resourceSpansLengthStart = lengthStart;
      this.view.resourceSpansStart = at.position;
      this.view.resourceSpansEnd = position;
      this.view.resourceIndex++;
      this.#scanResourceSpans(bytes, at.position, position, sink);
    }
  }

  #scanResourceSpans(bytes: Uint8Array, start: number, end: number, sink: SpanSink): void {
    this.view.resource.clear();
    let position = start;
    while (position < end) {
      const tag = readTag(bytes, position, end);
      position = skipField(bytes, tag, at.position, end);
      if (tag === RESOURCE_SPANS_RESOURCE) this.#scanResource(bytes, at.position, position);
    }
    position = start;
    while (position < end) {
      const tag = readTag(bytes, position, end);
      const lengthStart = at.position;
      position = skipField(bytes, tag, lengthStart, end);
      if (tag !== RESOURCE_SPANS_SCOPE_SPANS) continue;
      this.view.scopeSpansLengthStart = lengthStart;
      this.view.scopeSpansStart = at.position;
      this.view.scopeSpansEnd = position;
      this.#scanScopeSpans(bytes, at.position, position, sink);
    }
  }

  #scanResource(bytes: Uint8Array, start: number, end: number): void {
    let position = start;
    while (position < end) {
      const tag = readTag(bytes, position, end);
      position = skipField(bytes, tag, at.position, end);
      if (tag === RESOURCE_ATTRIBUTES) {
        scanAttribute(bytes, at.position, position, this.#resourceKeys, this.view.resource);
      }
    }
  }

  #scanScopeSpans(bytes: Uint8Array, start: number, end: number, sink: SpanSink): void {
    const view = this.view;
    let position = start;
    while (position < end) {
      const tagStart = position;
      const tag = readTag(bytes, position, end);
      const lengthStart = at.position;
      position = skipField(bytes, tag, lengthStart, end);
      if (tag !== SCOPE_SPANS_SPANS) continue;
      view.spanTagStart = tagStart;
      view.spanLengthStart = lengthStart;
      view.spanStart = at.position;
      view.spanEnd = position;
      this.#spanCount++;
      if (this.#scanSpan(bytes, view.spanStart, position)) sink.span(view);
      else {
        this.#invalidSpanCount++;
        sink.invalidSpan(view);
      }
    }
  }

  /** Moves the view to the span and tells whether its ids are valid. */
  #scanSpan(bytes: Uint8Array, start: number, end: number): boolean {
    const view = this.view;
    view.clear();
    let traceIdBytes = 0;
    let spanIdBytes = 0;
    let parentSpanIdBytes = 0;
    let position = start;
    while (position < end) {
      const tag = readTag(bytes, position, end);
      const valueStart = at.position;
      position = skipField(bytes, tag, valueStart, end);
      // Right for the length-delimited fields, the only ones that use it.
      const contentStart = at.position;
      switch (tag) {
        case SPAN_ATTRIBUTES:
          scanAttribute(bytes, contentStart, position, this.#spanKeys, view.attributes);
          break;
        case SPAN_TRACE_ID:
          view.traceIdStart = contentStart;
          traceIdBytes = position - contentStart;
          break;
        case SPAN_SPAN_ID:
          view.spanIdStart = contentStart;
          spanIdBytes = position - contentStart;
          break;
        case SPAN_TRACE_STATE:
          view.traceStateStart = contentStart;
          view.traceStateEnd = position;
          break;
        case SPAN_PARENT_SPAN_ID:
          view.parentSpanIdStart = contentStart;
          parentSpanIdBytes = position - contentStart;
          break;
        case SPAN_NAME:
          view.nameStart = contentStart;
          view.nameEnd = position;
          break;
        case SPAN_KIND:
          view.kind = readInt64(bytes, valueStart, end);
          break;
        case SPAN_START_TIME:
          view.startTimeUnixMillis = readUnixMillis(bytes, valueStart);
          break;
        case SPAN_END_TIME:
          view.endTimeUnixMillis = readUnixMillis(bytes, valueStart);
          break;
        case SPAN_EVENTS:
          view.hasEvents = true;
          break;
        case SPAN_STATUS:
          this.#scanStatus(bytes, contentStart, position);
          break;
        case SPAN_FLAGS:
          view.flags = readFixed32(bytes, valueStart);
          break;
      }
    }
    if (!isValidId(bytes, view.parentSpanIdStart, parentSpanIdBytes, SPAN_ID_BYTES)) view.parentSpanIdStart = -1;
    return (
      isValidId(bytes, view.traceIdStart, traceIdBytes, TRACE_ID_BYTES) &&
      isValidId(bytes, view.spanIdStart, spanIdBytes, SPAN_ID_BYTES)
    );
  }

  #scanStatus(bytes: Uint8Array, start: number, end: number): void {
    let position = start;
    while (position < end) {
      const tag = readTag(bytes, position, end);
      const valueStart = at.position;
      position = skipField(bytes, tag, valueStart, end);
      if (tag === STATUS_CODE) this.view.statusCode = readInt64(bytes, valueStart, end);
      else if (tag === STATUS_MESSAGE) {
        this.view.statusMessageStart = at.position;
        this.view.statusMessageEnd = position;
      }
    }
  }
}

function isValidId(bytes: Uint8Array, start: number, length: number, expectedLength: number): boolean {
  return length === expectedLength && !isAllZero(bytes, start, start + length);
}
