/**
 * The life of an alert: inactive, pending, firing, resolved.
 *
 * | state    | what happens                                         | next state | transition |
 * |----------|------------------------------------------------------|------------|------------|
 * | inactive | alarm on and `when` holds, `for` is 0                | firing     | firing     |
 * | inactive | alarm on and `when` holds                            | pending    | pending    |
 * | pending  | alarm off, or `when` no longer holds                 | inactive   | cancelled  |
 * | pending  | it has held for `for`                                | firing     | firing     |
 * | firing   | severity has risen                                   | firing     | escalated  |
 * | firing   | more is known of it (`updates.ts`)                   | firing     | updated    |
 * | firing   | a mute, or another mute, has begun                   | firing     | muted      |
 * | firing   | the mute is over                                     | firing     | unmuted    |
 * | firing   | alarm off and `recover` holds for `keep_firing_for`, longer if it is known to return | inactive | resolved |
 * | pending  | its rule is gone, or means another series            | inactive   | cancelled  |
 * | firing   | its rule is gone, or means another series            | inactive   | resolved   |
 *
 * Three things surprise. `when` is asked before firing only: afterwards the alarm keeps the alert, so
 * that a burst near a limit is one alert. Severity never falls within an episode. A mute keeps
 * triggers back, never the resolve: that one follows what was triggered, not what is muted.
 */
import type { Reading } from "../detection/reading.ts";
import type { EndpointNames } from "../extraction/endpoint.ts";
import { endpointNames } from "../extraction/endpoint.ts";
import { holds } from "../rules/conditions.ts";
import type { Mute, Rule, Severity } from "../rules/rule.ts";
import { compareSeverity, isPagingSeverity, severityOf } from "../rules/severity.ts";
import type { Instant, UnixMillis } from "../time.ts";
import type { Alert, ResolveReason, Transition } from "./alert.ts";
import type { Clues, Sighting } from "./evidence.ts";
import { evidenceOf, growEvidence, isTakeover } from "./evidence.ts";
import { dedupKeyOf, fingerprintOf } from "./fingerprint.ts";
import { alertLabels } from "./labels.ts";
import type { PatternName } from "./patterns/pattern.ts";
import type { ToldIncidents } from "./updates.ts";
import { newsIn, tellNow } from "./updates.ts";

type PendingAlert = Extract<Alert, { state: "pending" }>;
export type FiringAlert = Extract<Alert, { state: "firing" }>;
type OpenAlert = PendingAlert | FiringAlert;

/** One series at one instant, and all that its alert depends on. */
export type AlertStep = {
  /** The episode that is open; null when none is. */
  readonly alert: Alert | null;
  readonly rule: Rule;
  /** The values of the rule's `per` fields. */
  readonly fields: Readonly<Record<string, string>>;
  readonly endpoint: EndpointNames;
  readonly reading: Reading;
  /** Asked only while there is an alert: gathering clues costs more than judging. */
  readonly clues: () => Clues;
  /** Whether what an alert knows by now may be told again, asked only when it knows more. */
  readonly toldIncidents: Pick<ToldIncidents, "mayTell">;
  /** The mute in force for an alert with these labels: they follow its severity. */
  readonly muteFor: (labels: Readonly<Record<string, string>>) => Mute | null;
  readonly bundle: string;
  readonly now: Instant;
};

export type AlertAdvance = {
  /** null when no episode is open any more; the last transition then holds the alert as it ended. */
  readonly alert: Alert | null;
  readonly transitions: readonly Transition[];
};

const TAKEOVER: PatternName = "account_takeover";

const INACTIVE: AlertAdvance = { alert: null, transitions: [] };

export function advanceAlert(step: AlertStep): AlertAdvance {
  const { alert, reading, rule } = step;
  const isActive = reading.isAlarming && holds(rule.when, reading, "when");
  if (alert === null || alert.state === "resolved") return isActive ? begin(step) : INACTIVE;
  if (alert.state === "firing") return advanceFiring(step, alert);
  return isActive ? advancePending(step, withSighting(step, alert)) : endAlert(alert, cancelled(step));
}

