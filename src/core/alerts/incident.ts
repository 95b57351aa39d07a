/**
 * Which alerts are one incident, and so one page.
 *
 * When an identity provider fails, every endpoint behind it alarms within moments. The first of them
 * pages at once; what begins while that is young becomes part of its incident, and the page is
 * brought up to date instead of a second one sent. An incident that has spread stays open to quiet
 * endpoints, whose few requests show the same trouble later.
 *
 * An incident is nothing but its open alerts: each carries its place, so a restart loses none of it.
 * Three things are kept apart however close in time: environments, causes that contradict each other, and
 * takeovers from bursts elsewhere, because one of them would hide the other from the person on call.
 */
import type { EndpointNames } from "../extraction/endpoint.ts";
import { endpointName } from "../extraction/endpoint.ts";
import type { Severity } from "../rules/rule.ts";
import { compareSeverity } from "../rules/severity.ts";
import type { UnixMillis } from "../time.ts";
import { HOUR_MS, MINUTE_MS } from "../time.ts";
import type { Alert, IncidentPlace } from "./alert.ts";
import type { CauseFailures } from "./cause-tally.ts";
import { leadingCause, mergeCauses } from "./cause-tally.ts";
import { isTakeover } from "./evidence.ts";
import type { FiringAlert } from "./lifecycle.ts";

/** Alarms join an incident younger than this. */
const JOIN_WITHIN_MS = 10 * MINUTE_MS;
/** So many alerts at once are no coincidence: such an incident is joined for longer, while it grows. */
const WIDESPREAD_MIN = 5;
const WIDESPREAD_JOIN_WITHIN_MS = HOUR_MS;
/** An incident that grows is told of at these sizes, and then at each power of ten times them. */
const TOLD_SIZES = [1, 2, 3, 5];

/** The open alerts of one incident, in the order in which they joined. */
export type Incident = { readonly id: string; readonly alerts: readonly FiringAlert[] };

export function incidentOf(id: string, alerts: Iterable<Alert>): Incident {
  const members = [...alerts].filter((alert): alert is FiringAlert => isFiringIn(alert, id));
  return { id, alerts: members.sort((left, right) => placeOf(left) - placeOf(right)) };
}

/** The place of an alert that begins to fire while `others` are open. */
export function placeFor(alert: FiringAlert, others: Iterable<Alert>): IncidentPlace {
  const incident = openIncidents(others).findLast((candidate) => isJoined(candidate, alert));
  const first = incident?.alerts[0]?.incident;
  if (incident === undefined || first === undefined || first === null) {
    return { id: alert.id, dedupKey: alert.dedupKey, openedAt: alert.firedAt, place: 1 };
  }
  return { ...first, place: sizeOf(incident) + 1 };
}

/** How many alerts have joined it, as far as those that are open know. */
export function sizeOf({ alerts }: Incident): number {
  return Math.max(0, ...alerts.map(placeOf));
}

/** The severity of those whose triggers no mute keeps back; null when there is none. */
export function severityOfIncident({ alerts }: Incident): Severity | null {
  const severities = alerts.filter(({ mutedBy }) => mutedBy === null).map(({ severity }) => severity);
  return severities.sort(compareSeverity).at(-1) ?? null;
}

/** Whether growing from one size to another is worth telling: 2, 3, 5, 10, 20, 30, 50, 100 … */
export function isNoteworthyGrowth(from: number, to: number): boolean {
  for (let decade = 1; decade <= to; decade *= 10) {
    if (TOLD_SIZES.some((size) => from < size * decade && size * decade <= to)) return true;
  }
  return false;
}

export function causesOfIncident({ alerts }: Incident): readonly CauseFailures[] {
  return mergeCauses(alerts.map(({ evidence }) => evidence.causes));
}

/** The longest open first. */
function openIncidents(alerts: Iterable<Alert>): readonly Incident[] {
  const all = [...alerts];
  const ids = new Map(all.flatMap(({ incident }) => (incident === null ? [] : [[incident.id, incident.openedAt]])));
  const incidents = [...ids].sort(([, left], [, right]) => left - right).map(([id]) => incidentOf(id, all));
  return incidents.filter((incident) => incident.alerts.length > 0);
}

function isJoined(incident: Incident, alert: FiringAlert): boolean {
  // Opened anew, an incident with this key would be taken for the one that is still open.
  if (incident.alerts[0]?.incident?.dedupKey === alert.dedupKey) return true;
  return isYoung(incident, alert.firedAt) && isSamePlaceAndCause(incident, alert);
}

function isYoung(incident: Incident, now: UnixMillis): boolean {
  const openedAt = incident.alerts[0]?.incident?.openedAt ?? -Infinity;
  if (now - openedAt < JOIN_WITHIN_MS) return true;
  const lastJoinedAt = Math.max(...incident.alerts.map(({ firedAt }) => firedAt));
  return sizeOf(incident) >= WIDESPREAD_MIN && now - lastJoinedAt < WIDESPREAD_JOIN_WITHIN_MS;
}

function isSamePlaceAndCause(incident: Incident, alert: FiringAlert): boolean {
  const isSameEnvironment = incident.alerts.every(
    ({ endpoint }) => endpoint.environment === alert.endpoint.environment,
  );
  return (
    isSameEnvironment &&
    isOfSameSort(incident, alert) &&
    !areContradicting(causesOfIncident(incident), alert.evidence.causes)
  );
}

/**
 * Somebody who got in belongs to the burst on the same endpoint, which is still being read while the incident is
 * young. Elsewhere, or later, when the burst may long be acknowledged, it is another matter.
 */
function isOfSameSort(incident: Incident, alert: FiringAlert): boolean {
  const isSameSort = incident.alerts.every(({ evidence }) => isTakeover(evidence) === isTakeover(alert.evidence));
  return isSameSort || incident.alerts.some(({ endpoint }) => isSameEndpoint(endpoint, alert.endpoint));
}

function isSameEndpoint(one: EndpointNames, other: EndpointNames): boolean {
  return (
    endpointName(one) === endpointName(other) && one.service === other.service && one.namespace === other.namespace
  );
}

/** A guess contradicts nothing. */
function areContradicting(left: readonly CauseFailures[], right: readonly CauseFailures[]): boolean {
  const [one, other] = [leadingCause(left), leadingCause(right)];
  if (one === null || other === null || one.confidence === "low" || other.confidence === "low") return false;
  return one.cause !== other.cause;
}

function isFiringIn(alert: Alert, incidentId: string): boolean {
  return alert.state === "firing" && alert.incident?.id === incidentId;
}

function placeOf({ incident }: FiringAlert): number {
  return incident?.place ?? 1;
}
