/**
 * Puts together what the sketch, the causes and the detector's reading know of one episode.
 */
import type { Reading } from "../../detection/reading.ts";
import type { UnixMillis } from "../../time.ts";
import { SECOND_MS } from "../../time.ts";
import type { CauseFailures } from "../cause-tally.ts";
import { variationOf } from "./cadence.ts";
import { distinctCount } from "./distinct-count.ts";
import type { EpisodeSketch } from "./episode-sketch.ts";
import type { EpisodeFacts } from "./pattern.ts";

/** Below this share those that say who they are do not speak for the rest. */
const SPEAKING_SHARE_MIN = 0.8;
/** Fewer expected successes than this could be missing by chance. */
const EXPECTED_SUCCESSES_MIN = 20;

export type EpisodeSources = {
  readonly isAuthenticationRoute: boolean;
  readonly isProgramRoute: boolean;
  readonly sketch: EpisodeSketch;
  readonly causes: readonly CauseFailures[];
  readonly reading: Reading;
  readonly scannerShare: number;
};

export function episodeFacts(sources: EpisodeSources, now: UnixMillis): EpisodeFacts {
  const { isAuthenticationRoute, isProgramRoute, sketch, causes, reading, scannerShare } = sources;
  const { failures, withClient, withUser, withAgent, ofJudgedClients, ofNewClients, ofNewVersions } = sketch;
  const speaks = (count: number) => count >= SPEAKING_SHARE_MIN * failures;
  return {
    isTakeover: sketch.successes.isTakeover,
    isAuthenticationRoute,
    isProgramRoute,
    scannerShare,
    failures,
    lastedMs: now - sketch.startedAt,
    clients: speaks(withClient) ? distinctCount(sketch.clients) : 0,
    busiestClientShare: reading.busiestClientShare,
    newClientShare: ofJudgedClients > 0 && speaks(ofJudgedClients) ? ofNewClients / ofJudgedClients : null,
    users: speaks(withUser) ? distinctCount(sketch.users) : null,
    agents: speaks(withAgent) ? distinctCount(sketch.agents) : null,
    newVersionShare: ofNewVersions / Math.max(1, failures),
    gapVariation: variationOf(sketch.cadence),
    successesKept: successesKept(reading, now),
    causes,
  };
}

function successesKept(reading: Reading, now: UnixMillis): number | null {
  const { since, isWarm, requestRate, usual, requestsSince, failuresSince } = reading;
  if (since === null || !isWarm) return null;
  const expected = ((now - since) / SECOND_MS) * requestRate * (1 - usual);
  return expected < EXPECTED_SUCCESSES_MIN ? null : (requestsSince - failuresSince) / expected;
}
