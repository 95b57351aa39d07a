/** Values as lists show them to people. */
import { formatPercentage } from "../core/text/quantity.ts";

/** To the second and in UTC, so that it can be set beside any log. */
export function timeText(wall: number): string {
  return `${new Date(wall).toISOString().slice(0, 19)}Z`;
}

export function percentText(share: number): string {
  return formatPercentage(Number(share.toPrecision(3)));
}

/** `?state=firing&limit=50`, without what is not given. */
export function queryText(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? "" : `?${query}`;
}
