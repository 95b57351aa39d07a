/**
 * Planned requests as OTLP, in the shape that instrumented services give them: a SERVER span each,
 * with INTERNAL and CLIENT children that are no requests of their own.
 */
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_SYSTEM_NAME,
  ATTR_DEPLOYMENT_ENVIRONMENT_NAME,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_RPC_METHOD,
  ATTR_RPC_RESPONSE_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
  ATTR_TELEMETRY_SDK_LANGUAGE,
  ATTR_TELEMETRY_SDK_NAME,
  ATTR_URL_PATH,
  ATTR_USER_AGENT_ORIGINAL,
} from "@opentelemetry/semantic-conventions/incubating";
import { assert } from "../../core/assert.ts";
import { encodeMessage } from "../../core/otlp/json-to-protobuf.ts";
import { EXPORT_REQUESTS } from "../../core/otlp/message-tables.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { SeededChance } from "./seeded-chance.ts";
import type { PlannedRequest } from "./traffic-plan.ts";

export type EncodedRequests = { readonly bytes: Uint8Array; readonly spanCount: number };

const KIND_INTERNAL = 1;
const KIND_SERVER = 2;
const KIND_CLIENT = 3;
const STATUS_ERROR = 2;
const ATTR_CHALLENGE = "http.response.header.www-authenticate";
const SCOPE = { name: "authspike.traffic", version: "1" };
export const TRAFFIC_ENVIRONMENT = "demo";

/** One export request; all of the requests must belong to one service, as an SDK's do. */
export function encodeRequests(requests: readonly PlannedRequest[], chance: SeededChance): EncodedRequests {
  const spans = requests.flatMap((request) => spansOf(request, chance));
  const resource = { attributes: resourceAttributes(requests[0]?.flow.service ?? "") };
  const encoded = encodeMessage(EXPORT_REQUESTS.traces, {
    resourceSpans: [{ resource, scopeSpans: [{ scope: SCOPE, spans }] }],
  });
  assert(encoded.kind === "ok", "planned requests fit the tables");
  return { bytes: encoded.bytes, spanCount: spans.length };
}

function resourceAttributes(service: string): object[] {
  return keyValues({
    [ATTR_SERVICE_NAME]: service,
    [ATTR_SERVICE_VERSION]: "2.3.1",
    [ATTR_SERVICE_INSTANCE_ID]: `${service}-0`,
    [ATTR_DEPLOYMENT_ENVIRONMENT_NAME]: TRAFFIC_ENVIRONMENT,
    [ATTR_TELEMETRY_SDK_NAME]: "opentelemetry",
    [ATTR_TELEMETRY_SDK_LANGUAGE]: "nodejs",
  });
}

function spansOf(request: PlannedRequest, chance: SeededChance): object[] {
  const { endedAt, durationMs } = request;
  const startedAt = endedAt - durationMs;
  const traceId = chance.hex(32);
  const root = {
    traceId,
    spanId: chance.hex(16),
    ...times(startedAt, endedAt),
    kind: KIND_SERVER,
    ...serverFacts(request),
  };
  const child = { traceId, parentSpanId: root.spanId };
  const check = { ...child, spanId: chance.hex(16), name: "check credentials", kind: KIND_INTERNAL };
  const query = {
    ...child,
    spanId: chance.hex(16),
    name: "SELECT shop",
    kind: KIND_CLIENT,
    attributes: QUERY_ATTRIBUTES,
  };
  const middle = startedAt + durationMs / 2;
  const children = [{ ...check, ...times(startedAt + durationMs / 10, middle) }];
  // What is refused never gets as far as the database.
  return request.isRefused ? [...children, root] : [...children, { ...query, ...times(middle, endedAt) }, root];
}

const QUERY_ATTRIBUTES = keyValues({ [ATTR_DB_SYSTEM_NAME]: "postgresql", [ATTR_DB_OPERATION_NAME]: "SELECT" });

function serverFacts({ flow, isRefused, client, userAgent }: PlannedRequest): object {
  const peer = { [ATTR_CLIENT_ADDRESS]: client, [ATTR_USER_AGENT_ORIGINAL]: userAgent };
  if (flow.method === "") {
    const status = isRefused ? "UNAUTHENTICATED" : "OK";
    const rpc = {
      [ATTR_RPC_SYSTEM_NAME]: "grpc",
      [ATTR_RPC_METHOD]: flow.route,
      [ATTR_RPC_RESPONSE_STATUS_CODE]: status,
    };
    const failure = isRefused ? { [ATTR_ERROR_TYPE]: status } : {};
    return {
      name: flow.route,
      attributes: keyValues({ ...rpc, ...peer, ...failure }),
      status: isRefused ? { code: STATUS_ERROR } : {},
    };
  }
  const http = {
    [ATTR_HTTP_REQUEST_METHOD]: flow.method,
    [ATTR_HTTP_ROUTE]: flow.route,
    [ATTR_URL_PATH]: flow.route.replace("{id}", "1042"),
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: isRefused ? 401 : 200,
  };
  // A server does not call a 401 an error of its own: the span's status stays unset.
  const refusal = isRefused
    ? [{ key: ATTR_CHALLENGE, value: { arrayValue: { values: [{ stringValue: flow.challenge }] } } }]
    : [];
  return { name: `${flow.method} ${flow.route}`, attributes: [...keyValues({ ...http, ...peer }), ...refusal] };
}

function keyValues(values: Readonly<Record<string, string | number>>): object[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value },
  }));
}

function times(startedAt: UnixMillis, endedAt: UnixMillis) {
  return { startTimeUnixNano: unixNanos(startedAt), endTimeUnixNano: unixNanos(endedAt) };
}

function unixNanos(time: UnixMillis): string {
  return String(BigInt(Math.round(time * 1000)) * 1000n);
}
