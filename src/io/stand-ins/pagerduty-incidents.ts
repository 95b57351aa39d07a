/**
 * What PagerDuty makes of accepted events: incidents that open, are acknowledged and close.
 *
 * An incident belongs to a routing key and a dedup key together. A trigger on one that is open adds to
 * its log and pages nobody again; after a resolve the same key opens a new one. Acknowledging or
 * resolving what is not open is accepted and has no effect.
 */
import { BoundedList } from "./bounded-list.ts";
import type { EventAction, PagerDutyEvent } from "./pagerduty-contract.ts";

export type IncidentState = "open" | "acknowledged" | "resolved";

export type IncidentLogEntry = {
  readonly action: EventAction;
  readonly summary: string | undefined;
  readonly at: number;
};

export type Incident = {
  /** From 1, in the order in which they were opened. */
  readonly number: number;
  readonly routingKey: string;
  readonly dedupKey: string;
  readonly state: IncidentState;
  readonly summary: string;
  readonly severity: string;
  /** The newest entries. */
  readonly log: readonly IncidentLogEntry[];
};

/** An accepted event always has a dedup key: PagerDuty's own if the sender had none. */
export type AcceptedEvent = PagerDutyEvent & { readonly dedupKey: string; readonly receivedAt: number };

const INCIDENT_MAX_COUNT = 10_000;
const LOG_MAX_COUNT = 1_000;

type OpenIncident = Omit<Incident, "log"> & { state: IncidentState; log: readonly IncidentLogEntry[] };

export class Incidents {
  readonly #all = new BoundedList<OpenIncident>(INCIDENT_MAX_COUNT);
  readonly #openByKey = new Map<string, OpenIncident>();
  #openedCount = 0;

  /** In the order in which they were opened; each open of one is one page. */
  get all(): readonly Incident[] {
    return this.#all.items;
  }

  apply(event: AcceptedEvent): void {
    // Neither key may hold a line break, so two pairs never read the same.
    const key = `${event.routingKey}\n${event.dedupKey}`;
    const incident = this.#openByKey.get(key) ?? (event.action === "trigger" ? this.#open(key, event) : undefined);
    if (incident === undefined) return;
    const entry = { action: event.action, summary: event.payload?.summary, at: event.receivedAt };
    incident.log = [...incident.log, entry].slice(-LOG_MAX_COUNT);
    if (event.action === "acknowledge") incident.state = "acknowledged";
    if (event.action !== "resolve") return;
    incident.state = "resolved";
    this.#openByKey.delete(key);
  }

  #open(key: string, event: AcceptedEvent): OpenIncident {
    this.#openedCount++;
    const incident: OpenIncident = {
      number: this.#openedCount,
      routingKey: event.routingKey,
      dedupKey: event.dedupKey,
      state: "open",
      summary: event.payload?.summary ?? "",
      severity: event.payload?.severity ?? "",
      log: [],
    };
    this.#forgetOldestOpen();
    this.#openByKey.set(key, incident);
    this.#all.add(incident);
    return incident;
  }

  /** Forgotten while open, an incident can no longer be resolved: the next trigger opens another. */
  #forgetOldestOpen(): void {
    if (this.#openByKey.size < INCIDENT_MAX_COUNT) return;
    for (const oldestKey of this.#openByKey.keys()) {
      this.#openByKey.delete(oldestKey);
      return;
    }
  }
}
