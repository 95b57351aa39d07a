/**
 * Reads IP addresses from bytes, without making strings of them.
 *
 * Senders write one address in many ways: with a port, in brackets, as IPv4 inside IPv6, with a zone.
 * All of them give the same numbers here, so that one client has one fingerprint.
 */

export const NOT_AN_ADDRESS = 0;
export const IPV4 = 4;
export const IPV6 = 6;

/** The last address read: 4 bytes for IPv4, 16 for IPv6. Good until the next read. */
export const addressBytes = new Uint8Array(16);

const DOT = 0x2e;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const PERCENT = 0x25;
const DIGIT_ZERO = 0x30;
const GROUPS = 8;

/** Fills `addressBytes` and tells which kind it found. IPv4 inside IPv6 is IPv4. */
export function readAddress(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return NOT_AN_ADDRESS;
  if (bytes[start] === OPEN_BRACKET) {
    // Not `indexOf`: it would search the rest of the request, for every span anew.
    const close = findByte(bytes, CLOSE_BRACKET, start, end);
    return close === end ? NOT_AN_ADDRESS : readIpv6(bytes, start + 1, close);
  }
  // Most addresses are this, and whatever is not ends the attempt within a few bytes.
  if (readIpv4(bytes, start, end, 0)) return IPV4;
  const colon = findByte(bytes, COLON, start, end);
  if (colon === end) return NOT_AN_ADDRESS;
  // One colon separates a port; IPv6 has at least two.
  if (findByte(bytes, COLON, colon + 1, end) === end) return readIpv4(bytes, start, colon, 0) ? IPV4 : NOT_AN_ADDRESS;
  return readIpv6(bytes, start, end);
}

/** Whether the last address read, of that kind, belongs to a private, shared, link-local or loopback range. */
export function isInternalAddress(kind: number): boolean {
  const [first = 0, second = 0] = addressBytes;
  if (kind === IPV4) {
    if (first === 10 || first === 127) return true;
    if (first === 172) return second >= 16 && second < 32;
    if (first === 192) return second === 168;
    if (first === 169) return second === 254;
    return first === 100 && second >= 64 && second < 128;
  }
  if ((first & 0xfe) === 0xfc || (first === 0xfe && (second & 0xc0) === 0x80)) return true;
  return addressBytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

function readIpv4(bytes: Uint8Array, start: number, end: number, target: number): boolean {
  let value = 0;
  let digits = 0;
  let count = 0;
  for (let position = start; position <= end; position++) {
    const byte = position < end ? (bytes[position] ?? 0) : DOT;
    if (byte === DOT) {
      if (digits === 0 || digits > 3 || value > 255 || count === 4) return false;
      addressBytes[target + count++] = value;
      value = 0;
      digits = 0;
    } else {
      const digit = byte - DIGIT_ZERO;
      // A leading zero means octal to some and nothing to others.
      if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
      digits++;
      value = value * 10 + digit;
    }
  }
  return count === 4;
}

function readIpv6(bytes: Uint8Array, start: number, zonedEnd: number): number {
  const end = findByte(bytes, PERCENT, start, zonedEnd);
  addressBytes.fill(0);
  let group = 0;
  let gapAt = -1;
  let position = start;
  if (bytes[position] === COLON) {
    if (bytes[position + 1] !== COLON || position + 1 >= end) return NOT_AN_ADDRESS;
    gapAt = 0;
    position += 2;
  }
  while (position < end) {
    const groupEnd = findByte(bytes, COLON, position, end);
    if (groupEnd === end && findByte(bytes, DOT, position, end) !== end) {
      if (group > GROUPS - 2 || !readIpv4(bytes, position, end, group * 2)) return NOT_AN_ADDRESS;
      group += 2;
      position = end;
      break;
    }
    if (group === GROUPS || !readGroup(bytes, position, groupEnd, group++)) return NOT_AN_ADDRESS;
    position = groupEnd;
    if (position === end) break;
    position++;
    if (bytes[position] === COLON && position < end) {
      if (gapAt !== -1) return NOT_AN_ADDRESS;
      gapAt = group;
      position++;
    } else if (position === end) return NOT_AN_ADDRESS;
  }
  if (gapAt === -1 ? group !== GROUPS : group === GROUPS) return NOT_AN_ADDRESS;
  if (gapAt !== -1) openGap(gapAt, group);
  return unwrapIpv4() ? IPV4 : IPV6;
}

function readGroup(bytes: Uint8Array, start: number, end: number, group: number): boolean {
  if (start === end || end - start > 4) return false;
  let value = 0;
  for (let position = start; position < end; position++) {
    const digit = hexDigit(bytes[position] ?? 0);
    if (digit === -1) return false;
    value = value * 16 + digit;
  }
  addressBytes[group * 2] = value >>> 8;
  addressBytes[group * 2 + 1] = value & 0xff;
  return true;
}

/** Moves the groups after `::` to the end. */
function openGap(gapAt: number, groupCount: number): void {
  const movedBytes = (groupCount - gapAt) * 2;
  addressBytes.copyWithin(16 - movedBytes, gapAt * 2, groupCount * 2);
  addressBytes.fill(0, gapAt * 2, 16 - movedBytes);
}

/** `::ffff:a.b.c.d` is an IPv4 client seen through an IPv6 socket. */
function unwrapIpv4(): boolean {
  for (let index = 0; index < 10; index++) if (addressBytes[index] !== 0) return false;
  if (addressBytes[10] !== 0xff || addressBytes[11] !== 0xff) return false;
  addressBytes.copyWithin(0, 12, 16);
  return true;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function findByte(bytes: Uint8Array, wanted: number, start: number, end: number): number {
  let position = start;
  while (position < end && bytes[position] !== wanted) position++;
  return position;
}
