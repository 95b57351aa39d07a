/** The gRPC side of the OTLP sink: the three Export methods over raw bytes. */

import { promisify } from "node:util";
import type { ServerUnaryCall, ServiceDefinition, sendUnaryData, UntypedServiceImplementation } from "@grpc/grpc-js";
import { Metadata, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { encodeExportResponse } from "../../core/otlp/export-response.ts";
import { encodeRpcStatus } from "../../core/otlp/rpc-status.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import { SIGNALS } from "../../core/otlp/verdict.ts";
import { LOOPBACK_HOST } from "./loopback-http.ts";
import type { Receive, SinkFault } from "./otlp-sink-exchange.ts";
import { partialSuccessOf, REQUEST_MAX_BYTES } from "./otlp-sink-exchange.ts";

const METHOD_PATHS: Readonly<Record<Signal, string>> = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
};

type Call = ServerUnaryCall<Buffer, Buffer>;
type Reply = sendUnaryData<Buffer>;

export class OtlpSinkGrpc {
  readonly #server = new Server({ "grpc.max_receive_message_length": REQUEST_MAX_BYTES });
  #port = 0;

  /** Listens at once; a port of 0 asks for a free one. */
  async start(port: number, receive: Receive): Promise<void> {
    for (const signal of SIGNALS) {
      this.#server.addService(exportService(METHOD_PATHS[signal]), {
        Export: (call: Call, reply: Reply) => this.#serve(signal, receive, call, reply),
      });
    }
    const bind = promisify(this.#server.bindAsync.bind(this.#server));
    this.#port = await bind(`${LOOPBACK_HOST}:${port}`, ServerCredentials.createInsecure());
  }

  get port(): number {
    if (this.#port === 0) throw new Error("the OTLP sink has not been started");
    return this.#port;
  }

  /** Breaks off every call, those that hang included. */
  close(): void {
    this.#server.forceShutdown();
  }

  #serve(signal: Signal, receive: Receive, call: Call, reply: Reply): void {
    const headers = textHeaders(call.metadata);
    const fault = receive({ signal, protocol: "grpc", headers, bytes: call.request });
    const refusal = refuse(fault);
    if (refusal !== undefined) reply(refusal);
    else if (fault?.kind === "reset" || fault?.kind === "reset-after-accepting") this.#reset();
    else if (fault?.kind !== "hang") reply(null, success(signal, fault));
  }

  /** All connections end, as one cannot be told from the others here. New ones are taken as before. */
  #reset(): void {
    this.#server.drain(`${LOOPBACK_HOST}:${this.#port}`, 0);
  }
}

/** grpc-js hands over and takes plain bytes when its functions to (de)serialize do nothing. */
function exportService(path: string): ServiceDefinition<UntypedServiceImplementation> {
  const asIs = (bytes: Buffer) => bytes;
  return {
    Export: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  };
}

function textHeaders(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]));
}

function success(signal: Signal, fault: SinkFault | undefined): Buffer {
  return Buffer.from(encodeExportResponse(signal, "protobuf", partialSuccessOf(fault)));
}

type Refusal = { readonly code: status; readonly details: string; readonly metadata: Metadata };

function refuse(fault: SinkFault | undefined): Refusal | undefined {
  switch (fault?.kind) {
    case "unavailable":
      return refusal(status.UNAVAILABLE, "told to be unavailable", fault.retryAfterMs);
    case "throttled":
      return refusal(status.RESOURCE_EXHAUSTED, "told to be throttled", fault.retryAfterMs);
    case "refused":
      return refusal(status.INVALID_ARGUMENT, fault.message, undefined);
    case "partial":
    case "hang":
    case "reset":
    case "reset-after-accepting":
    case undefined:
      return undefined;
  }
}

function refusal(code: status, message: string, retryAfterMs: number | undefined): Refusal {
  const metadata = new Metadata();
  if (retryAfterMs !== undefined) {
    const details = encodeRpcStatus({ code, message, retryDelayMs: retryAfterMs, fieldViolations: [] }, "protobuf");
    metadata.set("grpc-status-details-bin", Buffer.from(details));
  }
  return { code, details: message, metadata };
}
