/**
 * Unary gRPC calls on bare HTTP/2, so that a check can send what no gRPC library would.
 */
import { once } from "node:events";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { connect } from "node:http2";
import { gzipSync } from "node:zlib";
import { readProtobufStatus } from "./status-body.ts";
import type { Target } from "./target.ts";
import { grpcOf } from "./target.ts";

export const EXPORT_PATHS = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
} as const;

export const GRPC_OK = 0;
export const GRPC_INVALID_ARGUMENT = 3;
export const GRPC_PERMISSION_DENIED = 7;
export const GRPC_RESOURCE_EXHAUSTED = 8;
export const GRPC_UNIMPLEMENTED = 12;
export const GRPC_INTERNAL = 13;
export const GRPC_UNAVAILABLE = 14;
export const GRPC_UNAUTHENTICATED = 16;

export type GrpcAnswer = {
  readonly httpStatus: number;
  readonly headers: IncomingHttpHeaders;
  /** null when the answer has no grpc-status. */
  readonly status: number | null;
  readonly message: string;
  /** The types of the details in `grpc-status-details-bin`. */
  readonly detailTypes: readonly string[];
  /** Without the prefix; null when there was no message. */
  readonly body: Buffer | null;
  readonly byteCount: number;
};

export type GrpcCall = {
  readonly path?: string;
  /** Whole frames; see `frame`. */
  readonly frames: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Node's default of 10 MB would cancel calls of the size that the checks of limits make. */
const SESSION_MEMORY_MAX_MB = 512;

export class GrpcConnection implements Disposable {
  readonly #session: ClientHttp2Session;
  readonly #target: Target;
  readonly #failure: Promise<never>;

  constructor(target: Target) {
    this.#target = target;
    this.#session = connect(`http://${grpcOf(target)}`, { maxSessionMemory: SESSION_MEMORY_MAX_MB });
    const { promise, reject } = Promise.withResolvers<never>();
    this.#failure = promise;
    // Watched only while a call is under way.
    this.#failure.catch(() => {});
    this.#session.on("error", reject);
  }

  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  async call({ frames, ...rest }: GrpcCall): Promise<GrpcAnswer> {
    const { stream, answer } = this.open(rest);
    stream.end(frames);
    return await answer;
  }

  /** A call whose message the caller writes bit by bit. */
  open({ path = EXPORT_PATHS.traces, headers = {} }: Omit<GrpcCall, "frames">): {
    readonly stream: ClientHttp2Stream;
    readonly answer: Promise<GrpcAnswer>;
  } {
    const { bearerToken } = this.#target;
    const stream = this.#session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...(bearerToken === null ? {} : { authorization: `Bearer ${bearerToken}` }),
      ...headers,
    });
    const answer = Promise.race([answerOf(stream), this.#failure]);
    // A check may give up on a call before it looks at the answer.
    answer.catch(() => {});
    return { stream, answer };
  }

  async ping(payload: Buffer): Promise<Buffer> {
    if (this.#session.connecting) await Promise.race([once(this.#session, "connect"), this.#failure]);
    return await new Promise((resolve, reject) => {
      this.#session.ping(payload, (error, _duration, answered) => {
        if (error === null) resolve(answered);
        else reject(error);
      });
    });
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}

/** One call on a connection of its own. */
export async function callGrpc(target: Target, call: GrpcCall): Promise<GrpcAnswer> {
  using connection = new GrpcConnection(target);
  return await connection.call(call);
}

/** Settled when the stream is closed: a server may stop a sender after it has answered. */
function answerOf(stream: ClientHttp2Stream): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const headers: IncomingHttpHeaders = {};
    let failure: Error | null = null;
    // An answer without a message has in its headers what others have in their trailers.
    stream.on("response", (received: IncomingHttpHeaders) => Object.assign(headers, received));
    stream.on("trailers", (received: IncomingHttpHeaders) => Object.assign(headers, received));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", (error: Error) => {
      failure = error;
    });
    stream.on("close", () => {
      if (headers[":status"] === undefined) reject(failure ?? new Error(`reset with code ${stream.rstCode}`));
      else resolve(readAnswer(headers, Buffer.concat(chunks)));
    });
  });
}

function readAnswer(headers: IncomingHttpHeaders, bytes: Buffer): GrpcAnswer {
  const status = headers["grpc-status"];
  const details = String(headers["grpc-status-details-bin"] ?? "");
  return {
    httpStatus: Number(headers[":status"]),
    headers,
    status: status === undefined ? null : Number(status),
    message: percentDecoded(String(headers["grpc-message"] ?? "")),
    detailTypes: readProtobufStatus(Buffer.from(details, "base64"))?.detailTypes ?? [],
    body: bytes.length < 5 ? null : bytes.subarray(5),
    byteCount: bytes.length + Object.entries(headers).join("").length,
  };
}

/** A message that is not encoded as it should be is shown as it came. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function describeGrpc({ httpStatus, message, status }: GrpcAnswer): string {
  const http = httpStatus === 200 ? "" : `HTTP ${httpStatus}, `;
  return `${http}grpc-status ${status ?? "missing"}: ${message.slice(0, 100) || "no message"}`;
}

/** A message as it travels: whether it is packed, its length, its bytes. */
export function frame(message: Uint8Array, packing: "plain" | "packed" = "plain"): Buffer {
  const head = Buffer.alloc(5);
  head[0] = packing === "packed" ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

export const GZIP = { "grpc-encoding": "gzip" };

export function gzipFrame(message: Uint8Array): Buffer {
  return frame(gzipSync(message), "packed");
}
