/**
 * One request of the benchmark, with the truth about it: a line of the `requests` format that
 * `authspike backtest` reads, and the attack that it belongs to.
 *
 * Endpoints are shared objects, so that a contestant finds its state by identity and no key is put
 * together per request.
 */
import { ATTR_SERVICE_VERSION, ATTR_USER_AGENT_ORIGINAL } from "@opentelemetry/semantic-conventions/incubating";
import type { RecordedRequest } from "../../../src/core/extraction/request-observation.ts";
import type { UnixMillis } from "../../../src/core/time.ts";

export type BenchEndpoint = {
  readonly service: string;
  readonly env: string;
  readonly method: string;
  readonly route: string;
};

export type BenchRequest = {
  /** When it ended, by the clock of whoever served it. */
  readonly time: UnixMillis;
  /** When it reached us: streams are in this order. */
  readonly arrived: UnixMillis;
  readonly endpoint: BenchEndpoint;
  readonly status: number;
  /** Null where the sender names none. */
  readonly client: string | null;
  readonly userAgent: string;
  readonly cause: string | null;
  readonly version: string;
  readonly weight: number;
  /** Number of the attack that it is part of; `BENIGN` for everybody else's requests. */
  readonly attack: number;
};

export const BENIGN = -1;

export function endpointKey({ service, method, route }: Omit<BenchEndpoint, "env">): string {
  return `${service} ${method} ${route}`;
}

export function toRecordedRequest(request: BenchRequest): RecordedRequest {
  const { endpoint, client, cause } = request;
  return {
    endedAt: request.time,
    service: endpoint.service,
    environment: endpoint.env,
    method: endpoint.method,
    route: endpoint.route,
    httpStatus: request.status,
    weight: request.weight,
    ...(client === null ? {} : { client }),
    ...(cause === null ? {} : { cause }),
    attributes: { [ATTR_USER_AGENT_ORIGINAL]: request.userAgent, [ATTR_SERVICE_VERSION]: request.version },
  };
}

/** As a line for `authspike backtest`; `attack` is a field more, which it leaves alone. */
export function toLine({ endpoint, userAgent, client, cause, ...request }: BenchRequest): string {
  return JSON.stringify({
    time: request.time,
    arrived: request.arrived,
    ...endpoint,
    status: request.status,
    ...(client === null ? {} : { client }),
    user_agent: userAgent,
    ...(cause === null ? {} : { cause }),
    version: request.version,
    weight: request.weight,
    ...(request.attack === BENIGN ? {} : { attack: request.attack }),
  });
}
