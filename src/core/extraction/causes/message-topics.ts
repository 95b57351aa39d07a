/**
 * What a message of a refusal is about, in whatever words: for services that say it in their own.
 *
 * Asked only when no known message fits. The subject alone is taken for the cause (who mentions an
 * issuer when refusing a token has found it wrong), which is right for refusals and for nothing else.
 */
import type { MessageRow } from "./known-messages.ts";

export const MESSAGE_TOPICS: readonly MessageRow[] = [
  [
    "idp_unavailable",
    [
      /(econnrefused|enotfound|etimedout|unavailable|unreachable|\b50[234]\b).{0,60}\b(auth\w*|oauth2?|keycloak|okta|cognito|login|sso|idp)\b/,
      /\b(auth|oauth2?|keycloak|okta|cognito|sso|idp)\b.{0,40}(econnrefused|enotfound|etimedout|unavailable|unreachable|\b50[234]\b)/,
    ],
  ],
  ["client_certificate", [/\bm-?tls\b|mutual tls/]],
  ["step_up_required", [/\b(mfa|2fa|acr|step[- ]?up)\b/]],
  [
    "clock_skew",
    [/(token|jwt|timestamp).{0,30}\bfuture\b|\b(clock|time)s?\b.{0,40}\b(differ|drift|offset|out of sync)/],
  ],
  ["expired", [/\b(lifetime|max(imum)? age|ttl)\b.{0,20}exceeded|no longer valid/]],
  ["unsigned", [/\balg(orithm)?[ :="']{1,4}none\b|\bnone alg/]],
  ["algorithm", [/\b(signing|signature|jwt|token) alg(orithm)?\b/]],
  ["wrong_audience", [/\baudience|["'`]aud["'`]/]],
  ["wrong_issuer", [/\bissuer\b|["'`]iss["'`]|\biss\b.{0,20}\b(not|unknown|wrong)\b/]],
  ["unknown_key", [/\b(kid|jwk)\b|\b(unrecogni[sz]ed|unknown|wrong) (signing )?key\b/]],
  ["bad_signature", [/\bsignature\b|\bhmac\b/]],
  ["insufficient_scope", [/\b(lacks?|requires?|without) (the )?(required )?scopes?\b/]],
  ["wrong_scheme", [/\bonly (bearer|basic)\b|(must (start|begin) with|does not contain) (a )?["'`]?(bearer|basic)\b/]],
  [
    "malformed",
    [
      /\b(token|jwt|authorization|header)\b.{0,40}\b(corrupt(ed)?|garbage|characters|parsing failed|parts|base64|deco?d\w*)\b|(base64|decod\w+|split|pars\w+).{0,40}\b(token|jwt|authorization)\b/,
    ],
  ],
  [
    "no_credentials",
    [
      /\b(lacks?|without|empty|no) (any )?(credentials?|authorization)\b|\b(token|authorization|credentials?) (is|was|are) (empty|blank|null|undefined)|(authorization|authentication) (is )?required|requires authentication|missing authorization\b/,
    ],
  ],
  [
    "bad_password",
    [
      /\b(user|account|login|e-?mail)\b.{0,30}(does not|doesn't|do not) exist|\b(bcrypt|argon2|pbkdf2|scrypt|hashed ?password)\b|(invalid|incorrect|wrong) .{0,20}\b(passcode|otp|pin)\b/,
    ],
  ],
  ["invalid_api_key", [/\bapi[ -]?key\b.{0,30}(does not|doesn't) exist/]],
  ["invalid_token", [/(invalid|unknown|bad) session\b/]],
];
