/**
 * How regularly the client that fails most fails: programs that retry keep time, people do not.
 *
 * Follows one client at a time, by vote: a failure of the followed client speaks for it, any other against,
 * and who loses all votes is followed no more. A client with more than half of the failures is found whatever
 * their order.
 */
import type { UnixMillis } from "../../time.ts";
import type { Gaps } from "./gaps.ts";
import { addGap, gapVariation, noGaps } from "./gaps.ts";

export type Cadence = {
  client: number;
  votes: number;
  lastAt: UnixMillis;
  gaps: Gaps;
};

const GAPS_MIN = 19;

export function createCadence(): Cadence {
  return { client: 0, votes: 0, lastAt: 0, gaps: noGaps() };
}

export function followCadence(cadence: Cadence, client: number, now: UnixMillis): void {
  if (client !== cadence.client) {
    cadence.votes -= 1;
    if (cadence.votes < 0) Object.assign(cadence, createCadence(), { client, votes: 1, lastAt: now });
    return;
  }
  addGap(cadence.gaps, now - cadence.lastAt);
  cadence.votes += 1;
  cadence.lastAt = now;
}

/** Null with fewer than twenty failures. */
export function variationOf({ gaps }: Cadence): number | null {
  return gapVariation(gaps, GAPS_MIN);
}
