/**
 * Tells routes on which people and programs sign in from all others.
 *
 * On such a route one client that keeps failing is guessing; elsewhere it is most often a program
 * that retries with a dead token. The words are those of the common frameworks and of OAuth.
 */
const AUTHENTICATION_WORDS = new Set([
  "login",
  "signin",
  "sign-in",
  "sign_in",
  "logon",
  "session",
  "sessions",
  "token",
  "tokens",
  "oauth",
  "oauth2",
  "authorize",
  "authenticate",
  "auth",
  "refresh",
  "mfa",
  "otp",
  "2fa",
  "verify",
  "password",
  "reset",
  "register",
  "signup",
  "saml",
  "callback",
  "introspect",
]);

/** Of one segment of a route. */
export function isAuthenticationWord(segment: string): boolean {
  return AUTHENTICATION_WORDS.has(segment.toLowerCase());
}

/** Judges the last segment that is not a parameter: `/api/v1/login` and `/sessions/{}` are sign-in routes. */
export function isAuthenticationRoute(route: string): boolean {
  const last = route.split("/").findLast((segment) => segment !== "" && segment !== "{}");
  return last !== undefined && isAuthenticationWord(last);
}
