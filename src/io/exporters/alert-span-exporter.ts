/**
 * Tells a backend that only takes traces about an alert: as a span, through the OpenTelemetry SDK's
 * exporter for OTLP over HTTP.
 *
 * The span is a child of an example failure, so that whoever looks at that trace sees the alert in it.
 * It does not pass through the queue: there are few of them, and the page does not depend on it.
 */
import { randomBytes } from "node:crypto";
import type { HrTime, SpanContext } from "@opentelemetry/api";
import { SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import type { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from "@opentelemetry/semantic-conventions";
import type { AlertLogRecord } from "../../core/alerts/alert-log-record.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { ClientSettings } from "./export-client.ts";
import { ExporterError, readTlsMaterial } from "./export-client.ts";
import { signalUrls } from "./signal-urls.ts";

type ReadableSpan = Parameters<OTLPTraceExporter["export"]>[0][number];
type ExportResult = Parameters<Parameters<OTLPTraceExporter["export"]>[1]>[0];

export type AlertSpanSettings = Pick<
  ClientSettings,
  "protocol" | "endpoint" | "signalEndpoints" | "headers" | "timeoutMs" | "tls" | "userAgent"
> & { readonly version: string };

const SCOPE_NAME = "authspike";
/** SeverityNumber ERROR of the log data model. */
const ERROR_SEVERITY = 17;

export class AlertSpanExporter {
  readonly #exporter: OTLPTraceExporter;
  readonly #resource: ReadableSpan["resource"];
  readonly #version: string;

  private constructor(exporter: OTLPTraceExporter, version: string) {
    this.#exporter = exporter;
    this.#resource = ownResource(version);
    this.#version = version;
  }

  /** Rejects with an ExporterError when the exporter has no address for traces over HTTP. */
  static async create(settings: AlertSpanSettings): Promise<AlertSpanExporter> {
    const url = settings.protocol === "grpc" ? undefined : signalUrls(settings).get("traces");
    if (url === undefined)
      throw new ExporterError("alert_events: span needs an HTTP protocol and an address for traces");
    const { ca, cert, key } = await readTlsMaterial(settings.tls);
    // Loaded here: commands that start no exporter must not wait for the SDK.
    const { OTLPTraceExporter: Exporter } = await import("@opentelemetry/exporter-trace-otlp-http");
    const exporter = new Exporter({
      url: url.href,
      headers: { ...settings.headers },
      timeoutMillis: settings.timeoutMs,
      userAgent: settings.userAgent,
      httpAgentOptions: { ca: ca ?? undefined, cert: cert ?? undefined, key: key ?? undefined },
    });
    return new AlertSpanExporter(exporter, settings.version);
  }

  /** Rejects with an ExporterError when the destination has not taken it; the SDK has tried again by then. */
  async publish(record: AlertLogRecord): Promise<void> {
    const result = await new Promise<ExportResult>((resolve) => {
      this.#exporter.export([this.#spanOf(record)], resolve);
    });
    if (result.error !== undefined) {
      throw new ExporterError(`the alert span was not delivered: ${result.error.message}`, { cause: result.error });
    }
  }

  async close(): Promise<void> {
    await this.#exporter.shutdown();
  }

  #spanOf(record: AlertLogRecord): ReadableSpan {
    const time = hrTime(record.timeUnixMillis);
    const parent = exampleContext(record);
    const context: SpanContext = {
      traceId: parent?.traceId ?? randomBytes(16).toString("hex"),
      spanId: randomBytes(8).toString("hex"),
      traceFlags: TraceFlags.SAMPLED,
    };
    const isError = record.severityNumber >= ERROR_SEVERITY;
    return {
      name: record.eventName,
      kind: SpanKind.INTERNAL,
      spanContext: () => context,
      ...(parent === null ? {} : { parentSpanContext: parent }),
      startTime: time,
      endTime: time,
      duration: [0, 0],
      ended: true,
      status: isError ? { code: SpanStatusCode.ERROR, message: record.body } : { code: SpanStatusCode.UNSET },
      attributes: { ...record.attributes, "authspike.alert.summary": record.body },
      links: [],
      events: [],
      resource: this.#resource,
      instrumentationScope: { name: SCOPE_NAME, version: this.#version },
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }
}

/** null when the alert has no example with a trace. */
function exampleContext({ traceId, spanId }: AlertLogRecord): SpanContext | null {
  if (traceId === "" || spanId === "") return null;
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

/** What the SDK's exporter reads of a resource; nothing merges this one with another. */
function ownResource(version: string): ReadableSpan["resource"] {
  const attributes = { [ATTR_SERVICE_NAME]: SCOPE_NAME, [ATTR_SERVICE_VERSION]: version };
  const resource = { attributes, merge: () => resource, getRawAttributes: () => Object.entries(attributes) };
  return resource;
}

function hrTime(millis: UnixMillis): HrTime {
  const seconds = Math.floor(millis / 1000);
  return [seconds, Math.round((millis - seconds * 1000) * 1e6)];
}
