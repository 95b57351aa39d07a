/**
 * What the queue has to be told, and what it tells.
 */
import type { Signal } from "../../core/otlp/verdict.ts";
import type { UnixMillis } from "../../core/time.ts";
import type { CreateFile } from "./segment-file.ts";

export type QueueSettings = {
  /** Where segment files and cursors live; null keeps everything in memory. */
  readonly directory: string | null;
  /** Of everything queued. The oldest goes first when it is passed, a whole segment at a time. */
  readonly maxBytes: number;
  /** Of what is held in memory alone: without a directory, or while the disk fails. */
  readonly memoryMaxBytes: number;
  readonly maxAgeMs: number;
  readonly fsync: FsyncPolicy;
};

/**
 * What an acknowledgement is worth in a power cut. A killed process loses nothing under any of them:
 * what was written belongs to the kernel.
 *
 * - `always`: nothing acknowledged is lost; each acknowledgement waits for the disk.
 * - `interval`, the default: what has waited for its destination for a second is made safe. While the
 *   destinations keep up, records are gone before that and the disk is left alone; when one is down,
 *   a power cut costs the last two seconds.
 * - `never`: the kernel writes back when it sees fit, commonly within 30 seconds.
 */
export type FsyncPolicy = "always" | "interval" | "never";

export type QueueParts = {
  /** One that is new here begins with what comes next. */
  readonly exporters: readonly QueueExporter[];
  readonly account: ForwardAccount;
  /** The steady clock, which must not go back across restarts. */
  readonly now: () => UnixMillis;
  readonly schedule: (delayMs: number, action: () => void) => () => void;
  /** Told when something changes for the worse or back; never once per record. */
  readonly onTrouble: (trouble: QueueTrouble) => void;
  /** How segment files are made; tests pass failing disks. */
  readonly createFile?: CreateFile;
};

/** The name identifies it across restarts. */
export type QueueExporter = { readonly name: string; readonly signals: readonly Signal[] };

/** Keeps the books: for each signal and exporter, accepted + resumed = sent + queued + dropped. */
export interface ForwardAccount {
  /** Once, at opening: so many items were waiting there from earlier runs. */
  resumed(signal: Signal, exporter: string, items: number): void;
  sent(signal: Signal, exporter: string, items: number): void;
  dropped(signal: Signal, exporter: string, reason: ForwardDropReason, items: number): void;
}

export type ForwardDropReason =
  | "queue_overflow"
  | "queue_expired"
  | "queue_corrupt"
  | "exporter_rejected"
  | "exporter_removed";

export type QueueTrouble =
  /** Records are kept in memory until the disk works again; `code` is the system's, such as ENOSPC. */
  | { readonly kind: "disk_failed"; readonly code: string; readonly cause: unknown }
  | { readonly kind: "disk_recovered" }
  /** Disk and memory are both full: what comes is turned away until one of them has room. */
  | { readonly kind: "refusing" }
  | { readonly kind: "accepting_again" }
  /** Told at the first loss of a run; the account has the sums. */
  | {
      readonly kind: "dropping";
      readonly exporter: string;
      readonly signal: Signal;
      readonly reason: ForwardDropReason;
      readonly items: number;
    }
  /** An exporter is no longer configured: what waited for it is not kept. */
  | { readonly kind: "exporter_removed"; readonly exporter: string; readonly signal: Signal; readonly items: number }
  /** The queue was closed with records that were in memory alone. */
  | { readonly kind: "lost_at_close"; readonly exporter: string; readonly signal: Signal; readonly items: number };

/** The queue cannot be used at all; the message names the directory. */
export class QueueError extends Error {
  override readonly name = "QueueError";
}
