/**
 * Clients that try the doors of a service: many endpoints, refused with 401, 403 and 404 in turn, none of which they ever used.
 *
 * One endpoint shows a scan as a few failures of one client; only the breadth tells it. Two sorts look alike from one endpoint and
 * are told apart here: a crawler or an app whose session has expired is refused with 401 alone, and where it had been welcome; a
 * health check knocks at a few doors. Of each service the few clients that were refused most are followed, for ten minutes after
 * their last refusal.
 */
import { UNKNOWN_CLIENT } from "../../extraction/client-fingerprint.ts";
import type { Observation } from "../../extraction/observation.ts";
import type { UnixMillis } from "../../time.ts";
import { MINUTE_MS } from "../../time.ts";
import { FailureTable } from "../failure-table.ts";
import type { KnownClients } from "./known-clients.ts";

/** Services that are followed; the longest known makes room. */
export const SCANNED_SERVICES_MAX = 1024;
const CLIENTS = { entriesMax: 16, memoryMs: 10 * MINUTE_MS };

/** A health check, or an app with an expired session, knocks at fewer doors. */
const ENDPOINTS_MIN = 10;
const REFUSALS_MIN = 20;
/** Each of two kinds of refusal has this share at least: 401 alone is a session that has expired. */
const MIXED_SHARE_MIN = 0.1;
/** Refusals where the client had been welcome, and successes, are more with whoever uses the service. */
const WELCOME_SHARE_MAX = 0.2;
/** From here on its successes are counted: before, nearly nobody is worth looking up with every success. */
const SUSPECT_FROM_REFUSALS = 8;
const STATUS_NOT_FOUND = 404;

type ProbingClient = {
  readonly id: number;
  /** Refusals of all kinds. */
  failures: number;
  lastAt: UnixMillis;
  /** Where it was refused, at most `ENDPOINTS_MIN`: further ones say no more. */
  readonly endpointIds: number[];
  unauthenticated: number;
  forbidden: number;
  notFound: number;
  /** Refused where it had succeeded before, and succeeded since it is a suspect. */
  welcome: number;
};

export class ScanningClients {
  readonly #services = new Map<string, FailureTable<ProbingClient>>();
  /** Clients of any service that were refused often. */
  readonly #suspects = new Set<number>();

  /** Runs for every request that is no success. */
  noteRefusal(observation: Observation, knownClients: KnownClients, now: UnixMillis): void {
    const kind = refusalOf(observation);
    // What is not found is ordinary, and worth reading the client for only of those who were refused elsewhere.
    if (kind === null || (kind === "notFound" && this.#suspects.size === 0)) return;
    const { client, endpoint } = observation;
    if (client === UNKNOWN_CLIENT || (kind === "notFound" && !this.#suspects.has(client))) return;
    const probing = this.#probing(endpoint.service, client, now);
    probing.failures += 1;
    probing.lastAt = now;
    probing[kind] += 1;
    const { endpointIds } = probing;
    if (endpointIds.length < ENDPOINTS_MIN && !endpointIds.includes(endpoint.id)) endpointIds.push(endpoint.id);
    if (knownClients.has(client, endpoint.hash)) probing.welcome += 1;
    if (probing.failures >= SUSPECT_FROM_REFUSALS) this.#suspect(client);
  }

  /** Runs for every success. */
  noteSuccess({ client, endpoint }: Observation, now: UnixMillis): void {
    if (this.#suspects.size === 0 || !this.#suspects.has(client)) return;
    const probing = this.#services.get(endpoint.service)?.find(client, now);
    if (probing !== undefined) probing.welcome += 1;
  }

  isScanning(service: string, client: number, now: UnixMillis): boolean {
    const probing = this.#services.get(service)?.find(client, now);
    if (probing === undefined || probing.failures < REFUSALS_MIN) return false;
    const { failures, endpointIds, welcome } = probing;
    return endpointIds.length >= ENDPOINTS_MIN && welcome <= WELCOME_SHARE_MAX * failures && isMixed(probing);
  }

  #probing(service: string, client: number, now: UnixMillis): ProbingClient {
    const table = this.#services.get(service) ?? this.#addService(service);
    const known = table.find(client, now);
    if (known !== undefined) return known;
    const counts = { failures: 0, unauthenticated: 0, forbidden: 0, notFound: 0, welcome: 0 };
    const newcomer = { id: client, lastAt: now, endpointIds: [], ...counts };
    table.add(newcomer, now);
    return newcomer;
  }

  #addService(service: string): FailureTable<ProbingClient> {
    if (this.#services.size >= SCANNED_SERVICES_MAX) {
      const [longestKnown = ""] = this.#services.keys();
      this.#services.delete(longestKnown);
    }
    const table = new FailureTable<ProbingClient>(CLIENTS);
    this.#services.set(service, table);
    return table;
  }

  /** As many as can be followed; the longest known makes room, and is one again with its next refusal. */
  #suspect(client: number): void {
    if (this.#suspects.has(client)) return;
    if (this.#suspects.size >= SCANNED_SERVICES_MAX) {
      const [longestKnown = UNKNOWN_CLIENT] = this.#suspects;
      this.#suspects.delete(longestKnown);
    }
    this.#suspects.add(client);
  }
}

function refusalOf({ httpStatus, outcome }: Observation): "unauthenticated" | "forbidden" | "notFound" | null {
  if (outcome === "unauthenticated" || outcome === "forbidden") return outcome;
  return httpStatus === STATUS_NOT_FOUND ? "notFound" : null;
}

function isMixed({ failures, forbidden, notFound, unauthenticated }: ProbingClient): boolean {
  const kinds = [unauthenticated, forbidden, notFound];
  return kinds.filter((count) => count >= MIXED_SHARE_MIN * failures).length >= 2;
}
