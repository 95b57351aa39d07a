/** Ids as people and other tools write them. */
import { readText } from "../otlp/wire.ts";

const ID_MAX_BYTES = 16;
const DIGITS = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const digits = new Uint8Array(2 * ID_MAX_BYTES);

/** "" for what is not there, whose start is negative. At most the bytes of a trace id. */
export function hexOf(bytes: Uint8Array, start: number, length: number): string {
  if (start < 0) return "";
  for (let index = 0; index < length; index++) {
    const byte = bytes[start + index] ?? 0;
    digits[2 * index] = DIGITS[byte >>> 4] ?? 0;
    digits[2 * index + 1] = DIGITS[byte & 15] ?? 0;
  }
  // A text put together from pieces keeps all of them: 500 bytes for a trace id, as long as somebody keeps it.
  return readText(digits, 0, 2 * length);
}
