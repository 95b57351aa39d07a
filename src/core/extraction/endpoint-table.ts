/**
 * All endpoints, interned: the same names always give the same object.
 *
 * Spans find theirs by the bytes they were sent with (`spellings`), access logs and restored
 * checkpoints by name. Names come from outside, so their number is bounded twice, per service and in
 * total. What comes after goes to one overflow endpoint per service, which is watched like any other:
 * a flood of invented paths must hide neither itself nor the endpoints that were there before it.
 *
 * Nor may such a flood keep out the endpoints that come after it. Routes that the service declares are
 * kept at once. A name that was only seen in a request is on probation, in places of its own, until
 * requests have succeeded there. Where a bound is reached, those that nobody has asked for in a long
 * time make place: an hour on probation, a week otherwise.
 */
import type { UnixMillis } from "../time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time.ts";
import type { Endpoint, EndpointNames, Protocol } from "./endpoint.ts";
import { endpointName, protocolOf } from "./endpoint.ts";
import type { IndexedNames } from "./endpoint-index.ts";
import { EndpointIndex, NOT_INDEXED } from "./endpoint-index.ts";
import type { Outcome } from "./observation.ts";
import type { ServiceScope } from "./service-table.ts";
import { ServiceTable } from "./service-table.ts";
import type { Spelling } from "./spelling-table.ts";
import { SpellingTable } from "./spelling-table.ts";

export type EndpointLimits = {
  readonly endpointsPerServiceMax: number;
  /** Overflow endpoints, at most one for each service, come on top, and those on probation. */
  readonly endpointsMax: number;
  readonly servicesMax?: number;
  /** Secret of this installation: keeps senders from crowding one place of the table. */
  readonly hashSeed?: number;
};

/** The part of an endpoint's names that its service does not tell. */
export type OperationNames = Pick<EndpointNames, "method" | "route" | "protocol">;

/** Declared: the service's framework says that it has this route. Observed: somebody has asked for it. */
export type RouteOrigin = "declared" | "observed";

export type Standing = "kept" | "probation";

/** What hangs on endpoints elsewhere, and goes with them. */
export interface EndpointDependents {
  /** False while something is going on there that must not lose its endpoint. */
  mayForget(endpoint: Endpoint): boolean;
  /** Its id will be given to another. */
  forget(endpoint: Endpoint): void;
}

/** No request has this method and no canonical route is written like this route. */
export const OVERFLOW_OPERATION: OperationNames = { method: "*", route: "(other endpoints)", protocol: "http" };

const SERVICES_MAX = 100_000;

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

const NO_DEPENDENTS: EndpointDependents = { mayForget: () => true, forget: () => {} };

export class EndpointTable implements Iterable<Endpoint> {
  readonly services: ServiceTable;
  readonly spellings: SpellingTable;
  /** Shared by spans and recordings, which name paths alike. */
  dependents = NO_DEPENDENTS;
  /** How often a new name came and was given to an overflow endpoint. */
  overflowedCount = 0;
  /** How many have made place for others. */
  forgottenCount = 0;
  readonly #limits: EndpointLimits;
  readonly #endpoints: (InternedEndpoint | undefined)[] = [];
  readonly #index: EndpointIndex;
  readonly #freeIds: number[] = [];
  /** One string for each method: they arrive anew with every name. */
  readonly #methods = new Map<string, string>();
  // By id. Successes that are still wanted until the endpoint is kept, and when it was last asked for.
  #wantedSuccesses = new Uint8Array(FIRST_CAPACITY);
  #seenAtMinutes = new Int32Array(FIRST_CAPACITY);
  #nowMinutes = 0;
  #sweptAtMinutes = 0;
  #keptCount = 0;
  #probationCount = 0;

  constructor(limits: EndpointLimits) {
    this.#limits = limits;
    this.services = new ServiceTable(limits.servicesMax ?? SERVICES_MAX);
    this.spellings = new SpellingTable(limits.hashSeed ?? 0);
    this.#index = new EndpointIndex(limits.hashSeed ?? 0, (id) => this.#endpoints[id]);
  }

  get size(): number {
    return this.#endpoints.length - this.#freeIds.length;
  }

  get probationCount(): number {
    return this.#probationCount;
  }

  at(id: number): Endpoint | undefined {
    return this.#endpoints[id];
  }

