import assert from "node:assert/strict";
import { test } from "node:test";
import { causeOfException } from "../../../../src/core/extraction/causes/cause-of-exception.ts";
import { causeOfText } from "../../../../src/core/extraction/causes/cause-of-text.ts";

test("exceptions are known under the names that each language gives them", () => {
  const examples = {
    expired: [
      "TokenExpiredError",
      "ERR_JWT_EXPIRED",
      "jwt.exceptions.ExpiredSignatureError",
      "JWT::ExpiredSignature",
      "Firebase\\JWT\\ExpiredException",
    ],
    clock_skew: [
      "NotBeforeError",
      "jwt.exceptions.ImmatureSignatureError",
      "Microsoft.IdentityModel.Tokens.SecurityTokenNotYetValidException",
    ],
    bad_signature: ["ERR_JWS_SIGNATURE_VERIFICATION_FAILED", "io.jsonwebtoken.security.SignatureException"],
    unknown_key: ["ERR_JWKS_NO_MATCHING_KEY", "jwt.exceptions.PyJWKClientError"],
    malformed: ["ERR_JWT_INVALID", "jwt.exceptions.DecodeError"],
    wrong_audience: ["jwt.exceptions.InvalidAudienceError"],
    wrong_issuer: ["jwt.exceptions.InvalidIssuerError"],
    bad_password: ["org.springframework.security.authentication.BadCredentialsException"],
    account: ["org.springframework.security.authentication.LockedException"],
    idp_unavailable: ["ERR_JWKS_TIMEOUT", "jwt.exceptions.PyJWKClientConnectionError"],
  };
  for (const [cause, types] of Object.entries(examples)) {
    for (const type of types) assert.equal(causeOfException(type), cause, type);
  }
});

test("a class that catches everything tells nothing", () => {
  const types = [
    "JsonWebTokenError",
    "*fmt.wrapErrors",
    "UnauthorizedException",
    "msgspec.DecodeError",
    "401",
    "none",
    "",
  ];
  for (const type of types) assert.equal(causeOfException(type), undefined, type);
});

test("messages of the common libraries and gateways are understood", () => {
  const examples = {
    expired: [
      "jwt expired",
      "maxAge exceeded",
      "token has invalid claims: token is expired",
      "An error occurred while attempting to decode the Jwt: Jwt expired at 2026-03-02T09:00:00Z",
      "The token expired at '03/02/2026 09:00:00'",
      "The token is expired",
      "jwt_authn_access_denied{Jwt_is_expired}",
      "Signature has expired",
      '"exp" not satisfied',
      "IDX10223: Lifetime validation failed. The token is expired.",
    ],
    clock_skew: [
      "jwt not active",
      "token is not valid yet",
      "token used before issued",
      "Jwt used before 2026-03-02T09:00:00Z",
      "The token is not valid before '03/02/2026 09:00:00'",
      "Jwt_not_yet_valid",
      "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication",
      '"nbf" claim timestamp check failed',
    ],
    bad_signature: [
      "invalid signature",
      "token signature is invalid: crypto/rsa: verification error",
      "The signature is invalid",
      "Jwt_verification_fails",
      "Signed JWT rejected: Invalid signature",
      "Signature verification failed",
    ],
    unknown_key: [
      "The signature key was not found",
      "Jwks_doesn't_have_key_to_match_kid_or_alg_from_Jwt",
      "token is unverifiable: error while executing keyfunc",
      "IDX10503: Signature validation failed. Token does not have a kid",
      "No credentials found for given 'iss'",
      "unable to find a signing key that matches: 'abc'",
    ],
    malformed: [
      "jwt malformed",
      "token is malformed: token contains an invalid number of segments",
      "Not enough segments",
    ],
    unsigned: [
      "jwt signature is required",
      "IDX10504: Unable to validate signature",
      "token signature is invalid: signing method none is invalid",
    ],
    algorithm: ["invalid algorithm", "token signature is invalid: signing method HS256 is invalid"],
    wrong_audience: [
      "jwt audience invalid. expected: api",
      "token has invalid audience",
      "Audiences in Jwt are not allowed",
      "The audience 'a' is invalid",
      'unexpected "aud" claim value',
    ],
    wrong_issuer: [
      "jwt issuer invalid. expected: https://a",
      "token has invalid issuer",
      "Jwt issuer is not configured",
      "The issuer 'https://a' is invalid",
      'unexpected "iss" claim value',
    ],
    no_credentials: [
      "jwt must be provided",
      "Jwt is missing",
      "No API key found in request",
      "Authentication credentials were not provided.",
      "Not authenticated",
      "No authorization token was found",
      "Full authentication is required to access this resource",
      "Missing Authorization header",
      "missing bearer token",
    ],
    account: ["User inactive or deleted.", "User account is locked", "User credentials have expired"],
    bad_password: [
      "Bad credentials",
      "Invalid username/password.",
      "Invalid user credentials",
      "invalid credentials",
      "Wrong password",
    ],
    idp_unavailable: [
      "Jwks_remote_fetch_is_failed",
      "IDX20803: Unable to obtain configuration from: 'https://a'",
      "failed to fetch JWKS: timeout",
    ],
    invalid_token: [
      "Could not validate credentials",
      "Invalid authentication credentials",
      "Invalid token.",
      "The access token is invalid or has expired",
    ],
    csrf: ["Invalid CSRF token found for https://a", "CSRF cookie not set."],
    not_auth: ["http: request body too large"],
  };
  for (const [cause, texts] of Object.entries(examples)) {
    for (const text of texts) assert.equal(causeOfText(text, []), cause, text);
  }
});

test("words that only resemble a cause are none", () => {
  const texts = [
    "Unauthorized",
    "Forbidden",
    "Your subscription has expired",
    "keyboard not found",
    "no rows in result set",
    "timeout",
    "",
  ];
  for (const text of texts) assert.equal(causeOfText(text, []), undefined, text);
});

test("the same words mean more from a library that uses them for one thing only", () => {
  assert.equal(causeOfText("invalid token", ["JsonWebTokenError"]), "malformed");
  assert.equal(causeOfText("invalid token", []), "invalid_token");
});
