/**
 * Whether a series alarms: asked after each of its requests, and by the clock while an alarm is on.
 */
import type { UnixMillis } from "../time.ts";
import type { Alarm } from "./alarm.ts";
import { beginAlarm, clearanceAt, noteCalm, noteExcess, wasBrief } from "./alarm.ts";
import { raisedClientLimit } from "./client-limit.ts";
import { controlDeviation } from "./control-limit.ts";
import { evidenceNats, leadingExcess } from "./evidence.ts";
import { endExcursion } from "./excursions.ts";
import type { Terms } from "./learning.ts";
import { acceptLevel, forgetExcess, refresh } from "./learning.ts";
import type { AlarmClearance } from "./reading.ts";
import { persistenceOf, repeatsOf } from "./recent-clients.ts";
import type { Series, Watch } from "./series.ts";
import type { Excess } from "./surplus.ts";
import { hasSurplus } from "./surplus.ts";

/**
 * A client that fails at the limit's pace shows a tenth of the limit within a minute. Half of that
 * means it has let go.
 */
const CLIENT_CALM_SHARE = 1 / 20;

/** After a failure. True when it turned the alarm on, or made a client's alarm one of the ratio. */
export function judgeFailure(series: Series, watch: Watch, terms: Terms, client: number, now: UnixMillis): boolean {
  if (watch.alarm !== null) watch.alarm.failures++;
  if (watch.alarm?.kind === "ratio" || watch.alarm?.kind === "control-limit") return false;
  const excess = provenExcess(watch, terms);
  if (excess !== null) return raiseExcess(watch, terms, excess, now);
  if (watch.alarm !== null || !series.isAuthenticationRoute) return false;
  if (persistenceOf(watch.clients, client) < watch.clientLimit) return false;
  return raiseClient(watch, client, now);
}

/** While an alarm is on: notes calm or excess. True when the alarm is over. */
export function judgeRecovery(watch: Watch, terms: Terms, now: UnixMillis): boolean {
  const { alarm } = watch;
  if (alarm === null) return false;
  if (isCalm(watch, alarm, now)) noteCalm(alarm, now);
  else noteExcess(alarm);
  return settle(watch, terms, now);
}

/** Ends the alarm if its time has come. */
export function settle(watch: Watch, terms: Terms, now: UnixMillis): boolean {
  const { alarm } = watch;
  if (alarm === null) return false;
  const clearance = clearanceAt(alarm, watch.lastOutcomeAt, now);
  if (clearance === null) return false;
  endAlarm(watch, alarm, terms, clearance, now);
  return true;
}

/** Distance of the evidence and of its threshold, in nats or, with a control limit, in deviations. */
export function evidenceAndThreshold(watch: Watch, terms: Terms): { evidence: number; threshold: number } {
  if (terms.controlLimit === null) return { evidence: evidenceNats(watch.evidence), threshold: watch.threshold };
  return { evidence: controlDeviation(watch.controlChart, watch.usual), threshold: terms.controlLimit };
}

function provenExcess(watch: Watch, terms: Terms): Excess | null {
  const { evidence, threshold } = evidenceAndThreshold(watch, terms);
  if (evidence <= threshold) return null;
  const excess = leadingExcess(watch.evidence);
  return excess !== null && hasSurplus(excess, terms.minFailures) ? excess : null;
}

function raiseExcess(watch: Watch, terms: Terms, { onsetAt, failures }: Excess, now: UnixMillis): boolean {
  const kind = terms.controlLimit === null ? "ratio" : "control-limit";
  if (watch.alarm !== null) {
    watch.alarm.kind = kind;
    noteExcess(watch.alarm);
    return true;
  }
  return raise(watch, beginAlarm({ kind, since: onsetAt, failures, client: 0 }, now));
}

function raiseClient(watch: Watch, client: number, now: UnixMillis): boolean {
  const failures = Math.round(persistenceOf(watch.clients, client));
  return raise(watch, beginAlarm({ kind: "client", since: now, failures, client }, now));
}

function raise(watch: Watch, alarm: Alarm): boolean {
  watch.alarm = alarm;
  watch.clearedBy = null;
  // What waits to be learned is part of the excess.
  watch.queue.waiting.length = 0;
  return true;
}

function isCalm(watch: Watch, alarm: Alarm, now: UnixMillis): boolean {
  if (alarm.kind !== "client") return watch.fastRatio.mean < (watch.usual + watch.usualUpper) / 2;
  return repeatsOf(watch.clients, alarm.client, now) < CLIENT_CALM_SHARE * watch.clientLimit;
}

function endAlarm(watch: Watch, alarm: Alarm, terms: Terms, clearance: AlarmClearance, now: UnixMillis): void {
  watch.alarm = null;
  watch.clearedBy = clearance;
  if (clearance === "new_level" && alarm.kind !== "client") {
    acceptLevel(watch, terms, now);
    return;
  }
  if (clearance === "new_level") {
    watch.clientLimit = raisedClientLimit(watch.clientLimit, persistenceOf(watch.clients, alarm.client));
  }
  if (clearance === "recovered" && wasBrief(alarm)) endExcursion(watch.excursions, now);
  forgetExcess(watch);
  refresh(watch, terms, now);
}
