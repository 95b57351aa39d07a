/**
 * Takes credentials out of a request before anything else sees it.
 *
 * The first to touch what senders send: what is counted, queued, forwarded, shown or logged comes after it. A
 * search over the raw bytes finds the places where a credential may stand (`anchor-search.ts`); a request without
 * one, as most are, is returned as it is. Otherwise the messages around those places are walked by their tables, so
 * that every text of every signal is looked at, and only the secret within is replaced.
 */
import type { FieldTable, MessageField, MessageTable } from "../../otlp/message-table.ts";
import { ANY_VALUE, EXPORT_REQUESTS } from "../../otlp/message-tables.ts";
import { checkStructure, skipCheckedField } from "../../otlp/structure-check.ts";
import type { Signal } from "../../otlp/verdict.ts";
import { cursor, LENGTH_DELIMITED, readVarint32, varintSize, writeVarint } from "../../otlp/wire.ts";
import { AnchorSearch, NO_ANCHOR } from "./anchor-search.ts";
import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { markerOf, SECRET_KINDS } from "./secret-kind.ts";
import type { RedactionRules } from "./secrets-in-text.ts";
import { SecretFinder } from "./secrets-in-text.ts";
import { readSingleBytes, singleBytesOf } from "./single-bytes.ts";
import { Splice } from "./splice.ts";

const KEY_VALUE_NAME = "opentelemetry.proto.common.v1.KeyValue";
const ARRAY_VALUE_NAME = "opentelemetry.proto.common.v1.ArrayValue";
const KEY = 0x0a;
const VALUE = 0x12;
const ARRAY_VALUES = 0x0a;
const STRING_VALUE = 0x0a;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;

const NO_BYTES = new Uint8Array(0);
const DASH = 0x2d;
const FLAG_MIN_BYTES = 6;
const FLAG = /^-{1,2}[\w.-]+$/;

export class Redactor {
  /** How many secrets of each kind were replaced since the start. */
  readonly counts: Record<SecretKind, number>;
  readonly #finder: SecretFinder;
  readonly #search: AnchorSearch;
  #bytes: Uint8Array = NO_BYTES;
  #splice = new Splice();
  #nextAnchor = NO_ANCHOR;

  constructor(rules: RedactionRules) {
    this.counts = zeroCounts();
    this.#finder = new SecretFinder(rules);
    this.#search = new AnchorSearch(this.#finder.anchors);
  }

  /** The request without credentials; the same array when there was none, and when it is malformed. */
  redact(signal: Signal, bytes: Uint8Array): Uint8Array {
    this.#search.load(bytes);
    this.#nextAnchor = this.#search.next(0);
    try {
      return this.#nextAnchor === NO_ANCHOR ? bytes : this.#redactAnchored(signal, bytes);
    } finally {
      // An idle redactor must not keep the largest request alive.
      this.#search.release();
      this.#bytes = NO_BYTES;
    }
  }

