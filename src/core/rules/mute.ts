/** Which mute, if any, keeps an alert's trigger back at a moment. A mute never holds back a resolve. */
import type { UnixMillis } from "../time.ts";
import { isWithinWeekly } from "./calendar.ts";
import { matchesLabels } from "./match.ts";
import type { Mute } from "./rule.ts";

/** `wall` is the wall clock: people plan mutes by it. */
export function muteHolding(
  mutes: readonly Mute[],
  labels: Readonly<Record<string, string>>,
  wall: UnixMillis,
): Mute | undefined {
  return mutes.find((mute) => isMuteActive(mute, wall) && matchesLabels(mute.match, labels));
}

export function isMuteActive(mute: Mute, wall: UnixMillis): boolean {
  if (mute.fromWall !== null && wall < mute.fromWall) return false;
  if (mute.untilWall !== null && wall >= mute.untilWall) return false;
  return mute.weekly === null || isWithinWeekly(mute.weekly, wall);
}
