/**
 * The three ways into a receiver, and what they answer in one form: checks that hold for all of them
 * are written once.
 */
import { encodeMessage } from "../../src/core/otlp/json-to-protobuf.ts";
import { EXPORT_REQUESTS } from "../../src/core/otlp/message-tables.ts";
import type { Signal } from "../../src/core/otlp/verdict.ts";
import { decode, LOGS_RESPONSE, METRICS_RESPONSE, TRACE_RESPONSE } from "../support/otlp-protobuf.ts";
import { demand, NotApplicable } from "./check.ts";
import { callGrpc, describeGrpc, EXPORT_PATHS, frame, GRPC_OK } from "./grpc-caller.ts";
import { callHttp, describeHttp, JSON_TYPE, PROTOBUF } from "./http-caller.ts";
import type { Target } from "./target.ts";

export type Way = "grpc" | "http/protobuf" | "http/json";

/** An export request as its OTLP/JSON stands for it. */
export type ExportRequest = { readonly signal: Signal; readonly json: object };

export type Answer = {
  readonly way: Way;
  readonly isTaken: boolean;
  /** Items left out of a request that was taken. */
  readonly rejected: number;
  readonly message: string;
  /** For a report. */
  readonly seen: string;
};

const RESPONSE_TYPES = { traces: TRACE_RESPONSE, metrics: METRICS_RESPONSE, logs: LOGS_RESPONSE };
const REJECTED_FIELDS = { traces: "rejectedSpans", metrics: "rejectedDataPoints", logs: "rejectedLogRecords" };

/** Those that the target has an address for. */
export function waysInto({ grpc, http }: Target): readonly Way[] {
  const overGrpc: readonly Way[] = grpc === null ? [] : ["grpc"];
  const overHttp: readonly Way[] = http === null ? [] : ["http/protobuf", "http/json"];
  if (grpc === null && http === null) throw new NotApplicable("needs --grpc or --http");
  return [...overGrpc, ...overHttp];
}

/** Ids of a wrong length stay as they are. */
export function protobufOf({ signal, json }: ExportRequest): Uint8Array {
  const encoded = encodeMessage(EXPORT_REQUESTS[signal], json);
  if (encoded.kind === "malformed") throw new Error(`the check's own request is malformed: ${encoded.message}`);
  return encoded.bytes;
}

export function send(target: Target, way: Way, request: ExportRequest): Promise<Answer> {
  const bytes = way === "http/json" ? Buffer.from(JSON.stringify(request.json)) : protobufOf(request);
  return sendBytes(target, way, { signal: request.signal, bytes });
}

export async function sendBytes(
  target: Target,
  way: Way,
  { signal, bytes }: { readonly signal: Signal; readonly bytes: Uint8Array },
): Promise<Answer> {
  if (way === "grpc") {
    const answer = await callGrpc(target, { path: EXPORT_PATHS[signal], frames: frame(bytes) });
    const isTaken = answer.status === GRPC_OK;
    const partial = isTaken ? partialSuccess(way, signal, answer.body ?? Buffer.alloc(0)) : NOTHING;
    return { way, isTaken, ...partial, seen: `${describeGrpc(answer)} ${describePartial(partial)}` };
  }
  const headers = way === "http/json" ? JSON_TYPE : PROTOBUF;
  const answer = await callHttp(target, { path: `/v1/${signal}`, headers, body: bytes });
  const isTaken = answer.status === 200;
  const partial = isTaken ? partialSuccess(way, signal, answer.body) : NOTHING;
  return { way, isTaken, ...partial, seen: `${describeHttp(answer)} ${describePartial(partial)}` };
}

/** Sends it over every way there is and demands that it is taken as a whole. */
export async function demandTaken(target: Target, request: ExportRequest): Promise<void> {
  for (const way of waysInto(target)) {
    const answer = await send(target, way, request);
    demand(answer.isTaken && answer.rejected === 0, `${way}: ${answer.seen}`);
  }
}

type LeftOut = { readonly rejected: number; readonly message: string };
const NOTHING: LeftOut = { rejected: 0, message: "" };

function partialSuccess(way: Way, signal: Signal, body: Buffer): LeftOut {
  type Response = { readonly partialSuccess?: Readonly<Record<string, unknown>> };
  const response = (
    way === "http/json" ? JSON.parse(body.toString()) : decode(RESPONSE_TYPES[signal], body)
  ) as Response;
  const partial = response.partialSuccess ?? {};
  return { rejected: Number(partial[REJECTED_FIELDS[signal]] ?? 0), message: String(partial["errorMessage"] ?? "") };
}

function describePartial({ message, rejected }: LeftOut): string {
  return rejected === 0 && message === "" ? "" : `(rejected ${rejected}: ${message})`;
}
