/**
 * Tells a path segment that names one thing (`42`, a UUID, a token) from one that names a kind of
 * thing (`login`, `v2`).
 *
 * Missing an identifier splits an endpoint into many; seeing one in a word merges endpoints that have
 * nothing in common, which is worse: `refresh-access-token` must stay a word however long it is. So
 * letters alone never make an identifier, and a digit or two at the end of a word do not either.
 */

/** A longer segment is data, whatever it holds. */
export const SEGMENT_MAX_BYTES = 64;

const PLAIN_NUMBER_MIN_DIGITS = 3;
const HEX_MIN_LENGTH = 8;
const HEX_WITHOUT_DIGITS_MIN_LENGTH = 16;
const MIXED_MIN_LENGTH = 6;
const MIXED_MIN_SWITCHES = 4;
const SCRAMBLED_MIN_LENGTH = 16;
/** A camel-case word changes class every fourth or fifth letter, base64 about every second. */
const SCRAMBLED_MIN_CHANGES_PER_LETTER = 0.3;
const VERSION_MAX_LENGTH = 5;
const TOKEN_MIN_LENGTH = 20;

const SEPARATOR = 0;
const DIGIT = 1;
const LOWER = 2;
const UPPER = 3;

const AT_SIGN = 0x40;
const PERCENT = 0x25;
const DOT = 0x2e;
const ASTERISK = 0x2a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const CLASS_OF_BYTE = new Uint8Array(256).map((_, byte) => {
  const character = String.fromCharCode(byte);
  if (/[0-9]/.test(character)) return DIGIT;
  if (/[A-Z]/.test(character)) return UPPER;
  return /[a-z]/.test(character) ? LOWER : SEPARATOR;
});
const IS_HEX = new Uint8Array(256).map((_, byte) => (/[0-9A-Fa-f]/.test(String.fromCharCode(byte)) ? 1 : 0));

export function isIdentifierSegment(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length > SEGMENT_MAX_BYTES || isInBrackets(bytes, start, end)) return true;
  let digits = 0;
  let letters = 0;
  let hasDot = false;
  let partStart = start;
  for (let position = start; position <= end; position++) {
    const byte = position < end ? (bytes[position] ?? 0) : 0;
    const byteClass = CLASS_OF_BYTE[byte];
    if (byteClass === DIGIT) digits++;
    else if (byteClass !== SEPARATOR) letters++;
    else {
      if (isIdentifierPart(bytes, partStart, position) || isOwner(bytes, position, end)) return true;
      if (byte === DOT) hasDot = true;
      partStart = position + 1;
    }
  }
  if (digits > 0 && letters === 0) return !(hasDot && length <= VERSION_MAX_LENGTH);
  return (length === 1 && bytes[start] === ASTERISK) || isJsonWebToken(bytes, start, length);
}

/** What the redaction left of a token, and what stands for a parameter in some frameworks. */
function isInBrackets(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start] === OPEN_BRACKET && bytes[end - 1] === CLOSE_BRACKET;
}

/** A run of letters and digits between separators. */
function isIdentifierPart(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < PLAIN_NUMBER_MIN_DIGITS) return false;
  let digits = 0;
  let hexDigits = 0;
  let switches = 0;
  let changes = 0;
  let previous = SEPARATOR;
  for (let position = start; position < end; position++) {
    const byte = bytes[position] ?? 0;
    const byteClass = CLASS_OF_BYTE[byte] ?? SEPARATOR;
    hexDigits += IS_HEX[byte] ?? 0;
    if (byteClass === DIGIT) digits++;
    if (position > start && byteClass !== previous) {
      if (byteClass === DIGIT || previous === DIGIT) switches++;
      // A capital before a small letter is how words begin: it tells nothing.
      if (previous !== UPPER || byteClass !== LOWER) changes++;
    }
    previous = byteClass;
  }
  if (digits === length) return true;
  if (hexDigits === length && length >= (digits > 0 ? HEX_MIN_LENGTH : HEX_WITHOUT_DIGITS_MIN_LENGTH)) return true;
  if (length >= MIXED_MIN_LENGTH && switches >= MIXED_MIN_SWITCHES) return true;
  return length >= SCRAMBLED_MIN_LENGTH && changes >= length * SCRAMBLED_MIN_CHANGES_PER_LETTER;
}

/** An address (`ann@example.com`) or a handle (`@ann`): an at sign, plain or encoded, with text after it. */
function isOwner(bytes: Uint8Array, position: number, end: number): boolean {
  if (bytes[position] === AT_SIGN) return position + 1 < end;
  return (
    bytes[position] === PERCENT && bytes[position + 1] === 0x34 && bytes[position + 2] === 0x30 && position + 3 < end
  );
}

/** `eyJ` is base64 for `{"`, which every JSON Web Token begins with. */
function isJsonWebToken(bytes: Uint8Array, start: number, length: number): boolean {
  return length >= TOKEN_MIN_LENGTH && bytes[start] === 0x65 && bytes[start + 1] === 0x79 && bytes[start + 2] === 0x4a;
}
