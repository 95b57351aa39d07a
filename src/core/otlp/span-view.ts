/**
 * One span as places in the request's bytes: what the scanner fills in and extraction reads.
 *
 * A scanner owns a single view and moves it from span to span, because an object and some strings
 * for each span cost 15 to 20 times as much as the scan itself. Whoever wants to keep something
 * copies it out before the next span. Offsets are -1 where the span has no such field.
 *
 * Attributes of interest are numbered slots, span attributes and resource attributes apart, in the
 * order of the key lists that the scanner was made with. Keys may repeat; the last one counts.
 */
import { readDouble, readDoubleText, readInt64, readText, readUnixMillis } from "./wire.ts";

/** How an AnyValue is stored. `none` is an attribute that is absent, or present without a value. */
export const VALUE_NONE = 0;
export const VALUE_STRING = 1;
export const VALUE_BOOL = 2;
export const VALUE_INT = 3;
export const VALUE_DOUBLE = 4;
/** Array, key-value list or bytes: the range of its content. */
export const VALUE_OTHER = 5;

/** Of a string. Names are cut far below it, and a resource's one long text may be read again for every span. */
const TEXT_MAX_BYTES = 6000;

/** Values of one list of keys. For a string `start` and `end` bound its UTF-8; else `number` holds it. */
export class AttributeSlots {
  readonly keys: readonly string[];
  readonly kind: Uint8Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly number: Float64Array;
  /** Slots that may hold a value. */
  readonly #filled: Int32Array;
  #filledCount = 0;

  constructor(keys: readonly string[]) {
    this.keys = keys;
    this.kind = new Uint8Array(keys.length);
    this.start = new Int32Array(keys.length);
    this.end = new Int32Array(keys.length);
    this.number = new Float64Array(keys.length);
    this.#filled = new Int32Array(keys.length);
  }

  clear(): void {
    if (this.#filledCount > this.keys.length) this.kind.fill(VALUE_NONE);
    // Nearly always there are few: clearing those takes a tenth of the time.
    else for (let index = 0; index < this.#filledCount; index++) this.kind[this.#filled[index] ?? 0] = VALUE_NONE;
    this.#filledCount = 0;
  }

  /** `start` and `end` bound the value: the content of one that is length-delimited. */
  put(bytes: Uint8Array, slot: number, kind: number, start: number, end: number): void {
    // A slot that is emptied and filled again is listed twice. Then the list may not have room for all.
    if (this.kind[slot] === VALUE_NONE) this.#filled[this.#filledCount++] = slot;
    this.kind[slot] = kind;
    this.start[slot] = start;
    this.end[slot] = end;
    if (kind === VALUE_INT) this.number[slot] = readInt64(bytes, start, end);
    else if (kind === VALUE_DOUBLE) this.number[slot] = readDouble(bytes, start);
    else if (kind === VALUE_BOOL) this.number[slot] = readInt64(bytes, start, end) === 0 ? 0 : 1;
  }

  has(slot: number): boolean {
    return this.kind[slot] !== VALUE_NONE;
  }

  /** The value as text: the beginning of a string, numbers in decimal, undefined where there is none. */
  text(bytes: Uint8Array, slot: number): string | undefined {
    switch (this.kind[slot] ?? VALUE_NONE) {
      case VALUE_STRING: {
        const start = this.start[slot] ?? 0;
        return readText(bytes, start, Math.min(this.end[slot] ?? 0, start + TEXT_MAX_BYTES));
      }
      case VALUE_INT:
      case VALUE_DOUBLE:
        return String(this.number[slot]);
      case VALUE_BOOL:
        return this.number[slot] === 1 ? "true" : "false";
      default:
        return undefined;
    }
  }

  /** The value as a number: senders write statuses as int, double or text. NaN where it is none. */
  asNumber(bytes: Uint8Array, slot: number): number {
    switch (this.kind[slot] ?? VALUE_NONE) {
      case VALUE_INT:
      case VALUE_DOUBLE:
        return this.number[slot] ?? Number.NaN;
      case VALUE_STRING:
        return readDoubleText(bytes, this.start[slot] ?? 0, this.end[slot] ?? 0);
      default:
        return Number.NaN;
    }
  }
}

export class SpanView {
  /** The request; the same object for all spans of a scan. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The span message's content within `bytes`, without its tag and length. */
  spanStart = 0;
  spanEnd = 0;
  /** Where the span's tag and its length begin. With the six fields below: what an edit must patch. */
  spanTagStart = 0;
  spanLengthStart = 0;
  /** Length and content of the enclosing ScopeSpans and ResourceSpans. */
  scopeSpansLengthStart = 0;
  scopeSpansStart = 0;
  scopeSpansEnd = 0;
  resourceSpansLengthStart = 0;
  resourceSpansStart = 0;
  resourceSpansEnd = 0;

  traceIdStart = -1;
  spanIdStart = -1;
  /** -1 for a root. */
  parentSpanIdStart = -1;
  traceStateStart = -1;
  traceStateEnd = -1;
  nameStart = -1;
  nameEnd = -1;
  /** SpanKind: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind = 0;
  /** `flags`; bits 8 and 9 tell whether the parent is remote. */
  flags = 0;
  /** Where the two times are. */
  startTimeStart = -1;
  endTimeStart = -1;
  /** Status.code: 0 unset, 1 ok, 2 error. */
  statusCode = 0;
  statusMessageStart = -1;
  statusMessageEnd = -1;
  hasEvents = false;

  readonly attributes: AttributeSlots;
  readonly resource: AttributeSlots;
  /** Grows by one with each ResourceSpans of a scan: what is derived from a resource can be kept. */
  resourceIndex = -1;

  constructor(keys: { readonly span: readonly string[]; readonly resource: readonly string[] }) {
    this.attributes = new AttributeSlots(keys.span);
    this.resource = new AttributeSlots(keys.resource);
  }

  /** 0 where the span does not say. */
  get startTimeUnixMillis(): number {
    return this.startTimeStart === -1 ? 0 : readUnixMillis(this.bytes, this.startTimeStart);
  }

  get endTimeUnixMillis(): number {
    return this.endTimeStart === -1 ? 0 : readUnixMillis(this.bytes, this.endTimeStart);
  }
}
