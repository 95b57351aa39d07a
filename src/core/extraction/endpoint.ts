/**
 * An endpoint: the thing whose usual rate of failed authentication is learned.
 *
 * Endpoints are interned: the same names always give the same object with the same dense `id`, so
 * that the path every span takes compares numbers and indexes arrays.
 */
export type Protocol = "http" | "grpc";

export type EndpointNames = {
  /** `deployment.environment.name`, or "" when the sender names none. */
  readonly environment: string;
  /** `service.namespace`, or "". */
  readonly namespace: string;
  /** `service.name`, or "unknown_service". */
  readonly service: string;
  /** HTTP: the method in capitals, `_OTHER` kept. gRPC: "". */
  readonly method: string;
  /** HTTP: canonical route such as `/users/{}`. gRPC: `package.Service/Method`. */
  readonly route: string;
  readonly protocol: Protocol;
};

export type Endpoint = EndpointNames & {
  /** Dense index from 0, never stored. It is the endpoint's until that is forgotten; then another gets it. */
  readonly id: number;
  /** What people read: `POST /login`, `package.Service/Method`. */
  readonly name: string;
  /** Stands for every endpoint beyond the cap of its service. Watched like any other. */
  readonly isOverflow: boolean;
};

/** Calls have no method besides their name. */
export function protocolOf(method: string): Protocol {
  return method === "" ? "grpc" : "http";
}

/** The names alone, as plain data that may be stored. */
export function endpointNames(endpoint: EndpointNames): EndpointNames {
  const { environment, namespace, service, method, route, protocol } = endpoint;
  return { environment, namespace, service, method, route, protocol };
}

/** `METHOD /canonical/route`, or `package.Service/Method`: the form of `authspike.endpoint`. */
export function endpointName(names: Pick<EndpointNames, "method" | "route">): string {
  return names.method === "" ? names.route : `${names.method} ${names.route}`;
}
