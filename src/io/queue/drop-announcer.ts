/**
 * Says that records are being dropped when it begins, and not again until it has stopped for a while:
 * the account has the sums, a log needs the fact.
 */
import type { Signal } from "../../core/otlp/verdict.ts";
import type { UnixMillis } from "../../core/time.ts";
import { MINUTE_MS } from "../../core/time.ts";
import type { ForwardAccount, ForwardDropReason, QueueParts } from "./queue-settings.ts";

/** A pause this long ends a run of losses. */
const QUIET_MS = MINUTE_MS;

export class DropAnnouncer implements ForwardAccount {
  readonly #parts: Pick<QueueParts, "account" | "now" | "onTrouble">;
  /** Bounded by exporters, signals and reasons. */
  readonly #droppedAt = new Map<string, UnixMillis>();

  constructor(parts: Pick<QueueParts, "account" | "now" | "onTrouble">) {
    this.#parts = parts;
  }

  resumed(signal: Signal, exporter: string, items: number): void {
    this.#parts.account.resumed(signal, exporter, items);
  }

  sent(signal: Signal, exporter: string, items: number): void {
    this.#parts.account.sent(signal, exporter, items);
  }

  dropped(signal: Signal, exporter: string, reason: ForwardDropReason, items: number): void {
    this.#parts.account.dropped(signal, exporter, reason, items);
    if (isToldElsewhere(reason)) return;
    const key = `${reason} ${signal} ${exporter}`;
    const now = this.#parts.now();
    const isNewRun = now - (this.#droppedAt.get(key) ?? Number.NEGATIVE_INFINITY) > QUIET_MS;
    this.#droppedAt.set(key, now);
    if (isNewRun) this.#parts.onTrouble({ kind: "dropping", exporter, signal, reason, items });
  }
}

/** By the exporter, which knows what the destination said, and with the name of an exporter that is gone. */
function isToldElsewhere(reason: ForwardDropReason): boolean {
  return reason === "exporter_rejected" || reason === "exporter_removed";
}
