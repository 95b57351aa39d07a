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
import { CAUSES } from "./cause.ts";

const TYPES: Readonly<Partial<Record<CauseName, readonly string[]>>> = {
  expired: [
    "TokenExpiredError", // jsonwebtoken, go-oidc
    "ERR_JWT_EXPIRED", // jose
    "JWTExpired",
    "JwtExpiredError", // aws-jwt-verify
    "ExpiredSignatureError", // PyJWT, python-jose
    "ExpiredTokenError", // Authlib, joserfc
    "ExpiredJwtException", // jjwt
    "ExpiredJWTException", // Nimbus
    "TokenExpiredException", // java-jwt, jwt-auth for Laravel
    "SecurityTokenExpiredException", // Microsoft.IdentityModel
    "ExpiredException", // firebase/php-jwt
    "ExpiredTokenException", // Symfony, AWS
    "TokenExpired",
    "ExpiredSignature", // ruby-jwt
    "SignatureExpired", // itsdangerous, Django
    "SessionExpiredException",
    "auth/id-token-expired", // Firebase
    "auth/session-cookie-expired",
  ],
  clock_skew: [
    "NotBeforeError",
    "JwtNotBeforeError",
    "ImmatureSignatureError",
    "InvalidIssuedAtError",
    "PrematureJwtException",
    "SecurityTokenNotYetValidException",
    "BeforeValidException",
    "ImmatureSignature",
    "InvalidIatError",
    "RequestTimeTooSkewed", // AWS
    "RequestExpired",
    "RequestInTheFuture",
  ],
  bad_signature: [
    "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
    "JwtInvalidSignatureError",
    "InvalidSignatureError",
    "InvalidSignatureException", // AWS
    "SignatureDoesNotMatch",
    "SignatureVerificationException",
    "SecurityTokenInvalidSignatureException",
    "SignatureInvalidException",
    "SignatureException",
    "VerificationError",
    "JWSSignatureError",
    "BadJWSException",
    "BadSignatureError",
    "BadSignature", // itsdangerous, Django
  ],
  unknown_key: [
    "ERR_JWKS_NO_MATCHING_KEY",
    "ERR_JWKS_MULTIPLE_MATCHING_KEYS",
    "KidNotFoundInJwksError",
    "PyJWKClientError",
    "SigningKeyNotFoundError", // jwks-rsa
    "SigningKeyNotFoundException",
    "SecurityTokenSignatureKeyNotFoundException",
    "SecurityTokenUnableToValidateException",
  ],
  unsigned: ["SecurityTokenNoSignatureException", "UnsecuredJwtException"],
  algorithm: [
    "ERR_JOSE_ALG_NOT_ALLOWED",
    "ERR_JOSE_NOT_SUPPORTED",
    "InvalidAlgorithmError",
    "UnsupportedAlgorithmError",
    "AlgorithmMismatchException",
    "SecurityTokenInvalidAlgorithmException",
    "IncorrectAlgorithm",
    "JwtInvalidSignatureAlgorithmError",
  ],
  malformed: [
    "ERR_JWT_INVALID",
    "ERR_JWS_INVALID",
    "ERR_JWE_INVALID",
    "JwtParseError",
    "jwt.exceptions.DecodeError",
    "authlib.jose.errors.DecodeError",
    "MalformedJwtException",
    "JWTDecodeException",
    "SecurityTokenMalformedException",
    "InvalidHeaderError", // flask-jwt-extended
    "IncompleteSignature", // AWS
    "credentials_bad_format", // express-jwt
  ],
  wrong_audience: [
    "InvalidAudienceError",
    "JwtInvalidAudienceError",
    "InvalidAudError",
    "SecurityTokenInvalidAudienceException",
    "InvalidAudienceException",
  ],
  wrong_issuer: [
    "InvalidIssuerError",
    "JwtInvalidIssuerError",
    "SecurityTokenInvalidIssuerException",
    "InvalidIssuerException",
  ],
  wrong_scheme: ["credentials_bad_scheme"],
  no_credentials: [
    "credentials_required",
    "NotAuthenticated", // Django REST framework
    "NoAuthorizationError", // flask-jwt-extended
    "AuthenticationCredentialsNotFoundException",
    "InsufficientAuthenticationException",
    "MissingAuthenticationTokenException", // AWS
    "MissingTokenException",
    "MissingTokenError",
  ],
  bad_password: [
    "BadCredentialsException",
    "UsernameNotFoundException",
    "UserNotFoundException",
    "InvalidPasswordException",
    "InvalidCredentialsException",
    "InvalidCredentialsError", // ldapjs
    "IncorrectCredentialsException", // Shiro
    "UnknownAccountException",
    "FailedLoginException", // JAAS
    "IncorrectPasswordError", // passport-local-mongoose
    "IncorrectUsernameError",
    "CredentialsSignin", // Auth.js
    "CodeMismatchException", // Cognito: the second factor
    "ldap.INVALID_CREDENTIALS",
    "LDAPInvalidCredentialsResult",
    "LDAPBindError",
    "auth/wrong-password",
    "auth/user-not-found",
    "auth/invalid-credential",
    "auth/invalid-login-credentials",
  ],
  account: [
    "LockedException",
    "DisabledException",
    "AccountExpiredException",
    "CredentialsExpiredException",
    "CredentialExpiredException", // JAAS
    "ExpiredCredentialsException", // Shiro
    "AccountLockedException",
    "LockedAccountException",
    "DisabledAccountException",
    "ExcessiveAttemptsException",
    "TooManyAttemptsError", // passport-local-mongoose
    "AttemptTooSoonError",
    "AccountStatusException",
    "UserNotConfirmedException", // Cognito
    "PasswordResetRequiredException",
    "auth/user-disabled",
  ],
  invalid_client: ["InvalidClientError", "InvalidClientException"], // Authlib, oauthlib
  invalid_grant: ["InvalidGrantError", "InvalidGrantException"],
  // Says little: whatever else is known of the refusal comes first.
  invalid_token: [
    "InvalidTokenError",
    "MissingRequiredClaimError",
    "SecurityTokenReplayDetectedException",
    "BadOpaqueTokenException",
    "TokenInvalidException",
    "TokenBlacklistedException",
    "RevokedTokenError",
    "WrongTokenError",
    "invalid_token", // express-jwt, express-oauth2-jwt-bearer
    "revoked_token",
    "auth/id-token-revoked",
  ],
  csrf: [
    "InvalidAuthenticityToken", // Rails
    "TokenMismatchException", // Laravel
    "InvalidCsrfTokenException",
    "MissingCsrfTokenException",
    "AntiforgeryValidationException",
    "CSRFError",
    "EBADCSRFTOKEN",
  ],
  idp_unavailable: [
    "ERR_JWKS_TIMEOUT",
    "PyJWKClientConnectionError",
    "AuthenticationServiceException",
    "InternalAuthenticationServiceException",
    "OAuth2IntrospectionException",
    "JwksRateLimitError",
    "JwksError",
    "JwksNotAvailableInCacheError",
    "WaitPeriodNotYetEndedJwkError",
    "RemoteKeySourceException", // Nimbus
    "JWKSetUnavailableException",
    "com.auth0.jwk.NetworkException",
    "com.auth0.jwk.RateLimitReachedException",
    "javax.naming.CommunicationException", // LDAP
    "org.springframework.ldap.CommunicationException",
    "LDAPSocketOpenError",
    "ldap.SERVER_DOWN",
  ],
};

const CAUSE_BY_TYPE: ReadonlyMap<string, CauseName> = byType();

/** Joins packages and classes: Java and Python `.`, inner classes `$`, PHP `\`, Ruby and Rust `::`. */
const LAST_PART = /[^.$\\:/]+$/;

export function causeOfException(type: string): CauseName | undefined {
  return CAUSE_BY_TYPE.get(type) ?? CAUSE_BY_TYPE.get(LAST_PART.exec(type)?.[0] ?? "");
}

function byType(): ReadonlyMap<string, CauseName> {
  const causes = new Map<string, CauseName>();
  for (const name of CAUSES) for (const type of TYPES[name] ?? []) causes.set(type, name);
  return causes;
}
