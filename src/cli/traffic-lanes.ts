/** The ways in that rehearsal traffic takes: the same clients that authspike forwards with. */
import { SECOND_MS } from "../core/time.ts";
import type { ClientSettings, ExportClient } from "../io/exporters/export-client.ts";
import type { ExportVerdict } from "../io/exporters/export-verdict.ts";
import { OtlpGrpcClient } from "../io/exporters/otlp-grpc-client.ts";
import { OtlpHttpClient } from "../io/exporters/otlp-http-client.ts";
import type { LaneAnswer, TrafficLane } from "../io/traffic/send-traffic.ts";

export type LaneSettings = {
  readonly grpc: string | null;
  readonly http: string | null;
  readonly userAgent: string;
};

const TIMEOUT_MS = 10 * SECOND_MS;
const CONCURRENCY = 8;

export async function openLanes(
  settings: LaneSettings,
): Promise<{ readonly lanes: readonly TrafficLane[] } & AsyncDisposable> {
  const clients: [name: string, client: ExportClient][] = [];
  if (settings.grpc !== null)
    clients.push(["grpc", await OtlpGrpcClient.create(clientSettings("grpc", settings.grpc, settings))]);
  if (settings.http !== null) {
    clients.push([
      "http",
      await OtlpHttpClient.create(clientSettings("http/protobuf", settings.http, settings), Date.now),
    ]);
  }
  return {
    lanes: clients.map(([name, client]) => laneOver(name, client)),
    async [Symbol.asyncDispose]() {
      for (const [, client] of clients) await client.close();
    },
  };
}

function clientSettings(
  protocol: ClientSettings["protocol"],
  endpoint: string,
  { userAgent }: LaneSettings,
): ClientSettings {
  return {
    protocol,
    endpoint,
    signalEndpoints: { traces: null, metrics: null, logs: null },
    compression: "gzip",
    headers: {},
    timeoutMs: TIMEOUT_MS,
    tls: { insecure: false, caFile: null, certFile: null, keyFile: null },
    userAgent,
    concurrency: CONCURRENCY,
  };
}

function laneOver(name: string, client: ExportClient): TrafficLane {
  // What is under way when the traffic stops is still waited for: its spans are counted on both sides.
  const never = new AbortController().signal;
  return { name, send: async (bytes) => answerOf(await client.send("traces", bytes, never)) };
}

function answerOf(verdict: ExportVerdict): LaneAnswer {
  switch (verdict.kind) {
    case "delivered":
      return { kind: "taken", refusedSpanCount: 0 };
    case "partial":
      return { kind: "taken", refusedSpanCount: verdict.rejectedCount };
    case "retry":
      return { kind: "retry", message: verdict.message };
    case "rejected":
      return { kind: "refused", message: verdict.message };
  }
}
