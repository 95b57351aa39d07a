/**
 * Whether the disk takes writes at present, for all signals together, and when to try it again.
 */
import type { UnixMillis } from "../../core/time.ts";
import type { QueueTrouble } from "./queue-settings.ts";

/** Soon enough to be safe again shortly after the disk is, rare enough to cost nothing until then. */
const DISK_RETRY_MS = 5000;

export class DiskHealth {
  readonly #now: () => UnixMillis;
  readonly #onTrouble: (trouble: QueueTrouble) => void;
  #retryAt: UnixMillis | null = null;
  #code: string | null = null;
  #failureCount = 0;

  constructor(parts: { readonly now: () => UnixMillis; readonly onTrouble: (trouble: QueueTrouble) => void }) {
    this.#now = parts.now;
    this.#onTrouble = parts.onTrouble;
  }

  get isFailing(): boolean {
    return this.#code !== null;
  }

  get isFull(): boolean {
    return this.#code === "ENOSPC" || this.#code === "EDQUOT";
  }

  /** Always true while the disk works. */
  get isDue(): boolean {
    return this.#retryAt === null || this.#now() >= this.#retryAt;
  }

  /** Grows with every failure. */
  get failureCount(): number {
    return this.#failureCount;
  }

  /** There is reason to believe that it will work by then. */
  retryIn(delayMs: number): void {
    this.#retryAt = this.#now() + delayMs;
  }

  failed(cause: unknown): void {
    const code = codeOf(cause);
    this.#failureCount++;
    this.#retryAt = this.#now() + DISK_RETRY_MS;
    if (code === this.#code) return;
    this.#code = code;
    this.#onTrouble({ kind: "disk_failed", code, cause });
  }

  worked(): void {
    if (this.#code === null) return;
    this.#code = null;
    this.#retryAt = null;
    this.#onTrouble({ kind: "disk_recovered" });
  }
}

/** Rethrows what is no trouble of the disk: it would be a mistake of ours. */
function codeOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  if (!(cause instanceof Error) || typeof code !== "string" || !code.startsWith("E") || code.startsWith("ERR_")) {
    throw cause;
  }
  return code;
}
