/**
 * How many items a request holds, for the accounting of what is received, forwarded and dropped.
 *
 * Metrics and logs are only counted: they pass through as the bytes they are. The count is taken while
 * the structure is checked, so a malformed request is found here and refused.
 */
import type { Malformed } from "./structure-check.ts";
import { checkStructure } from "./structure-check.ts";
import type { Signal } from "./verdict.ts";

export type ItemCount = { readonly kind: "counted"; readonly itemCount: number } | Malformed;

/** Spans of a trace request, data points of a metrics request, log records of a logs request. */
export function countItems(signal: Signal, bytes: Uint8Array): ItemCount {
  const result = checkStructure(signal, bytes);
  return result.kind === "malformed" ? result : { kind: "counted", itemCount: result.itemCount };
}
