/** A moment as a person types it: RFC 3339, milliseconds since 1970, or `10m ago`. */
import { parseTimestamp } from "../core/rules/calendar.ts";
import { parseDuration } from "../core/text/quantity.ts";

/** Undefined for anything else. */
export function parseMoment(text: string, nowWall: number): number | undefined {
  const trimmed = text.trim();
  if (/^\d{12,15}$/.test(trimmed)) return Number(trimmed);
  const ago = /^(\S+)\s+ago$/.exec(trimmed)?.[1];
  if (ago === undefined) return parseTimestamp(trimmed);
  const durationMs = parseDuration(ago);
  return durationMs === undefined ? undefined : nowWall - durationMs;
}
