/**
 * A connection to a gRPC server on node:http2, opened when there is something to send and again when
 * it was lost.
 *
 * It neither waits between attempts nor tries on its own: whoever calls rests between its tries. Nor
 * does it ping: many servers break off with clients that ping more than every five minutes, and the
 * deadline of a call finds a dead connection sooner than that.
 */
import type { ClientHttp2Session, OutgoingHttpHeaders } from "node:http2";
import { connect } from "node:http2";
import type { TlsMaterial } from "./export-client.ts";
import type { GrpcCallLimits, GrpcMessage, GrpcOutcome } from "./grpc-call.ts";
import { callUnary } from "./grpc-call.ts";

/** In MB. At Node's default of 10, some dozens of large requests under way lose their streams. */
const SESSION_MEMORY_MAX_MB = 512;
/** Keeps idle connections alive in the tables of firewalls, and notices peers that vanished. */
const TCP_KEEP_ALIVE_MS = 60_000;

export class GrpcConnection {
  readonly #origin: string;
  readonly #tls: TlsMaterial;
  #session: ClientHttp2Session | null = null;

  /** Opens nothing yet. */
  constructor(origin: string, tls: TlsMaterial) {
    this.#origin = origin;
    this.#tls = tls;
  }

  /** Calls a unary method. Never rejects. */
  async call(headers: OutgoingHttpHeaders, message: GrpcMessage, limits: GrpcCallLimits): Promise<GrpcOutcome> {
    const session = this.#openSession();
    const outcome = await callUnary(session.request(headers), message, limits);
    // The connection may be dead without having been closed, or out of streams: only a new one finds out.
    const isAnswered = outcome.kind === "answered" || outcome.kind === "too_large";
    if (!isAnswered && this.#session === session) this.close();
    return outcome;
  }

  /** Calls under way may finish. The next one opens another connection. */
  close(): void {
    this.#session?.close();
    this.#session = null;
  }

  #openSession(): ClientHttp2Session {
    if (this.#session === null || this.#session.closed || this.#session.destroyed) this.#session = this.#connect();
    return this.#session;
  }

  #connect(): ClientHttp2Session {
    const { ca, cert, key } = this.#tls;
    const session = connect(this.#origin, {
      maxSessionMemory: SESSION_MEMORY_MAX_MB,
      settings: { enablePush: false },
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    });
    session.once("connect", (_, socket) => socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS));
    // Each of its streams says that it failed, and why.
    session.on("error", ignore);
    return session;
  }
}

function ignore(): void {}
