/**
 * Notes where the parts of each span are while the request is checked, so that its bytes are walked once.
 *
 * Nothing may be shown of a request before all of it has been found well formed. So the walk that proves
 * it leaves rows of numbers, and the spans are shown from those: checking and reading apart took 640 ns a
 * span with twelve attributes, this takes 380. The rows have a fixed number. A span beyond it is walked
 * once more when its turn has come.
 */
import { assert } from "../assert.ts";
import { AttributeNotes, NOT_NOTED } from "./attribute-notes.ts";
import type { KeyTable } from "./key-table.ts";
import { NOT_PLAIN } from "./plain-attribute.ts";
import type { SpanView } from "./span-view.ts";
import type { SpanWalk } from "./structure-check.ts";
import { skipCheckedField, walkFields } from "./structure-check.ts";
import { cursor, isAllZero, MALFORMED, readFixed32, readInt64, readVarint32 } from "./wire.ts";
import { WIRE_SCHEMA } from "./wire-schema.ts";

/** What the Collector sends at once; SDKs send 512. With their attributes 1.5 MB. */
export const NOTED_SPANS_MAX = 8192;

// Columns of a span. Places are offsets in the request, ABSENT where the span has no such field.
const SPAN = 0;
const TRACE_ID = 1;
const SPAN_ID = 2;
const PARENT_SPAN_ID = 3;
const TRACE_STATE = 4;
const TRACE_STATE_END = 5;
const NAME = 6;
const NAME_END = 7;
const START_TIME = 8;
const END_TIME = 9;
const STATUS_MESSAGE = 10;
const STATUS_MESSAGE_END = 11;
// From here on they are no places, and 0 at first.
const KIND = 12;
const FLAGS = 13;
const STATUS_CODE = 14;
const HAS_EVENTS = 15;
const ATTRIBUTES_END = 16; // In the notes of attributes.
const COLUMNS = 17;

const ABSENT = -1;
const UNCOMMON = NOT_PLAIN;

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

// Tags: field number and wire type in one. The walk has made sure that no known field comes with
// another wire type.
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
const SPAN_FLAGS_SECOND_BYTE = 0x01;
const STATUS_MESSAGE_FIELD = 0x12;
const STATUS_CODE_FIELD = 0x18;

// How a field that begins with a certain byte is commonly written.
const SHORT_BYTES = 1;
const EIGHT_BYTES = 2;
const SMALL_NUMBER = 3;
const TWO_BYTE_TAG_AND_FOUR_BYTES = 4;
const EMPTY_MESSAGE = 5;
const COMMON_FORMS = new Uint8Array(256);
for (const tag of [SPAN_TRACE_ID, SPAN_SPAN_ID, SPAN_TRACE_STATE, SPAN_PARENT_SPAN_ID, SPAN_NAME]) {
  COMMON_FORMS[tag] = SHORT_BYTES;
}
COMMON_FORMS[SPAN_START_TIME] = EIGHT_BYTES;
COMMON_FORMS[SPAN_END_TIME] = EIGHT_BYTES;
COMMON_FORMS[SPAN_KIND] = SMALL_NUMBER;
COMMON_FORMS[SPAN_STATUS] = EMPTY_MESSAGE;
COMMON_FORMS[SPAN_FLAGS] = TWO_BYTE_TAG_AND_FOUR_BYTES;

// Constants of the module are cheaper to reach than imported bindings; see structure-check.ts.
const at = cursor;
const commonForms = COMMON_FORMS;
const readTag = readVarint32;
const skipField = skipCheckedField;
const walk = walkFields;
const { spanMessage } = WIRE_SCHEMA;

export class SpanNotes implements SpanWalk {
  readonly #attributes: AttributeNotes;
  // One row more than is kept: that of the span being walked.
  readonly #spans = new Int32Array((NOTED_SPANS_MAX + 1) * COLUMNS);
  #end = 0;
  /** What is shown next. */
  #shown = 0;

