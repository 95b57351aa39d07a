/**
 * Serves unary gRPC methods that take bytes and give bytes, on node:http2.
 *
 * Written by hand, because @grpc/grpc-js gives a server no say over its flow-control windows (64 KiB:
 * a sender 100 ms away gets ten of those a second), does not tell it of the calls it turns away, and
 * holds any number of bytes for calls under way. Per request of 100 spans it also costs a tenth less
 * CPU. Only what unary calls need is here: one message each way, gzip or identity, and a status.
 */
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import { constants, createSecureServer, createServer } from "node:http2";
import type { AuthorizationCheck } from "./bearer-tokens.ts";
import type { Refusal, TurnedAway } from "./export-door.ts";
import { CROWDED, tooLarge, UNAUTHENTICATED } from "./export-door.ts";
import { grpcCode } from "./grpc-code.ts";
import { readGrpcMessage } from "./grpc-message.ts";
import type { ReceiverLimits } from "./receiver-limits.ts";
import type { GrpcReply } from "./reply.ts";
import { grpcError, grpcReply } from "./reply.ts";
import type { TlsMaterial } from "./tls-files.ts";
import { tlsServerOptions } from "./tls-files.ts";
import { Unpacker } from "./unpack.ts";

export type GrpcMethod = {
  readonly mayCall: AuthorizationCheck;
  /** Must not throw. */
  readonly answer: (message: Uint8Array, peer: string) => GrpcReply | Promise<GrpcReply>;
  /** The server has turned a call away on its own. */
  readonly onRefused: (reason: TurnedAway) => void;
};

export type GrpcServerParts = {
  /** By path, as in `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, GrpcMethod>;
  /** A call was for none of them. */
  readonly onStray: (reason: TurnedAway) => void;
  readonly maxMessageBytes: number;
  readonly limits: ReceiverLimits;
  readonly tls: TlsMaterial | null;
};

/** Of one connection. Exporters have a handful in flight; a gateway some dozens. */
const CONCURRENT_STREAMS_MAX = 256;
/** What a sender may have under way before it hears from us: a usual request whole, several together. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * STREAM_WINDOW_BYTES;
/** In MB. At Node's default of 10, busy connections lose streams to ENHANCE_YOUR_CALM. */
const SESSION_MEMORY_MAX_MB = 512;
/** A sender that vanished without a word is noticed after these two together. */
const PING_INTERVAL_MS = 60_000;
const PING_TIMEOUT_MS = 20_000;

export class GrpcServer {
  readonly #parts: GrpcServerParts;
  readonly #unpacker: Unpacker;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #pings: NodeJS.Timeout;

  constructor(parts: GrpcServerParts) {
    this.#parts = parts;
    this.#unpacker = new Unpacker(parts.limits);
    // One timer for all: a timeout of each session would be wound up again with every frame.
    this.#pings = setInterval(() => this.#sessions.forEach(pingOrDestroy), PING_INTERVAL_MS).unref();
  }

  /** A server to listen with; each address gets its own. */
  makeHttp2Server(): Http2Server {
    const options = {
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, maxConcurrentStreams: CONCURRENT_STREAMS_MAX },
      maxSessionMemory: SESSION_MEMORY_MAX_MB,
    };
    const { tls } = this.#parts;
    const server = tls === null ? createServer(options) : createSecureServer({ ...options, ...tlsServerOptions(tls) });
    server.maxConnections = this.#parts.limits.connectionsMax;
    server.on("session", (session) => this.#onSession(session));
    return server;
  }

