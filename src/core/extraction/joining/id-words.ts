/** Ids of traces and spans as words of 32 bits, and the mixing of such words into places of a table. */

export function readWord(bytes: Uint8Array, position: number): number {
  return (
    (bytes[position] ?? 0) |
    ((bytes[position + 1] ?? 0) << 8) |
    ((bytes[position + 2] ?? 0) << 16) |
    ((bytes[position + 3] ?? 0) << 24)
  );
}

export function mixWords(left: number, right: number): number {
  const mixed = Math.imul(left ^ (left >>> 15), 0x2c1b3c6d) ^ right;
  return Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39);
}
