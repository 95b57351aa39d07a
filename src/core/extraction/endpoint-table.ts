/**
 * All endpoints, interned: the same names always give the same id.
 *
 * Spans find theirs by the bytes they were sent with (`spellings`), access logs and restored
 * checkpoints by name. Names come from outside, so their number is bounded twice, per service and in
 * total. What comes after goes to one overflow endpoint per service, which is watched like any other:
 * a flood of invented paths must hide neither itself nor the endpoints that were there before it, nor
 * keep out those that come after it (`endpoint-standing.ts`).
 */
import type { UnixMillis } from "../time.ts";
import type { Endpoint, EndpointNames, Protocol } from "./endpoint.ts";
import { endpointName, protocolOf } from "./endpoint.ts";
import type { RouteOrigin, Standing, StandingLimits } from "./endpoint-standing.ts";
import { EndpointStanding } from "./endpoint-standing.ts";
import { LearnedRoutes } from "./learned-routes.ts";
import { NameTable, NO_ENDPOINT } from "./name-table.ts";
import type { Outcome } from "./observation.ts";
import type { ServiceScope } from "./service-table.ts";
import { ServiceTable } from "./service-table.ts";
import type { Spelling } from "./spelling-table.ts";
import { SpellingTable } from "./spelling-table.ts";

export type { RouteOrigin, Standing } from "./endpoint-standing.ts";

export type EndpointLimits = StandingLimits & {
  readonly servicesMax?: number;
  /** Secret of this installation: keeps senders from crowding one place of the table. */
  readonly hashSeed?: number;
};

/** The part of an endpoint's names that its service does not tell. */
export type OperationNames = Pick<EndpointNames, "method" | "route" | "protocol">;

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

/**
 * Endpoints whose objects are kept, those that came first: about 8 MB. The others get an object for each
 * request. Kept as well, those of a million took 130 MB, and as much again for the garbage collector.
 */
const OBJECTS_MAX = 1 << 16;

const NO_DEPENDENTS: EndpointDependents = { mayForget: () => true, forget: () => {} };

export class EndpointTable implements Iterable<Endpoint> {
  readonly services: ServiceTable;
  readonly spellings: SpellingTable;
  /** Shared by spans and recordings, which name paths alike. */
  readonly learnedRoutes = new LearnedRoutes();
  dependents = NO_DEPENDENTS;
  /** How often a new name came and was given to an overflow endpoint. */
  overflowedCount = 0;
  /** How many have made place for others. */
  forgottenCount = 0;
  readonly #names: NameTable;
  readonly #standing: EndpointStanding;
  readonly #objects: (InternedEndpoint | undefined)[] = [];
  readonly #freeIds: number[] = [];
  /** Ids that were ever given. */
  #idCount = 0;

  constructor(limits: EndpointLimits) {
    this.services = new ServiceTable(limits.servicesMax ?? SERVICES_MAX, limits.hashSeed ?? 0);
    this.spellings = new SpellingTable(limits.hashSeed ?? 0);
    this.#names = new NameTable(limits.hashSeed ?? 0);
    this.#standing = new EndpointStanding(limits);
  }

  get size(): number {
    return this.#idCount - this.#freeIds.length;
  }

  get probationCount(): number {
    return this.#standing.probationCount;
  }

  at(id: number): Endpoint | undefined {
    return this.#standing.isFree(id) ? undefined : this.#objectOf(id);
  }

