/**
 * Why a request was refused, in one word, how sure that is, and who says so.
 *
 * The words are part of the product: they stand on spans (`authspike.cause`), in pages and in
 * backtests, and advice hangs on them.
 */
export const CAUSES = [
  "no_credentials",
  "expired",
  "clock_skew",
  "invalid_token",
  "malformed",
  "bad_signature",
  "unsigned",
  "algorithm",
  "unknown_key",
  "wrong_audience",
  "wrong_issuer",
  "wrong_scheme",
  "bad_password",
  "account",
  "invalid_api_key",
  "invalid_client",
  "invalid_grant",
  "client_certificate",
  "insufficient_scope",
  "step_up_required",
  "dpop",
  "dpop_nonce",
  "handshake",
  "preflight",
  "csrf",
  "idp_unavailable",
  "not_auth",
] as const;

export type CauseName = (typeof CAUSES)[number];

/** `high`: something named it. `medium`: a text or a token's claims say so. `low`: what remains. */
export type Confidence = "high" | "medium" | "low";

/** What an observation carries. Recordings may have words of their own. */
export type FailureCause = {
  readonly name: string;
  readonly confidence: Confidence;
  /** The attribute that says so, or whatever else does. Absent where a recording names the cause. */
  readonly source?: string;
};

/**
 * The rows of the decision table, most telling first. What somebody stated comes before what can only
 * be inferred from the request, and among statements an exception's class before its message: "Signature
 * has expired" belongs to an `ExpiredSignatureError`.
 */
export const ROW = {
  providerUnavailable: 1,
  challengeError: 2,
  exceptionType: 3,
  text: 4,
  /** A service further in that refused the same call. */
  upstream: 5,
  tokenTimes: 6,
  negotiation: 7,
  preflight: 8,
  sentScheme: 9,
  nothingSent: 10,
  bareChallenge: 11,
  genericChallenge: 12,
  oauthError: 13,
  /** A message or class that says no more than "invalid token". */
  genericText: 14,
  expiredPage: 15,
  signIn: 16,
  apiKey: 17,
} as const;

/** What the decision table answers for one teller: a span, its child, a log record. */
export type Statement = FailureCause & { readonly name: CauseName; readonly source: string; readonly row: number };

/** Somebody said it, as against what was concluded. Rows of upstream services lie between two rows. */
export function isStated({ row }: Statement): boolean {
  return row < ROW.tokenTimes;
}

/**
 * A guard that finds no credentials says so, and seldom what it found: browsers send none with a preflight,
 * and what is there in another scheme is none to it. The request knows better, in whatever words it was refused.
 */
export function isWithoutCredentials({ name }: Statement): boolean {
  return name === "preflight" || name === "wrong_scheme";
}

const NAMES: ReadonlySet<string> = new Set(CAUSES);

export function isCauseName(name: string): name is CauseName {
  return NAMES.has(name);
}

/** Refusals that are about what somebody may do, not about who they are. */
const NOT_AUTHENTICATION: ReadonlySet<string> = new Set<CauseName>(["insufficient_scope", "csrf", "not_auth"]);

/** Whether a 403 with this cause is a failed authentication that was given the wrong status. */
export function provesFailedAuthentication({ name }: Pick<FailureCause, "name">): boolean {
  return isCauseName(name) && !NOT_AUTHENTICATION.has(name);
}
