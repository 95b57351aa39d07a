/**
 * One destination, as the loop that delivers to it sees it, whatever the protocol.
 */
import { readFile } from "node:fs/promises";
import type { ClientTlsConfig, ExporterConfig } from "../../config/config.ts";
import type { Signal } from "../../core/otlp/verdict.ts";
import { SIGNALS } from "../../core/otlp/verdict.ts";
import type { ExportVerdict } from "./export-verdict.ts";

export interface ExportClient {
  /**
   * Sends one request. Trouble on the way is a verdict too; an aborted request ends as a retry. `onLeft` is
   * called before this resolves if nothing reads the bytes any more, not even the kernel: with an answer
   * alone that is not sure.
   */
  send(signal: Signal, bytes: Uint8Array, abort: AbortSignal, onLeft?: () => void): Promise<ExportVerdict>;
  /** Requests under way may finish. */
  close(): Promise<void>;
}

/** What a client needs of its exporter's configuration. */
export type ClientSettings = Pick<
  ExporterConfig,
  "protocol" | "endpoint" | "signalEndpoints" | "compression" | "headers" | "timeoutMs" | "tls"
> & {
  /** Names product and version to the destination. */
  readonly userAgent: string;
  /** Requests under way at once, for each signal. */
  readonly concurrency: number;
};

/** The signals that have an address. The others are not sent to this destination. */
export function signalsOf(config: Pick<ExporterConfig, "endpoint" | "signalEndpoints">): readonly Signal[] {
  return SIGNALS.filter((signal) => config.endpoint !== null || config.signalEndpoints[signal] !== null);
}

/** Of a response, as the specification recommends. */
export const RESPONSE_MAX_BYTES = 4 * 1024 * 1024;

export type TlsMaterial = { readonly ca: Buffer | null; readonly cert: Buffer | null; readonly key: Buffer | null };

/** The exporter cannot be set up; the message names the setting. */
export class ExporterError extends Error {
  override readonly name = "ExporterError";
}

/** Reads the PEM files, so that a wrong path is one clear error at start. */
export async function readTlsMaterial(tls: ClientTlsConfig): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all([
    readPem(tls.caFile, "ca_file"),
    readPem(tls.certFile, "cert_file"),
    readPem(tls.keyFile, "key_file"),
  ]);
  return { ca, cert, key };
}

async function readPem(path: string | null, settingName: string): Promise<Buffer | null> {
  if (path === null) return null;
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ExporterError(`cannot read tls.${settingName}: ${reason}`, { cause });
  }
}
