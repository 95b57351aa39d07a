/**
 * What a series keeps of its failures when nobody watches it any more: everything that takes long to
 * learn. Only what fades within an hour, or was undecided, is given up.
 *
 * A fleet may hold a million of these, so each is one list of numbers, a third of the room of the
 * objects that it stands for. What most series have not learned yet comes last and is left out.
 */
import type { UnixMillis } from "../time.ts";
import type { Baseline } from "./baseline.ts";
import type { ClientVotes } from "./client-votes.ts";
import type { Excursions } from "./excursions.ts";
import type { Returns } from "./returns.ts";
import { NO_SEASON } from "./season.ts";
import type { Spread } from "./spread.ts";
import { createSpread } from "./spread.ts";

export type Memory = {
  readonly baseline: Baseline;
  readonly excursions: Excursions;
  readonly failurePerSuccess: number;
  readonly lastFailureAt: UnixMillis;
  /** Failures that came shortly before the series had to make place, not learned yet. */
  unlearnedFailures: number;
  unlearnedDiscounted: number;
  readonly successVotes: ClientVotes;
  /** Null until an alarm has ended. */
  readonly returns: Returns | null;
};

export type PackedMemory = readonly number[];

export function pack(memory: Memory): PackedMemory {
  const { baseline, excursions, successVotes } = memory;
  const { spread } = baseline;
  const early = [
    memory.lastFailureAt,
    memory.unlearnedFailures,
    memory.unlearnedDiscounted,
    successVotes.client,
    successVotes.votes,
    successVotes.cast,
    baseline.successes,
    baseline.failures,
    baseline.discountedFailures,
    baseline.level,
    baseline.levelCeiling,
    baseline.observedMs,
    baseline.hourRate,
    baseline.memoryRate,
    spread.clusterTrials,
    spread.clusterFailures,
    spread.wanderMs,
    spread.wanderTrials,
    spread.wanderFailures,
  ];
  const { isMature, memoryRate, steadyRate } = baseline;
  // The two differ only where the season knows how busy each hour is.
  const seasonRate = steadyRate === memoryRate ? NO_RATE : steadyRate;
  const late = lateNumbers({ ...memory, isMature, seasonRate, spread, excursions });
  const isLate = late.some((number, place) => number !== LATE_DEFAULTS[place]);
  return isLate ? early.concat(late) : early;
}

/** Without the season: that is the series'. */
export function unpack(packed: PackedMemory): Memory {
  let place = 0;
  // Literals are evaluated from top to bottom: the order below is the order of `pack`.
  const next = () => packed[place++] ?? 0;
  const own = { lastFailureAt: next(), unlearnedFailures: next(), unlearnedDiscounted: next() };
  const successVotes = { client: next(), votes: next(), cast: next() };
  const level = {
    successes: next(),
    failures: next(),
    discountedFailures: next(),
    level: next(),
    levelCeiling: next(),
    observedMs: next(),
    hourRate: next(),
    memoryRate: next(),
  };
  const windows = {
    clusterTrials: next(),
    clusterFailures: next(),
    wanderMs: next(),
    wanderTrials: next(),
    wanderFailures: next(),
  };
  const late = readLate(place < packed.length ? packed.slice(place) : LATE_DEFAULTS);
  const { spread, isMature, seasonRate, ...rest } = late;
  const steadyRate = seasonRate === NO_RATE ? level.memoryRate : seasonRate;
  const baseline = { ...level, steadyRate, isMature, season: NO_SEASON, spread: { ...spread, ...windows } };
  return { ...own, ...rest, successVotes, baseline };
}

type SlowSpread = Pick<
  Spread,
  | "clusterFactor"
  | "clusterTrialsBefore"
  | "clusterFailuresBefore"
  | "wander"
  | "wanderKnowledge"
  | "crowdedFailures"
  | "crowdedSquares"
>;

type Late = {
  readonly failurePerSuccess: number;
  readonly isMature: boolean;
  /** `NO_RATE` where it is that over the memory. */
  readonly seasonRate: number;
  readonly excursions: Excursions;
  readonly spread: SlowSpread;
  readonly returns: Returns | null;
};

const NO_RATE = -1;

const LATE_DEFAULTS = lateNumbers({
  failurePerSuccess: 1,
  isMature: false,
  seasonRate: NO_RATE,
  excursions: { peak: 0, count: 0, excess: 0, fadedAt: 0 },
  spread: createSpread(),
  returns: null,
});

function lateNumbers({ failurePerSuccess, isMature, seasonRate, excursions, spread, returns }: Late): number[] {
  return [
    failurePerSuccess,
    isMature ? 1 : 0,
    excursions.count,
    excursions.excess,
    excursions.count === 0 ? 0 : excursions.fadedAt,
    spread.clusterFactor,
    spread.clusterTrialsBefore,
    spread.clusterFailuresBefore,
    spread.wander,
    spread.wanderKnowledge,
    spread.crowdedFailures,
    spread.crowdedSquares,
    returns?.endedAt ?? 0,
    returns?.holdMs ?? 0,
    returns?.pagedOdds ?? 0,
    seasonRate,
  ];
}

function readLate(numbers: readonly number[]): Late {
  const [failurePerSuccess = 1, mature = 0, count = 0, excess = 0, fadedAt = 0, ...strays] = numbers;
  const [clusterFactor = 1, clusterTrialsBefore = 0, clusterFailuresBefore = 0, wander = 0, ...rest] = strays;
  const [wanderKnowledge = 0, crowdedFailures = 0, crowdedSquares = 0, ...back] = rest;
  const [endedAt = 0, holdMs = 0, pagedOdds = 0, seasonRate = NO_RATE] = back;
  return {
    failurePerSuccess,
    isMature: mature === 1,
    seasonRate,
    excursions: { peak: 0, count, excess, fadedAt },
    spread: {
      clusterFactor,
      clusterTrialsBefore,
      clusterFailuresBefore,
      wander,
      wanderKnowledge,
      crowdedFailures,
      crowdedSquares,
    },
    returns: endedAt === 0 ? null : { endedAt, holdMs, pagedOdds },
  };
}
