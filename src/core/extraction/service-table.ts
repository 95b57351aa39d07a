/**
 * Services, interned: what every endpoint of one sender has in common.
 *
 * A resource is read once for all its spans; from then on a service is an object with a number. Their
 * number is bounded, because `service.name` is text that any sender chooses. What a service calls is
 * interned beside it and bounded apart: a service that fetches whatever its users ask it to must not keep
 * out other services, nor hide what it depends on.
 */
import { cleanName } from "./clean-text.ts";
import { hashText } from "./hash-text.ts";
import type { ServiceTally } from "./instrumentation/service-tally.ts";
import type { Nesting } from "./joining/nesting.ts";

export type ServiceNames = {
  readonly environment: string;
  readonly namespace: string;
  readonly service: string;
  /** Whom it calls; absent for the service itself. */
  readonly peer?: string | undefined;
};

/** A service, and how many endpoints it has. Owned by the EndpointTable. */
export type ServiceScope = ServiceNames & {
  /** Dense index from 0, stable for the life of the process. */
  readonly index: number;
  /** Keyed hash of its names, the same in every run. */
  readonly hash: number;
  /** Services of this name and environment in all namespaces, this one among them. */
  readonly namesakes: readonly ServiceScope[];
  /** Of its endpoints, the overflow endpoint aside. */
  keptCount: number;
  probationCount: number;
  /** Id of the endpoint that stands for those beyond the bounds; null while there is none. */
  overflowId: number | null;
  /** Some span of the service had an Authorization header: from then on its absence means something. */
  capturesCredentials: boolean;
  /** It has answered a bad token with an error code: from then on a challenge without one means something. */
  namesBadTokens: boolean;
  /** Kept here by the joiner, which asks for it with every request. */
  nesting: Nesting | null;
  /** The same for whoever watches how the service is instrumented. */
  tally: ServiceTally | null;
  /** What the service calls, by name. */
  peers: Map<string, ServiceScope> | null;
};

export const PEERS_PER_SERVICE_MAX = 50;
export const PEERS_MAX = 10_000;

/** What the conventions have senders call themselves when nobody named them. */
export const UNKNOWN_SERVICE = "unknown_service";

/** Stands for all services beyond the bound. */
const OTHER_SERVICES: ServiceNames = { environment: "", namespace: "", service: "(other services)" };
/** Stands for all that a service calls beyond the bound. */
const OTHER_PEERS = "(other peers)";

export class ServiceTable {
  readonly #servicesMax: number;
  readonly #hashSeed: number;
  readonly #byKey = new Map<string, ServiceScope>();
  readonly #namesakes = new Map<string, ServiceScope[]>();
  readonly #scopes: ServiceScope[] = [];
  /** Calls whose peer found no room. */
  peersOverflowedCount = 0;
  #peerCount = 0;
  #overflow: ServiceScope | null = null;

  constructor(servicesMax: number, hashSeed: number) {
    this.#servicesMax = servicesMax;
    this.#hashSeed = hashSeed;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Of all services together. */
  get peerCount(): number {
    return this.#peerCount;
  }

  /** The names as they were sent; they are cleaned here. */
  intern(names: ServiceNames): ServiceScope {
    const service = this.#findService(names) ?? this.#addService(names);
    return names.peer === undefined ? service : this.peerOf(service, names.peer);
  }

  /** What the service calls by this name, as it was sent. */
  peerOf(service: ServiceScope, peer: string): ServiceScope {
    return service.peers?.get(peer) ?? this.#addPeer(service, cleanName(peer));
  }

  /** Only for the index of a service that was interned. */
  at(index: number): ServiceScope {
    const scope = this.#scopes[index];
    if (scope === undefined) throw new Error(`there is no service ${index}`);
    return scope;
  }

  find(names: ServiceNames): ServiceScope | undefined {
    const service = this.#findService(names);
    return names.peer === undefined ? service : service?.peers?.get(cleanName(names.peer));
  }

  #findService(names: ServiceNames): ServiceScope | undefined {
    return this.#byKey.get(keyOf(cleanNames(names)));
  }

  #addService(names: ServiceNames): ServiceScope {
    if (this.#byKey.size >= this.#servicesMax) {
      this.#overflow ??= this.#add(OTHER_SERVICES, []);
      return this.#overflow;
    }
    const clean = cleanNames(names);
    const created = this.#add(clean, this.#namesakesOf(clean));
    this.#byKey.set(keyOf(created), created);
    return created;
  }

  #addPeer(service: ServiceScope, name: string): ServiceScope {
    service.peers ??= new Map();
    const known = service.peers.get(name);
    if (known !== undefined) return known;
    const isFull = service.peers.size >= PEERS_PER_SERVICE_MAX || this.#peerCount >= PEERS_MAX;
    if (isFull && name !== OTHER_PEERS) {
      this.peersOverflowedCount++;
      return this.#addPeer(service, OTHER_PEERS);
    }
    const { environment, namespace, service: serviceName } = service;
    const names = { environment, namespace, service: serviceName, peer: name };
    const created = this.#add(names, this.#namesakesOf(names));
    service.peers.set(name, created);
    this.#peerCount++;
    return created;
  }

  #add(names: ServiceNames, namesakes: ServiceScope[]): ServiceScope {
    const place = { index: this.#scopes.length, hash: hashText(keyOf(names), this.#hashSeed) };
    const created = createScope(names, place, namesakes);
    this.#scopes.push(created);
    return created;
  }

  #namesakesOf(names: ServiceNames): ServiceScope[] {
    const key = keyOf({ ...names, namespace: "" });
    const namesakes = this.#namesakes.get(key) ?? [];
    this.#namesakes.set(key, namesakes);
    return namesakes;
  }
}

function createScope(
  names: ServiceNames,
  place: Pick<ServiceScope, "index" | "hash">,
  namesakes: ServiceScope[],
): ServiceScope {
  const scope: ServiceScope = {
    ...names,
    ...place,
    namesakes,
    keptCount: 0,
    probationCount: 0,
    overflowId: null,
    capturesCredentials: false,
    namesBadTokens: false,
    nesting: null,
    tally: null,
    peers: null,
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
function keyOf({ environment, namespace, peer = "", service }: ServiceNames): string {
  return `${environment}\0${namespace}\0${service}\0${peer}`;
}
