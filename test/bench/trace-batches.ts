/**
 * Export requests as a fleet of instrumented services sends them: each request from one service, its
 * spans spread over that service's endpoints, one failed authentication in twenty.
 */
import assert from "node:assert/strict";
import { encodeMessage } from "../../src/core/otlp/json-to-protobuf.ts";
import { EXPORT_REQUESTS } from "../../src/core/otlp/message-tables.ts";
import { Random } from "../support/random.ts";

export type BatchPlan = {
  readonly spansPerBatch: number;
  readonly batchCount: number;
  readonly endpointCount: number;
  /** Of the SERVER spans; 0 to 1. */
  readonly failureShare: number;
  /** Of all spans; the others are INTERNAL and CLIENT spans, which stand for no request. */
  readonly serverShare: number;
  /** Services are this and a number. */
  readonly servicePrefix?: string;
  readonly seed?: number;
};

const SERVICES_MAX = 20;
const CLIENTS = 20_000;
const BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36";
const START_NANOS = 1_760_000_000_000_000_000n;
const KIND_INTERNAL = 1;
const KIND_SERVER = 2;

/** Endpoints come in turn, so that a ring of batches with as many SERVER spans visits them all. */
export function traceBatches(plan: BatchPlan): readonly Uint8Array[] {
  const random = new Random(plan.seed ?? 1);
  const serviceCount = Math.min(SERVICES_MAX, plan.endpointCount);
  const nextEndpoint = Array.from({ length: serviceCount }, () => 0);
  return Array.from({ length: plan.batchCount }, (_, batch) => {
    const service = batch % serviceCount;
    const endpoints = Math.ceil(plan.endpointCount / serviceCount);
    const spans = Array.from({ length: plan.spansPerBatch }, () => {
      if (!random.chance(plan.serverShare)) return internalSpan(random);
      const endpoint = nextEndpoint[service] ?? 0;
      nextEndpoint[service] = (endpoint + 1) % endpoints;
      return serverSpan(routeOf(endpoint), random.chance(plan.failureShare), random);
    });
    return encodeTraces(`${plan.servicePrefix ?? "service"}-${service}`, spans);
  });
}

export function encodeTraces(
  service: string,
  spans: readonly object[],
  { environment = "prod" }: { readonly environment?: string } = {},
): Uint8Array {
  const attributes = keyValues({
    "service.name": service,
    "service.version": "2.3.1",
    "deployment.environment.name": environment,
    "telemetry.sdk.language": "java",
  });
  const scopeSpans = [{ scope: { name: "bench", version: "1.0.0" }, spans }];
  const encoded = encodeMessage(EXPORT_REQUESTS.traces, { resourceSpans: [{ resource: { attributes }, scopeSpans }] });
  assert(encoded.kind === "ok");
  return encoded.bytes;
}

export type ServerSpan = Readonly<Record<string, unknown>> & { readonly traceId: string };

/** Twelve attributes, some 560 bytes: what the HTTP instrumentations of today set. */
export function serverSpan(route: string, isFailed: boolean, random: Random): ServerSpan {
  const client = random.integer(CLIENTS);
  return {
    ...spanFrame(random),
    name: `GET ${route}`,
    kind: KIND_SERVER,
    attributes: keyValues({
      "http.request.method": "GET",
      "http.route": route,
      "url.scheme": "https",
      "url.path": route.replace("{id}", String(100_000 + random.integer(900_000))),
      "server.address": "shop.example.com",
      "server.port": 443,
      "client.address": `203.0.${client >> 8}.${client & 255}`,
      "network.protocol.version": "2",
      "user_agent.original": BROWSER,
      "http.response.status_code": isFailed ? 401 : 200,
      "thread.id": 1 + random.integer(200),
      "thread.name": "http-nio-8080-exec-7",
    }),
  };
}

/** Just enough to be counted, for benches of very many endpoints. */
export function shortServerSpan(route: string, isFailed: boolean, random: Random): ServerSpan {
  return {
    ...spanFrame(random),
    name: "GET",
    kind: KIND_SERVER,
    attributes: keyValues({
      "http.request.method": "GET",
      "http.route": route,
      "client.address": `203.0.113.${random.integer(256)}`,
      "http.response.status_code": isFailed ? 401 : 200,
    }),
  };
}

/** Letters only, because digits would be taken for an identifier. */
export function routeOf(endpoint: number): string {
  const letters = [...endpoint.toString(8)].map((digit) => "bdfgklmn"[Number(digit)]).join("");
  return `/api/v1/${letters}/{id}/details`;
}

function internalSpan(random: Random): object {
  return {
    ...spanFrame(random),
    name: "SELECT shop.orders",
    kind: KIND_INTERNAL,
    attributes: keyValues({
      "db.system.name": "postgresql",
      "db.operation.name": "SELECT",
      "db.namespace": "shop",
      "db.query.text": "SELECT * FROM orders WHERE customer_id = $1 AND placed_at > $2",
      "server.address": "db-3.internal",
      "server.port": 5432,
      "thread.id": 1 + random.integer(200),
      "thread.name": "http-nio-8080-exec-7",
    }),
  };
}

function spanFrame(random: Random) {
  const durationNanos = BigInt(1_000_000 * (1 + random.integer(200)));
  return {
    traceId: hex(random, 4),
    spanId: hex(random, 2),
    parentSpanId: hex(random, 2),
    flags: 0x301,
    startTimeUnixNano: String(START_NANOS),
    endTimeUnixNano: String(START_NANOS + durationNanos),
    status: {},
  };
}

/** Never all zero. */
function hex(random: Random, words: number): string {
  return Array.from({ length: words }, () => (1 + random.integer(2 ** 32 - 1)).toString(16).padStart(8, "0")).join("");
}

function keyValues(values: Readonly<Record<string, string | number>>): object[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value },
  }));
}
