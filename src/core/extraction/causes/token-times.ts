/**
 * The moments a JSON Web Token claims for itself, read without making a string of the token.
 *
 * Nothing here is verified: the times only explain a refusal that somebody else decided on. The
 * decoded payload lives in one scratch buffer and is wiped before the function returns, so no part of
 * a credential outlives the call.
 */
import { equalBytes } from "../../otlp/wire.ts";
import type { UnixMillis } from "../../time.ts";
import { SECOND_MS } from "../../time.ts";

/** NaN where the token does not say. */
export type TokenTimes = {
  readonly expiresAt: UnixMillis;
  readonly notBefore: UnixMillis;
  readonly issuedAt: UnixMillis;
};

export const NO_TIMES: TokenTimes = { expiresAt: Number.NaN, notBefore: Number.NaN, issuedAt: Number.NaN };

const PAYLOAD_MAX_BYTES = 8192;
const DOT = 0x2e;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const ZERO = 0x30;
const SPACE = 0x20;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const ENDS_NUMBER = new Set([0x2c, 0x2e, 0x5d, 0x7d, SPACE, 0x09, 0x0a, 0x0d]);

const utf8 = new TextEncoder();
const EXP = utf8.encode("exp");
const NBF = utf8.encode("nbf");
const IAT = utf8.encode("iat");

const SEXTETS = new Int8Array(256).fill(-1);
for (const [value, character] of [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].entries()) {
  SEXTETS[character.charCodeAt(0)] = value;
}

const scratch = new Uint8Array((PAYLOAD_MAX_BYTES * 3) / 4 + 3);

/** The range holds the token alone. NO_TIMES for anything that is not `header.payload.signature`. */
export function readTokenTimes(bytes: Uint8Array, start: number, end: number): TokenTimes {
  const payloadStart = bytes.indexOf(DOT, start) + 1;
  const payloadEnd = bytes.indexOf(DOT, payloadStart);
  if (payloadStart === 0 || payloadEnd === -1 || payloadEnd >= end) return NO_TIMES;
  if (payloadEnd - payloadStart > PAYLOAD_MAX_BYTES) return NO_TIMES;
  const length = decodeBase64Url(bytes, payloadStart, payloadEnd);
  const times = readClaims(length);
  scratch.fill(0, 0, length);
  return times;
}

/** Returns how many bytes of the scratch buffer are the payload; what is no base64url ends it. */
function decodeBase64Url(bytes: Uint8Array, start: number, end: number): number {
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (let position = start; position < end; position++) {
    const sextet = SEXTETS[bytes[position] ?? 0] ?? -1;
    if (sextet === -1) break;
    bits = ((bits << 6) | sextet) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    scratch[length++] = (bits >> bitCount) & 0xff;
  }
  return length;
}

/** Walks the JSON text and reads the claims of the outermost object; a nested `exp` is something else. */
function readClaims(length: number): TokenTimes {
  const times = { ...NO_TIMES };
  let depth = 0;
  let position = 0;
  while (position < length) {
    const byte = scratch[position] ?? 0;
    if (OPENING.has(byte)) depth += 1;
    else if (CLOSING.has(byte)) depth -= 1;
    if (byte !== QUOTE) {
      position += 1;
      continue;
    }
    const textStart = position + 1;
    const textEnd = endOfText(textStart, length);
    position = textEnd + 1;
    if (depth !== 1) continue;
    if (equalBytes(scratch, textStart, textEnd, EXP)) times.expiresAt = readSeconds(position, length);
    else if (equalBytes(scratch, textStart, textEnd, NBF)) times.notBefore = readSeconds(position, length);
    else if (equalBytes(scratch, textStart, textEnd, IAT)) times.issuedAt = readSeconds(position, length);
  }
  return times;
}

function endOfText(start: number, length: number): number {
  let position = start;
  while (position < length && scratch[position] !== QUOTE) position += scratch[position] === BACKSLASH ? 2 : 1;
  return position;
}

/** The number after a colon, in milliseconds. NaN when there is no colon or no plain number. */
function readSeconds(start: number, length: number): UnixMillis {
  let position = skipSpace(start, length);
  if (scratch[position] !== COLON) return Number.NaN;
  position = skipSpace(position + 1, length);
  const digitsStart = position;
  let seconds = 0;
  for (; position < length; position++) {
    const digit = (scratch[position] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) break;
    seconds = seconds * 10 + digit;
  }
  const isNumber = position > digitsStart && ENDS_NUMBER.has(scratch[position] ?? 0);
  return isNumber && position < length ? seconds * SECOND_MS : Number.NaN;
}

function skipSpace(start: number, length: number): number {
  let position = start;
  while (position < length && (scratch[position] ?? 0) <= SPACE) position += 1;
  return position;
}