  constructor(keys: KeyTable) {
    this.#attributes = new AttributeNotes(keys);
  }

  /** Forgets all notes and takes the request that the next ones are about. */
  begin(bytes: Uint8Array): void {
    this.#attributes.begin(bytes);
    this.#end = 0;
    this.#shown = 0;
  }

  /** Lets go of the request. */
  end(): void {
    this.#attributes.end();
  }

  walkSpan(bytes: Uint8Array, start: number, end: number, depth: number): boolean {
    const attributes = this.#attributes;
    this.#beginSpan(start);
    let position = start;
    while (position < end) {
      const isAttribute = bytes[position] === SPAN_ATTRIBUTES;
      const next = isAttribute
        ? attributes.notePlain(bytes, position + 1, end)
        : this.#noteCommonField(bytes, position, end);
      position = next === UNCOMMON ? this.#noteField(bytes, position, end, depth) : next;
      if (position === MALFORMED) return false;
    }
    const isKept = this.#end < NOTED_SPANS_MAX * COLUMNS;
    this.#spans[this.#end + ATTRIBUTES_END] = attributes.endSpan(isKept ? "kept" : "dropped");
    if (isKept) this.#end += COLUMNS;
    return true;
  }

  /** Fills in the view, which is at the next span. Returns whether the span's ids are valid. */
  show(view: SpanView): boolean {
    if (this.#shown === this.#end) {
      this.begin(view.bytes);
      this.walkSpan(view.bytes, view.spanStart, view.spanEnd, 0);
    }
    const spans = this.#spans;
    const row = this.#shown;
    this.#shown = row + COLUMNS;
    assert(spans[row + SPAN] === view.spanStart, "spans are shown in the order in which they were noted");
    view.traceIdStart = spans[row + TRACE_ID] ?? ABSENT;
    view.spanIdStart = spans[row + SPAN_ID] ?? ABSENT;
    view.parentSpanIdStart = spans[row + PARENT_SPAN_ID] ?? ABSENT;
    view.traceStateStart = spans[row + TRACE_STATE] ?? ABSENT;
    view.traceStateEnd = spans[row + TRACE_STATE_END] ?? ABSENT;
    view.nameStart = spans[row + NAME] ?? ABSENT;
    view.nameEnd = spans[row + NAME_END] ?? ABSENT;
    view.startTimeStart = spans[row + START_TIME] ?? ABSENT;
    view.endTimeStart = spans[row + END_TIME] ?? ABSENT;
    view.statusMessageStart = spans[row + STATUS_MESSAGE] ?? ABSENT;
    view.statusMessageEnd = spans[row + STATUS_MESSAGE_END] ?? ABSENT;
    view.kind = spans[row + KIND] ?? 0;
    view.flags = (spans[row + FLAGS] ?? 0) >>> 0;
    view.statusCode = spans[row + STATUS_CODE] ?? 0;
    view.hasEvents = spans[row + HAS_EVENTS] === 1;
    this.#attributes.show(view, spans[row + ATTRIBUTES_END] ?? NOT_NOTED);
    return view.traceIdStart !== ABSENT && view.spanIdStart !== ABSENT;
  }

