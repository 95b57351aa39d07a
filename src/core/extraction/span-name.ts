/**
 * Takes a span's name apart: `GET /users/:id`, `HTTP POST /login`, `/users/{id}`, `GET`.
 *
 * Some instrumentations put the route into nothing but the name, and some the method.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { readText } from "../otlp/wire.ts";
import { isMethod } from "./endpoint-naming.ts";

const SPACE = 0x20;
const SLASH = 0x2f;
const METHOD_MAX_BYTES = 32;
const HTTP_WORD = [0x48, 0x54, 0x54, 0x50, SPACE] as const;

/** Offsets of the parts of a name; a part that is absent is an empty range. Used again for every span. */
export class SpanNameParts {
  methodStart = 0;
  methodEnd = 0;
  templateStart = 0;
  templateEnd = 0;

  read(view: SpanView): void {
    const { bytes, nameEnd } = view;
    const start = skipHttpWord(bytes, view.nameStart, nameEnd);
    this.methodStart = start;
    this.methodEnd = start;
    this.templateStart = nameEnd;
    this.templateEnd = nameEnd;
    if (view.nameStart < 0) return;
    if (bytes[start] === SLASH) {
      this.templateStart = start;
      return;
    }
    this.methodEnd = findMethodEnd(bytes, start, nameEnd);
    if (this.methodEnd < nameEnd && hasSlash(bytes, this.methodEnd, nameEnd)) this.templateStart = this.methodEnd + 1;
  }

  /** Whether the first word is a method and not just any word in capitals. */
  hasMethod(view: SpanView): boolean {
    return this.methodEnd > this.methodStart && isMethod(readText(view.bytes, this.methodStart, this.methodEnd));
  }
}

function skipHttpWord(bytes: Uint8Array, start: number, end: number): number {
  const isHttpWord = end - start > HTTP_WORD.length && HTTP_WORD.every((byte, index) => bytes[start + index] === byte);
  return isHttpWord ? start + HTTP_WORD.length : start;
}

/** Where a first word of capitals ends; `start` when the name does not begin with one. */
function findMethodEnd(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + METHOD_MAX_BYTES);
  for (let position = start; position < limit; position++) {
    const byte = bytes[position] ?? 0;
    if (byte === SPACE) return position;
    if (byte < 0x41 || byte > 0x5a) return start;
  }
  return limit === end ? end : start;
}

function hasSlash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let position = start; position < end; position++) if (bytes[position] === SLASH) return true;
  return false;
}
