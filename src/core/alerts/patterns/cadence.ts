/**
 * How regularly the client that fails most fails: programs that retry keep time, people do not.
 *
 * Follows one client at a time, by vote: a failure of the followed client speaks for it, any other against,
 * and who loses all votes is followed no more. A client with more than half of the failures is found whatever
 * their order.
 */
import type { UnixMillis } from "../../time.ts";

export type Cadence = {
  client: number;
  votes: number;
  lastAt: UnixMillis;
  gaps: number;
  meanMs: number;
  /** Sum of squared distances from the mean (Welford). */
  squares: number;
};

const GAPS_MIN = 19;

export function createCadence(): Cadence {
  return { client: 0, votes: 0, lastAt: 0, gaps: 0, meanMs: 0, squares: 0 };
}

export function followCadence(cadence: Cadence, client: number, now: UnixMillis): void {
  if (client !== cadence.client) {
    cadence.votes -= 1;
    if (cadence.votes < 0) Object.assign(cadence, createCadence(), { client, votes: 1, lastAt: now });
    return;
  }
  const gapMs = now - cadence.lastAt;
  cadence.votes += 1;
  cadence.lastAt = now;
  cadence.gaps += 1;
  const distance = gapMs - cadence.meanMs;
  cadence.meanMs += distance / cadence.gaps;
  cadence.squares += distance * (gapMs - cadence.meanMs);
}

/** Standard deviation of the gaps as a share of their mean; null with fewer than twenty failures. */
export function gapVariation({ gaps, meanMs, squares }: Cadence): number | null {
  if (gaps < GAPS_MIN || meanMs <= 0) return null;
  return Math.sqrt(squares / gaps) / meanMs;
}