  /** Asks every sender to go elsewhere with its next call; those under way go on. */
  drain(): void {
    clearInterval(this.#pings);
    for (const session of this.#sessions) session.close();
  }

  /** Cuts off what is still under way. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
  }

  #onSession(session: ServerHttp2Session): void {
    const peer = `${session.socket.remoteAddress ?? "unknown"}:${session.socket.remotePort ?? 0}`;
    this.#sessions.add(session);
    session.on("close", () => this.#sessions.delete(session));
    // A sender that goes away, or speaks another protocol, is nobody's fault: it must not end the process.
    session.on("error", ignore);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on("stream", (stream, headers) => void this.#serve(stream, headers, peer));
  }

  /** Never rejects. */
  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, peer: string): Promise<void> {
    stream.on("error", ignore);
    if (!(headers["content-type"] ?? "").startsWith("application/grpc")) {
      this.#parts.onStray("unsupported_media_type");
      // The answer that the gRPC protocol wants for anything else, and the only one in plain HTTP.
      stream.respond({ ":status": 415 }, { endStream: true });
      stopSender(stream);
      return;
    }
    const method = this.#parts.methods.get(headers[":path"] ?? "");
    if (method === undefined) this.#parts.onStray("not_found");
    const reply = method === undefined ? UNKNOWN_METHOD : await this.#call(method, stream, headers, peer);
    if (reply !== null && !stream.destroyed && !stream.closed) send(stream, reply);
  }

  /** null when the sender has gone away and nobody is left to answer. */
  async #call(
    method: GrpcMethod,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    peer: string,
  ): Promise<GrpcReply | null> {
    if (!method.mayCall(headers.authorization)) return refuse(method, UNAUTHENTICATED);
    const packing = headers["grpc-encoding"];
    if (packing !== undefined && packing !== "gzip" && packing !== "identity") {
      method.onRefused("unsupported_encoding");
      return UNKNOWN_PACKING;
    }
    const { limits, maxMessageBytes } = this.#parts;
    const { arrivingBytes } = limits;
    const bounds = { maxBytes: maxMessageBytes, arrivingBytes, unpacker: this.#unpacker };
    const read = await readGrpcMessage(stream, packing, bounds);
    switch (read.kind) {
      case "read":
        return method.answer(read.bytes, peer);
      case "too_large":
        return refuse(method, tooLarge(maxMessageBytes));
      case "crowded":
        method.onRefused("overloaded");
        return grpcReply(CROWDED, null);
      case "corrupt":
        method.onRefused("malformed");
        return grpcError({ code: grpcCode.INTERNAL, message: read.message });
      case "aborted":
        return null;
    }
  }
}

function pingOrDestroy(session: ServerHttp2Session): void {
  const deadline = setTimeout(() => session.destroy(), PING_TIMEOUT_MS).unref();
  if (!session.ping(() => clearTimeout(deadline))) session.destroy();
}

const UNKNOWN_METHOD = grpcError({ code: grpcCode.UNIMPLEMENTED, message: "there is no such method" });
const UNKNOWN_PACKING = grpcError({ code: grpcCode.UNIMPLEMENTED, message: "grpc-encoding must be gzip or identity" });

function refuse(method: GrpcMethod, refusal: Refusal): GrpcReply {
  method.onRefused(refusal.reason);
  return grpcReply(refusal, null);
}

const HEADERS = { ":status": 200, "content-type": "application/grpc", "grpc-accept-encoding": "identity,gzip" };
const OK_TRAILERS = { "grpc-status": "0" };

function send(stream: ServerHttp2Stream, reply: GrpcReply): void {
  if (reply.kind === "ok") {
    stream.once("wantTrailers", () => stream.sendTrailers(OK_TRAILERS));
    stream.respond(HEADERS, { waitForTrailers: true });
    stream.end(framed(reply.body));
    return;
  }
  const details =
    reply.details === null ? {} : { "grpc-status-details-bin": Buffer.from(reply.details).toString("base64") };
  const status = { "grpc-status": String(reply.code), "grpc-message": percentEncoded(reply.message) };
  stream.respond({ ...HEADERS, ...status, ...details }, { endStream: true });
  stopSender(stream);
}

/** For a sender whose message is still coming and is not wanted any more (RFC 9113, section 8.1). */
function stopSender(stream: ServerHttp2Stream): void {
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}

const EMPTY_FRAME = Buffer.alloc(5);

/** With the prefix of a message that is not packed. */
function framed(message: Uint8Array): Buffer {
  if (message.length === 0) return EMPTY_FRAME;
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/** As the gRPC protocol wants `grpc-message`: printable ASCII stands for itself, except the percent sign. */
function percentEncoded(message: string): string {
  return message.toWellFormed().replaceAll(/[^\x20-\x24\x26-\x7e]+/g, encodeURIComponent);
}

function ignore(): void {}