  /** In the order of their ids. */
  *[Symbol.iterator](): Iterator<Endpoint> {
    for (const endpoint of this.#endpoints) if (endpoint !== undefined) yield endpoint;
  }

  /** What has not been asked for since long before then may have to make place. */
  advanceTo(now: UnixMillis): void {
    this.#nowMinutes = Math.floor(now / MINUTE_MS);
  }

  /** The endpoint of these names, made when it is new. Method and route have to be canonical. */
  intern(names: EndpointNames, origin: RouteOrigin): Endpoint {
    return this.internIn(this.services.intern(names), names, origin);
  }

  /** The same for a service at hand. */
  internIn(scope: ServiceScope, operation: OperationNames, origin: RouteOrigin): Endpoint {
    const known = this.#find(scope, operation);
    if (known === undefined) return this.#admit(scope, operation, origin);
    if (origin === "declared" && this.standingOf(known) === "probation") this.#keepIfThereIsRoom(known);
    return known;
  }

  /** The endpoint of these names if there is one. */
  byName(names: EndpointNames): Endpoint | undefined {
    const scope = this.services.find(names);
    return scope === undefined ? undefined : this.#find(scope, names);
  }

  /** Whether services of the same name in other namespaces might have the same endpoint. */
  hasNamesakes({ id }: Endpoint): boolean {
    return (this.#endpoints[id]?.scope.namesakes.length ?? 0) > 1;
  }

  /** The endpoints that differ from this one in nothing but the namespace. */
  namesakesOf(endpoint: Endpoint): readonly Endpoint[] {
    const scopes = this.#endpoints[endpoint.id]?.scope.namesakes ?? [];
    return scopes.flatMap((scope) => this.#find(scope, endpoint) ?? []).filter(({ id }) => id !== endpoint.id);
  }

  standingOf({ id }: Endpoint): Standing {
    return this.#wantedSuccesses[id] === 0 ? "kept" : "probation";
  }

  /** To be called for every request that is counted. */
  noteRequest({ id }: Endpoint, outcome: Outcome): void {
    this.#seenAtMinutes[id] = this.#nowMinutes;
    const wanted = this.#wantedSuccesses[id] ?? 0;
    if (wanted === 0 || outcome !== "ok") return;
    const endpoint = this.#endpoints[id];
    if (wanted > 1) this.#wantedSuccesses[id] = wanted - 1;
    else if (endpoint !== undefined) this.#keepIfThereIsRoom(endpoint);
  }

  /** Lets the next span with this spelling find the endpoint by its bytes. Only for those that stay. */
  rememberSpelling(spelling: Spelling, endpoint: Endpoint, facts: number): void {
    if (endpoint.isOverflow || this.standingOf(endpoint) === "probation") return;
    this.spellings.remember(spelling, endpoint.id, facts);
  }

  #find(scope: ServiceScope, { method, route }: OperationNames): InternedEndpoint | undefined {
    if (route === OVERFLOW_OPERATION.route) return this.#overflowKnownOf(scope);
    const id = this.#index.find({ scope, method, route });
    return id === NOT_INDEXED ? undefined : this.#endpoints[id];
  }

  #admit(scope: ServiceScope, operation: OperationNames, origin: RouteOrigin): Endpoint {
    if (operation.route === OVERFLOW_OPERATION.route) return this.#overflowOf(scope);
    const standing = origin === "declared" ? "kept" : "probation";
    if (!this.#hasRoom(scope, standing)) {
      this.overflowedCount++;
      return this.#overflowOf(scope);
    }
    const endpoint = this.#add(scope, operation);
    this.#index.add(endpoint.id, endpoint);
    this.#wantedSuccesses[endpoint.id] = standing === "kept" ? 0 : PROOF_SUCCESSES;
    this.#count(scope, standing, 1);
    return endpoint;
  }

  #keepIfThereIsRoom({ id, scope }: InternedEndpoint): void {
    if (!this.#hasRoom(scope, "kept")) return;
    this.#wantedSuccesses[id] = 0;
    this.#count(scope, "probation", -1);
    this.#count(scope, "kept", 1);
  }

  #overflowOf(scope: ServiceScope): Endpoint {
    const known = this.#overflowKnownOf(scope);
    if (known !== undefined) return known;
    const overflow = this.#add(scope, OVERFLOW_OPERATION);
    this.#wantedSuccesses[overflow.id] = 0;
    scope.overflowId = overflow.id;
    return overflow;
  }