  #redactAnchored(signal: Signal, bytes: Uint8Array): Uint8Array {
    if (checkStructure(signal, bytes).kind === "malformed") return bytes;
    this.#bytes = bytes;
    this.#splice = new Splice();
    this.#walkMessage(EXPORT_REQUESTS[signal], 0, bytes.length);
    return this.#splice.isEmpty ? bytes : this.#splice.apply(bytes);
  }

  /** Returns how many bytes the content gains. */
  #walkMessage(table: MessageTable, start: number, end: number): number {
    if (table.name === KEY_VALUE_NAME) return this.#walkKeyValue(table, start, end);
    if (table.name === ARRAY_VALUE_NAME) return this.#walkArray(start, end);
    let growth = 0;
    let position = start;
    while (position < end && this.#anchorFrom(position) < end) {
      const tag = readVarint32(this.#bytes, position, end);
      const lengthStart = cursor.position;
      position = skipCheckedField(this.#bytes, tag, lengthStart, end);
      const field = table.fieldByNumber.get(tag >>> 3);
      if (field === undefined || (tag & 7) !== LENGTH_DELIMITED) continue;
      growth += this.#walkField(field, { lengthStart, start: cursor.position, end: position });
    }
    return growth;
  }

  #walkField(field: FieldTable, place: FieldPlace): number {
    if (this.#anchorFrom(place.start) >= place.end) return 0;
    if (field.type === "message") return this.#walkNested(field, place);
    if (field.type !== "string" && field.type !== "bytes") return 0;
    return this.#replaceIn(place, this.#secretsIn(place));
  }

  #walkNested(field: MessageField, place: FieldPlace): number {
    return this.#splice.within(place, () => this.#walkMessage(field.table(), place.start, place.end));
  }

  /** A key makes its whole value a secret; otherwise both are texts like any other. */
  #walkKeyValue(table: MessageTable, start: number, end: number): number {
    const keys = this.#keysOf(start, end);
    if (keys.some((key) => this.#finder.isIgnored(key))) return 0;
    const kind = keys.map((key) => this.#finder.kindOfKey(key)).find((found) => found !== null);
    let growth = 0;
    let position = start;
    while (position < end) {
      const tag = readVarint32(this.#bytes, position, end);
      const lengthStart = cursor.position;
      position = skipCheckedField(this.#bytes, tag, lengthStart, end);
      const field = table.fieldByNumber.get(tag >>> 3);
      if (field === undefined || (tag & 7) !== LENGTH_DELIMITED) continue;
      const place = { lengthStart, start: cursor.position, end: position };
      if (kind === undefined || tag !== VALUE) growth += this.#walkField(field, place);
      else growth += this.#replaceWithin(kind, place);
    }
    return growth;
  }

  /** A command line may come as a list of words: after `--password` the next one is a secret. */
  #walkArray(start: number, end: number): number {
    let growth = 0;
    let kind: SecretKind | null = null;
    let position = start;
    while (position < end) {
      const tag = readVarint32(this.#bytes, position, end);
      const lengthStart = cursor.position;
      position = skipCheckedField(this.#bytes, tag, lengthStart, end);
      if (tag !== ARRAY_VALUES) continue;
      const place = { lengthStart, start: cursor.position, end: position };
      const hasAnchor = this.#anchorFrom(place.start) < place.end;
      const next = hasAnchor ? this.#kindAfterFlag(place) : null;
      if (kind !== null) growth += this.#replaceWithin(kind, place);
      else if (hasAnchor)
        growth += this.#splice.within(place, () => this.#walkMessage(ANY_VALUE, place.start, place.end));
      kind = next;
    }
    return growth;
  }

  #replaceWithin(kind: SecretKind, place: FieldPlace): number {
    return this.#splice.within(place, () => this.#replaceValue(kind, place.start, place.end));
  }

  #kindAfterFlag({ start, end }: FieldPlace): SecretKind | null {
    // One text is all there is in a word: its tag, a length of one byte, its characters.
    const isShortText = end - start >= FLAG_MIN_BYTES && end - start <= 0x7f && this.#bytes[start] === STRING_VALUE;
    if (!isShortText || this.#bytes[start + 2] !== DASH) return null;
    const flag = this.#textOf(start + 2, end);
    return FLAG.test(flag) ? this.#finder.kindOfKey(flag.replace(/^-+/, "")) : null;
  }

  #keysOf(start: number, end: number): readonly string[] {
    const keys: string[] = [];
    let position = start;
    while (position < end) {
      const tag = readVarint32(this.#bytes, position, end);
      position = skipCheckedField(this.#bytes, tag, cursor.position, end);
      if (tag === KEY) keys.push(this.#textOf(cursor.position, position));
    }
    return keys;
  }

  /** Every text within an AnyValue that is secret as a whole; numbers become texts, since they must go too. */
  #replaceValue(kind: SecretKind, start: number, end: number): number {
    let growth = 0;
    let position = start;
    while (position < end) {
      const fieldStart = position;
      const tag = readVarint32(this.#bytes, position, end);
      const lengthStart = cursor.position;
      position = skipCheckedField(this.#bytes, tag, lengthStart, end);
      const place = { lengthStart, start: cursor.position, end: position };
      if (tag === INT_VALUE || tag === DOUBLE_VALUE) {
        this.counts[kind]++;
        growth += this.#splice.replace(fieldStart, position, stringValue(markerOf(kind)));
      } else if ((tag & 7) === LENGTH_DELIMITED) growth += this.#replaceBytes(kind, tag, place);
    }
    return growth;
  }

  #replaceBytes(kind: SecretKind, tag: number, place: FieldPlace): number {
    const field = ANY_VALUE.fieldByNumber.get(tag >>> 3);
    if (field === undefined) return 0;
    if (field.type !== "message") {
      return this.#replaceIn(place, this.#finder.inSecretValue(kind, this.#textOf(place.start, place.end)));
    }
    return this.#splice.within(place, () => this.#replaceItems(kind, field.table(), place));
  }

  /** Of an array its values, of a list of pairs those of the pairs, whatever their keys. */
  #replaceItems(kind: SecretKind, table: MessageTable, { start, end }: FieldPlace): number {
    let growth = 0;
    let position = start;
    while (position < end) {
      const tag = readVarint32(this.#bytes, position, end);
      const lengthStart = cursor.position;
      position = skipCheckedField(this.#bytes, tag, lengthStart, end);
      const field = table.fieldByNumber.get(tag >>> 3);
      if (field?.type !== "message") continue;
      const place = { lengthStart, start: cursor.position, end: position };
      const item = field.table();
      growth += this.#splice.within(place, () =>
        item === ANY_VALUE ? this.#replaceValue(kind, place.start, place.end) : this.#replaceItems(kind, item, place),
      );
    }
    return growth;
  }

  #secretsIn({ start, end }: FieldPlace): readonly FoundSecret[] {
    return this.#finder.inText(this.#textOf(start, end), (from) => this.#anchorFrom(start + from) - start);
  }

  /** Returns the growth of the text with its length. */
  #replaceIn(place: FieldPlace, secrets: readonly FoundSecret[]): number {
    if (secrets.length === 0) return 0;
    return this.#splice.within(place, () => {
      let growth = 0;
      for (const { end, kind, marker, start } of secrets) {
        this.counts[kind]++;
        growth += this.#splice.replace(place.start + start, place.start + end, singleBytesOf(marker));
      }
      return growth;
    });
  }

  /** The first anchor from a place on. Places only ever go up, but for the key of a pair, which is read first. */
  #anchorFrom(place: number): number {
    if (this.#nextAnchor < place) this.#nextAnchor = this.#search.next(place);
    return this.#nextAnchor;
  }

  #textOf(start: number, end: number): string {
    return readSingleBytes(this.#bytes, start, end);
  }
}

/** Of a length-delimited field: where its length begins, and its content. */
type FieldPlace = { readonly lengthStart: number; readonly start: number; readonly end: number };

/** An AnyValue's content: a text field with its tag and length. */
function stringValue(text: string): Uint8Array {
  const field = new Uint8Array(1 + varintSize(text.length) + text.length);
  field[0] = STRING_VALUE;
  field.set(singleBytesOf(text), writeVarint(field, 1, text.length));
  return field;
}

function zeroCounts(): Record<SecretKind, number> {
  // Every kind is in the list that the type is made from.
  return Object.fromEntries(SECRET_KINDS.map((kind) => [kind, 0])) as Record<SecretKind, number>;
}
