/**
 * Reads the PEM files of a listener and tries them out, so that a wrong path or a key of another
 * certificate is one clear error at start and not a failing handshake later.
 */
import { readFile } from "node:fs/promises";
import type { SecureContextOptions, TlsOptions } from "node:tls";
import { createSecureContext } from "node:tls";
import type { ReceiverTls } from "./receiver-settings.ts";
import { ReceiverError } from "./receiver-settings.ts";

export type TlsMaterial = {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** null = clients need no certificate. */
  readonly clientCa: Buffer | null;
};

export async function readTlsFiles(tls: ReceiverTls): Promise<TlsMaterial> {
  const [cert, key, clientCa] = await Promise.all([
    readPem(tls.certFile, "cert_file"),
    readPem(tls.keyFile, "key_file"),
    tls.clientCaFile === null ? null : readPem(tls.clientCaFile, "client_ca_file"),
  ]);
  try {
    createSecureContext(secureContextOptions({ cert, key, clientCa }));
  } catch (cause) {
    throw tlsError(`cannot use ${tls.certFile} with ${tls.keyFile}`, cause);
  }
  return { cert, key, clientCa };
}

/** The part of the material that a running server can be given anew. */
export function secureContextOptions({ cert, key, clientCa }: TlsMaterial): SecureContextOptions {
  return clientCa === null ? { cert, key } : { cert, key, ca: clientCa };
}

export function tlsServerOptions(material: TlsMaterial): TlsOptions {
  const asksClients = material.clientCa !== null;
  return { ...secureContextOptions(material), requestCert: asksClients, rejectUnauthorized: asksClients };
}

async function readPem(path: string, settingName: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw tlsError(`cannot read tls.${settingName}`, cause);
  }
}

function tlsError(what: string, cause: unknown): ReceiverError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ReceiverError(`${what}: ${reason}`, { kind: "tls", cause });
}
