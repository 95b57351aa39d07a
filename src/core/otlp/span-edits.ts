/**
 * Collects changes to the spans of one request and splices them into its bytes.
 *
 * A span gains attributes at its end or is taken out; only the lengths of what encloses it change with
 * it, and every other byte stays as the sender wrote it. That keeps unknown fields and their order, and
 * costs a copy instead of a decode and an encode.
 *
 * Edits come in the order of the scan, or reserve a place in it that is filled later. They are kept as
 * rows of one typed array, one row for each message whose length changes, a parent before its children:
 * so the rows are in the order of the bytes, the lengths add up from the last row to the first, and one
 * pass over the rows writes the result.
 */
import { assert } from "../assert.ts";
import type { AttributeBuffer } from "./encode-attribute.ts";
import type { SpanView } from "./span-view.ts";
import { copyBytes, varintSize, writeVarint } from "./wire.ts";

/** Beyond these, the spans of a request stay as they came and `refusedCount` tells how many. */
export const EDIT_ROWS_MAX = 1 << 20;
export const APPENDED_BYTES_MAX = 32 * 1024 * 1024;

/** Room kept from one request to the next; what a larger request needed is given back. */
const KEPT_ROWS = 8192;
const KEPT_COPIED_BYTES = 1024 * 1024;

// Columns of a row.
const HEADER_START = 0; // Where its length begins; for a removed span, its tag.
const CONTENT_START = 1;
const CONTENT_END = 2;
const GROWTH = 3; // Bytes that the content gains, less what it loses.
const APPENDED = 4; // Bytes to put at the content's end, or REMOVED.
const PARENT = 5; // Row of the enclosing message, or NO_ROW.
const APPENDED_START = 6; // Where their copy begins, or less than 0: their place among the lists, counted from -1 down.
const COLUMNS = 7;

const REMOVED = -1;
const NO_ROW = -1;

/** What `reserve` returns when there is no room. */
export const NO_PLACE = NO_ROW;

const NO_BYTES = new Uint8Array(0);

export class SpanEdits {
  /** Edits turned away since the start because their request had too many. */
  refusedCount = 0;
  #bytes: Uint8Array = NO_BYTES;
  #rows = new Int32Array(KEPT_ROWS * COLUMNS);
  #rowCount = 0;
  #resourceRow = NO_ROW;
  #scopeRow = NO_ROW;
  #spanRow = NO_ROW;
  #appendedLength = 0;
  #copies = new Uint8Array(KEPT_COPIED_BYTES);
  #copiedLength = 0;
  #lists: Uint8Array[] = [];
  #listCount = 0;

