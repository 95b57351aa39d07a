/**
 * Which endpoints are kept, which are on probation, and who has to make place.
 *
 * Paths are invented by whoever asks. Routes that the service declares are kept at once; a name that was
 * only seen in a request is on probation, in places of its own, until requests have succeeded there. So a
 * scan keeps out nobody who comes after it. Where a bound is reached, those that nobody has asked for in a
 * long time make place: an hour on probation, a week otherwise.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time.ts";
import type { Outcome } from "./observation.ts";
import type { ServiceScope } from "./service-table.ts";

/** Declared: the service's framework says that it has this route. Observed: somebody has asked for it. */
export type RouteOrigin = "declared" | "observed";

export type Standing = "kept" | "probation";

export type StandingLimits = {
  readonly endpointsPerServiceMax: number;
  /** Overflow endpoints, at most one for each service, come on top, and those on probation. */
  readonly endpointsMax: number;
};

/** Places on probation, for each service and for all: a part of the bounds on those that are kept. */
const PROBATION_PER_SERVICE_MAX = 1_000;
const PROBATION_SHARE = 0.25;

/**
 * A scanner tries each name once; a page that answers every path with 200 is no endpoint for every
 * path. Somebody who comes back twice gets an answer that is worth something.
 */
const PROOF_SUCCESSES = 3;

const IDLE_MINUTES_MAX: Readonly<Record<Standing, number>> = {
  kept: (7 * DAY_MS) / MINUTE_MS,
  probation: HOUR_MS / MINUTE_MS,
};

const FIRST_CAPACITY = 1024;
// States of an id; in between, as many successes are wanted until the endpoint is kept.
const KEPT = 0;
const FREE = 0xff;

export class EndpointStanding {
  keptCount = 0;
  probationCount = 0;
  readonly #limits: StandingLimits;
  // By id.
  #states = new Uint8Array(FIRST_CAPACITY).fill(FREE);
  #seenAtMinutes = new Int32Array(FIRST_CAPACITY);
  #nowMinutes = 0;
  #sweptAtMinutes = 0;

  constructor(limits: StandingLimits) {
    this.#limits = limits;
  }

  advanceTo(now: UnixMillis): void {
    this.#nowMinutes = Math.floor(now / MINUTE_MS);
  }

  isFree(id: number): boolean {
    return (this.#states[id] ?? FREE) === FREE;
  }

  of(id: number): Standing {
    return this.#states[id] === KEPT ? "kept" : "probation";
  }

  /** Endpoints without a service stand for others and are not counted. */
  add(id: number, scope: ServiceScope | null, standing: Standing): void {
    if (id >= this.#states.length) this.#grow();
    this.#states[id] = standing === "kept" ? KEPT : PROOF_SUCCESSES;
    this.#seenAtMinutes[id] = this.#nowMinutes;
    if (scope !== null) this.#count(scope, standing, 1);
  }

  remove(id: number, scope: ServiceScope): void {
    this.#count(scope, this.of(id), -1);
    this.#states[id] = FREE;
  }

  /** Returns whether the endpoint has proven itself with this request. */
  noteRequest(id: number, outcome: Outcome): boolean {
    this.#seenAtMinutes[id] = this.#nowMinutes;
    const wanted = this.#states[id] ?? KEPT;
    if (wanted === KEPT || outcome !== "ok") return false;
    if (wanted > 1) this.#states[id] = wanted - 1;
    return wanted === 1;
  }

  /** Ends the probation of one that is on it. */
  keep(id: number, scope: ServiceScope): void {
    this.#count(scope, "probation", -1);
    this.#states[id] = KEPT;
    this.#count(scope, "kept", 1);
  }

  isFull(scope: ServiceScope, standing: Standing): boolean {
    const { endpointsMax, endpointsPerServiceMax } = this.#limits;
    if (standing === "kept") return scope.keptCount >= endpointsPerServiceMax || this.keptCount >= endpointsMax;
    const perServiceMax = Math.min(PROBATION_PER_SERVICE_MAX, Math.ceil(PROBATION_SHARE * endpointsPerServiceMax));
    return scope.probationCount >= perServiceMax || this.probationCount >= Math.ceil(PROBATION_SHARE * endpointsMax);
  }

  /** Once a minute: to look at every endpoint with every request of a flood would be one more. */
  maySweep(): boolean {
    if (this.#nowMinutes <= this.#sweptAtMinutes) return false;
    this.#sweptAtMinutes = this.#nowMinutes;
    return true;
  }

  /** Of services that are not full nobody has to go: a job that runs once a month keeps its past. */
  isInTheWay(id: number, scope: ServiceScope): boolean {
    const standing = this.of(id);
    const idleMinutes = this.#nowMinutes - (this.#seenAtMinutes[id] ?? 0);
    return idleMinutes >= IDLE_MINUTES_MAX[standing] && this.isFull(scope, standing);
  }

  #count(scope: ServiceScope, standing: Standing, change: number): void {
    if (standing === "kept") {
      scope.keptCount += change;
      this.keptCount += change;
    } else {
      scope.probationCount += change;
      this.probationCount += change;
    }
  }

  #grow(): void {
    const states = new Uint8Array(this.#states.length * 2).fill(FREE);
    states.set(this.#states);
    this.#states = states;
    const seenAtMinutes = new Int32Array(this.#seenAtMinutes.length * 2);
    seenAtMinutes.set(this.#seenAtMinutes);
    this.#seenAtMinutes = seenAtMinutes;
  }
}
