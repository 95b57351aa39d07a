/**
 * Spreads numbers and texts over 32 bits, for sketches.
 *
 * Not keyed: whoever makes two values fall together hides from a count that he could keep low by sending
 * one value twice. Clients are keyed fingerprints already.
 */
const TWO_TO_32 = 2 ** 32;

/** Of a client's fingerprint, up to 53 bits long. `salt` keeps apart what is counted in one table. */
export function mixClient(client: number, salt: number): number {
  return finish((client | 0) ^ Math.imul((client / TWO_TO_32) | 0, 0x85ebca6b) ^ Math.imul(salt, 0x9e3779b1));
}

export function mixText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return finish(hash);
}

function finish(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
