/**
 * Bytes as the text JSON needs: hex for ids, base64 for everything else.
 *
 * Written out rather than borrowed from Node because the core runs without it, and decoding goes
 * straight to where the bytes belong. Base64 is read in both alphabets, with padding or without.
 */
const HEX_DIGITS = "0123456789abcdef";
const BASE64_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const NOT_A_DIGIT = 0xff;

const hexValues = digitValues(HEX_DIGITS, HEX_DIGITS.toUpperCase());
const base64Values = digitValues(BASE64_DIGITS, BASE64_DIGITS.replace("+", "-").replace("/", "_"));

/** How many bytes the text stands for, if it is hex. */
export function hexByteLength(text: string): number | undefined {
  return text.length % 2 === 0 ? text.length / 2 : undefined;
}

/** Fills `target` from `start`; false when a character is no hex digit. The caller has made room. */
export function decodeHex(text: string, target: Uint8Array, start: number): boolean {
  let invalidBits = 0;
  for (let index = 0; index < text.length; index += 2) {
    const high = digitValue(hexValues, text.charCodeAt(index));
    const low = digitValue(hexValues, text.charCodeAt(index + 1));
    invalidBits |= high | low;
    target[start + index / 2] = (high << 4) | low;
  }
  return invalidBits < 16;
}

export function encodeHex(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let position = start; position < end; position++) {
    const byte = bytes[position] ?? 0;
    text += HEX_DIGITS.charAt(byte >> 4) + HEX_DIGITS.charAt(byte & 0x0f);
  }
  return text;
}

/** How many bytes the text stands for, if it is base64. */
export function base64ByteLength(text: string): number | undefined {
  const digits = base64DigitCount(text);
  return digits % 4 === 1 ? undefined : Math.floor((digits * 3) / 4);
}

/** Fills `target` from `start`; false when a character is not of the alphabet. The caller has made room. */
export function decodeBase64(text: string, target: Uint8Array, start: number): boolean {
  const digits = base64DigitCount(text);
  let position = start;
  let pending = 0;
  let pendingBits = 0;
  for (let index = 0; index < digits; index++) {
    const value = digitValue(base64Values, text.charCodeAt(index));
    if (value === NOT_A_DIGIT) return false;
    pending = ((pending << 6) | value) & 0xffff;
    pendingBits += 6;
    if (pendingBits < 8) continue;
    pendingBits -= 8;
    target[position++] = pending >> pendingBits;
  }
  return true;
}

export function encodeBase64(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let position = start; position < end; position += 3) {
    const first = bytes[position] ?? 0;
    const second = position + 1 < end ? (bytes[position + 1] ?? 0) : 0;
    const third = position + 2 < end ? (bytes[position + 2] ?? 0) : 0;
    text += BASE64_DIGITS.charAt(first >> 2) + BASE64_DIGITS.charAt(((first & 0x03) << 4) | (second >> 4));
    text += position + 1 < end ? BASE64_DIGITS.charAt(((second & 0x0f) << 2) | (third >> 6)) : "=";
    text += position + 2 < end ? BASE64_DIGITS.charAt(third & 0x3f) : "=";
  }
  return text;
}

/** Padding that completes a group of four is not counted; elsewhere it stays, as the fault it is. */
function base64DigitCount(text: string): number {
  if (text.length % 4 !== 0 || !text.endsWith("=")) return text.length;
  return text.length - (text.endsWith("==") ? 2 : 1);
}

function digitValues(...alphabets: readonly string[]): Uint8Array {
  const values = new Uint8Array(128).fill(NOT_A_DIGIT);
  for (const alphabet of alphabets) {
    for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value;
  }
  return values;
}

function digitValue(values: Uint8Array, characterCode: number): number {
  return values[characterCode] ?? NOT_A_DIGIT;
}
