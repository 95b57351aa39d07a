/**
 * The decision table: from the signs on a span to the cause of its refusal.
 *
 * The order of the rows (`cause.ts`) is the meaning. What somebody stated (a challenge's error code, an
 * exception, a message) comes before what can only be inferred from the request.
 */
import type { CauseName, Confidence, Statement } from "./cause.ts";
import { ROW } from "./cause.ts";
import { causeOfException } from "./cause-of-exception.ts";
import type { Named, RefusalSigns, StatedSigns, Told } from "./refusal-signs.ts";
import { NO_TIMES } from "./token-times.ts";

/** The request that was refused, as far as the table asks. */
export type RefusedRequest = {
  readonly httpStatus: number;
  /** "" for a remote call. */
  readonly method: string;
  readonly isAuthenticationRoute: boolean;
  /** The service has been seen to capture request credentials, so that their absence means something. */
  readonly areCredentialsCaptured: boolean;
  /** The service has been seen to name what is wrong with a bad token, so that silence means something. */
  readonly areBadTokensNamed: boolean;
};

const HTTP_PAGE_EXPIRED = 419;
const NOTHING_LEARNED = { areCredentialsCaptured: false, areBadTokensNamed: false };

/** Codes of RFC 9470, 9449 and 6750 that name the cause. */
const CAUSE_BY_CHALLENGE_ERROR: ReadonlyMap<string, CauseName> = new Map([
  ["insufficient_user_authentication", "step_up_required"],
  ["use_dpop_nonce", "dpop_nonce"],
  ["invalid_dpop_proof", "dpop"],
  ["insufficient_scope", "insufficient_scope"],
]);

/** Of RFC 6750. */
const GENERIC_ERRORS: Readonly<Record<string, CauseName>> = {
  invalid_token: "invalid_token",
  invalid_request: "malformed",
};

/** RFC 6749 5.2 as it appears in challenges, messages and captured bodies. */
const OAUTH_ERROR = /\binvalid[_ ](client|grant)\b/i;

const NO_SIGNS: RefusalSigns = {
  challenges: [],
  challengeSource: "",
  exceptionTypes: [],
  texts: [],
  byType: null,
  byText: null,
  credentials: {
    authorization: "absent",
    scheme: "",
    source: "",
    tokenTimes: NO_TIMES,
    hasApiKey: false,
    hasCookie: false,
  },
  startedAt: 0,
};

/** What the service, its library or its gateway said. Null when nobody said anything that is known. */
export function statedCause(signs: StatedSigns): Statement | null {
  const { byText, byType, challenges, challengeSource } = signs;
  if (byType?.name === "idp_unavailable") return statement(ROW.providerUnavailable, byType, "high");
  if (byText?.name === "idp_unavailable") return statement(ROW.providerUnavailable, byText, "high");
  for (const { error } of challenges) {
    const name = CAUSE_BY_CHALLENGE_ERROR.get(error);
    if (name !== undefined) return statement(ROW.challengeError, { name, source: challengeSource }, "high");
  }
  if (byType !== null && byType.name !== "invalid_token") return statement(ROW.exceptionType, byType, "high");
  // "Invalid token" tells less than what the token itself may show.
  if (byText === null || byText.name === "invalid_token") return null;
  return statement(ROW.text, byText, "medium");
}

/** What the request and the answer let one conclude. Null when that is nothing. */
export function inferredCause(signs: RefusalSigns, request: RefusedRequest): Statement | null {
  return (
    causeOfTokenTimes(signs) ??
    causeOfNegotiation(signs, request) ??
    causeOfSentCredentials(signs, request) ??
    genericChallenge(signs) ??
    oauthCause(signs) ??
    genericText(signs) ??
    causeOfRoute(signs, request)
  );
}

/** The same of a request that comes without a span, from a log or a recording: nothing was said, and no header is known. */
export function guessedCause(request: Omit<RefusedRequest, keyof typeof NOTHING_LEARNED>): Statement | null {
  return inferredCause(NO_SIGNS, { ...request, ...NOTHING_LEARNED });
}

/** Whether whoever challenges says of a bad token that it is one. */
export function namesBadToken({ challenges }: StatedSigns): boolean {
  return challenges.some(({ error, scheme }) => scheme === "bearer" && error === "invalid_token");
}

/** The token is no good, and nobody says why. */
export function genericChallenge({ challenges, challengeSource: source }: StatedSigns): Statement | null {
  const error = challenges.map((challenge) => challenge.error).find((code) => code in GENERIC_ERRORS);
  const name = GENERIC_ERRORS[error ?? ""];
  return name === undefined ? null : statement(ROW.genericChallenge, { name, source }, "medium");
}

/** The same in a message or an exception's class. */
export function genericText({ byText, byType }: StatedSigns): Statement | null {
  const named = byType ?? byText;
  return named?.name === "invalid_token" ? statement(ROW.genericText, named, "medium") : null;
}

