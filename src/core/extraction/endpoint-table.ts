/**
 * All endpoints, interned: the same names always give the same object.
 *
 * Spans find theirs by the bytes they were sent with (`spellings`), access logs and restored
 * checkpoints by name. Names come from outside, so their number is bounded twice, per service and in
 * total. What comes after goes to one overflow endpoint per service, which is watched like any other:
 * a flood of invented paths must hide neither itself nor the endpoints that were there before it.
 */
import type { Endpoint, EndpointNames, Protocol } from "./endpoint.ts";
import { endpointName } from "./endpoint.ts";
import type { ServiceNames, ServiceScope } from "./service-table.ts";
import { ServiceTable } from "./service-table.ts";
import { SpellingTable } from "./spelling-table.ts";

export type EndpointLimits = {
  readonly endpointsPerServiceMax: number;
  /** Overflow endpoints, at most one for each service, come on top. */
  readonly endpointsMax: number;
  readonly servicesMax?: number;
  /** Secret of this installation: keeps senders from crowding one place of the table. */
  readonly hashSeed?: number;
};

/** The part of an endpoint's names that its service does not tell. */
export type OperationNames = Pick<EndpointNames, "method" | "route" | "protocol">;

/** No request has this method and no canonical route is written like this route. */
export const OVERFLOW_OPERATION: OperationNames = { method: "*", route: "(other endpoints)", protocol: "http" };

const SERVICES_MAX = 100_000;

export class EndpointTable implements Iterable<Endpoint> {
  readonly services: ServiceTable;
  readonly spellings: SpellingTable;
  /** How often a new name came and was given to an overflow endpoint. */
  overflowedCount = 0;
  readonly #limits: EndpointLimits;
  readonly #endpoints: Endpoint[] = [];

  constructor(limits: EndpointLimits) {
    this.#limits = limits;
    this.services = new ServiceTable(limits.servicesMax ?? SERVICES_MAX);
    this.spellings = new SpellingTable(limits.hashSeed ?? 0);
  }

  get size(): number {
    return this.#endpoints.length;
  }

  at(id: number): Endpoint | undefined {
    return this.#endpoints[id];
  }

  /** In the order in which they were first seen. */
  [Symbol.iterator](): Iterator<Endpoint> {
    return this.#endpoints.values();
  }

  /** The endpoint of these names, made when it is new. Method and route have to be canonical. */
  intern(names: EndpointNames): Endpoint {
    return this.internIn(this.services.intern(names), names);
  }

  /** The same for a service at hand. */
  internIn(scope: ServiceScope, operation: OperationNames): Endpoint {
    const known = scope.endpointsByMethod.get(operation.method)?.get(operation.route);
    if (known !== undefined) return known;
    if (operation.route === OVERFLOW_OPERATION.route) return this.#overflowOf(scope);
    if (scope.endpointCount >= this.#limits.endpointsPerServiceMax || this.size >= this.#limits.endpointsMax) {
      this.overflowedCount++;
      return this.#overflowOf(scope);
    }
    scope.endpointCount++;
    return this.#add(scope, new InternedEndpoint(this.size, scope, operation));
  }

  /** The endpoint of these names if there is one. */
  byName(names: EndpointNames): Endpoint | undefined {
    return this.services.find(names)?.endpointsByMethod.get(names.method)?.get(names.route);
  }

  #overflowOf(scope: ServiceScope): Endpoint {
    scope.overflow ??= this.#add(scope, new InternedEndpoint(this.size, scope, OVERFLOW_OPERATION));
    return scope.overflow;
  }

  #add(scope: ServiceScope, endpoint: Endpoint): Endpoint {
    this.#endpoints.push(endpoint);
    let byRoute = scope.endpointsByMethod.get(endpoint.method);
    if (byRoute === undefined) {
      byRoute = new Map();
      scope.endpointsByMethod.set(endpoint.method, byRoute);
    }
    byRoute.set(endpoint.route, endpoint);
    return endpoint;
  }
}

class InternedEndpoint implements Endpoint {
  readonly id: number;
  readonly environment: string;
  readonly namespace: string;
  readonly service: string;
  readonly method: string;
  readonly route: string;
  readonly protocol: Protocol;

  constructor(id: number, service: ServiceNames, operation: OperationNames) {
    this.id = id;
    this.environment = service.environment;
    this.namespace = service.namespace;
    this.service = service.service;
    this.method = operation.method;
    this.route = operation.route;
    this.protocol = operation.protocol;
  }

  // Derived on demand: a million stored names would take 80 MB.
  get name(): string {
    return endpointName(this);
  }

  get isOverflow(): boolean {
    return this.route === OVERFLOW_OPERATION.route;
  }
}
