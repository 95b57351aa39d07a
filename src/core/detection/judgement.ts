/**
 * Whether a series alarms: asked after each of its requests, and by the clock while an alarm is on.
 */
import type { UnixMillis } from "../time.ts";
import type { Alarm, UsualTraffic } from "./alarm.ts";
import { beginAlarm, clearanceAt, noteMoment, noteOutcome, ratioOf, wasBrief } from "./alarm.ts";
import { usualRequestsPerSecond } from "./baseline.ts";
import { controlDeviation } from "./control-limit.ts";
import { evidenceNats, leadingExcess } from "./evidence.ts";
import { endExcursion } from "./excursions.ts";
import type { Gate } from "./gate.ts";
import { allHold, gateAbove, gateAtLeast } from "./gate.ts";
import type { Terms } from "./learning.ts";
import { acceptLevel, controlLimitOf, forgetExcess, refresh } from "./learning.ts";
import { dropWaiting } from "./learning-queue.ts";
import type { AlarmClearance } from "./reading.ts";
import { clientsOf, persistenceOf, recentFailuresOf, repeatsOf } from "./recent-clients.ts";
import { recurredTimes, withExcess } from "./recurrence.ts";
import { CLIENT_LIMIT, clientLimitOf, withResident } from "./residents.ts";
import type { Returns } from "./returns.ts";
import { noteAccepted, noteEnd, noteReturn } from "./returns.ts";
import type { Series, SeriesTraits, Watch } from "./series.ts";
import { isOneClientFailing } from "./single-client.ts";
import type { Excess } from "./surplus.ts";
import { surplusGates } from "./surplus.ts";

/**
 * A client that fails at the limit's pace shows a tenth of the limit within a minute. Half of that
 * means it has let go.
 */
const CLIENT_CALM_SHARE = 1 / 20;
/** A client that has failed so much of what would make it an alarm belongs to the level that is accepted. */
const PART_OF_LEVEL = 1 / 2;

/** After a failure. True when it turned the alarm on, or made a client's alarm one of the ratio. */
export function judgeFailure(series: Series, watch: Watch, terms: Terms, client: number, now: UnixMillis): boolean {
  if (watch.alarm?.kind === "ratio" || watch.alarm?.kind === "control-limit") return false;
  const excess = provenExcess(watch, terms);
  if (excess !== null) return raiseExcess(watch, terms, excess, now);
  if (watch.alarm !== null || !series.isAuthenticationRoute) return false;
  // The gate's own question, asked without making one: most failures on sign-in routes come this far.
  if (persistenceOf(watch.clients, client) < clientLimitOf(watch.residents, client, now)) return false;
  return raiseClient(watch, client, now);
}

/** What a request came to; `requests` is what it stands for, in units of one received failure. */
export type Outcome = { readonly failures: 0 | 1; readonly requests: number };

/** After a request while an alarm is on. True when the alarm is over. */
export function judgeRecovery(
  series: SeriesTraits,
  watch: Watch,
  terms: Terms,
  outcome: Outcome,
  now: UnixMillis,
): boolean {
  const { alarm } = watch;
  if (alarm === null) return false;
  // A client that has moved the ratio too must still let go: a lull of it is no end.
  if (alarm.client !== 0 && !hasLetGo(watch, alarm, now)) noteMoment(alarm, "excess", now);
  else if (alarm.kind === "client") noteMoment(alarm, "calm", now);
  else noteOutcome(alarm, outcome, usualTraffic(watch), now);
  return settle(series, watch, terms, now);
}

/** Ends the alarm if its time has come. */
export function settle(series: SeriesTraits, watch: Watch, terms: Terms, now: UnixMillis): boolean {
  const { alarm } = watch;
  if (alarm === null) return false;
  const clearance = clearanceAt(alarm, usualTraffic(watch), now);
  if (clearance === null) return false;
  const excess = { beganAt: alarm.startedAt, clients: watch.clients };
  watch.returns = returnsAfter(series, watch, { alarm, clearance, now });
  if (!series.isAuthenticationRoute) watch.pastExcesses = withExcess(watch.pastExcesses, excess);
  endAlarm(watch, alarm, terms, clearance, now);
  return true;
}

/** Distance of the evidence and of its threshold, in nats or, with a control limit, in deviations. */
export function evidenceAndThreshold(watch: Watch, terms: Terms): { evidence: number; threshold: number } {
  const limit = controlLimitOf(watch, terms);
  if (limit === null) return { evidence: evidenceNats(watch.evidence), threshold: watch.threshold };
  return { evidence: controlDeviation(watch.controlAverage, watch.usual), threshold: limit };
}

/** What an alarm that is not one client's takes. All of it must hold. */
export function excessGates(watch: Watch, terms: Terms): readonly Gate[] {
  const { evidence, threshold } = evidenceAndThreshold(watch, terms);
  const excess = leadingExcess(watch.evidence);
  if (controlLimitOf(watch, terms) === null) {
    return [gateAbove("evidence", evidence, threshold), ...surplusGates(excess, terms.minFailures)];
  }
  // The classical chart knows no surplus: what its limit promises would not hold with another gate behind it.
  const failures = gateAtLeast("failures", excess?.failures ?? 0, terms.minFailures);
  return [gateAbove("control_limit", evidence, threshold), failures];
}

