/**
 * Finds who sent the request that a span stands for.
 *
 * Most instrumentations resolve `client.address` themselves; behind those that do not, a captured
 * X-Forwarded-For tells more than the address of the connection, which is the proxy's.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { VALUE_OTHER, VALUE_STRING } from "../otlp/span-view.ts";
import { cursor, readVarint32 } from "../otlp/wire.ts";
import { CLIENT_SLOTS } from "./attribute-keys.ts";
import { fingerprintClient, UNKNOWN_CLIENT } from "./client-fingerprint.ts";
import type { SipHashKey } from "./siphash.ts";

/** Tags of ArrayValue.values and AnyValue.string_value: both are field 1, length-delimited. */
const FIRST_FIELD = 0x0a;

/** UNKNOWN_CLIENT when no attribute names one. */
export function readClient(view: SpanView, key: SipHashKey): number {
  const { attributes, bytes } = view;
  for (let index = 0; index < CLIENT_SLOTS.length; index++) {
    const slot = CLIENT_SLOTS[index] ?? 0;
    const kind = attributes.kind[slot];
    const start = attributes.start[slot] ?? 0;
    const end = attributes.end[slot] ?? 0;
    let client = UNKNOWN_CLIENT;
    if (kind === VALUE_STRING) client = fingerprintClient(key, bytes, start, end);
    else if (kind === VALUE_OTHER) client = fingerprintLastString(key, bytes, start, end);
    if (client !== UNKNOWN_CLIENT) return client;
  }
  return UNKNOWN_CLIENT;
}

/** Captured headers are arrays with one string for each time the header came; proxies add to the last. */
function fingerprintLastString(key: SipHashKey, bytes: Uint8Array, start: number, end: number): number {
  let stringStart = end;
  let stringEnd = end;
  let position = start;
  while (position < end && bytes[position] === FIRST_FIELD) {
    const valueLength = readVarint32(bytes, position + 1, end);
    const valueStart = cursor.position;
    position = valueStart + valueLength;
    if (valueLength <= 0 || position > end || bytes[valueStart] !== FIRST_FIELD) continue;
    const stringLength = readVarint32(bytes, valueStart + 1, position);
    if (stringLength < 0 || cursor.position + stringLength > position) continue;
    stringStart = cursor.position;
    stringEnd = stringStart + stringLength;
  }
  return fingerprintClient(key, bytes, stringStart, stringEnd);
}
