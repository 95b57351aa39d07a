/**
 * When an open incident is told again because more is known of it.
 *
 * The first page leaves after a handful of failures, often before anybody can say what they are. Once that is known the page is
 * brought up to date under the same key, which wakes nobody: when a pattern or a cause becomes known, when the pattern turns into
 * a graver one, when somebody else gets in. What one alert of an incident has told the others do not tell again. There are at most
 * `UPDATES_MAX` moments at which an incident is told so, counted over the alerts that are open, and two minutes lie between them: a
 * burst that is over sooner is one page and one resolve.
 */
import type { UnixMillis } from "../time.ts";
import { MINUTE_MS } from "../time.ts";
import { gravityOf } from "./advice.ts";
import type { Alert, Evidence } from "./alert.ts";
import { failuresIn, leadingCause } from "./cause-tally.ts";
import { isTakeover } from "./evidence.ts";

export const UPDATES_MAX = 5;
export const UPDATE_SPACING_MS = 2 * MINUTE_MS;

/** A cause that fewer failures, or a smaller share of them, have is no news. */
const CAUSE_FAILURES_MIN = 10;
const CAUSE_SHARE_MIN = 0.5;

/** What whoever was told of an alert knows. */
export type Told = {
  readonly at: UnixMillis;
  readonly pattern: string | null;
  readonly cause: string | null;
  /** How many had got in. */
  readonly successes: number;
  /** When it was told again for knowing more. */
  readonly updates: readonly UnixMillis[];
};

export type Update = "pattern" | "cause" | "success";

/** The evidence as it is told now. */
export function tellNow(evidence: Evidence, at: UnixMillis, updates: readonly UnixMillis[] = []): Told {
  const successes = evidence.successesAfterFailures.length;
  return { at, pattern: evidence.pattern, cause: knownCause(evidence), successes, updates };
}

/** What is known beyond what was told; null when nothing is. */
export function newsIn(evidence: Evidence, told: Pick<Told, "cause" | "pattern" | "successes">): Update | null {
  if (gravityOf(evidence.pattern) > gravityOf(told.pattern)) return "pattern";
  if (isTakeover(evidence) && evidence.successesAfterFailures.length > told.successes) return "success";
  return told.pattern === null && told.cause === null && knownCause(evidence) !== null ? "cause" : null;
}

/** What the incidents that are open have told, worked out once for all that ask at one moment. */
export class ToldIncidents {
  readonly #alerts: () => readonly Alert[];
  #incidents: ReadonlyMap<string, IncidentTold> | null = null;

  constructor(alerts: () => readonly Alert[]) {
    this.#alerts = alerts;
  }

  /** Whether the alert may tell its news now: they are news to its incident too, and it has not told too much of late. */
  mayTell(alert: Pick<Alert, "evidence" | "incident" | "told">, now: UnixMillis): boolean {
    this.#incidents ??= toldByIncident(this.#alerts());
    const incident = this.#incidents.get(alert.incident?.id ?? "");
    if (incident === undefined || now - incident.at < UPDATE_SPACING_MS) return false;
    if (incident.updates.size >= UPDATES_MAX) return false;
    return newsIn(alert.evidence, { ...incident, successes: alert.told.successes }) !== null;
  }
}

/** The gravest pattern and some cause that any alert has told, and when. */
type IncidentTold = Pick<Told, "at" | "cause" | "pattern"> & { readonly updates: ReadonlySet<UnixMillis> };

function toldByIncident(alerts: readonly Alert[]): ReadonlyMap<string, IncidentTold> {
  const incidents = new Map<string, IncidentTold>();
  for (const { incident, told } of alerts) {
    if (incident === null) continue;
    const known = incidents.get(incident.id);
    incidents.set(incident.id, known === undefined ? { ...told, updates: new Set(told.updates) } : merged(known, told));
  }
  return incidents;
}

function merged(known: IncidentTold, told: Told): IncidentTold {
  return {
    // Whoever joins tells nothing of the others: it must not put off what they have to tell.
    at: Math.max(known.at, ...told.updates),
    pattern: gravityOf(told.pattern) > gravityOf(known.pattern) ? told.pattern : known.pattern,
    cause: known.cause ?? told.cause,
    updates: new Set([...known.updates, ...told.updates]),
  };
}

/** The leading cause where it is no guess and most failures have it. */
function knownCause({ causes }: Evidence): string | null {
  const leading = leadingCause(causes);
  if (leading === null || leading.confidence === "low" || leading.failures < CAUSE_FAILURES_MIN) return null;
  return leading.failures >= CAUSE_SHARE_MIN * failuresIn(causes) ? leading.cause : null;
}