  /** In the order of their ids. */
  *[Symbol.iterator](): Iterator<Endpoint> {
    for (let id = 0; id < this.#idCount; id++) if (!this.#standing.isFree(id)) yield this.#objectOf(id);
  }

  /** What has not been asked for since long before then may have to make place. */
  advanceTo(now: UnixMillis): void {
    this.#standing.advanceTo(now);
  }

  /** The endpoint of these names, made when it is new. Method and route have to be canonical. */
  intern(names: EndpointNames, origin: RouteOrigin): Endpoint {
    return this.internIn(this.services.intern(names), names, origin);
  }

  /** The same for a service at hand. */
  internIn(scope: ServiceScope, operation: OperationNames, origin: RouteOrigin): Endpoint {
    const id = this.#find(scope, operation);
    if (id === NO_ENDPOINT) return this.#objectOf(this.#admit(scope, operation, origin));
    if (origin === "declared" && this.#standing.of(id) === "probation") this.#keepIfThereIsRoom(id, scope);
    return this.#objectOf(id);
  }

  /** The endpoint of these names if there is one. */
  byName(names: EndpointNames): Endpoint | undefined {
    const scope = this.services.find(names);
    const id = scope === undefined ? NO_ENDPOINT : this.#find(scope, names);
    return id === NO_ENDPOINT ? undefined : this.#objectOf(id);
  }

  /** Whether services of the same name in other namespaces might have the same endpoint. */
  hasNamesakes({ id }: Endpoint): boolean {
    return this.#scopeOf(id).namesakes.length > 1;
  }

  /** The endpoints that differ from this one in nothing but the namespace. */
  namesakesOf(endpoint: Endpoint): readonly Endpoint[] {
    const ids = this.#scopeOf(endpoint.id).namesakes.map((scope) => this.#find(scope, endpoint));
    return ids.filter((id) => id !== NO_ENDPOINT && id !== endpoint.id).map((id) => this.#objectOf(id));
  }

  /** The service whose endpoint it is. */
  scopeOf({ id }: Endpoint): ServiceScope {
    return this.#scopeOf(id);
  }

  standingOf({ id }: Endpoint): Standing {
    return this.#standing.of(id);
  }

  /** To be called for every request that is counted. */
  noteRequest({ id }: Endpoint, outcome: Outcome): void {
    if (this.#standing.noteRequest(id, outcome)) this.#keepIfThereIsRoom(id, this.#scopeOf(id));
  }

  /** Lets the next span with this spelling find the endpoint by its bytes. Only for those that stay. */
  rememberSpelling(spelling: Spelling, endpoint: Endpoint, facts: number): void {
    if (endpoint.isOverflow || this.standingOf(endpoint) === "probation") return;
    this.spellings.remember(spelling, endpoint.id, facts);
  }

  /** A spelling that is remembered stands for another endpoint from now on; for none while that may have to go. */
  respell(entry: number, endpoint: Endpoint, facts: number): void {
    const isStaying = !endpoint.isOverflow && this.standingOf(endpoint) === "kept";
    this.spellings.replace(entry, isStaying ? endpoint.id : NO_ENDPOINT, facts);
  }

  #find(service: ServiceScope, { method, route }: OperationNames): number {
    if (route === OVERFLOW_OPERATION.route) return service.overflowId ?? NO_ENDPOINT;
    return this.#names.find({ service, method, route });
  }

  #admit(scope: ServiceScope, operation: OperationNames, origin: RouteOrigin): number {
    if (operation.route === OVERFLOW_OPERATION.route) return this.#overflowOf(scope);
    const standing = origin === "declared" ? "kept" : "probation";
    if (!this.#hasRoom(scope, standing)) {
      this.overflowedCount++;
      return this.#overflowOf(scope);
    }
    const id = this.#newId(scope, operation);
    this.#standing.add(id, scope, standing);
    return id;
  }

  #overflowOf(scope: ServiceScope): number {
    if (scope.overflowId !== null) return scope.overflowId;
    const id = this.#newId(scope, OVERFLOW_OPERATION);
    this.#standing.add(id, null, "kept");
    scope.overflowId = id;
    return id;
  }

  #newId(service: ServiceScope, { method, route }: OperationNames): number {
    const id = this.#freeIds.pop() ?? this.#idCount++;
    this.#names.add(id, { service, method, route });
    return id;
  }

  #keepIfThereIsRoom(id: number, scope: ServiceScope): void {
    if (this.#hasRoom(scope, "kept")) this.#standing.keep(id, scope);
  }

  #hasRoom(scope: ServiceScope, standing: Standing): boolean {
    if (!this.#standing.isFull(scope, standing)) return true;
    if (this.#standing.maySweep()) this.#forgetIdle();
    return !this.#standing.isFull(scope, standing);
  }

  #forgetIdle(): void {
    const idle = [...this].filter((endpoint) => this.#isInTheWay(endpoint));
    const kept = idle.filter((endpoint) => this.standingOf(endpoint) === "kept");
    if (kept.length > 0) this.spellings.forget(new Set(kept.map(({ id }) => id)));
    for (const endpoint of idle) this.#forget(endpoint);
  }

  #isInTheWay(endpoint: Endpoint): boolean {
    if (endpoint.isOverflow || !this.#standing.isInTheWay(endpoint.id, this.#scopeOf(endpoint.id))) return false;
    return this.dependents.mayForget(endpoint);
  }

  #forget(endpoint: Endpoint): void {
    const { id } = endpoint;
    this.dependents.forget(endpoint);
    this.#standing.remove(id, this.#scopeOf(id));
    this.#names.remove(id);
    this.#objects[id] = undefined;
    this.#freeIds.push(id);
    this.forgottenCount++;
  }

  #scopeOf(id: number): ServiceScope {
    return this.services.at(this.#names.serviceIndexOf(id));
  }

  #objectOf(id: number): InternedEndpoint {
    return this.#objects[id] ?? this.#newObject(id);
  }

  #newObject(id: number): InternedEndpoint {
    const endpoint = new InternedEndpoint(id, this.#scopeOf(id), this.#names);
    if (id < OBJECTS_MAX) this.#objects[id] = endpoint;
    return endpoint;
  }
}

/** What is not asked for is not made: with many endpoints one of these is made for each request. */
class InternedEndpoint implements Endpoint {
  readonly id: number;
  readonly #scope: ServiceScope;
  readonly #names: NameTable;
  #route: string | null = null;

  constructor(id: number, scope: ServiceScope, names: NameTable) {
    this.id = id;
    this.#scope = scope;
    this.#names = names;
  }

  get environment(): string {
    return this.#scope.environment;
  }

  get namespace(): string {
    return this.#scope.namespace;
  }

  get service(): string {
    return this.#scope.service;
  }

  get peer(): string | undefined {
    return this.#scope.peer;
  }

  get method(): string {
    return this.#names.methodOf(this.id);
  }

  get route(): string {
    this.#route ??= this.#names.routeOf(this.id);
    return this.#route;
  }

  get protocol(): Protocol {
    return protocolOf(this.method);
  }

  get hash(): number {
    return this.#names.hashOf(this.id);
  }

  get name(): string {
    return endpointName(this);
  }

  get isOverflow(): boolean {
    return this.id === this.#scope.overflowId;
  }
}
