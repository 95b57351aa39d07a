/** Ids as people and other tools write them. */
const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** "" for what is not there, whose start is negative. */
export function hexOf(bytes: Uint8Array, start: number, length: number): string {
  if (start < 0) return "";
  let hex = "";
  for (let position = start; position < start + length; position++) {
    hex += HEX_OF_BYTE[bytes[position] ?? 0] ?? "";
  }
  return hex;
}
