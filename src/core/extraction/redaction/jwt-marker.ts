/**
 * What is kept of a JSON Web Token: its algorithm and the times it claims for itself, never its signature, its
 * subject or anything else that somebody chose.
 *
 * The times tell an expired token from a wrong one, to a person who looks at the span as well as to the analysis
 * of causes, which comes after the redaction and sees the marker only.
 */
import { SECOND_MS } from "../../time.ts";
import type { TokenTimes } from "../causes/token-times.ts";
import { NO_TIMES, readTokenTimes } from "../causes/token-times.ts";
import { MARKER_START, markerOf } from "./secret-kind.ts";
import { singleBytesOf } from "./single-bytes.ts";

/** Names that are registered; any other could carry something. */
const ALGORITHM = /^(?:none|(?:HS|RS|ES|PS)(?:256|384|512)|ES256K|EdDSA|Ed25519|dir|RSA-OAEP(?:-256)?|ECDH-ES)$/i;
const HEADER_MAX_CHARACTERS = 2000;
const JWT_MARKER_START = `${MARKER_START}jwt`;

/** `[redacted:jwt,alg=RS256,iat=1700000000,exp=1700003600]`. The token as characters of one byte each. */
export function jwtMarker(token: string): string {
  const times = readTokenTimes(singleBytesOf(token), 0, token.length);
  const algorithm = algorithmOf(token);
  const facts = algorithm === null ? [] : [`alg=${algorithm}`];
  for (const [claim, time] of [
    ["iat", times.issuedAt],
    ["nbf", times.notBefore],
    ["exp", times.expiresAt],
  ] as const) {
    const seconds = time / SECOND_MS;
    if (Number.isSafeInteger(seconds)) facts.push(`${claim}=${seconds}`);
  }
  return markerOf("jwt", facts);
}

/** The times that a marker tells, NO_TIMES for any other text. */
export function timesOfMarker(text: string): TokenTimes {
  if (!text.startsWith(JWT_MARKER_START)) return NO_TIMES;
  return { issuedAt: claimIn(text, "iat"), notBefore: claimIn(text, "nbf"), expiresAt: claimIn(text, "exp") };
}

function claimIn(marker: string, claim: string): number {
  const digits = new RegExp(`,${claim}=(\\d{1,16})[,\\]]`).exec(marker)?.[1];
  return digits === undefined ? Number.NaN : Number(digits) * SECOND_MS;
}

function algorithmOf(token: string): string | null {
  const header = token.slice(0, Math.min(token.indexOf("."), HEADER_MAX_CHARACTERS));
  const algorithm = /"alg"\s{0,4}:\s{0,4}"([^"]{1,20})"/.exec(decodeBase64Url(header))?.[1];
  return algorithm !== undefined && ALGORITHM.test(algorithm) ? algorithm : null;
}

/** One byte a character; "" for what is no base64url. */
export function decodeBase64Url(text: string): string {
  try {
    return atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return "";
  }
}
