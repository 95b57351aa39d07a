/**
 * Takes a span's name apart: `GET /users/:id`, `HTTP POST /login`, `/users/{id}`, `get /users/{id}`, `GET`.
 *
 * Some instrumentations put the route into nothing but the name, and some the method.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { VALUE_STRING } from "../otlp/span-view.ts";
import { readText } from "../otlp/wire.ts";
import { SPAN_SLOT } from "./attribute-keys.ts";
import { isMethod } from "./endpoint-naming.ts";

const SPACE = 0x20;
const SLASH = 0x2f;
const METHOD_MAX_BYTES = 32;
const HTTP_WORD = [0x68, 0x74, 0x74, 0x70, SPACE] as const;
/** Makes a small letter of a capital, and leaves the blank as it is. */
const LOWER_CASE = 0x20;
const A = 0x61;
const Z = 0x7a;

/** Offsets of the parts of a name; a part that is absent is an empty range. Used again for every span. */
export class SpanNameParts {
  methodStart = 0;
  methodEnd = 0;
  templateStart = 0;
  templateEnd = 0;

  read(view: SpanView): void {
    const { attributes, bytes } = view;
    // Datadog's spans are named for a kind of work, and carry the request's name beside it.
    const isBeside = attributes.kind[SPAN_SLOT.datadogResource] === VALUE_STRING;
    const nameStart = isBeside ? (attributes.start[SPAN_SLOT.datadogResource] ?? 0) : view.nameStart;
    const nameEnd = isBeside ? (attributes.end[SPAN_SLOT.datadogResource] ?? 0) : view.nameEnd;
    const start = skipHttpWord(bytes, nameStart, nameEnd);
    this.methodStart = start;
    this.methodEnd = start;
    this.templateStart = nameEnd;
    this.templateEnd = nameEnd;
    if (nameStart < 0) return;
    if (bytes[start] === SLASH) {
      this.templateStart = start;
      return;
    }
    const wordEnd = findWordEnd(bytes, start, nameEnd);
    if (wordEnd === start || (isLowerCase(bytes, start) && !isMethodIn(bytes, start, wordEnd))) return;
    this.methodEnd = wordEnd;
    if (wordEnd < nameEnd && isPathAt(bytes, wordEnd + 1, nameEnd)) this.templateStart = wordEnd + 1;
  }

  /** Whether the first word is a method and not just any word in capitals. */
  hasMethod({ bytes }: SpanView): boolean {
    return this.methodEnd > this.methodStart && isMethodIn(bytes, this.methodStart, this.methodEnd);
  }
}

function skipHttpWord(bytes: Uint8Array, start: number, end: number): number {
  const isHttpWord =
    end - start > HTTP_WORD.length &&
    HTTP_WORD.every((byte, index) => ((bytes[start + index] ?? 0) | LOWER_CASE) === byte);
  return isHttpWord ? start + HTTP_WORD.length : start;
}

/** Where a first word of letters ends; `start` when the name does not begin with one. */
function findWordEnd(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + METHOD_MAX_BYTES);
  for (let position = start; position < limit; position++) {
    const byte = bytes[position] ?? 0;
    if (byte === SPACE) return position;
    if ((byte | LOWER_CASE) < A || (byte | LOWER_CASE) > Z) return start;
  }
  return limit === end ? end : start;
}

/** Most senders write methods in capitals, and so much else in small letters that those have to be looked up. */
function isLowerCase(bytes: Uint8Array, position: number): boolean {
  return (bytes[position] ?? 0) >= A;
}

function isMethodIn(bytes: Uint8Array, start: number, end: number): boolean {
  return isMethod(readText(bytes, start, end).toUpperCase());
}

/** Of several words before the first slash the name says something else: `EntryPoint https 10.0.0.1:8443/token`. */
function isPathAt(bytes: Uint8Array, start: number, end: number): boolean {
  for (let position = start; position < end && bytes[position] !== SPACE; position++) {
    if (bytes[position] === SLASH) return true;
  }
  return false;
}
