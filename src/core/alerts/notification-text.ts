/**
 * What the person on call reads.
 *
 * A page has to stand alone at three in the morning: what happened, since when, how bad, who, what it
 * looks like and what to do first. It is built from the alert alone, so the same alert always reads
 * the same, and whatever came from telemetry is made harmless before it is put in.
 */
import type { Confidence } from "../extraction/causes/cause.ts";
import type { Rule } from "../rules/rule.ts";
import { isPagingSeverity } from "../rules/severity.ts";
import { renderTemplate } from "../rules/template.ts";
import type { Instant, UnixMillis } from "../time.ts";
import { toWall } from "../time.ts";
import { adviceFor, suspicionOf } from "./advice.ts";
import type { Alert, Evidence, NotificationText, ResolveReason, Transition } from "./alert.ts";
import { adviceOnCauses } from "./cause-advice.ts";
import { causeMix, UNDECIDED } from "./cause-tally.ts";
import { isTakeover } from "./evidence.ts";
import { chanceOf, gateInWords } from "./evidence-words.ts";
import { patternAdvice } from "./patterns/pattern-advice.ts";
import { placeOf, subjectOf } from "./place.ts";
import { field, plainLine, truncate } from "./plain-text.ts";
import { successLine, TAKEOVER_OVER, TAKEOVER_TICKET, takeoverHappened } from "./takeover-text.ts";
import { templateValues } from "./template-values.ts";
import { failureCount, isoTime, percent, significant, span } from "./words.ts";

type Details = Record<string, string | number | readonly string[]>;
type ResolvedAlert = Extract<Alert, { state: "resolved" }>;

/** PagerDuty's limit. */
export const SUMMARY_CODE_POINTS_MAX = 1024;
const DETAIL_CODE_POINTS_MAX = 4096;
const LABELS_MAX = 32;

export type TextContext = {
  /** null when the rule is gone: the alert still has to be told of. */
  readonly rule: Rule | null;
  readonly now: Instant;
};

export function notificationText({ kind, alert, at }: Transition, { rule, now }: TextContext): NotificationText {
  const { environment, namespace, service } = alert.endpoint;
  const isOver = alert.state === "resolved";
  return {
    summary: isOver ? resolvedSummary(alert) : firingSummary(alert, rule, now),
    source: field(service) || "authspike",
    component: subjectOf(alert),
    group: field(environment) || field(namespace) || field(service) || "authspike",
    class: field(rule === null ? "failed requests" : failuresInWords(rule)),
    timestamp: toWall(at, now),
    details: {
      ...(isOver ? resolvedDetails(alert, now) : firingDetails({ alert, rule, kind, now })),
      ...originDetails(alert, rule),
    },
    runbook: rule?.runbook ?? null,
  };
}

function firingSummary(alert: Alert, rule: Rule | null, now: Instant): string {
  const rendered = rule === null ? "" : renderTemplate(rule.summary, templateValues(alert, rule, now));
  return plainLine(rendered, SUMMARY_CODE_POINTS_MAX) || `Failed requests on ${placeOf(alert)}`;
}

function resolvedSummary(alert: ResolvedAlert): string {
  const { evidence, resolveReason } = alert;
  const failures = failureCount(evidence.failures);
  const peak = isTakeover(evidence) ? failures : `peak ${percent(evidence.peakRate)}, ${failures}`;
  return plainLine(
    `Resolved after ${span(durationOf(alert))} (${resolveReason.replace("_", " ")}): ${placeOf(alert)}, ${peak}`,
    SUMMARY_CODE_POINTS_MAX,
  );
}

function firingDetails(page: {
  readonly alert: Alert;
  readonly rule: Rule | null;
  readonly kind: Transition["kind"];
  readonly now: Instant;
}): Details {
  const { alert, rule, kind, now } = page;
  const { evidence } = alert;
  const suspicion = suspicionOf(evidence);
  return {
    what_happened: whatHappened(alert, rule),
    ...(kind === "escalated" ? { update: `severity rose to ${alert.severity}` } : {}),
    ...(kind === "updated" ? { update: updateInWords(evidence) } : {}),
    ...(kind === "unmuted" ? { update: "the mute is over and the alert still fires" } : {}),
    ...ticketDetail(alert, rule),
    since: isoTime(toWall(evidence.since, now)),
    ...rateDetails(evidence),
    failures: roundCount(evidence.failures),
    ...proofDetails(alert),
    ...clientDetails(alert, now),
    ...clueDetails(alert),
    looks_like: suspicion === "own-fault" ? "our own fault" : suspicion,
    what_to_do: whatToDo(alert, rule, now),
    ...adviceDetails(alert),
  };
}