  #overflowKnownOf({ overflowId }: ServiceScope): InternedEndpoint | undefined {
    return overflowId === null ? undefined : this.#endpoints[overflowId];
  }

  #add(scope: ServiceScope, { method, route }: OperationNames): InternedEndpoint {
    const id = this.#freeIds.pop() ?? this.#endpoints.length;
    const endpoint = new InternedEndpoint(id, scope, { method: this.#sameMethod(method), route });
    this.#endpoints[id] = endpoint;
    if (id >= this.#seenAtMinutes.length) this.#growColumns();
    this.#seenAtMinutes[id] = this.#nowMinutes;
    return endpoint;
  }

  #growColumns(): void {
    const capacity = this.#seenAtMinutes.length * 2;
    const wantedSuccesses = new Uint8Array(capacity);
    wantedSuccesses.set(this.#wantedSuccesses);
    this.#wantedSuccesses = wantedSuccesses;
    const seenAtMinutes = new Int32Array(capacity);
    seenAtMinutes.set(this.#seenAtMinutes);
    this.#seenAtMinutes = seenAtMinutes;
  }

  /** Canonical methods are few. */
  #sameMethod(method: string): string {
    const known = this.#methods.get(method);
    if (known === undefined) this.#methods.set(method, method);
    return known ?? method;
  }

  #hasRoom(scope: ServiceScope, standing: Standing): boolean {
    if (!this.#isFull(scope, standing)) return true;
    // A look at every endpoint: a flood must not have one with each of its requests.
    if (this.#nowMinutes <= this.#sweptAtMinutes) return false;
    this.#sweptAtMinutes = this.#nowMinutes;
    this.#forgetIdle();
    return !this.#isFull(scope, standing);
  }

  #isFull(scope: ServiceScope, standing: Standing): boolean {
    const { endpointsMax, endpointsPerServiceMax } = this.#limits;
    if (standing === "kept") return scope.keptCount >= endpointsPerServiceMax || this.#keptCount >= endpointsMax;
    const perServiceMax = Math.min(PROBATION_PER_SERVICE_MAX, Math.ceil(PROBATION_SHARE * endpointsPerServiceMax));
    return scope.probationCount >= perServiceMax || this.#probationCount >= Math.ceil(PROBATION_SHARE * endpointsMax);
  }

  #count(scope: ServiceScope, standing: Standing, change: number): void {
    if (standing === "kept") {
      scope.keptCount += change;
      this.#keptCount += change;
    } else {
      scope.probationCount += change;
      this.#probationCount += change;
    }
  }

  /** Of services that are not full nothing is forgotten: a job that runs once a month keeps its past. */
  #forgetIdle(): void {
    const idle = this.#endpoints.filter((endpoint) => endpoint !== undefined && this.#isInTheWay(endpoint));
    const keptIds = new Set<number>();
    for (const endpoint of idle) {
      if (endpoint === undefined) continue;
      if (this.standingOf(endpoint) === "kept") keptIds.add(endpoint.id);
      this.#forget(endpoint);
    }
    if (keptIds.size > 0) this.spellings.forget(keptIds);
  }

  #isInTheWay(endpoint: InternedEndpoint): boolean {
    const standing = this.standingOf(endpoint);
    const idleMinutes = this.#nowMinutes - (this.#seenAtMinutes[endpoint.id] ?? 0);
    if (endpoint.isOverflow || idleMinutes < IDLE_MINUTES_MAX[standing]) return false;
    return this.#isFull(endpoint.scope, standing) && this.dependents.mayForget(endpoint);
  }

  #forget(endpoint: InternedEndpoint): void {
    this.dependents.forget(endpoint);
    this.#count(endpoint.scope, this.standingOf(endpoint), -1);
    this.#index.remove(endpoint.id);
    this.#endpoints[endpoint.id] = undefined;
    this.#freeIds.push(endpoint.id);
    this.forgottenCount++;
  }
}

class InternedEndpoint implements Endpoint, IndexedNames {
  readonly id: number;
  readonly scope: ServiceScope;
  readonly method: string;
  readonly route: string;

  constructor(id: number, scope: ServiceScope, operation: Pick<OperationNames, "method" | "route">) {
    this.id = id;
    this.scope = scope;
    this.method = operation.method;
    this.route = operation.route;
  }

  // What can be derived is: with a million endpoints, each field is eight megabytes, each name eighty.
  get environment(): string {
    return this.scope.environment;
  }

  get namespace(): string {
    return this.scope.namespace;
  }

  get service(): string {
    return this.scope.service;
  }

  get protocol(): Protocol {
    return protocolOf(this.method);
  }

  get name(): string {
    return endpointName(this);
  }

  get isOverflow(): boolean {
    return this.route === OVERFLOW_OPERATION.route;
  }
}
