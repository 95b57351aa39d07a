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
  "log-in",
  "log_in",
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

/** Words that make a sign-in of the segment that they are a part of: `wp-login.php`, `user_sign_in`, `basicAuth`. */
const AUTHENTICATION_PARTS = new Set([
  "login",
  "logon",
  "signin",
  "auth",
  "authn",
  "authenticate",
  "otp",
  "totp",
  "mfa",
]);
const AUTHENTICATION_PAIRS = new Set(["sign in", "log in", "sign on", "log on", "access token", "refresh token"]);
/** What such a segment says of a sign-in is no sign-in: `login-history`, `auth-settings`. */
const SAID_OF_SIGN_INS = new Set(
  "attempt attempts config event events failures health help history info list logs methods options page policy providers settings stats status".split(
    " ",
  ),
);
/** Steps of a sign-in are below it: `/login/password`. Below `/auth` there is much else. */
const SIGN_IN_PARENTS = new Set(["login", "logon", "signin", "sign-in", "sign_in", "log-in", "log_in"]);

/** Of one segment of a route. */
export function isAuthenticationWord(segment: string): boolean {
  if (AUTHENTICATION_WORDS.has(segment.toLowerCase())) return true;
  const parts = partsOf(segment);
  if (parts.some((part) => SAID_OF_SIGN_INS.has(part))) return false;
  return parts.some((part, index) => {
    return AUTHENTICATION_PARTS.has(part) || AUTHENTICATION_PAIRS.has(`${part} ${parts[index + 1]}`);
  });
}

/** Judges the last segment that is not a parameter: `/api/v1/login` and `/sessions/{}` are sign-in routes. */
export function isAuthenticationRoute(route: string): boolean {
  const segments = route.split("/").filter((segment) => segment !== "" && segment !== "{}");
  const last = segments.at(-1);
  if (last === undefined) return false;
  if (isAuthenticationWord(last)) return true;
  const isStep = SIGN_IN_PARENTS.has(segments.at(-2)?.toLowerCase() ?? "");
  return isStep && !partsOf(last).some((part) => SAID_OF_SIGN_INS.has(part));
}

/** Words between punctuation, digits and the humps of `camelCase`, in small letters. */
function partsOf(segment: string): readonly string[] {
  const words = segment.replaceAll(/([a-z])([A-Z])/g, "$1 $2").split(/[^A-Za-z]+/);
  return words.filter((word) => word !== "").map((word) => word.toLowerCase());
}
