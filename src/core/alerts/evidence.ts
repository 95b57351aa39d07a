/**
 * What an alert can show for itself, from the first doubt to the resolve.
 *
 * A reading tells of one instant; evidence tells of the whole episode. While the alarm is on it only
 * grows. Once the alarm is off the rate follows the readings down, and all else stays as it was.
 */
import type { Reading } from "../detection/reading.ts";
import type { Confidence } from "../extraction/causes/cause.ts";
import type { UnixMillis } from "../time.ts";
import { SECOND_MS } from "../time.ts";
import type { ClientFailures, Evidence, SpanReference, SuccessAfterFailures } from "./alert.ts";
import { EXAMPLES_MAX, TOP_CLIENTS_MAX } from "./alert.ts";
import type { CauseFailures } from "./cause-tally.ts";
import { failuresIn, leadingCause } from "./cause-tally.ts";
import { percent } from "./words.ts";

/** Weights have parts, whose sums depend a little on their order. */
const CRUMB = 1e-6;

/** What is known of an episode beyond the numbers. */
export type Clues = {
  /** Busiest first. */
  readonly topClients: readonly ClientFailures[];
  /** Clients that kept failing and then succeeded, with how often they had failed. */
  readonly successesAfterFailures: readonly SuccessAfterFailures[];
  /** Newest last. */
  readonly examples: readonly SpanReference[];
  /** What the episode looks like, and how sure that is; null while undecided. */
  readonly pattern: string | null;
  readonly patternConfidence: Confidence | null;
  /** The commonest first. */
  readonly causes: readonly CauseFailures[];
};

export const NO_CLUES: Clues = {
  topClients: [],
  successesAfterFailures: [],
  examples: [],
  pattern: null,
  patternConfidence: null,
  causes: [],
};

/** Whether it tells of somebody who got in, whatever the rate. */
export function isTakeover({ alarmKind }: Pick<Evidence, "alarmKind">): boolean {
  return alarmKind === "takeover";
}

/** One reading with the clues that came with it. */
export type Sighting = {
  readonly reading: Reading;
  readonly clues: Clues;
  readonly windowMs: number;
  readonly at: UnixMillis;
};

/** The evidence with which an episode begins. */
export function evidenceOf(sighting: Sighting): Evidence {
  const { reading, clues, at } = sighting;
  return {
    ...presentFigures(sighting),
    since: reading.since ?? at,
    failures: reading.failuresSince,
    requests: reading.requestsSince,
    before: { failures: 0, requests: 0 },
    isUsualKnown: reading.isWarm,
    peakRate: reading.rate,
    evidence: reading.evidence,
    threshold: reading.threshold,
    alarmKind: reading.alarmKind,
    gates: reading.gates,
    busiestClientShare: reading.busiestClientShare,
    isOneClientFailing: reading.isOneClientFailing,
    recurredTimes: reading.recurredTimes,
    topClients: clues.topClients.slice(0, TOP_CLIENTS_MAX),
    successesAfterFailures: clues.successesAfterFailures.slice(0, TOP_CLIENTS_MAX),
    examples: clues.examples.slice(-EXAMPLES_MAX),
    pattern: clues.pattern,
    patternConfidence: clues.patternConfidence,
    cause: leadingCauseInWords(clues.causes),
    causes: clues.causes,
  };
}

/**
 * Evidence after one more sighting. `recoveringSince` tells since when the alarm has been off, null
 * when it has not: an onset later than that is a new wave, whose failures add to the earlier ones.
 */
export function growEvidence(evidence: Evidence, sighting: Sighting, recoveringSince: UnixMillis | null): Evidence {
  const latest = evidenceOf(sighting);
  // Why requests failed may become clear when the alarm is over.
  const present = { ...evidence, ...presentFigures(sighting), ...fullerCauses(evidence, latest) };
  if (!sighting.reading.isAlarming) return present;
  const isNewWave = recoveringSince !== null && latest.since > recoveringSince;
  const before = isNewWave ? { failures: evidence.failures, requests: evidence.requests } : evidence.before;
  return {
    ...present,
    since: Math.min(evidence.since, latest.since),
    before,
    failures: Math.max(evidence.failures, before.failures + latest.failures),
    requests: Math.max(evidence.requests, before.requests + latest.requests),
    peakRate: Math.max(evidence.peakRate, latest.rate),
    evidence: Math.max(evidence.evidence, latest.evidence),
    threshold: latest.threshold,
    alarmKind: latest.alarmKind ?? evidence.alarmKind,
    gates: latest.gates,
    busiestClientShare: latest.busiestClientShare,
    isOneClientFailing: latest.isOneClientFailing,
    recurredTimes: latest.recurredTimes,
    topClients: latest.topClients.length > 0 ? latest.topClients : evidence.topClients,
    successesAfterFailures:
      latest.successesAfterFailures.length > 0 ? latest.successesAfterFailures : evidence.successesAfterFailures,
    examples: latest.examples.length > 0 ? latest.examples : evidence.examples,
    ...(latest.pattern === null ? {} : { pattern: latest.pattern, patternConfidence: latest.patternConfidence }),
  };
}

/** A later wave, or a restart, begins to count anew: until it knows more, the earlier count stays. */
function fullerCauses(evidence: Evidence, latest: Evidence): Pick<Evidence, "cause" | "causes"> {
  const { cause, causes } = failuresIn(latest.causes) + CRUMB >= failuresIn(evidence.causes) ? latest : evidence;
  return { cause, causes };
}

function leadingCauseInWords(causes: readonly CauseFailures[]): string | null {
  const leading = leadingCause(causes);
  return leading === null ? null : `${leading.cause} (${percent(leading.failures / failuresIn(causes))})`;
}

function presentFigures({ reading, windowMs }: Sighting) {
  return {
    requestsPerSecond: (reading.requestCount / windowMs) * SECOND_MS,
    usualRequestsPerSecond: reading.requestRate,
    rate: reading.rate,
    usual: reading.usual,
    deviation: reading.deviation,
  };
}
