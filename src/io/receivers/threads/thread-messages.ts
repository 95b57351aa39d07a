/**
 * What the main thread and a receiver thread say to each other.
 *
 * Requests and answers travel several to a message when they come together. Everything that is told
 * often, or must not be lost with a thread, is in shared memory instead: bounds and refusals.
 */
import type { Verdict } from "../../../core/otlp/verdict.ts";
import type { ExportDoor, ExportRequest } from "../export-door.ts";
import type { HttpReceiverSettings } from "../otlp-http.ts";
import type { LimitsMemory } from "../receiver-limits.ts";
import type { BoundAddress, ReceiverSettings } from "../receiver-settings.ts";
import { ReceiverError } from "../receiver-settings.ts";

export type ReceiversSettings = { readonly grpc: ReceiverSettings; readonly http: HttpReceiverSettings };
export type ReceiversAddresses = { readonly grpc: BoundAddress; readonly http: BoundAddress };

/** Refusals are counted where they happen. */
export type MainDoor = Omit<ExportDoor, "onRefused">;

/** Known to the thread from its beginning. */
export type ThreadFacts = {
  /** Counted from 0. A thread that takes the place of a dead one has its number. */
  readonly number: number;
  readonly limits: { readonly grpc: LimitsMemory; readonly http: LimitsMemory };
  /** Of refusals, by all threads. */
  readonly refusals: SharedArrayBuffer;
  /** Of bytes handed over and not taken yet, by this thread. */
  readonly window: SharedArrayBuffer;
  readonly windowMaxBytes: number;
};

export type HandedOver = ExportRequest & { readonly id: number };
export type Answer = { readonly id: number; readonly verdict: Verdict };

/** An error of ours loses its class on the way. */
export type PlainReceiverError = { readonly message: string; readonly kind: ReceiverError["kind"] };

export function plainError({ kind, message }: ReceiverError): PlainReceiverError {
  return { kind, message };
}

export function receiverError({ kind, message }: PlainReceiverError): ReceiverError {
  return new ReceiverError(message, { kind });
}

export type ToThread =
  | { readonly kind: "listen"; readonly settings: ReceiversSettings }
  | { readonly kind: "answers"; readonly answers: readonly Answer[] }
  /** Take no more connections, finish what is under way, and end. */
  | { readonly kind: "stop" };

export type FromThread =
  | { readonly kind: "listening"; readonly addresses: ReceiversAddresses }
  | { readonly kind: "cannot_listen"; readonly error: PlainReceiverError }
  | { readonly kind: "requests"; readonly requests: readonly HandedOver[] }
  /** Renewed, unless there is an error. */
  | { readonly kind: "certificate"; readonly settingName: string; readonly error: PlainReceiverError | null }
  | { readonly kind: "fault"; readonly error: unknown };
