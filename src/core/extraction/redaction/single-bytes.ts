/**
 * Bytes as text with one character for each byte, so that places in the text are places in the bytes.
 *
 * Bytes from 0x80 on become some character that is no part of any secret's form.
 */
const decoder = new TextDecoder("windows-1252");

// As in `readText`: below this a decoder costs more than to collect the codes.
const SHORT_MAX_BYTES = 64;

export function readSingleBytes(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > SHORT_MAX_BYTES) return decoder.decode(bytes.subarray(start, end));
  const codes = new Array<number>(length);
  for (let index = 0; index < length; index++) codes[index] = bytes[start + index] ?? 0;
  return String.fromCharCode.apply(null, codes);
}

export function singleBytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
