/**
 * Notes which attributes of interest a request's spans have while it is checked; see `span-notes.ts`.
 *
 * Plain attributes, nearly all, are noted as a slot and two places and put into the view without another
 * look at their keys. The others are noted as a place and read in full when their span is shown.
 */
import { scanAttribute } from "./attribute-scanner.ts";
import type { KeyTable } from "./key-table.ts";
import { NO_SLOT } from "./key-table.ts";
import { NOT_PLAIN, plainKeyEnd, putPlainValue } from "./plain-attribute.ts";
import type { SpanView } from "./span-view.ts";
import { skipCheckedField } from "./structure-check.ts";
import { cursor, readVarint32 } from "./wire.ts";

/** Eight for each of the spans that are noted. */
export const NOTED_ATTRIBUTES_MAX = 1 << 16;

/** In place of a span's last note: there was no room for them. */
export const NOT_NOTED = -1;

// Columns of a note.
const SLOT = 0; // Or IN_FULL.
const KEY_END = 1; // Or where the KeyValue's content begins.
const END = 2;
const COLUMNS = 3;

const IN_FULL = -2;
const SPAN_ATTRIBUTES = 0x4a;
const NO_BYTES = new DataView(new ArrayBuffer(0));

// Constants of the module are cheaper to reach than imported bindings; see structure-check.ts.
const at = cursor;
const keyEndOf = plainKeyEnd;
const readTag = readVarint32;
const skipField = skipCheckedField;

export class AttributeNotes {
  readonly #keys: KeyTable;
  readonly #notes = new Int32Array(NOTED_ATTRIBUTES_MAX * COLUMNS);
  #data: DataView = NO_BYTES;
  #end = 0;
  /** The first note of the span being walked. */
  #spanStart = 0;
  #isFull = false;
  /** What is shown next. */
  #shown = 0;

  constructor(keys: KeyTable) {
    this.#keys = keys;
  }

  /** Forgets all notes and takes the request that the next ones are about. */
  begin(bytes: Uint8Array): void {
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#end = 0;
    this.#shown = 0;
  }

  /** Lets go of the request. */
  end(): void {
    this.#data = NO_BYTES;
  }

  beginSpan(): void {
    this.#spanStart = this.#end;
    this.#isFull = false;
  }

  /** What `show` wants to know of the span; without a row for it its notes are taken back. */
  endSpan(row: "kept" | "dropped"): number {
    const end = this.#isFull ? NOT_NOTED : this.#end;
    if (this.#isFull || row === "dropped") this.#end = this.#spanStart;
    return end;
  }

  /** The position after a plain attribute, whose length is at `lengthStart`; NOT_PLAIN, and no note, for any other. */
  notePlain(bytes: Uint8Array, lengthStart: number, end: number): number {
    const first = bytes[lengthStart] ?? 0;
    // Three bytes would be a length that no plain attribute has.
    const isShort = first < 0x80;
    const start = lengthStart + (isShort ? 1 : 2);
    const attributeEnd = start + (isShort ? first : (first & 0x7f) | ((bytes[lengthStart + 1] ?? 0) << 7));
    const keyEnd = attributeEnd <= end ? keyEndOf(bytes, start, attributeEnd) : NOT_PLAIN;
    if (keyEnd === NOT_PLAIN) return NOT_PLAIN;
    const slot = this.#keys.slotIn(bytes, this.#data, start + 2, keyEnd);
    if (slot !== NO_SLOT) this.#add(slot, keyEnd, attributeEnd);
    return attributeEnd;
  }

  /** Notes any attribute, given the content of its KeyValue. */
  note(start: number, end: number): void {
    this.#add(IN_FULL, start, end);
  }

  /** Fills in the attributes of the view, which is at the next span, up to what `endSpan` said of it. */
  show(view: SpanView, notesEnd: number): void {
    const notes = this.#notes;
    const { attributes, bytes } = view;
    attributes.clear();
    if (notesEnd === NOT_NOTED) {
      this.#scan(view);
      return;
    }
    for (let row = this.#shown; row < notesEnd; row += COLUMNS) {
      const slot = notes[row + SLOT] ?? IN_FULL;
      const start = notes[row + KEY_END] ?? 0;
      const end = notes[row + END] ?? 0;
      if (slot === IN_FULL) scanAttribute(bytes, start, end, this.#keys, attributes);
      else putPlainValue(attributes, slot, bytes, start, end);
    }
    this.#shown = notesEnd;
  }

  #add(slot: number, start: number, end: number): void {
    const notes = this.#notes;
    const row = this.#end;
    if (row === notes.length) {
      this.#isFull = true;
      return;
    }
    notes[row + SLOT] = slot;
    notes[row + KEY_END] = start;
    notes[row + END] = end;
    this.#end = row + COLUMNS;
  }

  #scan({ attributes, bytes, spanEnd, spanStart }: SpanView): void {
    let position = spanStart;
    while (position < spanEnd) {
      const tag = readTag(bytes, position, spanEnd);
      position = skipField(bytes, tag, at.position, spanEnd);
      if (tag === SPAN_ATTRIBUTES) scanAttribute(bytes, at.position, position, this.#keys, attributes);
    }
  }
}
