/**
 * What is known of takeovers at one instant, in the terms that rules judge and alerts keep.
 *
 * There is no rate in it: a takeover is told whatever the rate. The failures are those of whoever got in.
 */
import type { Reading } from "../../detection/reading.ts";
import type { UnixMillis } from "../../time.ts";
import type { Clues } from "../evidence.ts";
import type { PatternName } from "../patterns/pattern.ts";
import type { ShownNames } from "../shown-names.ts";
import { describeTakeover, shownClients } from "../shown-names.ts";
import type { SignInWatch } from "./sign-in-watch.ts";
import { FAILURES_MIN } from "./takeover-grade.ts";

const TAKEOVER: PatternName = "account_takeover";

export function takeoverReading(watch: SignInWatch | null, now: UnixMillis): Reading {
  const takeovers = watch?.takeovers ?? [];
  const failures = takeovers.reduce((sum, takeover) => sum + takeover.failures, 0);
  const requests = failures + takeovers.length;
  const most = Math.max(0, ...takeovers.map((takeover) => takeover.failures));
  return {
    requestCount: requests,
    failureCount: most,
    rate: requests === 0 ? 0 : failures / requests,
    usual: 0,
    usualUpper: 0,
    deviation: 0,
    requestRate: 0,
    evidence: most,
    threshold: FAILURES_MIN,
    since: takeovers.length === 0 ? null : Math.min(...takeovers.map(({ failedFrom }) => failedFrom)),
    failuresSince: failures,
    requestsSince: requests,
    busiestClientShare: failures === 0 ? 0 : most / failures,
    isOneClientFailing: takeovers.every(({ grade }) => grade === "ticket"),
    isKnownRise: false,
    recurredTimes: 0,
    holdMs: 0,
    isWarm: false,
    isAlarming: watch?.isAlarming(now) ?? false,
    alarmKind: takeovers.length === 0 ? null : "takeover",
    gates: [],
    clearedBy: null,
  };
}

export function takeoverClues(watch: SignInWatch | null, shown: ShownNames): Clues {
  // The latest first: that is where most can still be saved.
  const takeovers = [...(watch?.takeovers ?? [])].reverse();
  const isCertain = takeovers.some(({ grade }) => grade === "page");
  const latest = takeovers[0];
  return {
    topClients: shownClients(takeovers, shown),
    successesAfterFailures: takeovers.map((takeover) => describeTakeover(takeover, shown)),
    examples: latest === undefined ? [] : [latest.failure, latest.success].filter((example) => example !== null),
    pattern: takeovers.length === 0 ? null : TAKEOVER,
    patternConfidence: takeovers.length === 0 ? null : isCertain ? "high" : "medium",
    causes: [],
  };
}
