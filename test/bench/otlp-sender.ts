/** Sends export requests with the clients that authspike forwards with. */
import { OtlpGrpcClient } from "../../src/io/exporters/otlp-grpc-client.ts";
import { OtlpHttpClient } from "../../src/io/exporters/otlp-http-client.ts";

export const PROTOCOLS = ["http/protobuf", "grpc"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export type OtlpSender = {
  /** Resolves when the request is acknowledged; true when it was taken. */
  send(bytes: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
};

const TIMEOUT_MS = 10_000;

export type Packing = "none" | "gzip";

export async function openSender(
  protocol: Protocol,
  endpoint: string,
  concurrency: number,
  packing: Packing = "none",
): Promise<OtlpSender> {
  const settings = {
    protocol,
    endpoint,
    signalEndpoints: { traces: null, metrics: null, logs: null },
    compression: packing,
    headers: {},
    timeoutMs: TIMEOUT_MS,
    tls: { insecure: false, caFile: null, certFile: null, keyFile: null },
    userAgent: "authspike-bench",
    concurrency,
  } as const;
  const client =
    protocol === "grpc" ? await OtlpGrpcClient.create(settings) : await OtlpHttpClient.create(settings, Date.now);
  const never = new AbortController().signal;
  return {
    send: async (bytes) => (await client.send("traces", bytes, never)).kind === "delivered",
    close: () => client.close(),
  };
}