/** Ends an episode whatever its readings say. An alert that has ended already stays as it is. */
export function endAlert(
  alert: Alert,
  end: { readonly reason: ResolveReason; readonly bundle: string; readonly now: Instant },
): AlertAdvance {
  if (alert.state === "resolved") return INACTIVE;
  const at = end.now.steady;
  const ended: Alert = {
    ...alert,
    state: "resolved",
    firedAt: alert.state === "firing" ? alert.firedAt : null,
    resolvedAt: at,
    resolveReason: end.reason,
    bundle: end.bundle,
  };
  return {
    alert: null,
    transitions: [{ kind: alert.state === "firing" ? "resolved" : "cancelled", at, alert: ended }],
  };
}

/**
 * Why an open alert cannot go on under the rules as they are now; null when it can.
 *
 * The alert's own labels are asked, not the rules it began under, so that the answer after a restart
 * is the same as after a reload.
 */
export function endReason(alert: Alert, rule: Rule | undefined): "rule_removed" | "rule_changed" | null {
  if (rule === undefined) return "rule_removed";
  const fields = Object.fromEntries(rule.per.map((field) => [field, alert.labels[field] ?? ""]));
  if (fingerprintOf(fields) !== alert.fingerprint) return "rule_changed";
  // Only fields of the series are tested: of anything wider the alert knows one example.
  const tests = [...rule.match.endpoint, ...rule.match.attributes];
  const isMatched = tests.every(({ field, accepts }) => !rule.per.includes(field) || accepts(fields[field] ?? ""));
  return isMatched ? null : "rule_changed";
}

function begin(step: AlertStep): AlertAdvance {
  const alert = newAlert(step);
  if (step.rule.forMs <= 0) return fire(step, alert);
  return { alert, transitions: [{ kind: "pending", at: step.now.steady, alert }] };
}

function newAlert(step: AlertStep): PendingAlert {
  const { rule, fields, endpoint, reading, bundle } = step;
  const at = step.now.steady;
  const fingerprint = fingerprintOf(fields);
  const severity = severityOf(rule, reading);
  const evidence = evidenceOf(sightingOf(step));
  return {
    state: "pending",
    id: `${rule.id}-${fingerprint}-${Math.floor(at * 1000).toString(36)}`,
    ruleId: rule.id,
    fingerprint,
    dedupKey: dedupKeyOf(rule.id, fingerprint),
    incident: null,
    labels: alertLabels({ rule, fields, severity }),
    endpoint: endpointNames(endpoint),
    severity,
    isPage: isPagingSeverity(severity),
    pendingAt: at,
    evidence,
    told: tellNow(evidence, at),
    triggered: [],
    mutedBy: null,
    recoveringSince: null,
    bundle,
  };
}

function advancePending(step: AlertStep, alert: PendingAlert): AlertAdvance {
  const isDue = step.now.steady - alert.pendingAt >= step.rule.forMs;
  return isDue ? fire(step, alert) : { alert, transitions: [] };
}

function fire(step: AlertStep, pending: PendingAlert): AlertAdvance {
  const at = step.now.steady;
  const mutedBy = step.muteFor(pending.labels)?.id ?? null;
  const told = tellNow(pending.evidence, at);
  const alert: FiringAlert = { ...pending, state: "firing", firedAt: at, told, mutedBy, bundle: step.bundle };
  return { alert, transitions: [{ kind: "firing", at, alert }] };
}