function resolvedDetails(alert: ResolvedAlert, now: Instant): Details {
  const { evidence } = alert;
  return {
    what_happened: whyResolved(alert),
    since: isoTime(toWall(evidence.since, now)),
    until: isoTime(toWall(alert.resolvedAt, now)),
    lasted: span(durationOf(alert)),
    ...(isTakeover(evidence) ? {} : { peak_rate: percent(evidence.peakRate) }),
    ...rateDetails(evidence),
    failures: roundCount(evidence.failures),
    ...clientDetails(alert, now),
    ...clueDetails(alert),
  };
}

/** What is new in a page that says more than the first. */
export function updateInWords(evidence: Evidence): string {
  const { cause, pattern, successesAfterFailures } = evidence;
  if (isTakeover(evidence)) return `${successesAfterFailures.length} have got in by now`;
  return pattern === null
    ? `the cause is known now: ${field(cause ?? UNDECIDED)}`
    : `it is known now what this looks like: ${field(pattern)}`;
}

function rateDetails(evidence: Evidence): Details {
  if (isTakeover(evidence)) return {};
  return {
    rate_now: percent(evidence.rate),
    usual_rate: usualRate(evidence),
    requests_per_second: requestsPerSecond(evidence),
  };
}

/** Why this wakes nobody, where the rule would have it wake somebody. */
function ticketDetail({ evidence, isPage }: Alert, rule: Rule | null): Details {
  const { busiestClientShare, isOneClientFailing, recurredTimes } = evidence;
  const lowest = rule?.severity[0]?.level ?? "info";
  if (isPage || !isPagingSeverity(lowest)) return {};
  if (recurredTimes > 0) return { why_a_ticket: recurrenceText(recurredTimes) };
  if (!isOneClientFailing) return {};
  if (isTakeover(evidence)) return { why_a_ticket: TAKEOVER_TICKET };
  const share = percent(busiestClientShare);
  return {
    why_a_ticket: `One client holds ${share} of the failures where others succeed; it becomes a page when others join.`,
  };
}

function recurrenceText(times: number): string {
  return `It came at this hour ${times} times before; it becomes a page when it grows beyond that, or when other clients fail.`;
}

/** A guess from a handful of requests must not look like a fact. */
function usualRate({ isUsualKnown, usual }: Evidence): string {
  return isUsualKnown ? percent(usual) : "not known yet";
}

function requestsPerSecond({ isUsualKnown, requestsPerSecond: now, usualRequestsPerSecond }: Evidence): string {
  return isUsualKnown ? `${significant(now)} (usually ${significant(usualRequestsPerSecond)})` : significant(now);
}

function whyResolved({ evidence, resolveReason }: ResolvedAlert): string {
  return isTakeover(evidence) && resolveReason === "recovered" ? TAKEOVER_OVER : RESOLVE_WORDS[resolveReason];
}

const RESOLVE_WORDS: Readonly<Record<ResolveReason, string>> = {
  recovered: "The rate of failures is back to usual and has stayed there.",
  silent: "Requests have stopped, so there is nothing left to judge. Check that the service is still reached.",
  new_level: "The rate has stayed high for so long that it now counts as usual. Nothing says that the cause is gone.",
  rule_removed: "The rule was removed. The rate of failures may still be high.",
  rule_changed: "The rule was changed and no longer covers this series. The rate of failures may still be high.",
};

function whatHappened(alert: Alert, rule: Rule | null): string {
  const { rate, usual, isUsualKnown, alarmKind, busiestClientShare, failures, deviation } = alert.evidence;
  const what = rule === null ? "failed requests" : failuresInWords(rule);
  if (alarmKind === "takeover") return takeoverHappened(alert);
  if (!isUsualKnown && alarmKind !== "client") {
    return `Too many ${what} on ${placeOf(alert)}, which is too new for a usual rate: ${percent(rate)} of requests.`;
  }
  const change = isUsualKnown
    ? `usually ${percent(usual)} of requests, now ${percent(rate)}`
    : `now ${percent(rate)} of requests`;
  switch (alarmKind) {
    case "client":
      return `One client keeps failing on ${placeOf(alert)}: it holds ${percent(busiestClientShare)} of ${failureCount(failures)} (${what}), while the rate alone tells little (${change}).`;
    case "control-limit":
      return `More ${what} than usual on ${placeOf(alert)}: ${change}, ${significant(deviation)} standard deviations above.`;
    case "ratio":
    case null:
      return `More ${what} than usual on ${placeOf(alert)}: ${change}${timesUsual(rate, usual)}.`;
  }
}

