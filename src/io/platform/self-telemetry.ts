/**
 * Our own metrics and spans to an OTLP backend, through the OpenTelemetry SDK, when that is configured.
 *
 * The SDK is loaded here and only then: it takes half a second, which nobody should wait for in vain.
 * Metrics are read off the registry at each export, so the hot path goes on adding to plain numbers.
 * Where the telemetry would come back to our own receivers it is refused: it would count itself.
 */
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import type { Meter, ObservableResult } from "@opentelemetry/api";
import { metrics } from "@opentelemetry/api";

const EXPORT_EVERY_MS = 30_000;
/** Also bounds how long a stop waits for the last export. */
const EXPORT_TIMEOUT_MS = 3_000;

export type SelfTelemetrySettings = {
  /** OTLP/HTTP base address: `/v1/metrics` and `/v1/traces` are appended. */
  readonly endpoint: string;
  /** May hold secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly version: string;
  /** Where our own receivers listen. */
  readonly ownAddresses: readonly { readonly host: string; readonly port: number }[];
  readonly exportEveryMs?: number;
};

type Labels = Readonly<Record<string, string>>;
type Sample = { readonly labels: Labels; readonly value: number };

export type ObservedFamily = { readonly name: string; readonly help: string; readonly unit: string } & (
  | { readonly kind: "counter"; readonly counters: () => Iterable<Sample> }
  | { readonly kind: "gauge"; readonly samples: () => Iterable<Sample> }
  | { readonly kind: "histogram"; readonly histogram: ObservedHistogram }
);

type ObservedHistogram = {
  readonly upperBounds: readonly number[];
  readonly bucketCounts: ArrayLike<number>;
  readonly sum: number;
  readonly count: number;
};

/** The telemetry cannot be sent where it is told to go. */
export class SelfTelemetryError extends Error {
  override readonly name = "SelfTelemetryError";
}

/** Families that are declared later are not seen. Disposing of it sends what is left, for a short while. */
export async function startSelfTelemetry(
  settings: SelfTelemetrySettings,
  registry: { families(): Iterable<ObservedFamily> },
): Promise<AsyncDisposable> {
  await refuseOwnReceivers(settings);
  const sdk = await makeSdk(settings);
  sdk.start();
  const meter = metrics.getMeter("authspike", settings.version);
  for (const family of registry.families()) observe(meter, family);
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      // An unreachable backend loses our own telemetry and nothing else.
      await sdk.shutdown().catch(() => {});
    },
  };
}

async function makeSdk({ endpoint, headers, exportEveryMs = EXPORT_EVERY_MS }: SelfTelemetrySettings) {
  const [{ NodeSDK }, { PeriodicExportingMetricReader }, { OTLPMetricExporter }, { OTLPTraceExporter }] =
    await Promise.all([
      import("@opentelemetry/sdk-node"),
      import("@opentelemetry/sdk-metrics"),
      import("@opentelemetry/exporter-metrics-otlp-http"),
      import("@opentelemetry/exporter-trace-otlp-http"),
    ]);
  const base = endpoint.replace(/\/+$/, "");
  const client = { headers: { ...headers }, timeoutMillis: EXPORT_TIMEOUT_MS };
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ ...client, url: `${base}/v1/metrics` }),
    exportIntervalMillis: exportEveryMs,
    exportTimeoutMillis: Math.min(EXPORT_TIMEOUT_MS, exportEveryMs),
  });
  return new NodeSDK({
    serviceName: "authspike",
    metricReaders: [reader],
    traceExporter: new OTLPTraceExporter({ ...client, url: `${base}/v1/traces` }),
    // Left to the environment it would send logs too; ours go to standard error.
    logRecordProcessors: [],
    textMapPropagator: null,
  });
}

function observe(meter: Meter, family: ObservedFamily): void {
  const { name, help, unit } = family;
  if (family.kind === "histogram") {
    observeHistogram(meter, family, family.histogram);
    return;
  }
  const options = { description: help, unit };
  const samples = family.kind === "counter" ? family.counters : family.samples;
  const instrument =
    family.kind === "counter"
      ? meter.createObservableCounter(name, options)
      : meter.createObservableGauge(name, options);
  instrument.addCallback((result) => {
    for (const { labels, value } of samples()) result.observe(value, { ...labels });
  });
}

/** OpenTelemetry has no histogram that is read, so its parts are counters, named as Prometheus names them. */
function observeHistogram(meter: Meter, { name, help, unit }: ObservedFamily, histogram: ObservedHistogram): void {
  const counter = (suffix: string, partUnit: string, read: (result: ObservableResult) => void) =>
    meter.createObservableCounter(`${name}_${suffix}`, { description: help, unit: partUnit }).addCallback(read);
  counter("sum", unit, (result) => result.observe(histogram.sum));
  counter("count", "1", (result) => result.observe(histogram.count));
  counter("bucket", "1", (result) => {
    let cumulative = 0;
    histogram.upperBounds.forEach((bound, index) => {
      cumulative += histogram.bucketCounts[index] ?? 0;
      result.observe(cumulative, { le: String(bound) });
    });
    result.observe(histogram.count, { le: "+Inf" });
  });
}

async function refuseOwnReceivers({ endpoint, ownAddresses }: SelfTelemetrySettings): Promise<void> {
  const { hostname, port, protocol } = new URL(endpoint);
  const wantedPort = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
  if (!ownAddresses.some((own) => own.port === wantedPort)) return;
  if (!(await isThisMachine(hostname.replace(/^\[|\]$/g, "")))) return;
  throw new SelfTelemetryError(`telemetry.endpoint ${endpoint} is our own receiver: the telemetry would count itself`);
}

/** By what the name resolves to: a host may have many names for itself. */
async function isThisMachine(host: string): Promise<boolean> {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const ownAddresses = new Set(["0.0.0.0", "::", "127.0.0.1", "::1", ...own.map(({ address }) => address)]);
  try {
    const found = await lookup(host, { all: true });
    return found.some(({ address }) => ownAddresses.has(address));
  } catch {
    // A name that does not resolve now may later, but it names nothing here.
    return false;
  }
}
