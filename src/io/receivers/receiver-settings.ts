/**
 * What a receiver has to be told, and what it says when it cannot start.
 */

/** Paths of PEM files. With `clientCaFile` a client must show a certificate that this authority signed. */
export type ReceiverTls = {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string | null;
};

export type ReceiverSettings = {
  /** The setting that names the address, for the message when it cannot be had. */
  readonly settingName: string;
  /** A name or address; `localhost` listens on all of its addresses. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** `shared`: several threads of ours listen there, and the system deals out the connections. */
  readonly portUse: "alone" | "shared";
  readonly tls: ReceiverTls | null;
  /** Any of them opens the door; none = no token is asked for. */
  readonly bearerTokens: readonly string[];
  /** Of one request, as it arrives and after decompression. The protocol recommends 64 MiB. */
  readonly maxRequestBytes: number;
};

export type CorsSettings = {
  /** Exact origins, or patterns with `*` such as `https://*.example.com`. */
  readonly allowedOrigins: readonly string[];
  /** Beyond the ones every OTLP client sends. */
  readonly allowedHeaders: readonly string[];
};

export type BoundAddress = { readonly host: string; readonly port: number };

export class ReceiverError extends Error {
  override readonly name = "ReceiverError";
  readonly kind: "port_taken" | "not_permitted" | "address_unknown" | "tls" | "other";

  constructor(message: string, options: { readonly kind: ReceiverError["kind"]; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.kind = options.kind;
  }
}

/** Says which setting asked for the address, because that is where it is mended. */
export function listenError(settingName: string, wanted: BoundAddress, cause: Error): ReceiverError {
  const { kind, reason } = listenFailures.find(({ code }) => cause.message.includes(code)) ?? unknownFailure(cause);
  const address = `${wanted.host}:${wanted.port}`;
  return new ReceiverError(`cannot listen on ${address} (${settingName}): ${reason}`, { kind, cause });
}

const listenFailures = [
  { code: "EADDRINUSE", kind: "port_taken", reason: "another process has the port" },
  { code: "EACCES", kind: "not_permitted", reason: "this user may not open the port" },
  { code: "EADDRNOTAVAIL", kind: "address_unknown", reason: "this machine does not have the address" },
  { code: "ENOTFOUND", kind: "address_unknown", reason: "the host name is unknown" },
] as const;

function unknownFailure(cause: Error): { readonly kind: "other"; readonly reason: string } {
  return { kind: "other", reason: cause.message };
}
