/**
 * Why a request was refused, in one word, and how sure that is.
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
export type FailureCause = { readonly name: string; readonly confidence: Confidence };

/** What the decision table answers. */
export type DecidedCause = { readonly name: CauseName; readonly confidence: Confidence };

export function cause(name: CauseName, confidence: Confidence): DecidedCause {
  return { name, confidence };
}

const NAMES: ReadonlySet<string> = new Set(CAUSES);

export function isCauseName(name: string): name is CauseName {
  return NAMES.has(name);
}

/** Refusals that are about what somebody may do, not about who they are. */
const NOT_AUTHENTICATION: ReadonlySet<string> = new Set<CauseName>(["insufficient_scope", "csrf", "not_auth"]);

/** Whether a 403 with this cause is a failed authentication that was given the wrong status. */
export function provesFailedAuthentication({ name }: FailureCause): boolean {
  return isCauseName(name) && !NOT_AUTHENTICATION.has(name);
}
