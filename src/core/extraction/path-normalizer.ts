/**
 * Brings the path of a request into the form of a route, byte by byte and without making a string.
 *
 * It runs for every span whose sender knows no route, so its result is a range of bytes in a buffer
 * that is used again. Segments that name one thing become `{}`; query, fragment, matrix parameters,
 * empty segments and control characters go. Whole segments are cut from the end of a long path, so
 * that normalizing twice changes nothing more.
 */
import { isIdentifierSegment, SEGMENT_MAX_BYTES } from "./identifier-segment.ts";

/** Of a normalized path, the mark of a cut one included. */
export const PATH_MAX_BYTES = 200;

const SLASH = 0x2f;
const QUESTION_MARK = 0x3f;
const HASH = 0x23;
const SEMICOLON = 0x3b;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const CLOSE_PARENTHESIS = 0x29;
const SPACE = 0x20;
const DELETE = 0x7f;
const UNDERSCORE = 0x5f;
const SCHEME_MAX_BYTES = 10;

/** `/…` at the end of a path that was cut. */
const ELLIPSIS = new Uint8Array([SLASH, 0xe2, 0x80, 0xa6]);

export class PathNormalizer {
  /** The normalized path: the first `length` bytes. Good until the next call of `normalize`. */
  readonly bytes = new Uint8Array(PATH_MAX_BYTES + SEGMENT_MAX_BYTES);
  length = 0;
  segmentCount = 0;

  /** Takes a path, with or without a leading slash, or a whole URL. */
  normalize(source: Uint8Array, start: number, end: number): void {
    this.length = 0;
    this.segmentCount = 0;
    let position = findPathStart(source, start, end);
    while (position < end) {
      const byte = source[position] ?? 0;
      if (byte === QUESTION_MARK || byte === HASH) break;
      if (byte === SLASH) {
        position++;
        continue;
      }
      const segmentEnd = findSegmentEnd(source, position, end);
      if (!this.#append(source, position, segmentEnd)) break;
      position = segmentEnd;
    }
    if (this.length === 0) this.bytes[this.length++] = SLASH;
  }

  /** Returns false when the path is full and has been closed with an ellipsis. */
  #append(source: Uint8Array, start: number, segmentEnd: number): boolean {
    const end = findMatrixParameters(source, start, segmentEnd);
    const verbStart = findVerb(source, start, end);
    const before = this.length;
    this.bytes[this.length++] = SLASH;
    if (isParameter(source, start, verbStart) || isIdentifierSegment(source, start, verbStart)) {
      this.#writeParameter();
      if (end - verbStart <= SEGMENT_MAX_BYTES) this.#copy(source, verbStart, end);
    } else if (end - start > SEGMENT_MAX_BYTES) this.#writeParameter();
    else this.#copy(source, start, end);
    if (this.length === before + 1) {
      this.length = before;
      return true;
    }
    if (this.length > PATH_MAX_BYTES - ELLIPSIS.length) {
      this.bytes.set(ELLIPSIS, before);
      this.length = before + ELLIPSIS.length;
      this.segmentCount++;
      return false;
    }
    this.segmentCount++;
    return true;
  }

  #writeParameter(): void {
    this.bytes[this.length++] = OPEN_BRACE;
    this.bytes[this.length++] = CLOSE_BRACE;
  }

  #copy(source: Uint8Array, start: number, end: number): void {
    for (let position = start; position < end; position++) {
      const byte = source[position] ?? 0;
      // Replaced and not dropped: dropping could join two words into what looks like an identifier.
      this.bytes[this.length++] = byte > SPACE && byte !== DELETE ? byte : UNDERSCORE;
    }
  }
}

/** Segments of a path as it was sent, without normalizing it. */
export function countPathSegments(source: Uint8Array, start: number, end: number): number {
  let count = 0;
  let isInSegment = false;
  for (let position = findPathStart(source, start, end); position < end; position++) {
    const byte = source[position];
    if (byte === QUESTION_MARK || byte === HASH) break;
    if (byte === SLASH) isInSegment = false;
    else if (!isInSegment) {
      isInSegment = true;
      count++;
    }
  }
  return count;
}

/** Skips `https://host:port` where the sender gives a whole URL. */
export function findPathStart(source: Uint8Array, start: number, end: number): number {
  if (source[start] === SLASH) return start;
  const schemeLimit = Math.min(end - 2, start + SCHEME_MAX_BYTES);
  for (let position = start; position < schemeLimit; position++) {
    if (source[position] !== COLON) continue;
    if (source[position + 1] !== SLASH || source[position + 2] !== SLASH) return start;
    return findSegmentEnd(source, position + 3, end);
  }
  return start;
}

function findSegmentEnd(source: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end) {
    const byte = source[position];
    if (byte === SLASH || byte === QUESTION_MARK || byte === HASH) break;
    position++;
  }
  return position;
}

/** Where `;jsessionid=…` and its like begin. */
function findMatrixParameters(source: Uint8Array, start: number, end: number): number {
  for (let position = start; position < end; position++) if (source[position] === SEMICOLON) return position;
  return end;
}

/** Where the `:verb` of `42:resetPassword` begins: letters up to the end, after something else. */
function findVerb(source: Uint8Array, start: number, end: number): number {
  for (let position = end - 1; position > start; position--) {
    const byte = source[position] ?? 0;
    if (byte === COLON) return position === end - 1 ? end : position;
    if (!((byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a))) break;
  }
  return end;
}

/** `{…}`: a parameter already, ours or one that a client forgot to fill in; `Users(5)`: a key in OData. */
function isParameter(source: Uint8Array, start: number, end: number): boolean {
  const last = source[end - 1];
  return (last === CLOSE_BRACE && source[start] === OPEN_BRACE) || (last === CLOSE_PARENTHESIS && start < end);
}
