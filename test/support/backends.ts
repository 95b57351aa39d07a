/** OTLP backends to forward to, each by every protocol: whatever is sent arrives once for each. */
import { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import type { ExporterFacts } from "./installation.ts";

export const EXPORTER_NAMES = ["by-grpc", "by-http"] as const;

export type Exporters = Readonly<Record<(typeof EXPORTER_NAMES)[number], ExporterFacts>>;

export async function startedSink(): Promise<OtlpSink> {
  const sink = new OtlpSink();
  await sink.start();
  return sink;
}

export type SinkAddress = { readonly grpcUrl: string; readonly httpUrl: string };

/** `facts` are added to each as they are. */
export function exportersTo({ grpcUrl, httpUrl }: SinkAddress, facts: Pick<ExporterFacts, "timeout"> = {}): Exporters {
  return {
    "by-grpc": { protocol: "grpc", endpoint: grpcUrl, ...facts },
    "by-http": { protocol: "http/protobuf", endpoint: httpUrl, ...facts },
  };
}

/** Where a backend will be once it is started; until then nothing listens there. */
export type AbsentBackend = { readonly exporters: Exporters; readonly start: () => Promise<OtlpSink> };

export async function absentBackend(): Promise<AbsentBackend> {
  await using placeholder = await startedSink();
  const exporters = exportersTo(placeholder);
  const ports = { grpcPort: portOf(placeholder.grpcUrl), httpPort: portOf(placeholder.httpUrl) };
  const start = async () => {
    const sink = new OtlpSink(ports);
    await sink.start();
    return sink;
  };
  return { exporters, start };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
