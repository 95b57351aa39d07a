/**
 * The configuration once it has been read and found right: what the parts of the service are given.
 *
 * Every part takes the few values it uses. Bytes are numbers, durations milliseconds, paths absolute.
 */
import type { ClientSettings } from "../core/extraction/client-settings.ts";
import type { DeclaredSampling } from "../core/extraction/declared-sampling.ts";
import type { OutcomeOverride } from "../core/extraction/outcome-override.ts";
import type { RedactionRules } from "../core/extraction/redaction/secrets-in-text.ts";

export type Config = {
  readonly receivers: {
    readonly grpc: ReceiverConfig;
    readonly http: ReceiverConfig & { readonly cors: CorsConfig | null };
    /** That receive; 0 = the main thread does. */
    readonly threads: number | "auto";
  };
  /** None: spans are analysed and not forwarded. */
  readonly exporters: readonly ExporterConfig[];
  readonly storage: { readonly directory: string };
  readonly queue: QueueConfig;
  readonly rules: { readonly directory: string };
  /** In the order of precedence. */
  readonly outcomes: readonly OutcomeOverride[];
  /** In the order of precedence. */
  readonly sampling: readonly DeclaredSampling[];
  /** null: nothing is redacted. */
  readonly redaction: RedactionRules | null;
  readonly clients: ClientSettings;
  readonly api: ListenConfig;
  readonly limits: {
    readonly endpointsPerServiceMax: number;
    readonly endpointsMax: number;
  };
  readonly log: { readonly level: LogLevel; readonly format: "auto" | "json" | "pretty" };
  /** How long a stop may take to send what can be sent. */
  readonly drainTimeoutMs: number;
  /** Where our own metrics and spans go over OTLP/HTTP; null = nowhere. */
  readonly telemetry: { readonly endpoint: string; readonly headers: Readonly<Record<string, string>> } | null;
};

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

export type ListenConfig = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Any of them opens the door; none = no token is asked for. Secrets. */
  readonly bearerTokens: readonly string[];
};

export type ReceiverConfig = ListenConfig & {
  readonly tls: ServerTlsConfig | null;
  readonly maxRequestBytes: number;
};

/** Paths of PEM files. With `clientCaFile` clients must show a certificate that this authority signed. */
export type ServerTlsConfig = {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string | null;
};

export type CorsConfig = { readonly allowedOrigins: readonly string[]; readonly allowedHeaders: readonly string[] };

export type ExporterConfig = {
  /** The key under `exporters`, by which metrics and logs tell exporters apart. */
  readonly name: string;
  readonly protocol: "grpc" | "http/protobuf" | "http/json";
  /** Base address for the signals that have none of their own below; null = those are not sent here. */
  readonly endpoint: string | null;
  /** Used as they are: no `/v1/traces` is appended. */
  readonly signalEndpoints: {
    readonly traces: string | null;
    readonly metrics: string | null;
    readonly logs: string | null;
  };
  readonly compression: "gzip" | "none";
  /** May hold secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Requests under way at once for each signal. */
  readonly concurrency: number;
  readonly tls: ClientTlsConfig;
  readonly alertEvents: "logs" | "span" | "off";
};

export type ClientTlsConfig = {
  /** Plain text even where the address does not say so (gRPC without a scheme). */
  readonly insecure: boolean;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
};

export type QueueConfig = {
  /** False keeps the queue in memory only: a crash then loses what it held. */
  readonly durable: boolean;
  readonly maxBytes: number;
  /** Of what the disk cannot take, or of everything when the queue is not durable. */
  readonly memoryMaxBytes: number;
  readonly maxAgeMs: number;
  /** When a batch counts as safe: `interval` survives a crash of the process, `always` a power cut as well. */
  readonly fsync: "always" | "interval" | "never";
};
