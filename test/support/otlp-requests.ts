/**
 * Trace requests for tests: any content, in any legal form on the wire.
 */

import { anyMessage } from "./otlp-arbitrary.ts";
import { encode, TRACE_REQUEST } from "./otlp-protobuf.ts";
import { fc } from "./properties.ts";
import { Random } from "./random.ts";
import type { WireMessage } from "./wire-tree.ts";
import { disturb, encodeTree, parseMessage } from "./wire-tree.ts";

/** Keys that generated attributes often have, so that keys are found and come twice. */
export const KEYS = {
  span: ["http.route", "http.request.method", "http.response.status_code"],
  resource: ["service.name", "deployment.environment.name"],
};

export type WireRequest = { readonly bytes: Uint8Array; readonly tree: WireMessage };

/** Most spans have valid ids. The tree is that of the bytes. */
export function anyTraceRequest(): fc.Arbitrary<WireRequest> {
  return fc.tuple(anyMessage(TRACE_REQUEST), fc.integer()).map(([message, seed]) => {
    const random = new Random(seed);
    const plain = parseMessage(TRACE_REQUEST, encode(TRACE_REQUEST, withLikelyValues(message, random)));
    const tree = disturb(plain, random);
    return { bytes: encodeTree(tree), tree };
  });
}

/** A copy in which ids are mostly valid and attribute keys mostly of interest. */
function withLikelyValues(value: unknown, random: Random): object {
  return likely(value, random) as object;
}

function likely(value: unknown, random: Random): unknown {
  if (Array.isArray(value)) return value.map((item) => likely(item, random));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) copy[name] = likely(field, random);
  if ("key" in copy && random.chance(0.7)) copy["key"] = random.pick([...KEYS.span, ...KEYS.resource]);
  if (looksLikeSpan(copy) && random.chance(0.8))
    Object.assign(copy, { traceId: anyId(16, random), spanId: anyId(8, random) });
  return copy;
}

/** No other message has a kind; spans without one stay as they are. */
function looksLikeSpan(value: Record<string, unknown>): boolean {
  return "kind" in value;
}

function anyId(byteLength: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: byteLength }, () => 1 + random.integer(255));
}
