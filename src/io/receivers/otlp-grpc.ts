/**
 * Receives OTLP over gRPC.
 *
 * The three Export methods are registered without a codec: bytes come in and bytes go out, because
 * a thrown decoding error would be told as INTERNAL, and because decoding here would be for nothing.
 * Connections are accepted by sockets of our own and then given to the gRPC server, so that a taken
 * port is the same clear error as everywhere else.
 */
import type { Server as SocketServer } from "node:net";
import { createServer } from "node:net";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { Metadata, Server, ServerCredentials } from "@grpc/grpc-js";
import type { Signal } from "../../core/otlp/verdict.ts";
import { SIGNALS } from "../../core/otlp/verdict.ts";
import type { AuthorizationCheck } from "./bearer-tokens.ts";
import { acceptBearerTokens } from "./bearer-tokens.ts";
import type { ExportDoor } from "./export-door.ts";
import { knock } from "./export-door.ts";
import { healthService } from "./grpc-health.ts";
import { rawUnaryMethod } from "./grpc-method.ts";
import { closeAll, listen } from "./listen.ts";
import type { BoundAddress, ReceiverSettings } from "./receiver-settings.ts";
import type { GrpcReply } from "./reply.ts";
import { grpcReply } from "./reply.ts";
import type { TlsMaterial } from "./tls-files.ts";
import { readTlsFiles } from "./tls-files.ts";

/** Of one connection. Exporters have a handful in flight; a gateway some dozens. */
const CONCURRENT_STREAMS_MAX = 256;
const CONNECTIONS_MAX = 10_000;
/** A sender that vanished without a word is noticed after these two together. */
const KEEPALIVE_INTERVAL_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
/** What is under way at the end may still finish within this. */
const STOP_MAX_MS = 5000;

const serviceNames: Readonly<Record<Signal, string>> = {
  traces: "opentelemetry.proto.collector.trace.v1.TraceService",
  metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
  logs: "opentelemetry.proto.collector.logs.v1.LogsService",
};

export class OtlpGrpcReceiver {
  readonly address: BoundAddress;
  readonly #server: Server;
  readonly #sockets: readonly SocketServer[];

  private constructor(parts: {
    readonly address: BoundAddress;
    readonly server: Server;
    readonly sockets: readonly SocketServer[];
  }) {
    this.address = parts.address;
    this.#server = parts.server;
    this.#sockets = parts.sockets;
  }

  /** Resolves when calls are being taken. Throws a ReceiverError when that cannot be. */
  static async start(settings: ReceiverSettings, door: ExportDoor): Promise<OtlpGrpcReceiver> {
    const credentials = serverCredentials(settings.tls === null ? null : await readTlsFiles(settings.tls));
    const server = makeServer(settings, door);
    const injector = server.createConnectionInjector(credentials);
    const { servers: sockets, address } = await listen(settings, () => {
      const socketServer = createServer((socket) => injector.injectConnection(socket));
      socketServer.maxConnections = CONNECTIONS_MAX;
      return socketServer;
    });
    return new OtlpGrpcReceiver({ address, server, sockets });
  }

  /** Takes no more connections, lets calls under way finish for a while, then cuts off the rest. */
  async [Symbol.asyncDispose](): Promise<void> {
    const deadline = setTimeout(() => this.#server.forceShutdown(), STOP_MAX_MS);
    const socketsClosed = closeAll(this.#sockets);
    await new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    await socketsClosed;
    clearTimeout(deadline);
  }
}

function serverCredentials(tls: TlsMaterial | null): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure();
  const { cert, key, clientCa } = tls;
  return ServerCredentials.createSsl(clientCa, [{ cert_chain: cert, private_key: key }], clientCa !== null);
}

function makeServer(settings: ReceiverSettings, door: ExportDoor): Server {
  const server = new Server({
    "grpc.max_receive_message_length": settings.maxRequestBytes,
    "grpc.max_concurrent_streams": CONCURRENT_STREAMS_MAX,
    "grpc.keepalive_time_ms": KEEPALIVE_INTERVAL_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    // Bookkeeping per call and message for a debugging service that is not offered here.
    "grpc.enable_channelz": 0,
  });
  const mayEnter = acceptBearerTokens(settings.bearerTokens);
  for (const signal of SIGNALS) {
    const Export = rawUnaryMethod(`/${serviceNames[signal]}/Export`);
    server.addService({ Export }, { Export: exportHandler({ signal, door, mayEnter }) });
  }
  const health = healthService(Object.values(serviceNames));
  server.addService(health.definition, health.implementation);
  return server;
}

function exportHandler({
  signal,
  door,
  mayEnter,
}: {
  readonly signal: Signal;
  readonly door: ExportDoor;
  readonly mayEnter: AuthorizationCheck;
}) {
  return async (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): Promise<void> => {
    if (!mayEnter(call.metadata.get("authorization")[0]?.toString())) {
      door.onRefused(signal, "unauthenticated");
      const message = "a valid bearer token is required";
      return answer(callback, grpcReply({ kind: "refused", reason: "unauthenticated", message }, signal));
    }
    const verdict = await knock(door, { signal, bytes: call.request, peer: call.getPeer() });
    answer(callback, grpcReply(verdict, signal));
  };
}

function answer(callback: sendUnaryData<Buffer>, reply: GrpcReply): void {
  if (reply.kind === "ok") {
    callback(null, reply.body);
    return;
  }
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", reply.details);
  callback({ code: reply.code, details: reply.message, metadata });
}
