/**
 * Receives OTLP over HTTP: protobuf and JSON, plain, gzip or zstd, on one port.
 */
import type { Server, ServerOptions } from "node:http";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { acceptBearerTokens } from "./bearer-tokens.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { corsPolicy } from "./cors.ts";
import type { ExchangeParts } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import type { ExportDoor } from "./export-door.ts";
import { closeAll, listen } from "./listen.ts";
import type { ReceiverLimits } from "./receiver-limits.ts";
import { ownReceiverLimits } from "./receiver-limits.ts";
import type { BoundAddress, CorsSettings, ReceiverSettings } from "./receiver-settings.ts";
import type { TlsMaterial } from "./tls-files.ts";
import { readTlsFiles, tlsServerOptions } from "./tls-files.ts";
import type { TlsRenewal } from "./tls-renewal.ts";
import { startTlsRenewal } from "./tls-renewal.ts";
import { Unpacker } from "./unpack.ts";

export type HttpReceiverSettings = ReceiverSettings & { readonly cors: CorsSettings | null };

/** A sender has this long for its headers, and for the whole request: slower ones are cut off. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than the 60 s for which balancers usually keep an idle connection: they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const TIMEOUT_CHECK_MS = 2000;
const HEADERS_MAX_BYTES = 32 * 1024;

/** What is under way at the end may still finish within this. */
const STOP_MAX_MS = 5000;
const STOP_SWEEP_MS = 50;

export class OtlpHttpReceiver {
  readonly address: BoundAddress;
  readonly #servers: readonly Server[];
  readonly #renewal: TlsRenewal | null;

  private constructor(address: BoundAddress, servers: readonly Server[], renewal: TlsRenewal | null) {
    this.address = address;
    this.#servers = servers;
    this.#renewal = renewal;
  }

  /** Resolves when requests are being taken. Throws a ReceiverError when that cannot be. */
  static async start(
    settings: HttpReceiverSettings,
    door: ExportDoor,
    limits: ReceiverLimits = ownReceiverLimits(),
  ): Promise<OtlpHttpReceiver> {
    const tls = settings.tls === null ? null : await readTlsFiles(settings.tls);
    const parts: ExchangeParts = {
      door,
      mayEnter: acceptBearerTokens(settings.bearerTokens),
      cors: corsPolicy(settings.cors),
      maxRequestBytes: settings.maxRequestBytes,
      arrivingBytes: limits.arrivingBytes,
      unpacker: new Unpacker(limits),
    };
    const { servers, address } = await listen(settings, () => makeServer(tls, parts, limits.connectionsMax));
    const renewal = startTlsRenewal(settings, tls, { servers, onChange: door.onTlsChange });
    return new OtlpHttpReceiver(address, servers, renewal);
  }

  /** Takes no more connections, lets requests under way finish for a while, then cuts off the rest. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#renewal?.[Symbol.dispose]();
    // A kept connection becomes idle when its last answer has left; only then may it be closed.
    const sweep = setInterval(() => {
      for (const server of this.#servers) server.closeIdleConnections();
    }, STOP_SWEEP_MS);
    const deadline = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections();
    }, STOP_MAX_MS);
    await closeAll(this.#servers);
    clearInterval(sweep);
    clearTimeout(deadline);
  }
}

function makeServer(tls: TlsMaterial | null, parts: ExchangeParts, connectionsMax: number): Server {
  const options: ServerOptions = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    maxHeaderSize: HEADERS_MAX_BYTES,
    noDelay: true,
  };
  const server = tls === null ? createServer(options) : createTlsServer({ ...options, ...tlsServerOptions(tls) });
  server.maxConnections = connectionsMax;
  // Node's own switch, though its types do not know it: a sender that closes its side still wants its answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("request", (request, response) => void exchange(parts, request, response));
  return server.on("clientError", (error, socket) => answerBrokenRequest(parts.door, error, socket));
}
