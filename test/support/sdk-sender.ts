/**
 * A service instrumented with the OpenTelemetry SDK for Node, exporting in one of the ways it can.
 *
 * Whatever authspike acknowledges is exported a second time, straight to a reference backend: what
 * arrives through authspike is held against what arrives without it.
 */
import { context, SpanKind, trace } from "@opentelemetry/api";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

export const SDK_PROTOCOLS = ["grpc", "http/protobuf", "http/json"] as const;
export const SDK_COMPRESSIONS = ["none", "gzip"] as const;

export type OtlpAddress = { readonly grpcUrl: string; readonly httpUrl: string };

export type SdkSenderFacts = {
  readonly protocol: (typeof SDK_PROTOCOLS)[number];
  readonly compression: (typeof SDK_COMPRESSIONS)[number];
  readonly authspike: OtlpAddress;
  readonly reference: OtlpAddress;
};

const EXPORT_EVERY_MS = 200;

export class SdkSender {
  readonly #provider: TracerProvider;

  constructor({ protocol, compression, authspike, reference }: SdkSenderFacts) {
    // The variable, because the option's type is an enum of a package that is not ours to import.
    process.env["OTEL_EXPORTER_OTLP_COMPRESSION"] = compression;
    const exporter = new TwofoldExporter(createExporter(protocol, authspike), createExporter(protocol, reference));
    delete process.env["OTEL_EXPORTER_OTLP_COMPRESSION"];
    this.#provider = new TracerProvider({
      resource: resourceOf({ "service.name": "shop", "deployment.environment.name": "prod" }),
      spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: EXPORT_EVERY_MS })],
    });
  }

  /** One request to POST /login: a SERVER span, the work inside it, and a call to a database. */
  login(status: 200 | 401, client: string): void {
    const tracer = this.#provider.getTracer("e2e", "1.0.0");
    const server = tracer.startSpan("POST /login", {
      kind: SpanKind.SERVER,
      attributes: {
        "http.request.method": "POST",
        "http.route": "/login",
        "http.response.status_code": status,
        "url.path": "/login",
        "client.address": client,
      },
    });
    const inServer = trace.setSpan(context.active(), server);
    const work = tracer.startSpan("check password", { kind: SpanKind.INTERNAL }, inServer);
    work.addEvent("hashed", { rounds: 12 });
    const inWork = trace.setSpan(context.active(), work);
    tracer
      .startSpan("SELECT users", { kind: SpanKind.CLIENT, attributes: { "db.system.name": "postgresql" } }, inWork)
      .end();
    work.end();
    server.end();
  }

  /** Exports what waits; rejects when anything was refused. */
  async flush(): Promise<void> {
    await this.#provider.forceFlush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#provider.shutdown();
  }
}

class TwofoldExporter implements SpanExporter {
  readonly #first: SpanExporter;
  readonly #second: SpanExporter;

  constructor(first: SpanExporter, second: SpanExporter) {
    this.#first = first;
    this.#second = second;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter["export"]>[1]): void {
    this.#first.export(spans, (result) => {
      if (result.code === 0) this.#second.export(spans, done);
      else done(result);
    });
  }

  async shutdown(): Promise<void> {
    await Promise.all([this.#first.shutdown(), this.#second.shutdown()]);
  }
}

function createExporter(protocol: SdkSenderFacts["protocol"], { grpcUrl, httpUrl }: OtlpAddress): SpanExporter {
  if (protocol === "grpc") return new GrpcExporter({ url: grpcUrl });
  const url = `${httpUrl}/v1/traces`;
  return protocol === "http/protobuf" ? new ProtobufExporter({ url }) : new JsonExporter({ url });
}

/** What exporters read of a resource; nothing merges this one with another. */
function resourceOf(attributes: Readonly<Record<string, string>>): ReadableSpan["resource"] {
  const resource = {
    attributes: { ...attributes },
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}