function advanceFiring(step: AlertStep, before: FiringAlert): AlertAdvance {
  const alert = { ...withSighting(step, before), recoveringSince: recoveringSince(step, before) };
  if (hasRecovered(step, alert.recoveringSince)) {
    return endAlert(alert, { reason: step.reading.clearedBy ?? "recovered", bundle: step.bundle, now: step.now });
  }
  const at = step.now.steady;
  const escalated = alert.severity === before.severity ? null : toldAgain(alert, step, alert.told.updates);
  const updated =
    escalated === null && isWorthTelling(step, alert) ? toldAgain(alert, step, [...alert.told.updates, at]) : null;
  const remuted = withMute(step, escalated ?? updated ?? alert);
  const transitions: Transition[] = [];
  if (updated !== null) transitions.push({ kind: "updated", at, alert: updated });
  // The escalation is told under the mute it happened in: what the end of a mute sends is sent once.
  if (escalated !== null) transitions.push({ kind: "escalated", at, alert: escalated });
  if (remuted !== null) transitions.push({ kind: remuted.mutedBy === null ? "unmuted" : "muted", at, alert: remuted });
  return { alert: remuted ?? escalated ?? updated ?? alert, transitions };
}

/** While the alarm is on: what becomes known later is told with the resolve. */
function isWorthTelling({ reading, now, toldIncidents }: AlertStep, alert: FiringAlert): boolean {
  if (alert.mutedBy !== null || !reading.isAlarming || newsIn(alert.evidence, alert.told) === null) return false;
  return toldIncidents.mayTell(alert, now.steady);
}

function toldAgain(alert: FiringAlert, { bundle, now }: AlertStep, updates: readonly UnixMillis[]): FiringAlert {
  return { ...alert, bundle, told: tellNow(alert.evidence, now.steady, updates) };
}

/** The alert with what the step's reading adds to it. Severity rises only while the alarm is on. */
function withSighting<State extends OpenAlert>(step: AlertStep, alert: State): State {
  const { rule, fields, reading } = step;
  const evidence = growEvidence(alert.evidence, sightingOf(step), alert.recoveringSince);
  const risen = reading.isAlarming ? higherSeverity(alert.severity, severityOf(rule, reading)) : alert.severity;
  // Somebody has got in amid a burst: whatever the rate, that is as bad as it gets. A rule about takeovers has its own say.
  const severity = evidence.pattern === TAKEOVER && !isTakeover(evidence) ? "critical" : risen;
  return {
    ...alert,
    severity,
    isPage: isPagingSeverity(severity),
    labels: alertLabels({ rule, fields, severity }),
    evidence,
  };
}

function recoveringSince({ reading, rule, now }: AlertStep, alert: FiringAlert): UnixMillis | null {
  if (reading.isAlarming) return null;
  // After these two there is no rate that could be compared with the usual one.
  const isMeasurable = reading.clearedBy !== "silent" && reading.clearedBy !== "new_level";
  if (isMeasurable && !holds(rule.recover, reading, "recover")) return null;
  return alert.recoveringSince ?? now.steady;
}

function hasRecovered({ reading, rule, now }: AlertStep, since: UnixMillis | null): boolean {
  return since !== null && now.steady - since >= calmBeforeEndMs(rule, reading);
}

/** What is known to return is kept open until it does so no more. */
export function calmBeforeEndMs({ keepFiringForMs }: Rule, { holdMs }: Reading): UnixMillis {
  return Math.max(keepFiringForMs, holdMs);
}

/** The alert under the mute now in force; null when that is the one it is under already. */
function withMute(step: AlertStep, alert: FiringAlert): FiringAlert | null {
  const mutedBy = step.muteFor(alert.labels)?.id ?? null;
  return mutedBy === alert.mutedBy ? null : { ...toldAgain(alert, step, alert.told.updates), mutedBy };
}

function cancelled({ bundle, now }: AlertStep) {
  return { reason: "recovered", bundle, now } as const;
}

function sightingOf({ reading, clues, rule, now }: AlertStep): Sighting {
  return { reading, clues: clues(), windowMs: rule.windowMs, at: now.steady };
}

function higherSeverity(left: Severity, right: Severity): Severity {
  return compareSeverity(right, left) > 0 ? right : left;
}
