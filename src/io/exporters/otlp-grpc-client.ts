/**
 * Sends export requests over gRPC, as the bytes they are: grpc-js neither encodes nor decodes.
 *
 * Its own retries are off, because the queue's never end and two layers of them multiply. Its default
 * for reconnecting waits up to two minutes; a destination that is back should be noticed sooner.
 */
import type { ChannelCredentials, ClientOptions, ServiceError } from "@grpc/grpc-js";
import { Client, compressionAlgorithms, credentials, Metadata, status } from "@grpc/grpc-js";
import { assert } from "../../core/assert.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import { SIGNALS } from "../../core/otlp/verdict.ts";
import type { ClientSettings, ExportClient, TlsMaterial } from "./export-client.ts";
import { ExporterError, RESPONSE_MAX_BYTES, readTlsMaterial } from "./export-client.ts";
import type { ExportVerdict } from "./export-verdict.ts";
import { grpcFailure, grpcSuccess } from "./export-verdict.ts";

const METHOD_PATHS: Readonly<Record<Signal, string>> = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
};

const RECONNECT_MIN_MS = 500;
const RECONNECT_MAX_MS = 5000;

export class OtlpGrpcClient implements ExportClient {
  readonly #settings: ClientSettings;
  readonly #metadata: Metadata;
  readonly #channels: ReadonlyMap<Signal, GrpcChannel>;

  private constructor(settings: ClientSettings, tls: TlsMaterial) {
    this.#settings = settings;
    this.#metadata = metadataOf(settings.headers);
    this.#channels = openChannels(settings, tls);
  }

  /** Opens no connection yet. Rejects with an ExporterError when the settings cannot work. */
  static async create(settings: ClientSettings): Promise<OtlpGrpcClient> {
    return new OtlpGrpcClient(settings, await readTlsMaterial(settings.tls));
  }

  async send(signal: Signal, bytes: Uint8Array, abort: AbortSignal): Promise<ExportVerdict> {
    const channel = this.#channels.get(signal);
    assert(channel !== undefined, `no address for ${signal}`);
    const outcome = await this.#call(channel.client, signal, bytes, abort);
    if (outcome.error === null) return grpcSuccess(signal, outcome.body);
    // The connection may be dead without having been closed; only a new one finds out.
    if (outcome.error.code === status.DEADLINE_EXCEEDED) channel.renew();
    const { code, details: message, metadata } = outcome.error;
    const [statusDetails] = metadata.get("grpc-status-details-bin");
    return grpcFailure({ code, message, statusDetails: Buffer.isBuffer(statusDetails) ? statusDetails : null });
  }

  async close(): Promise<void> {
    for (const channel of new Set(this.#channels.values())) channel.client.close();
  }

  #call(client: Client, signal: Signal, bytes: Uint8Array, abort: AbortSignal): Promise<CallOutcome> {
    return new Promise((resolve) => {
      const call = client.makeUnaryRequest<Buffer, Buffer>(
        METHOD_PATHS[signal],
        (request) => request,
        (response) => response,
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        this.#metadata,
        { deadline: Date.now() + this.#settings.timeoutMs },
        (error, body) => {
          abort.removeEventListener("abort", cancel);
          resolve(error === null ? { error, body: body ?? Buffer.alloc(0) } : { error });
        },
      );
      const cancel = () => call.cancel();
      abort.addEventListener("abort", cancel);
      if (abort.aborted) cancel();
    });
  }
}

type CallOutcome = { readonly error: null; readonly body: Uint8Array } | { readonly error: ServiceError };

/** A connection that can be replaced by a fresh one; calls under way stay with the old. */
class GrpcChannel {
  readonly #create: () => Client;
  client: Client;

  constructor(create: () => Client) {
    this.#create = create;
    this.client = create();
  }

  renew(): void {
    this.client.close();
    this.client = this.#create();
  }
}

/** One for each address: signals that go to the same one share it. */
function openChannels(settings: ClientSettings, tls: TlsMaterial): Map<Signal, GrpcChannel> {
  const byEndpoint = new Map<string, GrpcChannel>();
  const channels = new Map<Signal, GrpcChannel>();
  for (const signal of SIGNALS) {
    const endpoint = settings.signalEndpoints[signal] ?? settings.endpoint;
    if (endpoint === null) continue;
    const channel = byEndpoint.get(endpoint) ?? openChannel(endpoint, settings, tls);
    byEndpoint.set(endpoint, channel);
    channels.set(signal, channel);
  }
  return channels;
}

function openChannel(endpoint: string, settings: ClientSettings, tls: TlsMaterial): GrpcChannel {
  const { target, isSecure } = grpcTarget(endpoint, settings.tls.insecure ? "plain" : "tls");
  const channelCredentials = isSecure ? tlsCredentials(tls) : credentials.createInsecure();
  const options: ClientOptions = {
    "grpc.primary_user_agent": settings.userAgent,
    "grpc.max_receive_message_length": RESPONSE_MAX_BYTES,
    "grpc.max_send_message_length": -1,
    "grpc.enable_retries": 0,
    "grpc.initial_reconnect_backoff_ms": RECONNECT_MIN_MS,
    "grpc.max_reconnect_backoff_ms": RECONNECT_MAX_MS,
    // Channels are shared by address and options otherwise, and renewing one would renew nothing.
    "grpc.use_local_subchannel_pool": 1,
    ...(settings.compression === "gzip" ? { "grpc.default_compression_algorithm": compressionAlgorithms.gzip } : {}),
  };
  return new GrpcChannel(() => new Client(target, channelCredentials, options));
}

/** A scheme decides about TLS; without one the setting does. Paths mean nothing to gRPC. */
export function grpcTarget(endpoint: string, withoutScheme: "plain" | "tls") {
  const scheme = /^(https?):\/\//.exec(endpoint)?.[1];
  if (scheme === undefined) return { target: endpoint, isSecure: withoutScheme === "tls" };
  if (!URL.canParse(endpoint)) throw new ExporterError(`endpoint "${endpoint}" is not an address`);
  const { hostname, port } = new URL(endpoint);
  return { target: `${hostname}:${port || (scheme === "https" ? 443 : 80)}`, isSecure: scheme === "https" };
}

function tlsCredentials({ ca, cert, key }: TlsMaterial): ChannelCredentials {
  return credentials.createSsl(ca, key, cert);
}

function metadataOf(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) {
    try {
      metadata.set(name, value);
    } catch (cause) {
      throw new ExporterError(`header "${name}" cannot be sent over gRPC`, { cause });
    }
  }
  return metadata;
}
