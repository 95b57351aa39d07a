/**
 * Shows the log records of an ExportLogsServiceRequest that belong to a span, one after the other.
 *
 * Only for bytes that passed the structure check. Logs pass through us as they came; what is read here
 * is read once, in place, and most records are left after a look at which fields they have, because they
 * name no span.
 */
import { scanAttribute } from "./attribute-scanner.ts";
import { KeyTable } from "./key-table.ts";
import { AttributeSlots } from "./span-view.ts";
import { skipCheckedField } from "./structure-check.ts";
import { cursor, isAllZero, readUnixMillis, readVarint32 } from "./wire.ts";

export type LogKeys = { readonly record: readonly string[]; readonly resource: readonly string[] };

/** A record as places in the bytes; moved from record to record. */
export type LogView = {
  bytes: Uint8Array;
  traceIdStart: number;
  spanIdStart: number;
  /** 0 when the record says neither when it happened nor when it was observed. */
  timeUnixMillis: number;
  /** The body's text; the bytes of all that is in it where it is no text; an empty range where there is none. */
  bodyStart: number;
  bodyEnd: number;
  readonly attributes: AttributeSlots;
  readonly resource: AttributeSlots;
};

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

const REQUEST_RESOURCE_LOGS = 0x0a;
const RESOURCE_LOGS_RESOURCE = 0x0a;
const RESOURCE_LOGS_SCOPE_LOGS = 0x12;
const RESOURCE_ATTRIBUTES = 0x0a;
const SCOPE_LOGS_RECORDS = 0x12;
const RECORD_TIME = 0x09;
const RECORD_BODY = 0x2a;
const RECORD_ATTRIBUTES = 0x32;
const RECORD_TRACE_ID = 0x4a;
const RECORD_SPAN_ID = 0x52;
const RECORD_OBSERVED_TIME = 0x59;
const STRING_VALUE = 0x0a;

const NO_BYTES = new Uint8Array(0);

export class LogScanner {
  readonly #view: LogView;
  readonly #recordKeys: KeyTable;
  readonly #resourceKeys: KeyTable;

  constructor(keys: LogKeys) {
    this.#recordKeys = new KeyTable(keys.record);
    this.#resourceKeys = new KeyTable(keys.resource);
    this.#view = {
      bytes: NO_BYTES,
      traceIdStart: -1,
      spanIdStart: -1,
      timeUnixMillis: 0,
      bodyStart: 0,
      bodyEnd: 0,
      attributes: new AttributeSlots(keys.record),
      resource: new AttributeSlots(keys.resource),
    };
  }

  /** `read` must be done with the view when it returns. */
  scan(bytes: Uint8Array, read: (view: LogView) => void): void {
    this.#view.bytes = bytes;
    try {
      forEachField(bytes, 0, bytes.length, REQUEST_RESOURCE_LOGS, (start, end) => {
        this.#scanResource(bytes, start, end);
        forEachField(bytes, start, end, RESOURCE_LOGS_SCOPE_LOGS, (scopeStart, scopeEnd) => {
          forEachField(bytes, scopeStart, scopeEnd, SCOPE_LOGS_RECORDS, (recordStart, recordEnd) => {
            if (this.#scanRecord(bytes, recordStart, recordEnd)) read(this.#view);
          });
        });
      });
    } finally {
      this.#view.bytes = NO_BYTES;
    }
  }

  /** Read before the records even where its bytes follow them. */
  #scanResource(bytes: Uint8Array, start: number, end: number): void {
    const { resource } = this.#view;
    resource.clear();
    forEachField(bytes, start, end, RESOURCE_LOGS_RESOURCE, (resourceStart, resourceEnd) => {
      forEachField(bytes, resourceStart, resourceEnd, RESOURCE_ATTRIBUTES, (attributeStart, attributeEnd) => {
        scanAttribute(bytes, attributeStart, attributeEnd, this.#resourceKeys, resource);
      });
    });
  }

  /** Returns whether the record names a span. Its attributes are read only then. */
  #scanRecord(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#placeRecord(bytes, start, end)) return false;
    const { attributes } = this.#view;
    attributes.clear();
    forEachField(bytes, start, end, RECORD_ATTRIBUTES, (attributeStart, attributeEnd) => {
      scanAttribute(bytes, attributeStart, attributeEnd, this.#recordKeys, attributes);
    });
    return true;
  }

  #placeRecord(bytes: Uint8Array, start: number, end: number): boolean {
    const view = this.#view;
    let traceIdBytes = 0;
    let spanIdBytes = 0;
    let observedAt = 0;
    view.timeUnixMillis = 0;
    view.bodyStart = 0;
    view.bodyEnd = 0;
    let position = start;
    while (position < end) {
      const tag = readVarint32(bytes, position, end);
      const valueStart = cursor.position;
      position = skipCheckedField(bytes, tag, valueStart, end);
      switch (tag) {
        case RECORD_TRACE_ID:
          view.traceIdStart = cursor.position;
          traceIdBytes = position - cursor.position;
          break;
        case RECORD_SPAN_ID:
          view.spanIdStart = cursor.position;
          spanIdBytes = position - cursor.position;
          break;
        case RECORD_BODY:
          view.bodyStart = textStart(bytes, cursor.position, position);
          view.bodyEnd = position;
          break;
        case RECORD_TIME:
          view.timeUnixMillis = readUnixMillis(bytes, valueStart);
          break;
        case RECORD_OBSERVED_TIME:
          observedAt = readUnixMillis(bytes, valueStart);
          break;
      }
    }
    if (view.timeUnixMillis === 0) view.timeUnixMillis = observedAt;
    return (
      isId(bytes, view.traceIdStart, traceIdBytes, TRACE_ID_BYTES) &&
      isId(bytes, view.spanIdStart, spanIdBytes, SPAN_ID_BYTES)
    );
  }
}

function textStart(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end || bytes[start] !== STRING_VALUE) return start;
  readVarint32(bytes, start + 1, end);
  return cursor.position;
}

function isId(bytes: Uint8Array, start: number, length: number, expectedLength: number): boolean {
  return length === expectedLength && !isAllZero(bytes, start, start + length);
}

/** Calls with the content of each length-delimited field of one tag. */
function forEachField(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted: number,
  read: (start: number, end: number) => void,
): void {
  let position = start;
  while (position < end) {
    const tag = readVarint32(bytes, position, end);
    position = skipCheckedField(bytes, tag, cursor.position, end);
    if (tag === wanted) read(cursor.position, position);
  }
}