  /** Takes the request that the following edits are for and forgets all earlier edits. */
  reset(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#rowCount = 0;
    this.#resourceRow = this.#scopeRow = this.#spanRow = NO_ROW;
    this.#appendedLength = this.#copiedLength = this.#listCount = 0;
    if (this.#rows.length > KEPT_ROWS * COLUMNS) this.#rows = new Int32Array(KEPT_ROWS * COLUMNS);
    if (this.#copies.length > KEPT_COPIED_BYTES) this.#copies = new Uint8Array(KEPT_COPIED_BYTES);
    if (this.#lists.length > KEPT_ROWS) this.#lists = [];
  }

  /**
   * Adds attributes to the end of the span under the view: complete fields, tag and length included. A list
   * of bytes is not copied and has to stay as it is until `apply`; a buffer is, and may be used again.
   * Returns false and leaves the span as it came when there is no room for the edit.
   */
  append(view: SpanView, fields: Uint8Array | AttributeBuffer): boolean {
    if (fields.length === 0) return true;
    if (!this.#hasRoom(fields.length) || !this.#selectSpan(view)) return this.#refuse();
    this.#appendTo(this.#spanRow, fields);
    return true;
  }

  /**
   * Keeps a place for what the span under the view will gain once more of the request has been seen. It
   * has to be filled before `apply`, once. NO_PLACE when there is no room for the edit.
   */
  reserve(view: SpanView): number {
    if (this.#selectSpan(view)) return this.#spanRow;
    this.#refuse();
    return NO_PLACE;
  }

  /** Appends to the span of a reserved place. Returns false where there is no room. */
  fill(place: number, fields: Uint8Array | AttributeBuffer): boolean {
    if (place === NO_PLACE) return false;
    if (!this.#hasRoom(fields.length)) return this.#refuse();
    this.#appendTo(place, fields);
    return true;
  }

  /** Takes the span under the view out. Returns false and leaves it in when there is no room for the edit. */
  removeSpan(view: SpanView): boolean {
    if (!this.#selectSpan(view)) return this.#refuse();
    const row = this.#spanRow;
    assert(this.#get(row, APPENDED) <= 0, "a span that gained attributes cannot be removed");
    this.#rows[row + HEADER_START] = view.spanTagStart;
    this.#rows[row + APPENDED] = REMOVED;
    return true;
  }

  /** The edited request, in new bytes; the request's own bytes when there was nothing to edit. */
  apply(): Uint8Array {
    const bytes = this.#bytes;
    const result = this.#rowCount === 0 ? bytes : this.#splice(new Uint8Array(bytes.length + this.#addUpGrowth()));
    this.reset(NO_BYTES);
    return result;
  }

  #hasRoom(length: number): boolean {
    return this.#appendedLength + length <= APPENDED_BYTES_MAX;
  }

  #appendTo(row: number, fields: Uint8Array | AttributeBuffer): void {
    const { length } = fields;
    assert(this.#get(row, APPENDED) === 0, "a span gains attributes once");
    this.#rows[row + APPENDED] = length;
    this.#rows[row + APPENDED_START] = fields instanceof Uint8Array ? this.#keep(fields) : this.#copy(fields);
    this.#rows[row + GROWTH] = length;
    this.#appendedLength += length;
  }

  /** A list's number in place of a start. */
  #keep(fields: Uint8Array): number {
    this.#lists[this.#listCount++] = fields;
    return -this.#listCount;
  }

  #copy({ bytes, length }: AttributeBuffer): number {
    const start = this.#copiedLength;
    this.#copiedLength += length;
    this.#reserveCopies(this.#copiedLength);
    copyBytes(bytes, 0, length, this.#copies, start);
    return start;
  }

  /** Makes `#spanRow` the row of the span under the view, with the rows of its parents before it. */
  #selectSpan(view: SpanView): boolean {
    assert(view.bytes === this.#bytes, "edits belong to the request of the last reset");
    if (this.#spanRow !== NO_ROW && this.#get(this.#spanRow, CONTENT_START) === view.spanStart) return true;
    if (this.#rowCount + 3 > EDIT_ROWS_MAX) return false;
    this.#reserveRows(this.#rowCount + 3);
    if (this.#resourceRow === NO_ROW || this.#get(this.#resourceRow, CONTENT_START) !== view.resourceSpansStart) {
      this.#resourceRow = this.#addRow(
        view.resourceSpansLengthStart,
        view.resourceSpansStart,
        view.resourceSpansEnd,
        NO_ROW,
      );
    }
    if (this.#scopeRow === NO_ROW || this.#get(this.#scopeRow, CONTENT_START) !== view.scopeSpansStart) {
      this.#scopeRow = this.#addRow(
        view.scopeSpansLengthStart,
        view.scopeSpansStart,
        view.scopeSpansEnd,
        this.#resourceRow,
      );
    }
    this.#spanRow = this.#addRow(view.spanLengthStart, view.spanStart, view.spanEnd, this.#scopeRow);
    return true;
  }

  #addRow(headerStart: number, contentStart: number, contentEnd: number, parent: number): number {
    const row = this.#rowCount * COLUMNS;
    this.#rowCount++;
    this.#rows[row + HEADER_START] = headerStart;
    this.#rows[row + CONTENT_START] = contentStart;
    this.#rows[row + CONTENT_END] = contentEnd;
    this.#rows[row + GROWTH] = 0;
    this.#rows[row + APPENDED] = 0;
    this.#rows[row + PARENT] = parent;
    return row;
  }

  #get(row: number, column: number): number {
    return this.#rows[row + column] ?? 0;
  }

  #refuse(): false {
    this.refusedCount++;
    return false;
  }

  /** Passes every row's growth on to its parent, children first; returns that of the whole request. */
  #addUpGrowth(): number {
    let total = 0;
    for (let row = (this.#rowCount - 1) * COLUMNS; row >= 0; row -= COLUMNS) {
      const growth = this.#growthWithHeader(row);
      const parent = this.#get(row, PARENT);
      if (parent === NO_ROW) total += growth;
      else this.#rows[parent + GROWTH] = this.#get(parent, GROWTH) + growth;
    }
    return total;
  }

  #growthWithHeader(row: number): number {
    const headerStart = this.#get(row, HEADER_START);
    const contentStart = this.#get(row, CONTENT_START);
    const contentEnd = this.#get(row, CONTENT_END);
    if (this.#get(row, APPENDED) === REMOVED) return headerStart - contentEnd;
    const growth = this.#get(row, GROWTH);
    return growth + varintSize(contentEnd - contentStart + growth) - (contentStart - headerStart);
  }

  #splice(target: Uint8Array): Uint8Array {
    const bytes = this.#bytes;
    let taken = 0;
    let written = 0;
    for (let row = 0; row < this.#rowCount * COLUMNS; row += COLUMNS) {
      const headerStart = this.#get(row, HEADER_START);
      const contentStart = this.#get(row, CONTENT_START);
      const contentEnd = this.#get(row, CONTENT_END);
      const appended = this.#get(row, APPENDED);
      copyBytes(bytes, taken, headerStart, target, written);
      written += headerStart - taken;
      taken = appended === REMOVED ? contentEnd : contentStart;
      if (appended === REMOVED) continue;
      written = writeVarint(target, written, contentEnd - contentStart + this.#get(row, GROWTH));
      if (appended === 0) continue;
      copyBytes(bytes, contentStart, contentEnd, target, written);
      written += contentEnd - contentStart;
      taken = contentEnd;
      this.#writeAppended(this.#get(row, APPENDED_START), appended, target, written);
      written += appended;
    }
    copyBytes(bytes, taken, bytes.length, target, written);
    assert(written + bytes.length - taken === target.length, "an edited request has the length that was computed");
    return target;
  }

  #writeAppended(start: number, length: number, target: Uint8Array, at: number): void {
    if (start < 0) target.set(this.#lists[-start - 1] ?? NO_BYTES, at);
    else copyBytes(this.#copies, start, start + length, target, at);
  }

  #reserveRows(rowCount: number): void {
    if (rowCount * COLUMNS <= this.#rows.length) return;
    const larger = new Int32Array(Math.min(EDIT_ROWS_MAX * COLUMNS, this.#rows.length * 2));
    larger.set(this.#rows);
    this.#rows = larger;
  }

  #reserveCopies(length: number): void {
    if (length <= this.#copies.length) return;
    const larger = new Uint8Array(Math.min(APPENDED_BYTES_MAX, Math.max(length, this.#copies.length * 2)));
    larger.set(this.#copies);
    this.#copies = larger;
  }
}
