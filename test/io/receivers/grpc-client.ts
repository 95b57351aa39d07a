/** Calls a method with the bytes it is given and waits for the answer or the error. */
import type { ChannelCredentials, ServiceError } from "@grpc/grpc-js";
import { Client, credentials, Metadata } from "@grpc/grpc-js";

export type GrpcAnswer =
  | { readonly kind: "ok"; readonly body: Buffer }
  | { readonly kind: "error"; readonly code: number; readonly details: string; readonly metadata: Metadata };

export const EXPORT_TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
export const EXPORT_METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
export const EXPORT_LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

export class RawGrpcClient implements Disposable {
  readonly #client: Client;

  constructor(port: number, channelCredentials: ChannelCredentials = credentials.createInsecure()) {
    this.#client = new Client(`localhost:${port}`, channelCredentials, { "grpc.max_send_message_length": -1 });
  }

  call(path: string, body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<GrpcAnswer> {
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(path, same, same, Buffer.from(body), metadataOf(headers), (error, answer) => {
        resolve(error === null ? { kind: "ok", body: answer ?? Buffer.alloc(0) } : errorAnswer(error));
      });
    });
  }

  /** Starts a call and cancels it as soon as `when` has come to pass. */
  async cancelled(path: string, body: Uint8Array, when: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const call = this.#client.makeUnaryRequest(path, same, same, Buffer.from(body), () => resolve());
    await when;
    call.cancel();
    await promise;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function errorAnswer({ code, details, metadata }: ServiceError): GrpcAnswer {
  return { kind: "error", code, details, metadata };
}

function metadataOf(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
