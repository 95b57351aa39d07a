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
  /**
   * Whom the service calls, such as `idp.example.com`: the endpoint is that one's, as the service sees it.
   * Absent for what the service itself answers.
   */
  readonly peer?: string | undefined;
  /** HTTP: the method in capitals, `_OTHER` kept. gRPC: "". */
  readonly method: string;
  /** HTTP: canonical route such as `/users/{}`. gRPC: `package.Service/Method`. "" for calls that name no template. */
  readonly route: string;
  readonly protocol: Protocol;
};

export type Endpoint = EndpointNames & {
  /** Dense index from 0, never stored. It is the endpoint's until that is forgotten; then another gets it. */
  readonly id: number;
  /** Keyed hash of the names, 31 bits: unlike the id the same in every run of one installation. */
  readonly hash: number;
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
  const { environment, namespace, service, peer, method, route, protocol } = endpoint;
  return { environment, namespace, service, ...(peer === undefined ? {} : { peer }), method, route, protocol };
}

/** On which side of the request the service stands that tells of it. */
export function sideOf({ peer }: Pick<EndpointNames, "peer">): "server" | "client" {
  return peer === undefined ? "server" : "client";
}

/**
 * `METHOD /canonical/route`, or `package.Service/Method`: the form of `authspike.endpoint`. Of calls it says
 * whom as well: `POST idp.example.com/oauth/token`.
 */
export function endpointName({ method, peer = "", route }: Pick<EndpointNames, "method" | "peer" | "route">): string {
  if (method !== "") return `${method} ${peer}${route}`;
  return peer === "" ? route : `${peer} ${route}`;
}
