/**
 * Turns the address of a client into a number that stands for it.
 *
 * Addresses are personal data, so what is stored and shown is a keyed hash: the same client keeps one
 * fingerprint, and nobody without the key can tell whose it is. IPv6 counts by /64, because one
 * customer line has a whole /64 to change addresses in; IPv4 counts exactly.
 */
import { equalBytes } from "../otlp/wire.ts";
import type { AddressRange } from "./address-ranges.ts";
import { isWithinRanges } from "./address-ranges.ts";
import { addressBytes, IPV4, isInternalAddress, NOT_AN_ADDRESS, readAddress } from "./ip-address.ts";
import type { SipHashKey } from "./siphash.ts";
import { shownNumber, sipHash24, sipHashNumber } from "./siphash.ts";

export const UNKNOWN_CLIENT = 0;

const NAME_MAX_BYTES = 128;
const IPV4_BYTES = 4;
const IPV6_NETWORK_BYTES = 8;

const COMMA = 0x2c;
const SPACE = 0x20;

const utf8 = new TextEncoder();

/** How proxies write that they do not know the client. */
const NAMES_OF_NOBODY = ["-", "unknown", "UNKNOWN"].map((name) => utf8.encode(name));

const hashed = new Uint8Array(NAME_MAX_BYTES + 1);
/** An array of its own for each text takes longer than all the rest. */
const encoded = new Uint8Array(NAME_MAX_BYTES);

/**
 * The client behind the text of an address attribute. In a list of hops it is the last one that is neither in
 * a private range nor a trusted proxy: what stands before it was written by the client and can be anything.
 */
export function fingerprintClient(
  key: SipHashKey,
  bytes: Uint8Array,
  start: number,
  end: number,
  trustedProxies: readonly AddressRange[] = [],
): number {
  let hopEnd = end;
  for (;;) {
    const comma = findCommaBefore(bytes, start, hopEnd);
    const hopStart = comma === -1 ? start : comma + 1;
    if (comma === -1 || !isProxy(bytes, hopStart, hopEnd, trustedProxies)) {
      return fingerprintHop(key, bytes, hopStart, hopEnd);
    }
    hopEnd = comma;
  }
}

/** Where the hop of the last fingerprint stands, without blanks around it. */
export const lastHop = { start: 0, end: 0 };

export function fingerprintClientText(key: SipHashKey, address: string): number {
  const { read, written } = utf8.encodeInto(address, encoded);
  if (read === address.length) return fingerprintClient(key, encoded, 0, written);
  const bytes = utf8.encode(address);
  return fingerprintClient(key, bytes, 0, bytes.length);
}

/** As people see it: `c-9f3a61c20b4d`. */
export function formatFingerprint(client: number): string {
  return `c-${shownNumber(client)}`;
}

function isProxy(bytes: Uint8Array, start: number, end: number, trustedProxies: readonly AddressRange[]): boolean {
  const kind = readAddress(bytes, skipSpaces(bytes, start, end), skipSpacesBefore(bytes, start, end));
  return kind !== NOT_AN_ADDRESS && (isInternalAddress(kind) || isWithinRanges(kind, trustedProxies));
}

function fingerprintHop(key: SipHashKey, bytes: Uint8Array, rawStart: number, rawEnd: number): number {
  const start = skipSpaces(bytes, rawStart, rawEnd);
  const end = skipSpacesBefore(bytes, start, rawEnd);
  lastHop.start = start;
  lastHop.end = end;
  const kind = readAddress(bytes, start, end);
  const length = kind === NOT_AN_ADDRESS ? copyName(bytes, start, end) : copyNetwork(kind);
  if (length === 0) return UNKNOWN_CLIENT;
  // The kind goes first, so that no name can pose as an address.
  hashed[0] = kind;
  sipHash24(key, hashed, 0, length + 1);
  return sipHashNumber();
}

function copyNetwork(kind: number): number {
  const length = kind === IPV4 ? IPV4_BYTES : IPV6_NETWORK_BYTES;
  for (let index = 0; index < length; index++) hashed[index + 1] = addressBytes[index] ?? 0;
  return length;
}

/** A host name or the path of a socket. */
function copyName(bytes: Uint8Array, start: number, end: number): number {
  const length = Math.min(end - start, NAME_MAX_BYTES);
  for (let index = 0; index < length; index++) hashed[index + 1] = bytes[start + index] ?? 0;
  return NAMES_OF_NOBODY.some((name) => equalBytes(hashed, 1, length + 1, name)) ? 0 : length;
}

function findCommaBefore(bytes: Uint8Array, start: number, end: number): number {
  for (let position = end - 1; position >= start; position--) if (bytes[position] === COMMA) return position;
  return -1;
}

function skipSpaces(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && bytes[position] === SPACE) position++;
  return position;
}

function skipSpacesBefore(bytes: Uint8Array, start: number, end: number): number {
  let position = end;
  while (position > start && bytes[position - 1] === SPACE) position--;
  return position;
}
