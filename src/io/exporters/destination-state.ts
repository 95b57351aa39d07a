/**
 * Tells a person how a destination is doing with one signal, when that changes and not once per batch.
 */
import type { Signal } from "../../core/otlp/verdict.ts";
import type { UnixMillis } from "../../core/time.ts";
import { MINUTE_MS } from "../../core/time.ts";
import type { Logger } from "../platform/logger.ts";

/** A refusal that comes again after this long is worth another line. */
const QUIET_MS = MINUTE_MS;

export type StateParts = {
  readonly exporter: string;
  readonly signal: Signal;
  readonly log: Logger;
  readonly now: () => UnixMillis;
};

export class DestinationState {
  readonly #log: Logger;
  readonly #now: () => UnixMillis;
  #failingSince: UnixMillis | null = null;
  #failureCount = 0;
  readonly #told = new Map<string, { readonly at: UnixMillis; untoldItems: number }>();

  constructor(parts: StateParts) {
    this.#log = parts.log.child({ exporter: parts.exporter, signal: parts.signal });
    this.#now = parts.now;
  }

  get isFailing(): boolean {
    return this.#failingSince !== null;
  }

  failed(message: string, retryInMs: number): void {
    this.#failureCount++;
    if (this.#failingSince !== null) return;
    this.#failingSince = this.#now();
    this.#log.warn({ reason: message, retryInMs: Math.round(retryInMs) }, "export failed, will retry");
  }

  /** Returns true when it had been failing. */
  answered(): boolean {
    if (this.#failingSince === null) return false;
    const failingMs = Math.round(this.#now() - this.#failingSince);
    this.#log.info({ failingMs, failureCount: this.#failureCount }, "export works again");
    this.#failingSince = null;
    this.#failureCount = 0;
    return true;
  }

  refused(message: string, itemCount: number): void {
    this.#tell("whole", message, itemCount, "the destination refused items for good: they are dropped");
  }

  refusedPartly(message: string, itemCount: number): void {
    this.#tell("part", message, itemCount, "the destination took a batch but for some items: they are dropped");
  }

  warned(message: string): void {
    this.#tell("warning", message, 0, "the destination took a batch with a warning");
  }

  #tell(kind: "whole" | "part" | "warning", reason: string, itemCount: number, line: string): void {
    const previous = this.#told.get(kind);
    if (previous !== undefined && this.#now() - previous.at < QUIET_MS) {
      previous.untoldItems += itemCount;
      return;
    }
    this.#told.set(kind, { at: this.#now(), untoldItems: 0 });
    this.#log.warn({ reason, itemCount: itemCount + (previous?.untoldItems ?? 0) }, line);
  }
}
