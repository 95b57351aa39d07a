/**
 * Every setting: one row with its shape, default and help.
 *
 * The types, the checks, `--help`, the variables and flags, the JSON schema and the reference page all
 * come from these rows. A setting earns its place by two users who need different values.
 */
import { outcomeShape } from "../core/rules/outcome-shape.ts";
import { boolean, identifier, oneOf, text } from "../core/text/scalar-shapes.ts";
import type { ValueOf } from "../core/text/shape.ts";
import { list, object, optional, record, required, withDefault } from "../core/text/shape.ts";
import { addressRange, secretName, tokenPrefix } from "./privacy-shapes.ts";
import { samplingShape } from "./sampling-shape.ts";
import {
  autoOrWholeNumber,
  bearerToken,
  byteSize,
  duration,
  filePath,
  headers,
  listenAddress,
  secret,
  section,
  serviceAddress,
  wholeNumber,
} from "./setting-shapes.ts";

const bearerTokens = (help: string) =>
  section({ bearer_tokens: withDefault(secret(list(bearerToken, { max: 100 })), [], help) }, "Who may come in.");

const serverTls = object({
  cert_file: required(filePath, "Certificate chain, PEM."),
  key_file: required(filePath, "Private key of the certificate, PEM."),
  client_ca_file: optional(filePath, "Authority that must have signed the certificates of clients, PEM."),
});

const receiverFields = (endpoint: string) => ({
  endpoint: withDefault(listenAddress, endpoint, "Where to listen."),
  tls: optional(serverTls, "Encrypts, and with `client_ca_file` asks clients for a certificate."),
  auth: bearerTokens("Tokens of which senders must show one, as `Authorization: Bearer …`."),
  allow_unauthenticated: withDefault(
    boolean,
    false,
    "Take spans from anyone, though the address can be reached from other machines.",
  ),
  max_request_bytes: withDefault(
    byteSize({ min: "64KiB", max: "128MiB" }),
    "64MiB",
    "Largest request, as it arrives and after decompression.",
  ),
});

const cors = object({
  allowed_origins: withDefault(
    list(text({ noun: "an origin", min: 1, max: 300 }), { max: 100 }),
    [],
    "Origins of web pages that may send, such as `https://*.example.com`.",
  ),
  allowed_headers: withDefault(
    list(text({ noun: "a header's name", min: 1, max: 200 }), { max: 100 }),
    [],
    "Headers they may set besides those that every OTLP client sends.",
  ),
});

const clientTls = {
  insecure: withDefault(boolean, false, "Plain text, for gRPC addresses that begin with neither http:// nor https://."),
  ca_file: optional(filePath, "Authority to trust in place of the system's, PEM."),
  cert_file: optional(filePath, "Client certificate, PEM."),
  key_file: optional(filePath, "Private key of the client certificate, PEM."),
};

const exporter = object({
  protocol: withDefault(oneOf(["grpc", "http/protobuf", "http/json"]), "grpc", "How OTLP is sent."),
  endpoint: optional(serviceAddress, "Base address; over HTTP, `/v1/traces` and so on are appended."),
  traces_endpoint: optional(serviceAddress, "Address for traces in place of the base address, used as it is."),
  metrics_endpoint: optional(serviceAddress, "Address for metrics, likewise."),
  logs_endpoint: optional(serviceAddress, "Address for logs, likewise."),
  compression: withDefault(oneOf(["gzip", "none"]), "gzip", "Compression of what is sent."),
  headers: withDefault(headers, {}, "Headers to send along, for gRPC as metadata."),
  timeout: withDefault(duration({ min: "100ms", max: "5m" }), "10s", "How long one attempt may take."),
  concurrency: withDefault(
    wholeNumber({ min: 1, max: 64 }),
    4,
    "Requests under way at once for each signal, of up to 2 MiB each. More keep a distant backend busy; 1 keeps the order.",
  ),
  tls: section(clientTls, "Encryption."),
  alert_events: withDefault(
    oneOf(["logs", "span", "off"]),
    "logs",
    "How alerts are told to the backend: as log records, or as spans where it takes traces only.",
  ),
});

