/**
 * Reads captured Forwarded headers (RFC 7239): `for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"`.
 *
 * The hops are shown one by one, the last first: that one was written by the proxy next to the service.
 */
import type { SpanView } from "../otlp/span-view.ts";
import { readText } from "../otlp/wire.ts";
import { SPAN_SLOT } from "./attribute-keys.ts";
import type { ByteRange } from "./causes/captured-values.ts";
import { textRanges } from "./causes/captured-values.ts";
import { UNKNOWN_CLIENT } from "./client-fingerprint.ts";

const HEADER_MAX_BYTES = 2_000;
const HOPS_MAX = 20;
const FOR = /(?:^|[;,])[ \t]{0,8}for=(?:"([^"]{0,80})"|([^;,"\s]{0,80}))/gi;

/** `fingerprint` answers the client of a hop; the first of a hop that is no proxy is the answer. */
export function readForwarded(
  view: SpanView,
  { fingerprint, isProxy }: { fingerprint: (hop: ByteRange) => number; isProxy: (hop: ByteRange) => boolean },
): number {
  if (!view.attributes.has(SPAN_SLOT.forwarded)) return UNKNOWN_CLIENT;
  const ranges = textRanges(view.attributes, view.bytes, SPAN_SLOT.forwarded);
  const hops = ranges.flatMap((range) => hopsIn(view.bytes, range)).slice(-HOPS_MAX);
  const hop = hops.findLast((candidate) => !isProxy(candidate)) ?? hops[0];
  return hop === undefined ? UNKNOWN_CLIENT : fingerprint(hop);
}

function hopsIn(bytes: Uint8Array, { start, end }: ByteRange): readonly ByteRange[] {
  const text = readText(bytes, start, Math.min(end, start + HEADER_MAX_BYTES));
  // Anything but ASCII would move the places of what follows it, and no address has it.
  if (!/^[\x20-\x7e\t]*$/.test(text)) return [];
  return [...text.matchAll(FOR)].map((match) => {
    const hop = match[1] ?? match[2] ?? "";
    const hopEnd = start + match.index + match[0].length - (match[1] === undefined ? 0 : 1);
    return { start: hopEnd - hop.length, end: hopEnd };
  });
}
