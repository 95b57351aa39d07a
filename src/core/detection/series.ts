/**
 * One series: what is remembered of it between requests.
 *
 * Most endpoints never fail. They cost six numbers, enough to know how many requests had been fine
 * when the first failure comes, and are kept in rows (`series-rows.ts`). A failure earns a series an
 * object of its own with the full state, its `watch`; when it has been calm for long, or has to make
 * place, it is quiet again and keeps a `memory` of a few dozen numbers.
 */
import type { UnixMillis } from "../time.ts";
import type { Alarm } from "./alarm.ts";
import type { Baseline } from "./baseline.ts";
import type { ClientVotes } from "./client-votes.ts";
import type { Crowd } from "./crowding.ts";
import type { Evidence } from "./evidence.ts";
import type { SmoothedRatio } from "./ewma.ts";
import type { Excursions } from "./excursions.ts";
import type { LearningQueue } from "./learning-queue.ts";
import type { FormerLevel } from "./level-change.ts";
import type { PackedMemory } from "./memory.ts";
import type { Pace } from "./pace.ts";
import type { AlarmClearance } from "./reading.ts";
import type { RecentClients } from "./recent-clients.ts";
import type { PastExcesses } from "./recurrence.ts";
import type { Residents } from "./residents.ts";
import type { Returns } from "./returns.ts";
import type { SampleWeights } from "./sampling.ts";
import type { SlidingCounts } from "./sliding-counts.ts";
import type { Stretch } from "./stretch.ts";

export type SeriesTraits = {
  /** On these, one client that keeps failing is an alarm of its own. */
  readonly isAuthenticationRoute: boolean;
};

/** What is counted while nobody watches. */
export type QuietCounts = {
  createdAt: UnixMillis;
  quietSince: UnixMillis;
  /** Successes since then, and requests per second of the last hour, in units of one received success. */
  quietSuccesses: number;
  requestsPerSecond: number;
  /** Faded number of successes up to `quietSince`; once there is a memory, that holds it. */
  successes: number;
  successWeight: number;
};

/** While the series is watched its quiet counts stand still. */
export type Series = SeriesTraits &
  QuietCounts & {
    /** Null while the series is quiet. */
    watch: Watch | null;
    /** Null until the series has been watched and is quiet again. */
    memory: PackedMemory | null;
    /** Null until an alarm has ended. */
    past: PastAlarms | null;
  };

/** One object and not two fields: of a million series few have any. */
type PastAlarms = {
  /** Why the last one went off. */
  readonly clearedBy: AlarmClearance | null;
  readonly excesses: PastExcesses;
};

export type Watch = {
  /** Place in the list of watched series; -1 when it found none. */
  place: number;
  baseline: Baseline;
  former: FormerLevel | null;
  readonly queue: LearningQueue;
  readonly candidate: Stretch;
  /** Since when the evidence has been too high to learn and too low to alarm; null when it is not. */
  undecidedSince: UnixMillis | null;
  readonly evidence: Evidence;
  readonly excursions: Excursions;
  readonly clients: RecentClients;
  /** The latest failures that name no client. */
  readonly crowd: Crowd;
  residents: Residents;
  /** Who usually succeeds, apart from times of alarm. */
  readonly successVotes: ClientVotes;
  readonly weights: SampleWeights;
  readonly pace: Pace;
  readonly window: SlidingCounts;
  readonly fastRatio: SmoothedRatio;
  /** Of the classical control chart; at rest where the rule asks for none. */
  controlAverage: number;
  /** The baseline's answers, computed when it has learned. */
  usual: number;
  usualUpper: number;
  threshold: number;
  lastOutcomeAt: UnixMillis;
  alarm: Alarm | null;
  clearedBy: AlarmClearance | null;
  /** Null until an alarm has ended. */
  returns: Returns | null;
  /** None on sign-in routes. */
  pastExcesses: PastExcesses;
};

export function createSeries(now: UnixMillis, traits: SeriesTraits): Series {
  return seriesOf(newCounts(now), traits);
}

/** A series that has never failed, going on from what was counted so far. */
export function seriesOf(counts: Readonly<QuietCounts>, { isAuthenticationRoute }: SeriesTraits): Series {
  const { createdAt, quietSince, quietSuccesses, requestsPerSecond, successes, successWeight } = counts;
  return {
    isAuthenticationRoute,
    createdAt,
    watch: null,
    memory: null,
    past: null,
    quietSince,
    quietSuccesses,
    requestsPerSecond,
    successes,
    successWeight,
  };
}

export function newCounts(now: UnixMillis): QuietCounts {
  return { createdAt: now, quietSince: now, quietSuccesses: 0, requestsPerSecond: 0, successes: 0, successWeight: 0 };
}
