/** Reads the header `Retry-After`: seconds, or a date by the wall clock. */
import type { UnixMillis } from "../../core/time.ts";
import { SECOND_MS } from "../../core/time.ts";

/** Milliseconds from now, never negative; null when the header says nothing that can be read. */
export function retryAfterMs(header: string | undefined, wallNow: UnixMillis): number | null {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * SECOND_MS;
  // Every form of an HTTP date names the day of the week; without it Date.parse accepts bare numbers.
  const date = /^[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - wallNow);
}
