/**
 * What the person on call reads about several alerts that are one incident.
 *
 * One alert alone reads as it always does. Of several, the summary says how far it has spread and what
 * they have in common; the details list them, the worst first, and go on with those of the worst,
 * because the first trace to open and the first client to look at are there. Somebody who got in is worse
 * than any number who did not.
 */
import type { Rule } from "../rules/rule.ts";
import type { Instant } from "../time.ts";
import { toWall } from "../time.ts";
import type { Evidence, NotificationText, Transition } from "./alert.ts";
import { causeAdvice } from "./cause-advice.ts";
import { causeMix, failuresIn, leadingCause, UNDECIDED } from "./cause-tally.ts";
import type { Incident } from "./incident.ts";
import { causesOfIncident, isTakeover, sizeOf } from "./incident.ts";
import type { FiringAlert } from "./lifecycle.ts";
import { notificationText } from "./notification-text.ts";
import { placeOf } from "./place.ts";
import { plainLine } from "./plain-text.ts";
import { failureCount, isoTime, percent, span } from "./words.ts";

/** So many alerts are listed; the count tells of the rest. */
const LISTED_ALERTS_MAX = 20;
const NAMED_ENDPOINTS_MAX = 3;
const SUMMARY_CODE_POINTS_MAX = 1024;
const LINE_CODE_POINTS_MAX = 256;

export type IncidentTextContext = {
  /** The change that gave the occasion. */
  readonly transition: Transition;
  readonly rules: readonly Rule[];
  readonly now: Instant;
};

export function incidentText(incident: Incident, { transition, rules, now }: IncidentTextContext): NotificationText {
  // Of those that are muted nobody is to be told here.
  const alerts = worstFirst(incident.alerts.filter(({ mutedBy }) => mutedBy === null));
  const worst = alerts[0];
  const subject =
    worst === undefined || worst.id === transition.alert.id ? transition : { ...transition, alert: worst };
  const rule = rules.find(({ id }) => id === subject.alert.ruleId) ?? null;
  const text = notificationText(subject, { rule, now });
  if (worst === undefined || alerts.length < 2) return text;
  if (isTakeover(worst)) return takeoverText(text, alerts);
  return {
    ...text,
    summary: plainLine(summaryOf(alerts), SUMMARY_CODE_POINTS_MAX),
    details: { ...text.details, ...detailsOf(alerts, now) },
  };
}

/** Of a burst in which somebody got in, that is told, and the burst beside it. */
function takeoverText(text: NotificationText, alerts: readonly FiringAlert[]): NotificationText {
  const others = alerts.length === 2 ? "another alert" : `${alerts.length - 1} other alerts`;
  return {
    ...text,
    summary: plainLine(`${text.summary}; one incident with ${others}`, SUMMARY_CODE_POINTS_MAX),
    details: { ...text.details, ...sizeDetails(alerts) },
  };
}

/** For the resolve of an incident whose last alerts have ended: `text` tells of one of them. */
export function resolvedText(before: Incident, text: NotificationText): NotificationText {
  const size = sizeOf(before);
  if (size < 2) return text;
  const endpoints = worstFirst(before.alerts).slice(0, LISTED_ALERTS_MAX).map(lineOf);
  return {
    ...text,
    summary: plainLine(`${text.summary}; the last of ${size} alerts in one incident`, SUMMARY_CODE_POINTS_MAX),
    details: { ...text.details, alerts_in_incident: size, last_to_end: endpoints },
  };
}

function summaryOf(alerts: readonly FiringAlert[]): string {
  const services = new Set(alerts.map(({ endpoint }) => endpoint.service)).size;
  const spread = services === 1 ? "" : ` in ${services} services`;
  const cause = leadingCause(mixOf(alerts));
  const named = alerts.slice(0, NAMED_ENDPOINTS_MAX).map(placeOf).join(", ");
  const rest = alerts.length - NAMED_ENDPOINTS_MAX;
  const reason = cause === null ? "" : `, most often ${cause.cause}`;
  const others = rest > 0 ? ` and ${rest} more` : "";
  return `${alerts.length} endpoints${spread} fail together${reason}: ${named}${others}`;
}

function detailsOf(alerts: readonly FiringAlert[], now: Instant): NotificationText["details"] {
  const onsets = alerts.map(({ evidence }) => evidence.since);
  const first = Math.min(...onsets);
  const within = span(Math.max(...onsets) - first);
  return {
    what_happened: `${alerts.length} alerts began within ${within} and are told as one incident. The figures below are those of the worst.`,
    since: isoTime(toWall(first, now)),
    ...sizeDetails(alerts),
    ...causeDetails(alerts),
  };
}

function sizeDetails(alerts: readonly FiringAlert[]): NotificationText["details"] {
  return {
    alerts_in_incident: alerts.length,
    failures_in_incident: Math.round(alerts.reduce((sum, { evidence }) => sum + evidence.failures, 0)),
    endpoints: alerts.slice(0, LISTED_ALERTS_MAX).map(lineOf),
  };
}

function causeDetails(alerts: readonly FiringAlert[]): NotificationText["details"] {
  const causes = mixOf(alerts);
  if (causes.length === 0) return {};
  const leading = leadingCause(causes);
  // The worst alert's pattern, where it has one, has given the advice already.
  const advice = (alerts[0]?.evidence.pattern ?? null) === null ? causeAdvice(leading?.cause ?? UNDECIDED) : null;
  return {
    cause: leading === null ? UNDECIDED : `${leading.cause} (${percent(leading.failures / failuresIn(causes))})`,
    causes: causeMix(causes),
    ...(advice === null ? {} : { for_the_person_on_call: advice.onCall, for_the_api_owner: advice.apiOwner }),
  };
}

function mixOf(alerts: readonly FiringAlert[]): Evidence["causes"] {
  return causesOfIncident({ id: "", alerts });
}

function lineOf(alert: FiringAlert): string {
  const { rate, usual, failures, isUsualKnown } = alert.evidence;
  if (isTakeover(alert))
    return plainLine(`${placeOf(alert)}: somebody got in after ${failureCount(failures)}`, LINE_CODE_POINTS_MAX);
  const usually = isUsualKnown ? `, usually ${percent(usual)}` : "";
  return plainLine(`${placeOf(alert)}: ${percent(rate)}${usually}, ${failureCount(failures)}`, LINE_CODE_POINTS_MAX);
}

function worstFirst(alerts: readonly FiringAlert[]): readonly FiringAlert[] {
  const rank = (alert: FiringAlert) => (isTakeover(alert) ? 1 : 0);
  return [...alerts].sort(
    (left, right) => rank(right) - rank(left) || right.evidence.failures - left.evidence.failures,
  );
}