/** `invalid_grant` and `invalid_client`: a token route says so with status 400. */
export function oauthCause({ challenges, challengeSource, exceptionTypes, texts }: StatedSigns): Statement | null {
  const codes = challenges.map(({ error }) => ({ value: error, source: challengeSource }));
  const named =
    firstNamed(exceptionTypes, (type) => oauthName(causeOfException(type))) ??
    firstNamed(
      [...codes, ...exceptionTypes, ...texts],
      (text) => OAUTH_NAMES[OAUTH_ERROR.exec(text)?.[1]?.toLowerCase() ?? ""],
    );
  return named === null ? null : statement(ROW.oauthError, named, "high");
}

function oauthName(name: CauseName | undefined): CauseName | undefined {
  return name === "invalid_client" || name === "invalid_grant" ? name : undefined;
}

const OAUTH_NAMES: Readonly<Record<string, CauseName>> = { client: "invalid_client", grant: "invalid_grant" };

function causeOfTokenTimes(signs: RefusalSigns): Statement | null {
  const { tokenTimes, source } = signs.credentials;
  const { startedAt } = signs;
  if (startedAt === 0) return null;
  const says = (name: CauseName) => statement(ROW.tokenTimes, { name, source }, "medium");
  if (tokenTimes.expiresAt < startedAt) return says("expired");
  const isEarly = tokenTimes.notBefore > startedAt || tokenTimes.issuedAt > startedAt;
  return isEarly ? says("clock_skew") : null;
}

/** Refusals that are part of a protocol's normal course, and the browser's question before a request. */
function causeOfNegotiation(signs: RefusalSigns, request: RefusedRequest): Statement | null {
  const { challenges, challengeSource: source, credentials } = signs;
  const isNegotiation = challenges.length > 0 && challenges.every(({ scheme }) => isNegotiated(scheme));
  const sentOther = credentials.scheme !== "" && !isNegotiated(credentials.scheme);
  const isStale = challenges.some(({ scheme, stale }) => scheme === "digest" && stale === "true");
  if ((isNegotiation && !sentOther) || isStale)
    return statement(ROW.negotiation, { name: "handshake", source }, "medium");
  if (request.method !== "OPTIONS") return null;
  return statement(ROW.preflight, { name: "preflight", source: "http.request.method" }, "low");
}

function isNegotiated(scheme: string): boolean {
  return scheme === "negotiate" || scheme === "ntlm";
}

function causeOfSentCredentials(signs: RefusalSigns, request: RefusedRequest): Statement | null {
  const { challenges, challengeSource, credentials } = signs;
  const { authorization, scheme, hasApiKey, hasCookie } = credentials;
  const isAsked = challenges.some((challenge) => challenge.scheme === scheme);
  if (scheme !== "" && challenges.length > 0 && !isAsked)
    return statement(ROW.sentScheme, { name: "wrong_scheme", source: challengeSource }, "high");
  // Nothing but a user and a password can be wrong with it.
  if (scheme === "basic" && isAsked)
    return statement(ROW.sentScheme, { name: "bad_password", source: credentials.source }, "medium");
  if (authorization !== "absent") return null;
  // Whoever signs in sends a password in the body, which no span shows.
  const isNothingSent = request.areCredentialsCaptured && !hasApiKey && !hasCookie && !isSignIn(request);
  if (isNothingSent)
    return statement(ROW.nothingSent, { name: "no_credentials", source: "no captured credentials" }, "medium");
  // RFC 6750 3.1: a challenge without an error code is the answer to a request without a usable token. Many send
  // the same challenge whatever was wrong, so it counts only from those who know better.
  const isBareBearer =
    request.areBadTokensNamed && challenges.some(({ error, scheme: asked }) => asked === "bearer" && error === "");
  return isBareBearer ? statement(ROW.bareChallenge, { name: "no_credentials", source: challengeSource }, "low") : null;
}

/** What is left is a guess from the kind of route and of key. */
function causeOfRoute(signs: RefusalSigns, request: RefusedRequest): Statement | null {
  const { challenges, challengeSource, credentials } = signs;
  if (request.httpStatus === HTTP_PAGE_EXPIRED)
    return statement(ROW.expiredPage, { name: "csrf", source: "http.response.status_code" }, "high");
  if (isSignIn(request)) return statement(ROW.signIn, { name: "bad_password", source: "http.route" }, "low");
  const wantsKey = challenges.some(({ scheme }) => scheme === "key");
  return wantsKey && credentials.hasApiKey
    ? statement(ROW.apiKey, { name: "invalid_api_key", source: challengeSource }, "low")
    : null;
}

function isSignIn({ isAuthenticationRoute, method }: RefusedRequest): boolean {
  return isAuthenticationRoute && (method === "POST" || method === "");
}

function statement(row: number, { name, source }: Named, confidence: Confidence): Statement {
  return { name, confidence, source, row };
}

function firstNamed(told: readonly Told[], read: (text: string) => CauseName | undefined): Named | null {
  for (const { value, source } of told) {
    const name = read(value);
    if (name !== undefined) return { name, source };
  }
  return null;
}
