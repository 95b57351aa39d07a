/** What becomes of one export request, before it takes the form of either protocol. */
export const SIGNALS = ["traces", "metrics", "logs"] as const;
export type Signal = (typeof SIGNALS)[number];

export type Verdict =
  | { readonly kind: "accepted" }
  /** Some items are bad for good: they were left out, the rest was taken. */
  | { readonly kind: "partial"; readonly rejected: number; readonly message: string }
  /** Send the same bytes again, later. */
  | { readonly kind: "retry"; readonly message: string; readonly retryAfterMs: number }
  /** Never send these bytes again. */
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly message: string };

export type RefusalReason =
  | "malformed"
  /** A fault of ours: what cannot be looked through is not let through. */
  | "redaction_failed"
  | "too_large"
  | "unauthenticated"
  | "unsupported_media_type"
  | "unsupported_encoding"
  | "method_not_allowed"
  | "not_found";
