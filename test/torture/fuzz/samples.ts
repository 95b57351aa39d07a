/**
 * The well-formed messages that a run begins from: any content that the messages allow, and what real
 * services send, because the second reaches the reading of endpoints, statuses and clients.
 */

import type protobuf from "protobufjs";
import { protobufToJson } from "../../../src/core/otlp/json-from-protobuf.ts";
import type { Signal } from "../../../src/core/otlp/verdict.ts";
import { SIGNALS } from "../../../src/core/otlp/verdict.ts";
import { anyMessage } from "../../support/otlp-arbitrary.ts";
import {
  encode,
  LOGS_REQUEST,
  LOGS_RESPONSE,
  METRICS_REQUEST,
  METRICS_RESPONSE,
  RPC_STATUS,
  TRACE_REQUEST,
  TRACE_RESPONSE,
} from "../../support/otlp-protobuf.ts";
import { anyTraceRequest } from "../../support/otlp-requests.ts";
import { fc } from "../../support/properties.ts";
import { traceRequest } from "../../support/trace-request.ts";

export const REQUEST_TYPES: Readonly<Record<Signal, protobuf.Type>> = {
  traces: TRACE_REQUEST,
  metrics: METRICS_REQUEST,
  logs: LOGS_REQUEST,
};

export const RESPONSE_TYPES: Readonly<Record<Signal, protobuf.Type>> = {
  traces: TRACE_RESPONSE,
  metrics: METRICS_RESPONSE,
  logs: LOGS_RESPONSE,
};

type Pool = readonly Uint8Array[];

export type Samples = {
  readonly protobuf: Readonly<Record<Signal, Pool>>;
  readonly json: Readonly<Record<Signal, Pool>>;
  readonly responses: Readonly<Record<Signal, Pool>>;
  readonly statuses: Pool;
};

const POOL_SIZE = 60;
/** Longer ones would only make fewer. */
const SAMPLE_MAX_BYTES = 3_000;

/** The same for the same seed. */
export function makeSamples(seed: number): Samples {
  const requests = {
    traces: [...anyRequests("traces", seed), ...oddFormRequests(seed), ...realisticRequests()],
    metrics: anyRequests("metrics", seed),
    logs: anyRequests("logs", seed),
  };
  return {
    protobuf: requests,
    json: bySignal((signal) => requests[signal].flatMap((bytes) => jsonOf(signal, bytes))),
    responses: bySignal((signal) => samplesOf(RESPONSE_TYPES[signal], seed)),
    statuses: samplesOf(RPC_STATUS, seed),
  };
}

function bySignal(make: (signal: Signal) => Pool): Record<Signal, Pool> {
  const [traces = [], metrics = [], logs = []] = SIGNALS.map(make);
  return { traces, metrics, logs };
}

function anyRequests(signal: Signal, seed: number): Pool {
  return samplesOf(REQUEST_TYPES[signal], seed);
}

function samplesOf(type: protobuf.Type, seed: number): Pool {
  const messages = fc.sample(anyMessage(type), { numRuns: POOL_SIZE * 3, seed });
  return short(messages.map((message) => encode(type, message)));
}

function oddFormRequests(seed: number): Pool {
  return short(fc.sample(anyTraceRequest(), { numRuns: POOL_SIZE * 3, seed }).map(({ bytes }) => bytes));
}

function short(messages: Pool): Pool {
  return messages.filter(({ length }) => length <= SAMPLE_MAX_BYTES).slice(0, POOL_SIZE);
}

/** One for each way of naming an endpoint, a status, a client. */
function realisticRequests(): Pool {
  const attributeSets: readonly Readonly<Record<string, string | number>>[] = [
    {},
    { "url.full": "https://shop.example.com/orders/4711?token=abc" },
    { "http.route": "/users/{id:int}/(?P<pk>[^/.]+)/:name*" },
    { "next.route": "/(auth)/login/page", "next.span_type": "BaseServer.handleRequest" },
    { "rpc.system": "grpc", "rpc.service": "auth.v1.Login", "rpc.method": "SignIn", "rpc.grpc.status_code": 16 },
    { "grpc.method": "/auth.v1.Login/SignIn", "grpc.status_code": "UNAUTHENTICATED" },
    { method: "GET", uri: "/api/{id}", status: "401" },
    { "client.address": "[2001:db8::1]:443", "user_agent.original": "curl/8" },
    { "http.request.header.x-forwarded-for": "203.0.113.9, 10.0.0.1, ::ffff:192.168.0.1%eth0" },
    { component: "proxy", "http.status_code": "401", "http.method": "_OTHER" },
  ];
  return attributeSets.map((attributes, index) => {
    const failures = Array.from({ length: 1 + (index % 3) }, () => ({ route: "/login", status: 401, attributes }));
    return traceRequest([...failures, { status: 200, attributes }], { "service.version": "1" });
  });
}

function jsonOf(signal: Signal, bytes: Uint8Array): Pool {
  const json = protobufToJson(signal, bytes);
  return json.kind === "ok" ? [Buffer.from(json.text)] : [];
}