export const settingsShape = object({
  receivers: section(
    {
      grpc: section(receiverFields("localhost:4317"), "OTLP over gRPC."),
      http: section(
        {
          ...receiverFields("localhost:4318"),
          cors: optional(cors, "Lets web pages send, as OTLP from browsers does."),
        },
        "OTLP over HTTP.",
      ),
      threads: withDefault(
        autoOrWholeNumber({ min: 0, max: 64 }),
        "auto",
        "Threads that receive; 0 is none besides the main one, `auto` is two fewer than there are cores, at most 2.",
      ),
    },
    "Where telemetry comes in.",
  ),
  exporters: withDefault(
    record(exporter, { shape: identifier({ noun: "an exporter's name" }), max: 20 }),
    {},
    "Where telemetry goes, each under a name. None: spans are analysed and not forwarded.",
  ),
  storage: section(
    { directory: withDefault(filePath, "./data", "Directory of the database and the queue.") },
    "What outlives a restart.",
  ),
  queue: section(
    {
      durable: withDefault(boolean, true, "Keep what waits on disk; otherwise a crash loses what was in memory."),
      max_bytes: withDefault(
        byteSize({ min: "1MiB", max: "10TiB" }),
        "1GiB",
        "Most that may wait for all exporters together; beyond it the oldest is dropped and counted.",
      ),
      memory_max_bytes: withDefault(
        byteSize({ min: "1MiB", max: "64GiB" }),
        "256MiB",
        "Most that is held in memory while the disk cannot take it, or always when the queue is not durable.",
      ),
      max_age: withDefault(
        duration({ min: "1m", max: "30d" }),
        "24h",
        "Longest that anything waits; then it is dropped and counted.",
      ),
      fsync: withDefault(
        oneOf(["always", "interval", "never"]),
        "interval",
        "When what was taken in is safe: `always` survives a power cut, `interval` a crash of the process.",
      ),
    },
    "What waits for the exporters.",
  ),
  rules: section({ directory: withDefault(filePath, "./rules", "Directory of the rule files.") }, "What is watched."),
  outcomes: withDefault(
    list(outcomeShape, { max: 100 }),
    [],
    "What services mean by their answers, where it differs from what HTTP and gRPC say. The first that fits decides.",
  ),
  sampling: withDefault(
    list(samplingShape, { max: 200 }),
    [],
    "At which ratio services are sampled, where their spans do not say it themselves. The first that fits decides.",
  ),
  redaction: section(
    {
      enabled: withDefault(boolean, true, "Replace credentials in spans, metrics and logs by markers."),
      blocked_keys: withDefault(
        list(secretName, { max: 200 }),
        [],
        "Further names whose values are secrets: of attributes, headers, parameters, fields in texts.",
      ),
      blocked_prefixes: withDefault(
        list(tokenPrefix, { max: 200 }),
        [],
        "Beginnings of tokens of your own, such as `acme_live_`.",
      ),
      ignored_keys: withDefault(list(secretName, { max: 200 }), [], "Names whose values stay as they are."),
      allowed_values: withDefault(
        list(text({ noun: "a value", min: 1, max: 1000 }), { max: 1000 }),
        [],
        "Values that are no secrets, though they look it.",
      ),
    },
    "Credentials are taken out of telemetry before anything is stored, shown or forwarded.",
  ),
  clients: section(
    {
      shown: withDefault(
        oneOf(["hashed", "truncated", "full", "none"]),
        "hashed",
        "How pages and the API show clients: a keyed hash, the network (IPv4 /24, IPv6 /48), the address, or not at all.",
      ),
      trusted_proxies: withDefault(
        list(addressRange, { max: 500 }),
        [],
        "Proxies whose word on their clients is taken; others' is not. None: senders' instrumentation is believed.",
      ),
    },
    "Who sent the requests that fail.",
  ),
  api: section(
    {
      endpoint: withDefault(listenAddress, "localhost:8401", "Where health, metrics and the API are served."),
      auth: bearerTokens("Tokens of which callers must show one; required when other machines can reach the address."),
    },
    "Health, metrics and the API.",
  ),
  limits: section(
    {
      endpoints_per_service: withDefault(
        wholeNumber({ min: 10, max: 1_000_000 }),
        10_000,
        "Endpoints kept for one service; those beyond share one that is watched like any other.",
      ),
      endpoints: withDefault(
        wholeNumber({ min: 100, max: 5_000_000 }),
        1_000_000,
        "Endpoints kept for all services; those beyond share one for each service.",
      ),
    },
    "Bounds of memory.",
  ),
  log: section(
    {
      level: withDefault(oneOf(["trace", "debug", "info", "warn", "error", "fatal"]), "info", "Least severity logged."),
      format: withDefault(oneOf(["auto", "json", "pretty"]), "auto", "`auto` is pretty on a terminal, JSON elsewhere."),
    },
    "The log, on standard error.",
  ),
  drain_timeout: withDefault(
    duration({ min: "0s", max: "10m" }),
    // Docker kills ten seconds after it has asked, and what is unsent by then is in the queue.
    "8s",
    "How long a stop may take to send what can be sent.",
  ),
  telemetry: section(
    {
      endpoint: optional(serviceAddress, "OTLP/HTTP base address for metrics and spans about authspike itself."),
      headers: withDefault(headers, {}, "Headers to send along."),
    },
    "Our own telemetry; off without an endpoint.",
  ),
});

export type Settings = ValueOf<typeof settingsShape>;
export type ExporterSettings = ValueOf<typeof exporter>;
export type ReceiverSettings = Settings["receivers"]["grpc"];
export type ServerTlsSettings = ValueOf<typeof serverTls>;
