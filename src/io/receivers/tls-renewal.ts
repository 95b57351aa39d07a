/**
 * Puts renewed certificates in force without a restart.
 *
 * The files are read again every few seconds and compared as a whole. Being notified of changes would
 * miss some: Kubernetes renews a mounted secret by swapping a link further up. Connections keep the
 * certificate they began with, and what cannot be used changes nothing.
 */
import type { Server } from "node:net";
import { Server as TlsServer } from "node:tls";
import type { ReceiverSettings, ReceiverTls } from "./receiver-settings.ts";
import { ReceiverError } from "./receiver-settings.ts";
import type { TlsMaterial } from "./tls-files.ts";
import { readTlsFiles, secureContextOptions } from "./tls-files.ts";

export type TlsChange =
  | { readonly kind: "renewed"; readonly settingName: string }
  /** The certificate in force stays. Told once, until the files can be used again or fail in another way. */
  | { readonly kind: "unusable"; readonly settingName: string; readonly error: ReceiverError };

type TlsRenewalParts = {
  readonly files: ReceiverTls;
  readonly inForce: TlsMaterial;
  readonly servers: readonly Server[];
  readonly settingName: string;
  readonly onChange: (change: TlsChange) => void;
};

const LOOK_INTERVAL_MS = 5000;

export class TlsRenewal {
  readonly #parts: TlsRenewalParts;
  #inForce: TlsMaterial;
  /** What was wrong at the last look, and what was told of it; empty when nothing was. */
  #failure = "";
  #toldFailure = "";
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(parts: TlsRenewalParts) {
    this.#parts = parts;
    this.#inForce = parts.inForce;
    this.#lookLater();
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#look().then(() => this.#lookLater()), LOOK_INTERVAL_MS).unref();
  }

  async #look(): Promise<void> {
    try {
      const found = await readTlsFiles(this.#parts.files);
      this.#failure = "";
      this.#toldFailure = "";
      if (!isSame(found, this.#inForce)) this.#renew(found);
    } catch (error) {
      if (!(error instanceof ReceiverError)) throw error;
      this.#fail(error);
    }
  }

  #renew(found: TlsMaterial): void {
    const { onChange, servers, settingName } = this.#parts;
    for (const server of servers) {
      if (server instanceof TlsServer) server.setSecureContext(secureContextOptions(found));
    }
    this.#inForce = found;
    onChange({ kind: "renewed", settingName });
  }

  /** Told at the second look: files are replaced one after the other, and for a moment do not fit together. */
  #fail(error: ReceiverError): void {
    const { onChange, settingName } = this.#parts;
    const isLasting = this.#failure === error.message;
    this.#failure = error.message;
    if (!isLasting || this.#toldFailure === error.message) return;
    this.#toldFailure = error.message;
    onChange({ kind: "unusable", settingName, error });
  }
}

/** null without TLS, where nothing is ever renewed. */
export function startTlsRenewal(
  { settingName, tls }: ReceiverSettings,
  inForce: TlsMaterial | null,
  { onChange, servers }: Pick<TlsRenewalParts, "onChange" | "servers">,
): TlsRenewal | null {
  if (tls === null || inForce === null) return null;
  return new TlsRenewal({ files: tls, inForce, servers, settingName, onChange });
}

function isSame(one: TlsMaterial, other: TlsMaterial): boolean {
  const isClientCaSame =
    one.clientCa === null || other.clientCa === null
      ? one.clientCa === other.clientCa
      : one.clientCa.equals(other.clientCa);
  return one.cert.equals(other.cert) && one.key.equals(other.key) && isClientCaSame;
}
