/**
 * Services, interned: what every endpoint of one sender has in common.
 *
 * A resource is read once for all its spans; from then on a service is an object with a number. Their
 * number is bounded, because `service.name` is text that any sender chooses.
 */
import { cleanName } from "./clean-text.ts";
import type { Nesting } from "./joining/nesting.ts";

export type ServiceNames = {
  readonly environment: string;
  readonly namespace: string;
  readonly service: string;
};

/** A service, and how many endpoints it has. Owned by the EndpointTable. */
export type ServiceScope = ServiceNames & {
  /** Dense index from 0, stable for the life of the process. */
  readonly index: number;
  /** Services of this name and environment in all namespaces, this one among them. */
  readonly namesakes: readonly ServiceScope[];
  /** Of its endpoints, the overflow endpoint aside. */
  keptCount: number;
  probationCount: number;
  /** Id of the endpoint that stands for those beyond the bounds; null while there is none. */
  overflowId: number | null;
  /** Some span of the service had an Authorization header: from then on its absence means something. */
  capturesCredentials: boolean;
  /** Kept here by the joiner, which asks for it with every request. */
  nesting: Nesting | null;
};

/** What the conventions have senders call themselves when nobody named them. */
export const UNKNOWN_SERVICE = "unknown_service";

/** Stands for all services beyond the bound. */
const OTHER_SERVICES: ServiceNames = { environment: "", namespace: "", service: "(other services)" };

export class ServiceTable {
  readonly #servicesMax: number;
  readonly #byKey = new Map<string, ServiceScope>();
  readonly #namesakes = new Map<string, ServiceScope[]>();
  readonly #scopes: ServiceScope[] = [];
  #overflow: ServiceScope | null = null;

  constructor(servicesMax: number) {
    this.#servicesMax = servicesMax;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The names as they were sent; they are cleaned here. */
  intern(names: ServiceNames): ServiceScope {
    const scope = this.find(names);
    if (scope !== undefined) return scope;
    if (this.#byKey.size >= this.#servicesMax) {
      this.#overflow ??= createScope(OTHER_SERVICES, this.#servicesMax, []);
      return this.#overflow;
    }
    const clean = cleanNames(names);
    const created = createScope(clean, this.#byKey.size, this.#namesakesOf(clean));
    this.#byKey.set(keyOf(created), created);
    this.#scopes.push(created);
    return created;
  }

  /** Only for the index of a service that was interned. */
  at(index: number): ServiceScope {
    const scope = this.#scopes[index] ?? this.#overflow;
    if (scope === null) throw new Error(`there is no service ${index}`);
    return scope;
  }

  find(names: ServiceNames): ServiceScope | undefined {
    return this.#byKey.get(keyOf(cleanNames(names)));
  }

  #namesakesOf(names: ServiceNames): ServiceScope[] {
    const key = keyOf({ ...names, namespace: "" });
    const namesakes = this.#namesakes.get(key) ?? [];
    this.#namesakes.set(key, namesakes);
    return namesakes;
  }
}

function createScope(names: ServiceNames, index: number, namesakes: ServiceScope[]): ServiceScope {
  const scope: ServiceScope = {
    ...names,
    index,
    namesakes,
    keptCount: 0,
    probationCount: 0,
    overflowId: null,
    capturesCredentials: false,
    nesting: null,
  };
  namesakes.push(scope);
  return scope;
}

function cleanNames({ environment, namespace, service }: ServiceNames): ServiceNames {
  return {
    environment: cleanName(environment),
    namespace: cleanName(namespace),
    service: cleanName(service) || UNKNOWN_SERVICE,
  };
}

/** Cleaned names hold no control characters, so the zero byte cannot be part of one. */
function keyOf({ environment, namespace, service }: ServiceNames): string {
  return `${environment}\0${namespace}\0${service}`;
}