/** On a sign-in route this one alone is an alarm. */
export function clientGate({ clients, residents }: Watch, client: number, now: UnixMillis): Gate {
  return gateAtLeast("client", persistenceOf(clients, client), clientLimitOf(residents, client, now));
}

type ProvenExcess = Excess & { readonly gates: readonly Gate[] };

function provenExcess(watch: Watch, terms: Terms): ProvenExcess | null {
  const { evidence, threshold } = evidenceAndThreshold(watch, terms);
  // Nearly every failure ends here; the gates are worked out for those that do not.
  if (evidence <= threshold) return null;
  const excess = leadingExcess(watch.evidence);
  const gates = excessGates(watch, terms);
  return excess !== null && allHold(gates) ? { ...excess, gates } : null;
}

function raiseExcess(watch: Watch, terms: Terms, excess: ProvenExcess, now: UnixMillis): boolean {
  const kind = controlLimitOf(watch, terms) === null ? "ratio" : "control-limit";
  if (watch.alarm !== null) {
    watch.alarm.kind = kind;
    watch.alarm.gates = excess.gates;
    noteMoment(watch.alarm, "excess", now);
    return true;
  }
  const { onsetAt: since, failures, successes, gates } = excess;
  return raise(watch, beginAlarm({ kind, since, failures, successes, client: 0, gates }, now));
}

function raiseClient(watch: Watch, client: number, now: UnixMillis): boolean {
  const gate = clientGate(watch, client, now);
  const failures = Math.round(gate.value);
  return raise(watch, beginAlarm({ kind: "client", since: now, failures, successes: 0, client, gates: [gate] }, now));
}

function raise(watch: Watch, alarm: Alarm): boolean {
  watch.alarm = alarm;
  watch.clearedBy = null;
  watch.returns = noteReturn(watch.returns, alarm.startedAt);
  // What waits to be learned is part of the excess.
  dropWaiting(watch.queue);
  return true;
}

/**
 * The client fails no more, or succeeds often enough to have paid back half of what raised the alarm: one
 * address can be a whole gateway, and some of the people behind it always fail.
 */
function hasLetGo({ clients, residents }: Watch, { client }: Alarm, now: UnixMillis): boolean {
  const limit = clientLimitOf(residents, client, now);
  const isQuiet = repeatsOf(clients, client, now) < CLIENT_CALM_SHARE * limit;
  return isQuiet || persistenceOf(clients, client) < limit / 2;
}

function usualTraffic({ baseline, lastOutcomeAt, usual, usualUpper }: Watch): UsualTraffic {
  return {
    requestsPerSecond: usualRequestsPerSecond(baseline),
    lastOutcomeAt,
    calmRatio: (usual + usualUpper) / 2,
  };
}

/** A level that was a ticket, because one client failed alone or it came at its hour, is not known from a page. */
function returnsAfter(
  { isAuthenticationRoute }: SeriesTraits,
  { clients, lastOutcomeAt, pastExcesses, returns, successVotes }: Watch,
  end: { readonly alarm: Alarm; readonly clearance: AlarmClearance; readonly now: UnixMillis },
): Returns {
  const { alarm, clearance, now } = end;
  if (clearance !== "new_level") return noteEnd(returns, alarm.calm?.since ?? lastOutcomeAt);
  // The ratio has not moved: a client was taken for usual, and only that one is known.
  if (alarm.kind === "client") return noteEnd(returns, now);
  const isHabit = recurredTimes(pastExcesses, { beganAt: alarm.startedAt, clients }) > 0;
  const wasTicket = isHabit || (!isAuthenticationRoute && isOneClientFailing(clients, successVotes));
  return wasTicket ? noteEnd(returns, now) : noteAccepted(returns, ratioOf(alarm), now);
}

/** Whoever kept failing is part of what is taken for usual. */
function acceptClients(watch: Watch, now: UnixMillis): void {
  for (const client of clientsOf(watch.clients)) {
    const persistence = recentFailuresOf(watch.clients, client, now);
    if (persistence < PART_OF_LEVEL * CLIENT_LIMIT) continue;
    watch.residents = withResident(watch.residents, { client, persistence }, now);
  }
}

function endAlarm(watch: Watch, alarm: Alarm, terms: Terms, clearance: AlarmClearance, now: UnixMillis): void {
  watch.alarm = null;
  watch.clearedBy = clearance;
  if (clearance === "new_level") acceptClients(watch, now);
  if (clearance === "new_level" && alarm.kind !== "client") {
    acceptLevel(watch, terms, now);
    return;
  }
  if (clearance === "recovered" && wasBrief(alarm)) endExcursion(watch.excursions, now);
  forgetExcess(watch);
  refresh(watch, terms, now);
}
