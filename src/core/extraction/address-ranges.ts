/**
 * Ranges of IP addresses, as in `10.0.0.0/8`: which proxies are trusted to say on whose behalf they call.
 */
import { addressBytes, IPV4, NOT_AN_ADDRESS, readAddress } from "./ip-address.ts";

export type AddressRange = {
  readonly kind: number;
  readonly bytes: readonly number[];
  readonly prefixBits: number;
};

const utf8 = new TextEncoder();
const ADDRESS_MAX_CHARACTERS = 64;

/** Null for what is no range. One address is a range of its own; bits beyond the prefix do not matter. */
export function parseAddressRange(text: string): AddressRange | null {
  const [, address = "", prefix] = /^([^/[\]%]+)(?:\/(\d{1,3}))?$/.exec(text.slice(0, ADDRESS_MAX_CHARACTERS)) ?? [];
  const bytes = utf8.encode(address);
  const kind = readAddress(bytes, 0, bytes.length);
  if (kind === NOT_AN_ADDRESS || isWithPort(address)) return null;
  const length = kind === IPV4 ? 4 : 16;
  const prefixBits = prefix === undefined ? length * 8 : Number(prefix);
  return prefixBits > length * 8 ? null : { kind, bytes: [...addressBytes.subarray(0, length)], prefixBits };
}

/** Whether the last address read, of that kind, lies in any of the ranges. */
export function isWithinRanges(kind: number, ranges: readonly AddressRange[]): boolean {
  for (let index = 0; index < ranges.length; index++) {
    const range = ranges[index];
    if (range !== undefined && range.kind === kind && hasPrefix(range)) return true;
  }
  return false;
}

function hasPrefix({ bytes, prefixBits }: AddressRange): boolean {
  const wholeBytes = prefixBits >> 3;
  for (let index = 0; index < wholeBytes; index++) if (addressBytes[index] !== bytes[index]) return false;
  const restBits = prefixBits & 7;
  if (restBits === 0) return true;
  const shift = 8 - restBits;
  return (addressBytes[wholeBytes] ?? 0) >> shift === (bytes[wholeBytes] ?? 0) >> shift;
}

/** `10.0.0.1:80` is read as an address elsewhere; a range has no port. */
function isWithPort(address: string): boolean {
  return address.includes(".") && address.includes(":") && !address.includes("::");
}
