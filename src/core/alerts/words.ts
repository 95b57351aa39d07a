/**
 * Figures and moments as a person on call reads them: short, with their unit, the same every time.
 */
import { formatMoment } from "../rules/calendar.ts";
import { formatDuration } from "../text/quantity.ts";
import type { UnixMillis } from "../time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../time.ts";

/** `43%`, `1.2%`, `0.031%`: two digits that mean something. */
export function percent(share: number): string {
  return `${significant(100 * share)}%`;
}

/** `3200`, `14`, `2.5`, `0.031`. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return "unknown";
  return value >= 10 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}

/** `18.2`, `7`: for figures that stand beside what they are compared with. */
export function oneDecimal(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** `81 failures`, `1 failure`. */
export function failureCount(count: number): string {
  const figure = significant(count);
  return figure === "1" ? "1 failure" : `${figure} failures`;
}

/** `45s`, `12m30s`, `3h5m`, `2d4h`: nothing finer than a person would say. */
export function span(milliseconds: number): string {
  const unit = milliseconds >= DAY_MS ? HOUR_MS : milliseconds >= HOUR_MS ? MINUTE_MS : SECOND_MS;
  return formatDuration(Math.max(0, Math.round(milliseconds / unit) * unit));
}

/** `2026-03-02T09:40:12Z`. */
export function isoTime(wall: UnixMillis): string {
  return formatMoment(wall).replace(" UTC", "Z").replace(" ", "T");
}
