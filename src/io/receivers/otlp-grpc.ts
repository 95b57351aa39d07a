/**
 * Receives OTLP over gRPC: one Export method for each signal, and the health check beside them.
 */
import type { Http2Server } from "node:http2";
import type { Signal } from "../../core/otlp/verdict.ts";
import { SIGNALS } from "../../core/otlp/verdict.ts";
import { acceptBearerTokens } from "./bearer-tokens.ts";
import type { ExportDoor } from "./export-door.ts";
import { knock } from "./export-door.ts";
import { checkHealth, HEALTH_CHECK_PATH } from "./grpc-health.ts";
import type { GrpcMethod } from "./grpc-server.ts";
import { GrpcServer } from "./grpc-server.ts";
import { closeAll, listen } from "./listen.ts";
import type { ReceiverLimits } from "./receiver-limits.ts";
import { ownReceiverLimits } from "./receiver-limits.ts";
import type { BoundAddress, ReceiverSettings } from "./receiver-settings.ts";
import { grpcReply } from "./reply.ts";
import { readTlsFiles } from "./tls-files.ts";
import type { TlsRenewal } from "./tls-renewal.ts";
import { startTlsRenewal } from "./tls-renewal.ts";

/** What is under way at the end may still finish within this. */
const STOP_MAX_MS = 5000;

const serviceNames: Readonly<Record<Signal, string>> = {
  traces: "opentelemetry.proto.collector.trace.v1.TraceService",
  metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
  logs: "opentelemetry.proto.collector.logs.v1.LogsService",
};

export class OtlpGrpcReceiver {
  readonly address: BoundAddress;
  readonly #grpc: GrpcServer;
  readonly #listeners: readonly Http2Server[];
  readonly #renewal: TlsRenewal | null;

  private constructor(
    address: BoundAddress,
    parts: {
      readonly grpc: GrpcServer;
      readonly listeners: readonly Http2Server[];
      readonly renewal: TlsRenewal | null;
    },
  ) {
    this.address = address;
    this.#grpc = parts.grpc;
    this.#listeners = parts.listeners;
    this.#renewal = parts.renewal;
  }

  /** Resolves when calls are being taken. Throws a ReceiverError when that cannot be. */
  static async start(
    settings: ReceiverSettings,
    door: ExportDoor,
    limits: ReceiverLimits = ownReceiverLimits(),
  ): Promise<OtlpGrpcReceiver> {
    const tls = settings.tls === null ? null : await readTlsFiles(settings.tls);
    const methods = methodsFor(settings, door);
    const grpc = new GrpcServer({
      methods,
      onStray: (reason) => door.onRefused(null, reason),
      maxMessageBytes: settings.maxRequestBytes,
      limits,
      tls,
    });
    const { servers, address } = await listen(settings, () => grpc.makeHttp2Server());
    const renewal = startTlsRenewal(settings, tls, { servers, onChange: door.onTlsChange });
    return new OtlpGrpcReceiver(address, { grpc, listeners: servers, renewal });
  }

  /** Takes no more connections, lets calls under way finish for a while, then cuts off the rest. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#renewal?.[Symbol.dispose]();
    const closed = closeAll(this.#listeners);
    this.#grpc.drain();
    const deadline = setTimeout(() => this.#grpc.destroy(), STOP_MAX_MS);
    await closed;
    clearTimeout(deadline);
  }
}

function methodsFor(settings: ReceiverSettings, door: ExportDoor): ReadonlyMap<string, GrpcMethod> {
  const mayCall = acceptBearerTokens(settings.bearerTokens);
  const exportMethods = SIGNALS.map((signal): [string, GrpcMethod] => [
    `/${serviceNames[signal]}/Export`,
    {
      mayCall,
      answer: async (bytes, peer) => grpcReply(await knock(door, { signal, bytes, peer }), signal),
      onRefused: (reason) => door.onRefused(signal, reason),
    },
  ]);
  return new Map([...exportMethods, [HEALTH_CHECK_PATH, healthMethod]]);
}

/** Open to everyone: a probe has no token, and learns nothing. */
const healthMethod: GrpcMethod = {
  mayCall: () => true,
  answer: (message) => checkHealth(message, Object.values(serviceNames)),
  onRefused: () => {},
};
