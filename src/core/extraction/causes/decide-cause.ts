/**
 * The decision table: from the signs on a span to the cause of its refusal.
 *
 * The order is the meaning. What somebody stated (a challenge's error code, an exception, a message)
 * comes before what can only be inferred from the request, and an exception's class before its
 * message: "Signature has expired" belongs to an `ExpiredSignatureError`.
 */
import type { CauseName, DecidedCause } from "./cause.ts";
import { cause } from "./cause.ts";
import { causeOfException } from "./cause-of-exception.ts";
import { causeOfText } from "./cause-of-text.ts";
import type { RefusalSigns } from "./refusal-signs.ts";

/** The request that was refused, as far as the table asks. */
export type RefusedRequest = {
  readonly httpStatus: number;
  /** "" for a remote call. */
  readonly method: string;
  readonly isAuthenticationRoute: boolean;
  /** The service has been seen to capture request credentials, so that their absence means something. */
  readonly areCredentialsCaptured: boolean;
};

const HTTP_PAGE_EXPIRED = 419;

/** Codes of RFC 9470, 9449 and 6750 that name the cause. */
const CAUSE_BY_CHALLENGE_ERROR: ReadonlyMap<string, CauseName> = new Map([
  ["insufficient_user_authentication", "step_up_required"],
  ["use_dpop_nonce", "dpop_nonce"],
  ["invalid_dpop_proof", "dpop"],
  ["insufficient_scope", "insufficient_scope"],
]);

/** RFC 6749 5.2 as it appears in challenges, messages and captured bodies. */
const OAUTH_ERROR = /\binvalid_(client|grant)\b/;

/** What the service, its library or its gateway said. Null when nobody said anything that is known. */
export function statedCause({ challenges, exceptionTypes, texts }: RefusalSigns): DecidedCause | null {
  const byType = firstOf(exceptionTypes, causeOfException);
  const byText = firstOf(texts, (text) => causeOfText(text, exceptionTypes));
  if (byType === "idp_unavailable" || byText === "idp_unavailable") return cause("idp_unavailable", "high");
  const byError = firstOf(challenges, ({ error }) => CAUSE_BY_CHALLENGE_ERROR.get(error));
  if (byError !== undefined) return cause(byError, "high");
  if (byType !== undefined && byType !== "invalid_token") return cause(byType, "high");
  // "Invalid token" tells less than what the token itself may show.
  return byText === undefined || byText === "invalid_token" ? null : cause(byText, "medium");
}

/** What the request and the answer let one conclude. Null when that is nothing. */
export function inferredCause(signs: RefusalSigns, request: RefusedRequest): DecidedCause | null {
  return (
    causeOfTokenTimes(signs) ??
    causeOfNegotiation(signs, request) ??
    causeOfSentCredentials(signs, request) ??
    genericCause(signs, request)
  );
}

/** `invalid_grant` and `invalid_client`: a token route says so with status 400. */
export function oauthCause({ challenges, texts }: RefusalSigns): DecidedCause | null {
  const code = firstOf([...challenges.map(({ error }) => error), ...texts], (text) => OAUTH_ERROR.exec(text)?.[1]);
  if (code === undefined) return null;
  return cause(code === "client" ? "invalid_client" : "invalid_grant", "high");
}

function causeOfTokenTimes({ credentials: { tokenTimes }, startedAt }: RefusalSigns): DecidedCause | null {
  if (startedAt === 0) return null;
  if (tokenTimes.expiresAt < startedAt) return cause("expired", "medium");
  const isEarly = tokenTimes.notBefore > startedAt || tokenTimes.issuedAt > startedAt;
  return isEarly ? cause("clock_skew", "medium") : null;
}

/** Refusals that are part of a protocol's normal course, and the browser's question before a request. */
function causeOfNegotiation({ challenges, credentials }: RefusalSigns, request: RefusedRequest): DecidedCause | null {
  const isNegotiation = challenges.length > 0 && challenges.every(({ scheme }) => isNegotiated(scheme));
  const sentOther = credentials.scheme !== "" && !isNegotiated(credentials.scheme);
  if (isNegotiation && !sentOther) return cause("handshake", "medium");
  if (challenges.some(({ scheme, stale }) => scheme === "digest" && stale === "true"))
    return cause("handshake", "medium");
  return request.method === "OPTIONS" ? cause("preflight", "low") : null;
}

function isNegotiated(scheme: string): boolean {
  return scheme === "negotiate" || scheme === "ntlm";
}

function causeOfSentCredentials(
  { challenges, credentials }: RefusalSigns,
  request: RefusedRequest,
): DecidedCause | null {
  const { authorization, scheme, hasApiKey, hasCookie } = credentials;
  const isAsked = challenges.some((challenge) => challenge.scheme === scheme);
  if (scheme !== "" && challenges.length > 0 && !isAsked) return cause("wrong_scheme", "high");
  if (authorization !== "absent") return null;
  // Whoever signs in sends a password in the body, which no span shows.
  const isNothingSent = request.areCredentialsCaptured && !hasApiKey && !hasCookie && !isSignIn(request);
  if (isNothingSent) return cause("no_credentials", "medium");
  // RFC 6750 3.1: a challenge without an error code is the answer to a request without a usable token.
  const isBareBearer = challenges.some((challenge) => challenge.scheme === "bearer" && challenge.error === "");
  return isBareBearer ? cause("no_credentials", "low") : null;
}

function genericCause(signs: RefusalSigns, request: RefusedRequest): DecidedCause | null {
  const { challenges, credentials, exceptionTypes, texts } = signs;
  const isTokenInvalid =
    challenges.some(({ error }) => error === "invalid_token") ||
    exceptionTypes.some((type) => causeOfException(type) === "invalid_token") ||
    texts.some((text) => causeOfText(text, exceptionTypes) === "invalid_token");
  if (isTokenInvalid) return cause("invalid_token", "medium");
  const oauth = oauthCause(signs);
  if (oauth !== null) return oauth;
  if (request.httpStatus === HTTP_PAGE_EXPIRED) return cause("csrf", "high");
  if (isSignIn(request)) return cause("bad_password", "low");
  const wantsKey = challenges.some(({ scheme }) => scheme === "key");
  return wantsKey && credentials.hasApiKey ? cause("invalid_api_key", "low") : null;
}

function isSignIn({ isAuthenticationRoute, method }: RefusedRequest): boolean {
  return isAuthenticationRoute && (method === "POST" || method === "");
}

function firstOf<Item, Result>(items: readonly Item[], read: (item: Item) => Result | undefined): Result | undefined {
  for (const item of items) {
    const result = read(item);
    if (result !== undefined) return result;
  }
  return undefined;
}
