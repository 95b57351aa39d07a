/**
 * Where both receivers hand requests over, whatever protocol brought them.
 */
import type { RefusalReason, Signal, Verdict } from "../../core/otlp/verdict.ts";

export type ExportRequest = {
  readonly signal: Signal;
  /** Protobuf, decompressed; JSON has been transcoded. Who takes the request owns them. */
  readonly bytes: Uint8Array;
  /** `address:port` of the sender. */
  readonly peer: string;
};

export type ExportDoor = {
  /** Answers each request once. */
  readonly accept: (request: ExportRequest) => Verdict | Promise<Verdict>;
  /** A request was turned away before it could be handed over; the signal is null when its path names none. */
  readonly onRefused: (signal: Signal | null, reason: RefusalReason) => void;
  /** `accept` has thrown. The sender was told to try again. */
  readonly onFailure: (error: unknown) => void;
};

const TRY_AGAIN: Verdict = { kind: "retry", message: "internal error", retryAfterMs: 1000 };

/** A fault of ours costs its sender a retry and never the process: the sender would come back with it. */
export async function knock(door: ExportDoor, request: ExportRequest): Promise<Verdict> {
  try {
    return await door.accept(request);
  } catch (error) {
    door.onFailure(error);
    return TRY_AGAIN;
  }
}
