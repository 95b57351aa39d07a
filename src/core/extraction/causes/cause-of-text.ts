/**
 * What the messages of the common authentication libraries and gateways mean.
 *
 * The first row that matches wins, so the order carries meaning: "Signature has expired" is about
 * expiry, "invalid or has expired" tells nothing, and a token "not valid before" an instant is a
 * matter of clocks. Texts are compared in lower case with underscores as spaces, because Envoy writes
 * `Jwt_is_expired` where others write `Jwt is expired`. The patterns are ours alone; nothing from
 * telemetry becomes part of one.
 */
import type { CauseName } from "./cause.ts";

/** More of a message is not read: the reason stands at its beginning. */
export const TEXT_MAX_LENGTH = 512;

type Row = readonly [name: CauseName, patterns: readonly RegExp[]];

const ROWS: readonly Row[] = [
  ["csrf", [/csrf|xsrf|anti-?forgery|page expired/]],
  [
    "idp_unavailable",
    [
      /jwks? remote fetch is failed|jwks.{0,40}tim(ed |e-?)out/, // Envoy, jose
      /(failed|unable|could not|couldn't) (to )?(fetch|retrieve|load|get|download|obtain|reach)\b.{0,60}(jwks?|json web key|public keys?|signing keys?|openid|oidc|introspection|configuration from)/,
      /idx2080\d/, // Microsoft.IdentityModel: the metadata document
      /ext authz error/, // Envoy: the authorization service failed
      /introspection (endpoint|request).{0,40}(fail|error|tim|unavailable)/,
    ],
  ],
  // Senders that do not say which of the two it was.
  ["invalid_token", [/invalid,? or (has |is )?(been )?expired|expired or (invalid|revoked)/]],
  [
    "account",
    [
      /user (account )?(is |has been )?(inactive|disabled|locked|deactivated)/, // Django REST framework, Spring
      /account (is |has |has been |was )?(locked|disabled|expired|suspended|deactivated)/,
      /user credentials have expired|password (has )?expired/,
    ],
  ],
  [
    "clock_skew",
    [
      /jwt not active|not (yet valid|valid yet)|not yet active|not valid before|immature|idx10222/,
      /used before|issued in the future/, // golang-jwt, Spring
      /valid date or x-date header/, // Kong hmac-auth
      /\b(nbf|iat)\b.{0,40}(claim|not satisfied|check|in the future)/, // jose, lestrrat-go
    ],
  ],
  [
    "no_credentials",
    [
      /jwt (must be provided|is missing|missing)/, // jsonwebtoken, Envoy
      /credentials (were |was )?not provided|not authenticated|full authentication is required/, // Django, FastAPI, Spring
      /(header|token|credentials?|cookie|api[ -]?key) (is |was |are |were )?(missing|required|absent|not (provided|present|found|set|supplied))/,
      /(missing|no|without) (valid )?(bearer |authorization |access |auth |authentication |jwt |session )*(header|token|credentials?|cookie|jwt|api[ -]?key)\b(?! found for)/,
    ],
  ],
  [
    "expired",
    [
      /\b(token|jwt|session|signature|assertion|cookie|key|ticket|code|credentials?)\b.{0,40}\bexpired\b/,
      /\bexpired\b.{0,20}\b(token|jwt|session|credentials?|signature)\b/,
      /maxage exceeded|idx10223|session (has )?timed out/,
      /\bexp\b.{0,20}(not satisfied|claim|check)/,
    ],
  ],
  [
    "unsigned",
    [/jwt signature is required|idx10504|unsecured (jwt|token)|(token|jwt) is unsigned|unsigned (token|jwt|claims)/],
  ],
  [
    "algorithm",
    [
      /invalid (signing )?algorithm|another algorithm expected/,
      /signing method .{0,40}(invalid|unexpected)|unexpected signing method/, // golang-jwt
      /\balg(orithm)?\b.{0,60}(not allowed|not supported|mismatch)/,
    ],
  ],
  [
    "unknown_key",
    [
      /signature key was not found|idx1050[13]|idx10517/, // ASP.NET
      /doesn't have key to match/, // Envoy
      /token is unverifiable/, // golang-jwt
      /no credentials found for given/, // Kong jwt
      /no (matching|applicable) (key|jwk)|(unable to|could not|couldn't|cannot|can't) find.{0,20}(signing|verification|public|matching) key/,
      /unknown (key|kid)\b|\bkid\b.{0,60}(not found|unknown|no match|invalid)/,
    ],
  ],
  [
    "bad_signature",
    [
      /(invalid|bad) signature|signature (is |was )?(invalid|incorrect|wrong)|idx10511/,
      /signature (verification|validation|check) (has )?failed|signature (mismatch|(does not|doesn't) match)/,
      /jwt verification fails|signed jwt rejected|crypto\/\w+: verification error/, // Envoy, Spring, Go
      /could not verify (the )?(message|signature)/,
    ],
  ],
  [
    "wrong_audience",
    [
      /invalid audience|audiences?\b.{0,200}(invalid|not allowed|not match|doesn't match|mismatch|unexpected)|idx10214/,
      /\baud\b.{0,40}(not satisfied|claim|mismatch|invalid)/,
    ],
  ],
  [
    "wrong_issuer",
    [
      /(invalid|unknown) issuer|issuer\b.{0,200}(invalid|not configured|not match|doesn't match|mismatch|not trusted|unexpected)|idx10205/,
      /\biss\b.{0,40}(not satisfied|claim|mismatch|invalid)/,
    ],
  ],
  [
    "malformed",
    [
      /malformed|(not enough|wrong number of) segments|invalid compact|illegal base64|idx14100|idx12741/,
      /(cannot|could not|couldn't|failed to|unable to|error) (decode|decoding|parse|parsing).{0,20}(jwt|token)/,
      /jwt is not in the form|jwt (header|payload) (parse|is not|is an invalid)/, // Envoy
    ],
  ],
  [
    "bad_password",
    [
      /bad credentials|invalid (user |login )?credentials/, // Spring, Keycloak
      /(invalid|wrong|incorrect|bad) (user ?name|user|login|e-?mail)( address)? ?(or|and|\/) ?password/,
      /(invalid|wrong|incorrect|bad) password|(password|login) (is |was )?(incorrect|wrong|invalid)|password (does not|doesn't) match/,
      /unknown user|user not found|login failed/,
    ],
  ],
  [
    "invalid_api_key",
    [/(invalid|unknown|bad|revoked|wrong) api[ -]?key|api[ -]?key (is |was )?(invalid|not valid|unknown|revoked)/],
  ],
  [
    "wrong_scheme",
    [/(unsupported|unknown|bad|wrong|invalid) (auth|authentication|authorization) (scheme|type|method)/],
  ],
  ["insufficient_scope", [/insufficient scopes?|(missing|required) scopes?/]],
  ["not_auth", [/body (is )?too large/]], // Traefik's ForwardAuth answers 401 to it
  [
    "invalid_token",
    [
      /could not validate credentials|invalid authentication credentials/, // FastAPI
      /(invalid|unknown|bad|revoked) (access |auth |bearer |id |refresh |session |jwt |security )?token\b/,
      /token (is |was |has been )?(invalid|revoked|rejected|inactive|not active|not valid)/,
      /failed to (validate|verify) (the )?(token|jwt)/,
    ],
  ],
];

const TESTS: ReadonlyArray<readonly [pattern: RegExp, name: CauseName]> = ROWS.map(([name, patterns]) => [
  new RegExp(patterns.map(({ source }) => source).join("|")),
  name,
]);

/** A catch-all class whose own words mean more than the same words elsewhere. */
const JSON_WEB_TOKEN_ERROR = "JsonWebTokenError";

export function causeOfText(text: string, exceptionTypes: readonly string[]): CauseName | undefined {
  const plain = text.slice(0, TEXT_MAX_LENGTH).toLowerCase().replaceAll("_", " ").replaceAll("’", "'");
  if (plain === "invalid token" && exceptionTypes.includes(JSON_WEB_TOKEN_ERROR)) return "malformed";
  return TESTS.find(([pattern]) => pattern.test(plain))?.[1];
}
