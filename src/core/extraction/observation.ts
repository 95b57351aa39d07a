/**
 * One request as the detector sees it, whatever brought the news: a span, a line of an access log,
 * a recorded request.
 */
import type { UnixMillis } from "../time.ts";
import type { FailureCause } from "./causes/cause.ts";
import type { Refusal } from "./causes/refusal.ts";
import type { Endpoint } from "./endpoint.ts";

export const OUTCOMES = ["ok", "unauthenticated", "forbidden", "throttled", "client_error", "server_error"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Observation {
  readonly endpoint: Endpoint;
  readonly outcome: Outcome;
  /** Why it was refused; null when it was not, and when nothing tells. */
  readonly cause: FailureCause | null;
  /** The refusals that it stands for, whose causes may become clearer later; absent where nothing more will come. */
  readonly refusals?: readonly Refusal[];
  /** 0 when there is none. */
  readonly httpStatus: number;
  /** -1 when there is none. */
  readonly grpcStatus: number;
  /** How many requests this one stands for: its adjusted count, 1 when not sampled. */
  readonly weight: number;
  /** Keyed fingerprint of the client's address, a safe integer; 0 when the client is unknown. */
  readonly client: number;
  /** Keyed fingerprint of the user who signs in or is signed in, a safe integer; 0 when nothing names one. */
  readonly user: number;
  /** The same of the session that the request is part of, whatever addresses it comes from. */
  readonly session: number;
  /** When the request ended, by the sender's clock. */
  readonly endedAt: UnixMillis;
  /** 32 hex digits, "" when there is no trace. Built on demand: most requests are never shown. */
  traceId(): string;
  /** 16 hex digits, "" when there is no span. */
  spanId(): string;
  /** A resource or span attribute as text, for rules that match on more than the endpoint. */
  attribute(key: string): string | undefined;
}
