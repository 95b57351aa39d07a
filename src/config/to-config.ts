/** From the settings, as people write them, to the configuration that the parts are given. */
import type { Placed } from "../core/text/shape.ts";
import type { Config, ExporterConfig, ReceiverConfig, ServerTlsConfig } from "./config.ts";
import type { ExporterSettings, ReceiverSettings, ServerTlsSettings, Settings } from "./settings.ts";

export type AbsolutePath = (path: Placed<string>) => string;

export function toConfig(settings: Settings, absolutePath: AbsolutePath): Config {
  const { receivers, api, queue, limits, telemetry } = settings;
  const { cors } = receivers.http;
  return {
    receivers: {
      grpc: toReceiver(receivers.grpc, absolutePath),
      http: {
        ...toReceiver(receivers.http, absolutePath),
        cors: cors === null ? null : { allowedOrigins: cors.allowed_origins, allowedHeaders: cors.allowed_headers },
      },
      threads: receivers.threads,
    },
    exporters: [...settings.exporters].map(([name, exporter]) => toExporter(name, exporter, absolutePath)),
    storage: { directory: absolutePath(settings.storage.directory) },
    queue: {
      durable: queue.durable,
      maxBytes: queue.max_bytes,
      memoryMaxBytes: queue.memory_max_bytes,
      maxAgeMs: queue.max_age,
      fsync: queue.fsync,
    },
    rules: { directory: absolutePath(settings.rules.directory) },
    outcomes: settings.outcomes,
    sampling: settings.sampling,
    redaction: toRedaction(settings.redaction),
    clients: { shown: settings.clients.shown, trustedProxies: settings.clients.trusted_proxies },
    api: { ...api.endpoint, bearerTokens: api.auth.bearer_tokens },
    limits: { endpointsPerServiceMax: limits.endpoints_per_service, endpointsMax: limits.endpoints },
    log: settings.log,
    drainTimeoutMs: settings.drain_timeout,
    telemetry: telemetry.endpoint === null ? null : { endpoint: telemetry.endpoint, headers: telemetry.headers },
  };
}

function toRedaction(redaction: Settings["redaction"]): Config["redaction"] {
  if (!redaction.enabled) return null;
  return {
    blockedKeys: redaction.blocked_keys,
    blockedPrefixes: redaction.blocked_prefixes,
    ignoredKeys: redaction.ignored_keys,
    allowedValues: redaction.allowed_values,
  };
}

function toReceiver(receiver: ReceiverSettings, absolutePath: AbsolutePath): ReceiverConfig {
  return {
    ...receiver.endpoint,
    bearerTokens: receiver.auth.bearer_tokens,
    tls: receiver.tls === null ? null : toServerTls(receiver.tls, absolutePath),
    maxRequestBytes: receiver.max_request_bytes,
  };
}

function toServerTls(tls: ServerTlsSettings, absolutePath: AbsolutePath): ServerTlsConfig {
  return {
    certFile: absolutePath(tls.cert_file),
    keyFile: absolutePath(tls.key_file),
    clientCaFile: tls.client_ca_file === null ? null : absolutePath(tls.client_ca_file),
  };
}

function toExporter(name: string, exporter: ExporterSettings, absolutePath: AbsolutePath): ExporterConfig {
  const pathOrNull = (path: Placed<string> | null) => (path === null ? null : absolutePath(path));
  const { tls } = exporter;
  return {
    name,
    protocol: exporter.protocol,
    endpoint: exporter.endpoint,
    signalEndpoints: {
      traces: exporter.traces_endpoint,
      metrics: exporter.metrics_endpoint,
      logs: exporter.logs_endpoint,
    },
    compression: exporter.compression,
    headers: exporter.headers,
    timeoutMs: exporter.timeout,
    concurrency: exporter.concurrency,
    tls: {
      insecure: tls.insecure,
      caFile: pathOrNull(tls.ca_file),
      certFile: pathOrNull(tls.cert_file),
      keyFile: pathOrNull(tls.key_file),
    },
    alertEvents: exporter.alert_events,
  };
}
