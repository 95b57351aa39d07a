/** Values as lists show them to people. */
import { significant } from "../core/alerts/words.ts";
import { formatPercentage } from "../core/text/quantity.ts";

/** To the second and in UTC, so that it can be set beside any log. */
export function timeText(wall: number): string {
  return `${new Date(wall).toISOString().slice(0, 19)}Z`;
}

export function percentText(share: number): string {
  return formatPercentage(Number(share.toPrecision(3)));
}

/** `20 requests a second`, `1 request a minute`. */
export function paceText(requestsPerSecond: number): string {
  const [unit, seconds] = PACE_UNITS.find(([, length]) => requestsPerSecond * length >= 1) ?? PACE_UNITS[2];
  const count = significant(requestsPerSecond * seconds);
  return `${count} ${count === "1" ? "request" : "requests"} a ${unit}`;
}

const PACE_UNITS = [
  ["second", 1],
  ["minute", 60],
  ["day", 86_400],
] as const;

/** `?state=firing&limit=50`, without what is not given. */
export function queryText(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? "" : `?${query}`;
}
