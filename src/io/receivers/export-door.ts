/**
 * Where both receivers hand requests over, whatever protocol brought them, and say what befell them.
 */
import type { RefusalReason, Signal, Verdict } from "../../core/otlp/verdict.ts";
import type { TlsChange } from "./tls-renewal.ts";

export type ExportRequest = {
  readonly signal: Signal;
  /** Protobuf, decompressed; JSON has been transcoded. Who takes the request owns them. */
  readonly bytes: Uint8Array;
  /** `address:port` of the sender. */
  readonly peer: string;
};

/** For good, or for now because too much is under way. */
export type TurnedAway = RefusalReason | "overloaded";

export type ExportDoor = {
  /** Answers each request once. */
  readonly accept: (request: ExportRequest) => Verdict | Promise<Verdict>;
  /** A request was turned away before it could be handed over; the signal is null when its path names none. */
  readonly onRefused: (signal: Signal | null, reason: TurnedAway) => void;
  /** `accept` has thrown. The sender was told to try again. */
  readonly onFailure: (error: unknown) => void;
  /** A certificate was renewed, or could not be. */
  readonly onTlsChange: (change: TlsChange) => void;
};

/** A fault of ours costs its sender a retry and never the process: the sender would come back with it. */
export async function knock(door: Pick<ExportDoor, "accept" | "onFailure">, request: ExportRequest): Promise<Verdict> {
  try {
    return await door.accept(request);
  } catch (error) {
    door.onFailure(error);
    return TRY_AGAIN;
  }
}

const TRY_AGAIN: Verdict = { kind: "retry", message: "internal error", retryAfterMs: 1000 };

/** What all requests under way take together has reached its bound. */
export const CROWDED: Verdict = { kind: "retry", message: "too many requests are under way", retryAfterMs: 1000 };

export type Refusal = Extract<Verdict, { readonly kind: "refused" }>;

export const UNAUTHENTICATED: Refusal = {
  kind: "refused",
  reason: "unauthenticated",
  message: "a valid bearer token is required",
};

/** Senders split what they sent when they recognise the complaint; over gRPC the words are all they have. */
export function tooLarge(maxRequestBytes: number): Refusal {
  const message = `the request is larger than max (${maxRequestBytes} bytes), as it came or unpacked`;
  return { kind: "refused", reason: "too_large", message };
}

export function malformed(message: string): Refusal {
  return { kind: "refused", reason: "malformed", message };
}
