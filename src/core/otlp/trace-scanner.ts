/**
 * Reads the spans of an ExportTraceServiceRequest in place and shows them one after the other.
 *
 * The request is proved well formed first (`structure-check.ts`), so that the sink never sees half of a
 * malformed one; on the way it is noted where the parts of each span are (`span-notes.ts`). What is around
 * the spans is then walked again without checks. Spans come in the order of their bytes. A resource is read before its spans even where its bytes follow them, and singular
 * messages that come in pieces are merged, because both are legal protobuf.
 */
import { scanAttribute } from "./attribute-scanner.ts";
import { KeyTable } from "./key-table.ts";
import { SpanNotes } from "./span-notes.ts";
import { SpanView } from "./span-view.ts";
import type { Malformed } from "./structure-check.ts";
import { checkStructure, skipCheckedField } from "./structure-check.ts";
import { cursor, readVarint32 } from "./wire.ts";

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

// Tags: field number and wire type in one. The structure check has made sure that no known field
// comes with another wire type.
const REQUEST_RESOURCE_SPANS = 0x0a;
const RESOURCE_SPANS_RESOURCE = 0x0a;
const RESOURCE_SPANS_SCOPE_SPANS = 0x12;
const RESOURCE_ATTRIBUTES = 0x0a;
const SCOPE_SPANS_SPANS = 0x12;

// Constants of the module are cheaper to reach than imported bindings; see structure-check.ts.
const at = cursor;
const readTag = readVarint32;
const skipField = skipCheckedField;

const NO_BYTES = new Uint8Array(0);

export class TraceScanner {
  /** Shown to the sink, moved from span to span; between scans it holds nothing of use. */
  readonly view: SpanView;
  readonly #notes: SpanNotes;
  readonly #resourceKeys: KeyTable;
  #spanCount = 0;
  #invalidSpanCount = 0;

  constructor(keys: { readonly span: readonly string[]; readonly resource: readonly string[] }) {
    this.view = new SpanView(keys);
    this.#notes = new SpanNotes(new KeyTable(keys.span));
    this.#resourceKeys = new KeyTable(keys.resource);
  }

  /** Shows every span to the sink, which must be done with the view when it returns. */
  scan(bytes: Uint8Array, sink: SpanSink): ScanResult {
    this.#spanCount = 0;
    this.#invalidSpanCount = 0;
    this.view.bytes = bytes;
    this.view.resourceIndex = -1;
    this.#notes.begin(bytes);
    try {
      const structure = checkStructure("traces", bytes, this.#notes);
      if (structure.kind === "malformed") return structure;
      this.#scanRequest(bytes, sink);
    } finally {
      // An idle scanner must not keep the largest request alive.
      this.view.bytes = NO_BYTES;
      this.#notes.end();
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
      if (this.#notes.show(view)) sink.span(view);
      else {
        this.#invalidSpanCount++;
        sink.invalidSpan(view);
      }
    }
  }
}
