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
import { adviceOnCauses } from "./cause-advice.ts";
import { causeMix, failuresIn, leadingCause, UNDECIDED } from "./cause-tally.ts";
import { isTakeover } from "./evidence.ts";
import type { Incident } from "./incident.ts";
import { causesOfIncident, sizeOf } from "./incident.ts";
import type { FiringAlert } from "./lifecycle.ts";
import { notificationText, updateInWords } from "./notification-text.ts";
import type { PatternName } from "./patterns/pattern.ts";
import { patternAdvice } from "./patterns/pattern-advice.ts";
import { placeOf } from "./place.ts";
import { plainLine } from "./plain-text.ts";
import { failureCount, isoTime, percent, span } from "./words.ts";

/** So many alerts are listed; the count tells of the rest. */
const LISTED_ALERTS_MAX = 20;
const NAMED_ENDPOINTS_MAX = 3;
const SUMMARY_CODE_POINTS_MAX = 1024;
const LINE_CODE_POINTS_MAX = 256;
const MOST = 0.5;

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
  if (isTakeover(worst.evidence)) return takeoverText(text, { alerts, transition });
  return {
    ...text,
    summary: plainLine(summaryOf(alerts), SUMMARY_CODE_POINTS_MAX),
    details: { ...text.details, ...detailsOf(alerts, now), ...updateDetail(transition) },
  };
}

/** Of a burst in which somebody got in, that is told, and the burst beside it. */
function takeoverText(
  text: NotificationText,
  { alerts, transition }: { readonly alerts: readonly FiringAlert[]; readonly transition: Transition },
): NotificationText {
  const others = alerts.length === 2 ? "another alert" : `${alerts.length - 1} other alerts`;
  return {
    ...text,
    summary: plainLine(`${text.summary}; one incident with ${others}`, SUMMARY_CODE_POINTS_MAX),
    details: { ...text.details, ...sizeDetails(alerts), ...updateDetail(transition) },
  };
}

/** What is news may be about another alert than the worst. */
function updateDetail({ alert, kind }: Transition): NotificationText["details"] {
  return kind === "updated" ? { update: `${updateInWords(alert.evidence)} (${placeOf(alert)})` } : {};
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
  const title = INCIDENT_TITLES[patternOfIncident(alerts) ?? ""];
  const what = title === undefined ? "" : `${title}: `;
  return `${what}${alerts.length} endpoints${spread} fail together${reason}: ${named}${others}`;
}

/** Faults that are known by one name, whichever endpoints they show on. */
const INCIDENT_TITLES: Readonly<Record<string, string>> = {
  idp_outage: "Identity provider outage",
  key_rotation: "Signing keys no longer match",
  clock_skew: "A clock is off",
  deploy: "A new version refuses its clients",
  expiry_wave: "Tokens expired together",
} satisfies Partial<Record<PatternName, string>>;

/** What most of the failures look like, or that their cause leaves no doubt; null otherwise. */
function patternOfIncident(alerts: readonly FiringAlert[]): string | null {
  const causes = mixOf(alerts);
  const leading = leadingCause(causes);
  const isCertain = leading !== null && leading.confidence !== "low" && leading.failures >= MOST * failuresIn(causes);
  if (isCertain && leading.cause === "idp_unavailable") return "idp_outage";
  const tally = new Map<string | null, number>();
  for (const { evidence } of alerts)
    tally.set(evidence.pattern, evidence.failures + (tally.get(evidence.pattern) ?? 0));
  const all = alerts.reduce((sum, { evidence }) => sum + evidence.failures, 0);
  return [...tally].find(([, failures]) => failures >= MOST * all)?.[0] ?? null;
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
  const pattern = patternOfIncident(alerts);
  const [worst] = alerts;
  // The worst alert's pattern, where it has one, has given the advice already.
  const isAdvised = worst === undefined || worst.evidence.pattern !== null;
  const advice = isAdvised
    ? null
    : ((pattern === null ? null : patternAdvice(pattern)) ?? adviceOnCauses(worst.endpoint, causes));
  return {
    cause: leading === null ? UNDECIDED : `${leading.cause} (${percent(leading.failures / failuresIn(causes))})`,
    causes: causeMix(causes),
    ...(pattern === null ? {} : { incident_pattern: pattern }),
    ...(advice === null ? {} : { for_the_person_on_call: advice.onCall, for_the_api_owner: advice.apiOwner }),
  };
}

function mixOf(alerts: readonly FiringAlert[]): Evidence["causes"] {
  return causesOfIncident({ id: "", alerts });
}

function lineOf(alert: FiringAlert): string {
  const { rate, usual, failures, isUsualKnown } = alert.evidence;
  if (isTakeover(alert.evidence))
    return plainLine(`${placeOf(alert)}: somebody got in after ${failureCount(failures)}`, LINE_CODE_POINTS_MAX);
  const usually = isUsualKnown ? `, usually ${percent(usual)}` : "";
  return plainLine(`${placeOf(alert)}: ${percent(rate)}${usually}, ${failureCount(failures)}`, LINE_CODE_POINTS_MAX);
}

function worstFirst(alerts: readonly FiringAlert[]): readonly FiringAlert[] {
  const rank = ({ evidence }: FiringAlert) => (isTakeover(evidence) ? 1 : 0);
  return [...alerts].sort(
    (left, right) => rank(right) - rank(left) || right.evidence.failures - left.evidence.failures,
  );
}
