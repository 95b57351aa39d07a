/**
 * The one door through which telemetry enters, whatever protocol brought it.
 *
 * A request is acknowledged once it is counted and safely queued. When there is no room it is turned
 * away before anything is counted, so that the sender's second try is not a second sample. Should
 * our own analysis fail, the request is forwarded as it came: watching must never cost anybody data.
 * Should the redaction fail, it is refused: what cannot be looked through must not be shown to anybody.
 */

import type { IngestResult } from "../core/engine.ts";
import { freeBytes } from "../core/free-bytes.ts";
import { countItems } from "../core/otlp/signal-count.ts";
import type { Signal, Verdict } from "../core/otlp/verdict.ts";
import type { Instant } from "../core/time.ts";
import type { PipelineCounters } from "./pipeline-counters.ts";
import { NO_EXPORTER } from "./pipeline-counters.ts";
import type { Redact } from "./redaction.ts";

/** What intake needs of the engine. */
export interface TelemetryIngest {
  ingest(bytes: Uint8Array, now: Instant): IngestResult;
  /** Log records may say why requests were refused. The bytes are known to be well formed. */
  hearLogs(bytes: Uint8Array): void;
}

/** The queue in front of the exporters. */
export interface ForwardQueue {
  hasRoomFor(byteCount: number): boolean;
  /** Whether any exporter has an address for the signal. */
  isTaken(signal: Signal): boolean;
  /** Resolves when the batch is as safe as the configuration asks. */
  append(batch: { readonly signal: Signal; readonly bytes: Uint8Array; readonly itemCount: number }): Promise<void>;
}

export type IntakeParts = {
  readonly engine: TelemetryIngest;
  /** null when no exporter is configured: everything is analysed and nothing is forwarded. */
  readonly queue: ForwardQueue | null;
  /** Comes before everything else; null when nothing is to be redacted. */
  readonly redact: Redact | null;
  readonly counters: PipelineCounters;
  readonly now: () => Instant;
  /** Evidence is complete. Must only schedule, never judge in place. */
  readonly onUrgent: () => void;
  readonly onAnalysisFailure: (error: unknown) => void;
  readonly onRedactionFailure: (error: unknown) => void;
};

export type Intake = (request: { readonly signal: Signal; readonly bytes: Uint8Array }) => Promise<Verdict>;

/** Long enough for a full queue to make room, short enough for senders that give up after some seconds. */
const RETRY_AFTER_MS = 1_000;

const ACCEPTED: Verdict = { kind: "accepted" };

export function createIntake(parts: IntakeParts): Intake {
  return async ({ signal, bytes }) => {
    if (parts.queue !== null && !parts.queue.hasRoomFor(bytes.length)) {
      parts.counters.refused(signal, "overloaded").add(1);
      return { kind: "retry", message: "the forwarding queue is full", retryAfterMs: RETRY_AFTER_MS };
    }
    const clean = withoutSecrets(parts, signal, bytes);
    if (clean === null) {
      parts.counters.refused(signal, "redaction_failed").add(1);
      freeBytes(bytes);
      return { kind: "refused", reason: "redaction_failed", message: "the request could not be redacted" };
    }
    if (clean !== bytes) freeBytes(bytes);
    const read = signal === "traces" ? readTraces(parts, clean) : readOther(signal, clean);
    if (signal === "logs" && read.kind === "read") hearLogs(parts, clean);
    if (read.kind === "malformed") {
      parts.counters.refused(signal, "malformed").add(1);
      freeBytes(clean);
      return { kind: "refused", reason: "malformed", message: read.message };
    }
    parts.counters.accepted(signal).add(read.itemCount);
    await forward(parts, signal, read);
    if (read.rejectedCount === 0) return ACCEPTED;
    parts.counters.refused(signal, "invalid_id").add(read.rejectedCount);
    return { kind: "partial", rejected: read.rejectedCount, message: invalidIdMessage(read.rejectedCount) };
  };
}

/** Null when the redaction failed, which only a mistake of ours can make it do. */
function withoutSecrets(parts: IntakeParts, signal: Signal, bytes: Uint8Array): Uint8Array | null {
  if (parts.redact === null) return bytes;
  try {
    return parts.redact(signal, bytes);
  } catch (error) {
    parts.onRedactionFailure(error);
    return null;
  }
}

type ReadRequest =
  | { readonly kind: "malformed"; readonly message: string }
  | { readonly kind: "read"; readonly bytes: Uint8Array; readonly itemCount: number; readonly rejectedCount: number };

function readTraces(parts: IntakeParts, bytes: Uint8Array): ReadRequest {
  try {
    const result = parts.engine.ingest(bytes, parts.now());
    if (result.kind === "malformed") return result;
    if (result.isUrgent) parts.onUrgent();
    if (result.bytes !== bytes) freeBytes(bytes);
    const itemCount = result.spanCount - result.rejectedSpanCount;
    return { kind: "read", bytes: result.bytes, itemCount, rejectedCount: result.rejectedSpanCount };
  } catch (error) {
    // Only a mistake of ours gets here, and the sender must not pay for it.
    parts.onAnalysisFailure(error);
    return readOther("traces", bytes);
  }
}

function readOther(signal: Signal, bytes: Uint8Array): ReadRequest {
  const counted = countItems(signal, bytes);
  if (counted.kind === "malformed") return counted;
  return { kind: "read", bytes, itemCount: counted.itemCount, rejectedCount: 0 };
}

function hearLogs(parts: IntakeParts, bytes: Uint8Array): void {
  try {
    parts.engine.hearLogs(bytes);
  } catch (error) {
    parts.onAnalysisFailure(error);
  }
}

async function forward(
  parts: IntakeParts,
  signal: Signal,
  batch: { readonly bytes: Uint8Array; readonly itemCount: number },
): Promise<void> {
  if (parts.queue === null || !parts.queue.isTaken(signal)) {
    parts.counters.dropped(signal, NO_EXPORTER, "no_exporter").add(batch.itemCount);
    return freeBytes(batch.bytes);
  }
  // An envelope without items says nothing, and senders should not create them (OTLP specification).
  if (batch.itemCount === 0) return freeBytes(batch.bytes);
  await parts.queue.append({ signal, bytes: batch.bytes, itemCount: batch.itemCount });
}

function invalidIdMessage(count: number): string {
  return `${count} span(s) rejected: trace_id must be 16 bytes and span_id 8 bytes, neither all zero`;
}