function timesUsual(rate: number, usual: number): string {
  return usual > 0 && rate > usual ? `, ${significant(rate / usual)} times as many` : "";
}

/** What the rule counts, as a noun in the plural. */
function failuresInWords({ count }: Rule): string {
  switch (count.kind) {
    case "outcome":
      return count.outcomes.map((outcome) => OUTCOME_WORDS[outcome]).join(" and ");
    case "http_status":
      return `responses with status ${count.statuses.join(" or ")}`;
    case "grpc_status":
      return `responses with gRPC status ${count.statuses.join(" or ")}`;
  }
}

const OUTCOME_WORDS = {
  ok: "successful requests",
  unauthenticated: "failed authentications",
  forbidden: "forbidden requests",
  throttled: "throttled requests",
  client_error: "client errors",
  server_error: "server errors",
} as const;

/** Why it was certain enough to tell. */
function proofDetails({ evidence }: Alert): Details {
  const chance = chanceOf(evidence);
  return {
    ...(chance === null ? {} : { by_chance: `at most ${chance} of such traffic` }),
    ...(evidence.gates.length === 0 ? {} : { gates: evidence.gates.map(gateInWords) }),
  };
}

function clientDetails({ evidence }: Alert, now: Instant): Details {
  const { busiestClientShare, topClients, successesAfterFailures } = evidence;
  return {
    ...(busiestClientShare > 0 && !isTakeover(evidence)
      ? { busiest_client: `${percent(busiestClientShare)} of the failures` }
      : {}),
    ...(topClients.length > 0
      ? { top_clients: topClients.map(({ client, failures }) => `${field(client)}: ${failureCount(failures)}`) }
      : {}),
    ...(successesAfterFailures.length > 0
      ? { success_after_failures: successesAfterFailures.map((success) => successLine(success, now)) }
      : {}),
  };
}

function clueDetails({ evidence: { pattern, patternConfidence, cause, causes, examples } }: Alert): Details {
  return {
    ...(pattern === null ? {} : { pattern: patternInWords(pattern, patternConfidence) }),
    ...(causes.length === 0 ? {} : { cause: field(cause ?? UNDECIDED), causes: causeMix(causes).map(field) }),
    ...(examples.length > 0 ? { example_traces: examples.map(({ traceId }) => field(traceId)) } : {}),
  };
}

function patternInWords(pattern: string, confidence: Confidence | null): string {
  return field(confidence === null ? pattern : `${pattern} (${confidence} confidence)`);
}

/** A pattern is read from more than a cause. */
function adviceDetails({ endpoint, evidence: { pattern, causes } }: Alert): Details {
  const advice = (pattern === null ? null : patternAdvice(pattern)) ?? adviceOnCauses(endpoint, causes);
  return advice === null ? {} : { for_the_person_on_call: advice.onCall, for_the_api_owner: advice.apiOwner };
}

function whatToDo(alert: Alert, rule: Rule | null, now: Instant): string {
  const own = rule?.description ? renderTemplate(rule.description, templateValues(alert, rule, now)).trim() : "";
  return truncate(own || adviceFor(suspicionOf(alert.evidence)), DETAIL_CODE_POINTS_MAX);
}

/** Where the page comes from: alert, rule, the rule's place in the files, and the bundle's hash. */
function originDetails(alert: Alert, rule: Rule | null): Details {
  const labels = Object.entries(alert.labels).slice(0, LABELS_MAX);
  return {
    endpoint: subjectOf(alert),
    service: field(alert.endpoint.service),
    ...(alert.endpoint.environment === "" ? {} : { environment: field(alert.endpoint.environment) }),
    rule: rule === null ? alert.ruleId : `${alert.ruleId} (${rule.source.file}:${rule.source.line})`,
    rule_bundle: alert.bundle,
    alert_id: alert.id,
    labels: labels.map(([name, value]) => field(`${name}=${value}`)),
  };
}

function durationOf({ resolvedAt, evidence }: ResolvedAlert): UnixMillis {
  return resolvedAt - evidence.since;
}

/** Adjusted counts have parts; a person counts in wholes. */
function roundCount(count: number): number {
  return Math.round(count);
}