  #beginSpan(start: number): void {
    const spans = this.#spans;
    const row = this.#end;
    // Not `fill`: for so few numbers the call costs more.
    for (let column = 0; column < KIND; column++) spans[row + column] = ABSENT;
    for (let column = KIND; column < COLUMNS; column++) spans[row + column] = 0;
    spans[row + SPAN] = start;
    this.#attributes.beginSpan();
  }

  /**
   * The position after a field that is written as nearly all are, or UNCOMMON and nothing is noted. It says
   * nothing that #noteField would not, at a third of the cost.
   */
  #noteCommonField(bytes: Uint8Array, start: number, end: number): number {
    const tag = bytes[start] ?? 0;
    let contentStart = start + 1;
    let contentEnd = UNCOMMON;
    switch (commonForms[tag] ?? 0) {
      case SHORT_BYTES: {
        const length = bytes[contentStart++] ?? 0x80;
        if (length < 0x80) contentEnd = contentStart + length;
        break;
      }
      case EIGHT_BYTES:
        contentEnd = contentStart + 8;
        break;
      case SMALL_NUMBER:
        if ((bytes[contentStart] ?? 0x80) < 0x80) contentEnd = contentStart + 1;
        break;
      case TWO_BYTE_TAG_AND_FOUR_BYTES:
        if (bytes[contentStart++] === SPAN_FLAGS_SECOND_BYTE) contentEnd = contentStart + 4;
        break;
      case EMPTY_MESSAGE:
        if (bytes[contentStart++] === 0) contentEnd = contentStart;
        break;
      default:
        return UNCOMMON;
    }
    if (contentEnd === UNCOMMON || contentEnd > end) return UNCOMMON;
    this.#note(bytes, tag, contentStart, contentEnd);
    return contentEnd;
  }

  /** The position after any field, or MALFORMED. */
  #noteField(bytes: Uint8Array, start: number, end: number, depth: number): number {
    const fieldEnd = walk(bytes, spanMessage, { start, limit: start + 1, end }, depth);
    if (fieldEnd === MALFORMED) return MALFORMED;
    const tag = readTag(bytes, start, end);
    skipField(bytes, tag, at.position, end);
    this.#note(bytes, tag, at.position, fieldEnd);
    return fieldEnd;
  }

  #note(bytes: Uint8Array, tag: number, start: number, end: number): void {
    const spans = this.#spans;
    const row = this.#end;
    switch (tag) {
      case SPAN_ATTRIBUTES:
        this.#attributes.note(start, end);
        break;
      case SPAN_TRACE_ID:
        spans[row + TRACE_ID] = isValidId(bytes, start, end, TRACE_ID_BYTES) ? start : ABSENT;
        break;
      case SPAN_SPAN_ID:
        spans[row + SPAN_ID] = isValidId(bytes, start, end, SPAN_ID_BYTES) ? start : ABSENT;
        break;
      case SPAN_PARENT_SPAN_ID:
        spans[row + PARENT_SPAN_ID] = isValidId(bytes, start, end, SPAN_ID_BYTES) ? start : ABSENT;
        break;
      case SPAN_TRACE_STATE:
        spans[row + TRACE_STATE] = start;
        spans[row + TRACE_STATE_END] = end;
        break;
      case SPAN_NAME:
        spans[row + NAME] = start;
        spans[row + NAME_END] = end;
        break;
      case SPAN_START_TIME:
        spans[row + START_TIME] = start;
        break;
      case SPAN_END_TIME:
        spans[row + END_TIME] = start;
        break;
      // Enums have 32 bits: what a sender writes above them is cut off, as decoders do.
      case SPAN_KIND:
        spans[row + KIND] = readInt64(bytes, start, end);
        break;
      case SPAN_FLAGS:
        spans[row + FLAGS] = readFixed32(bytes, start);
        break;
      case SPAN_EVENTS:
        spans[row + HAS_EVENTS] = 1;
        break;
      case SPAN_STATUS:
        this.#noteStatus(bytes, start, end);
        break;
    }
  }

  #noteStatus(bytes: Uint8Array, start: number, end: number): void {
    const spans = this.#spans;
    const row = this.#end;
    let position = start;
    while (position < end) {
      const tag = readTag(bytes, position, end);
      const valueStart = at.position;
      position = skipField(bytes, tag, valueStart, end);
      if (tag === STATUS_CODE_FIELD) spans[row + STATUS_CODE] = readInt64(bytes, valueStart, end);
      else if (tag === STATUS_MESSAGE_FIELD) {
        spans[row + STATUS_MESSAGE] = at.position;
        spans[row + STATUS_MESSAGE_END] = position;
      }
    }
  }
}

function isValidId(bytes: Uint8Array, start: number, end: number, expectedLength: number): boolean {
  return end - start === expectedLength && !isAllZero(bytes, start, end);
}
