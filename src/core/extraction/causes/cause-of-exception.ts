/**
 * What the exceptions of the common authentication libraries mean.
 *
 * Senders write the type in the way of their language: a bare class (`TokenExpiredError`), a qualified
 * one (`jwt.exceptions.ExpiredSignatureError`), or, from JavaScript, the error's `code`. The table is
 * asked for the whole name first and for its last part second. Classes that catch everything
 * (`InvalidBearerTokenException`, `UnauthorizedException`, Go's `*fmt.wrapErrors`) are left out on
 * purpose: their message says more.
 */
import type { CauseName } from "./cause.ts";

const TYPES: ReadonlyArray<readonly [name: CauseName, types: readonly string[]]> = [
  [
    "expired",
    [
      "TokenExpiredError", // jsonwebtoken
      "ERR_JWT_EXPIRED", // jose
      "JwtExpiredError", // aws-jwt-verify
      "ExpiredSignatureError", // PyJWT, python-jose
      "ExpiredTokenError", // Authlib
      "ExpiredJwtException", // jjwt
      "TokenExpiredException", // java-jwt
      "SecurityTokenExpiredException", // Microsoft.IdentityModel
      "ExpiredException", // firebase/php-jwt
      "ExpiredTokenException", // Symfony
      "TokenExpired",
      "ExpiredSignature", // ruby-jwt
      "SessionExpiredException",
    ],
  ],
  [
    "clock_skew",
    [
      "NotBeforeError",
      "JwtNotBeforeError",
      "ImmatureSignatureError",
      "InvalidIssuedAtError",
      "PrematureJwtException",
      "SecurityTokenNotYetValidException",
      "BeforeValidException",
      "ImmatureSignature",
      "InvalidIatError",
    ],
  ],
  [
    "bad_signature",
    [
      "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
      "JwtInvalidSignatureError",
      "InvalidSignatureError",
      "SignatureVerificationException",
      "SecurityTokenInvalidSignatureException",
      "SignatureInvalidException",
      "SignatureException",
      "VerificationError",
      "JWSSignatureError",
      "BadSignatureError",
      "BadSignature", // itsdangerous, Django
    ],
  ],
  [
    "unknown_key",
    [
      "ERR_JWKS_NO_MATCHING_KEY",
      "KidNotFoundInJwksError",
      "PyJWKClientError",
      "SigningKeyNotFoundError", // jwks-rsa
      "SigningKeyNotFoundException",
      "SecurityTokenSignatureKeyNotFoundException",
      "SecurityTokenUnableToValidateException",
    ],
  ],
  ["unsigned", ["SecurityTokenNoSignatureException", "UnsecuredJwtException"]],
  [
    "algorithm",
    [
      "ERR_JOSE_ALG_NOT_ALLOWED",
      "InvalidAlgorithmError",
      "AlgorithmMismatchException",
      "SecurityTokenInvalidAlgorithmException",
      "IncorrectAlgorithm",
      "JwtInvalidSignatureAlgorithmError",
    ],
  ],
  [
    "malformed",
    [
      "ERR_JWT_INVALID",
      "ERR_JWS_INVALID",
      "JwtParseError",
      "jwt.exceptions.DecodeError",
      "JWT::DecodeError",
      "MalformedJwtException",
      "JWTDecodeException",
      "SecurityTokenMalformedException",
      "credentials_bad_format", // express-jwt
    ],
  ],
  [
    "wrong_audience",
    [
      "InvalidAudienceError",
      "JwtInvalidAudienceError",
      "InvalidAudError",
      "SecurityTokenInvalidAudienceException",
      "InvalidAudienceException",
    ],
  ],
  [
    "wrong_issuer",
    ["InvalidIssuerError", "JwtInvalidIssuerError", "SecurityTokenInvalidIssuerException", "InvalidIssuerException"],
  ],
  ["wrong_scheme", ["credentials_bad_scheme"]],
  [
    "no_credentials",
    [
      "credentials_required",
      "NotAuthenticated", // Django REST framework
      "AuthenticationCredentialsNotFoundException",
      "InsufficientAuthenticationException",
    ],
  ],
  ["bad_password", ["BadCredentialsException", "UsernameNotFoundException", "UserNotFoundException"]],
  [
    "account",
    [
      "LockedException",
      "DisabledException",
      "AccountExpiredException",
      "CredentialsExpiredException",
      "AccountStatusException",
    ],
  ],
  ["invalid_token", ["InvalidTokenError", "MissingRequiredClaimError", "SecurityTokenReplayDetectedException"]],
  [
    "idp_unavailable",
    [
      "ERR_JWKS_TIMEOUT",
      "PyJWKClientConnectionError",
      "AuthenticationServiceException",
      "InternalAuthenticationServiceException",
      "JwksRateLimitError",
      "JwksNotAvailableInCacheError",
    ],
  ],
];

const CAUSE_BY_TYPE: ReadonlyMap<string, CauseName> = new Map(
  TYPES.flatMap(([name, types]) => types.map((type): [string, CauseName] => [type, name])),
);

/** Joins packages and classes: Java and Python `.`, inner classes `$`, PHP `\`, Ruby and Rust `::`. */
const LAST_PART = /[^.$\\:/]+$/;

export function causeOfException(type: string): CauseName | undefined {
  return CAUSE_BY_TYPE.get(type) ?? CAUSE_BY_TYPE.get(LAST_PART.exec(type)?.[0] ?? "");
}
