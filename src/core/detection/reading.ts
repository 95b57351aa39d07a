/**
 * What the detector knows of one series at one instant: the only thing that rules judge and that
 * pages and people see.
 */
import type { UnixMillis } from "../time.ts";
import type { Gate } from "./gate.ts";

export type AlarmKind = "ratio" | "client" | "control-limit" | "takeover";
export type AlarmClearance = "recovered" | "silent" | "new_level";

export type Reading = {
  /** Requests and failures (adjusted counts) within the rule's window. */
  readonly requestCount: number;
  readonly failureCount: number;
  /** Share of requests that fail now, 0 to 1: a fast EWMA, or the share since the onset while an alarm is fresh. */
  readonly rate: number;
  /** The usual share, from the baseline, 0 to 1. */
  readonly usual: number;
  /** Upper edge of the usual band: a rate below it is never evidence. */
  readonly usualUpper: number;
  /**
   * (rate - usual) in standard deviations of what the fast EWMA would show in usual times: chance at
   * its exact sample size, clustering, the error of the baseline, and wander. 0 while nothing is known.
   * For people and conditions; the alarm does not rest on it.
   */
  readonly deviation: number;
  /** Usual requests per second (EWMA). */
  readonly requestRate: number;
  /**
   * Evidence that the rate has risen, and the threshold it has to pass, both in nats. With a
   * classical control limit: the chart's distance from the usual rate and the limit, in deviations.
   */
  readonly evidence: number;
  readonly threshold: number;
  /** Estimated onset of the present excess; null when there is none. Steady clock. */
  readonly since: UnixMillis | null;
  /** Failures since the onset (adjusted count). */
  readonly failuresSince: number;
  /** Requests since the onset, failed or not (adjusted count). */
  readonly requestsSince: number;
  /** Share of those failures that the busiest client holds, 0 to 1. */
  readonly busiestClientShare: number;
  /**
   * Most of those failures, and of the latest, are one client's, while the endpoint is known to work for others. Never
   * true on an authentication route, where that is how a guesser looks.
   */
  readonly isOneClientFailing: boolean;
  /** The excess goes on where one that was paged was taken for usual, and is not clearly higher. */
  readonly isKnownRise: boolean;
  /** On how many days, or in how many weeks, such an excess came at this hour before; 0 when that makes it no habit. */
  readonly recurredTimes: number;
  /** The series is known to return: a calm must last so long before its alert ends. 0 when it is not. */
  readonly holdMs: number;
  /** False until the baseline has seen enough to be trusted without a wide guard. */
  readonly isWarm: boolean;
  /** The alarm is on. It goes on with the request that completes the evidence. */
  readonly isAlarming: boolean;
  /** Why the alarm went on: the series' ratio, one client's persistence, the control limit, or somebody who got in. */
  readonly alarmKind: AlarmKind | null;
  /** What held when the alarm went on; empty while it is off. */
  readonly gates: readonly Gate[];
  /** Why the last alarm went off; null while it is on and before the first. */
  readonly clearedBy: AlarmClearance | null;
};

/** What a failed request is marked with. */
export type RateReading = Pick<Reading, "rate" | "usual" | "deviation">;
