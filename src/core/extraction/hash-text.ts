/** A hash of a text, 31 bits, for what is hashed once and kept. The seed is a secret, so that nobody can choose texts that fall together. */
import { hashBytes } from "../otlp/wire.ts";

const utf8 = new TextEncoder();

export function hashText(text: string, seed: number): number {
  const bytes = utf8.encode(text);
  return hashBytes(bytes, 0, bytes.length, seed);
}
