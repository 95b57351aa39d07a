/**
 * The messages of the common authentication libraries, gateways and directories, by what they mean.
 *
 * The first row that matches wins, so the order carries meaning: "Signature has expired" is about
 * expiry, "invalid or has expired" tells nothing, and a token "not valid before" an instant is a
 * matter of clocks.
 */
import type { CauseName } from "./cause.ts";

/** Texts are compared as `causeOfText` makes them plain. */
export type MessageRow = readonly [name: CauseName, patterns: readonly RegExp[]];

export const KNOWN_MESSAGES: readonly MessageRow[] = [
  ["csrf", [/csrf|xsrf|anti-?forgery|page expired/]],
  ["dpop_nonce", [/use dpop nonce|requires? (a )?nonce in (the )?dpop|dpop nonce (is )?(required|missing)/]],
  ["dpop", [/dpop/]],
  [
    "idp_unavailable",
    [
      /jwks? remote fetch is failed|jwks.{0,40}tim(ed |e-?)out/, // Envoy, jose
      /(failed|unable|could not|couldn't|cannot|error) (to )?(fetch|fetching|retrieve|retrieving|load|loading|get|getting|download|obtain|reach)\b.{0,80}(jwks?|json web key|public keys?|signing keys?|certs\b|openid|oidc|introspection|configuration from)/,
      /fail to fetch data from the url|oidc: get keys failed/, // PyJWT, go-oidc
      /idx2080\d/, // Microsoft.IdentityModel: the metadata document
      /ext authz error|auth request unexpected status: 5/, // Envoy, nginx: the authorization service failed
      /introspection (endpoint|request|call).{0,40}(fail|error|tim|unavailable|refused)/,
      /(cannot|can't) contact (any kdc|ldap server)|cannot find kdc|\bkdc\b.{0,30}(unreachable|timed out)/, // Kerberos, LDAP
      /(identity provider|authorization server|auth(entication|orization)? service|idp) (is )?(unavailable|unreachable|not reachable|timed out)/,
      /\b(jwks?|introspection|identity provider|idp|oidc|openid|discovery|(authorization|authentication|auth|sso) (server|service|provider)|ldap|kdc|keycloak|issuer)\b.{0,60}(time ?d? ?out|unavailable|unreachable|refused|not responding|dial tcp|econn|enotfound|etimedout|returned 5\d\d|\b5\d\d\b|i\/o error|connection (failed|error|lost|closed|reset))/,
      /(connect|connecting|connection|contacting|reach|reaching|call|calling|talk) (to |with )?(the )?(jwks|introspection|identity provider|idp|(authorization|authentication|auth|sso) (server|service|provider)|ldap)/,
    ],
  ],
  [
    "client_certificate",
    [
      /client (ssl |tls |x509 )?certificate|(no required|missing required|required) (ssl|tls) certificate/, // nginx, Spring, ASP.NET, Kong
      /tls certificate failed|certificate thumbprint|cnf.{0,20}x5t/, // RFC 8705
      /ssl client verify|(peer|client) did not (return|present|send) a certificate|certificate required|tls: bad certificate/,
    ],
  ],
  [
    "invalid_grant",
    [
      /authorization grant .{0,100}(invalid|expired|revoked)|(authorization )?code (was |is |has been )?(not valid|already (used|redeemed))/,
      /refresh token.{0,30}(already used|reuse|not found)|aadsts(70008|54005|50173)\b/,
      /pkce|code[ -]?verifier|code challenge/,
    ],
  ],
  // Senders that do not say which of several reasons it was.
  [
    "invalid_token",
    [
      /invalid,? or (has |is )?(been )?expired|expired,? (or )?(invalid|revoked|malformed)|(revoked|invalid),? or expired/,
      /missing (the )?(required )?"?\w+"? claim|claim is required|token has no (id|expiration)/,
    ],
  ],
  [
    "account",
    [
      /user (account )?(is |has been )?(inactive|disabled|locked|deactivated|blocked|temporarily disabled)/,
      /account (is |has |has been |was )?(locked|disabled|expired|suspended|deactivated|blocked|inactive|not (activated|fully set up))/,
      /inactive user|confirm your email|email not confirmed|(user )?credentials have expired|password (has )?expired/,
      /credentials have been revoked|kdc err (client revoked|key expired)/, // Kerberos
      /\bdata (530|531|532|533|701|773|775)\b/, // Active Directory, behind LDAP's error 49
      /aadsts500(53|55|57)/, // Entra
      /too many (failed )?(login )?attempts|password attempts exceeded/,
      /\b(user|account|customer|member)\b.{0,40}\b(locked|disabled|suspended|deactivated|blocked|banned|not (active|activated|verified|confirmed|enabled)|unverified)\b/,
      /\be-?mail\b.{0,30}(not (been )?(verified|confirmed)|unverified|unconfirmed)/,
    ],
  ],
  [
    "step_up_required",
    [
      /insufficient user authentication|aadsts500(76|79)|step-?up|acr values/,
      /(mfa|multi-?factor( authentication)?|second factor|additional factor|fresh (token|login)) (is )?required/,
      /(mfa|2fa|two-?factor|multi-?factor|second factor|re-?authentication|stronger authentication)\b.{0,30}\b(required|needed|missing|must)/,
    ],
  ],
  [
    "clock_skew",
    [
      /jwt not active|not (yet valid|valid yet)|not yet active|not valid before|immature|idx10222/,
      /token-?not-?active-?yet|(jwt|token) must not be accepted before/, // Clerk, jjwt
      /used before|used yet|issued in the future|prior to \d|before the nbf/, // golang-jwt, Lcobucci, php-jwt, go-oidc
      /valid date or x-date header/, // Kong hmac-auth
      /\b(nbf|iat)\b.{0,40}(claim|not satisfied|check|in the future)|invalid iat|iat in the future/, // jose, jwx, ruby-jwt
      /clock skew|clocks? skewed|krb ap err skew/, // Kerberos
      /request time and the current time|signature expired: |signature not yet current/, // AWS
      /timestamp (is )?(outside|too (old|new|far))|request date header too old/,
      /can't be used before/, // java-jwt, aws-jwt-verify
      /too early|recv ?window|before use time|clock (is )?(too )?(far|wrong|ahead|behind)/,
    ],
  ],
  [
    "no_credentials",
    [
      /jwt (must be provided|is missing|missing|not present|string argument cannot be null)|nil json web token/,
      /credentials? (were |was |is )?(not provided|required)|no credentials? (was |were )?(provided|found for basic)|(?<!was )not authenticated|full authentication is required/,
      /(header|field|token|credentials?|cookie|api[ -]?key)( "[^"]{1,80}")? (is |was |are |were )?(missing|absent|required|not (provided|present|found(?! in (the )?(store|database|cache|db|redis))|set|supplied))/,
      /(missing|no|without) (valid )?(required )?(bearer |authorization |access |auth |authentication |jwt |session |subscription |csrf )*(header|token|credentials?|cookie|jwt|api[ -]?key|key)\b(?! found for| for kid| was found in the| found in (the )?(jwks|http))/,
      /token could not be parsed from the request|(missing|no|no user\/)(username (and|or) )? ?password (was |were )?(provided|in)|missing username/,
      /no valid credentials provided/, // GSSAPI
    ],
  ],
  [
    "unknown_key",
    [
      /another algorithm expected, or no matching key/, // Nimbus: nearly always a rotated key
      /signature key was not found|idx1050[013]|idx10517|idx10609|not found in the key ring/, // ASP.NET
      /doesn't have (key to match|any valid public key)/, // Envoy
      /token is unverifiable: (?!signing method)/, // golang-jwt
      /no credentials found for given|invalid user key in jwt|missing related consumer/, // Kong, APISIX
      /no (matching|applicable|suitable) (key|jwk)|no key found in|(unable to|could not|couldn't|cannot|can't|failed to) (find|locate|lookup).{0,30}(signing|signature|verification|public|matching|suitable|correct)? ?key/,
      /unable to lookup correct key|resolving signing key/, // php-jwt, njwt
      /unknown (key|kid)\b|(jwk|key) for kid|\bkid\b.{0,60}(not found|unknown|no match|invalid|mismatch|does not correspond)/,
      /\b(kid|key ?id|public ?key|signing key)\b.{0,60}(not found|unknown|no match|missing|mismatch|unrecogni[sz]ed)|(did not|didn't|could not|couldn't|cannot|no) (find|locate|resolve)? ?.{0,20}\b(kid|key ?id|public ?key|signing key|matching key)\b/,
    ],
  ],
  [
    "expired",
    [
      /\b(token|jwt|session|signature|assertion|cookie|key|ticket|tkt|code|credentials?)\b.{0,40}\bexpired\b/,
      /\bexpired\b.{0,20}\b(token|jwt|session|credentials?|signature|code|key)\b/,
      /maxage exceeded|idx10223|session (has )?timed out|no longer valid.{0,80}expiration time/,
      /\bexp\b.{0,20}(not satisfied|claim|check)|aadsts(700082|70043)/,
      /signature not valid in the specified time frame/, // Azure storage
      /too late/,
    ],
  ],
  [
    "unsigned",
    [
      /jwt signature is required|idx10504|unsecured (\w+ )?(jwt|token)|(token|jwt) is unsigned|unsigned (token|jwt|claims)/,
      /unsupported algorithm (of )?none|signing method none|unknown variant `none`/, // Spring, golang-jwt, Rust's jsonwebtoken
    ],
  ],
  [
    "algorithm",
    [
      /invalid (signing )?algorithm|algorithm (is )?not (allowed|supported|valid)|unsupported (signature |signing )?algorithm|unexpected signature algorithm/,
      /another algorithm expected|different algorithm|incorrect key for this algorithm|idx10(634|696)/,
      /signing method .{0,40}(invalid|unexpected|unavailable)|unexpected signing method/, // golang-jwt
      /\balg(orithm)?\b.{0,60}(not allowed|not supported|mismatch|doesn't match)/,
      /\balg(orithm)?\b.{0,40}\bnot in\b/,
    ],
  ],
  [
    "bad_signature",
    [
      /(invalid|bad) (jws |document |token )?signature|signature (is |was |resulted )?(invalid|incorrect|wrong)|idx10511/,
      /signature (verification|validation|check) (has )?(failed|raised)|signature (mismatch|(does not|doesn't) match|could not be verified)/,
      /request signature we calculated does not match|(mac|hmac) signature (found|cannot be verified)|no signatures found matching/,
      /jwt verification fails|signed jwt rejected|crypto\/\w+: verification error|token-?invalid-?signature|jwsinvalid signature/,
      /could not verify (the )?(message|signature)|error in cryptographic primitive|krb ap err modified/,
      /unprotect ticket failed/, // ASP.NET cookies
      /\b(signature|hmac)\b.{0,60}\b(failed|invalid|mismatch|tampered|wrong|incorrect|rejected|not (be )?(valid|verified)|do(es)?(n't| not) match)\b/,
      /\b(wrong|bad|incorrect|mismatched|invalid|(failed|unable) to (verify|validate|check)|(could not|cannot) (verify|validate))\b.{0,40}\b(signature|hmac)\b/,
    ],
  ],
  [
    "wrong_audience",
    [
      /invalid audience|audiences?\b.{0,200}(invalid|not allowed|not match|doesn't match|doesn't contain|mismatch|unexpected)|idx102(0[678]|14)/,
      /expected audience|(not allowed|allowed) to be used by this audience|client id not allowed/, // go-oidc, Lcobucci, aws-jwt-verify
      /"?\baud\b.{0,60}(not satisfied|claim|value|mismatch|invalid|doesn't)|(incorrect|unexpected|invalid) (claim )?"?aud\b/,
      /\b(wrong|bad|incorrect|mismatched|unexpected|expected|required|unknown) (\w+ )?audience\b/,
    ],
  ],
  [
    "wrong_issuer",
    [
      /(invalid|unknown) (saml )?issuer|issuer\b.{0,200}(invalid|not allowed|not configured|not match|doesn't match|mismatch|not trusted|unexpected)|idx102(0[45]|1[12])/,
      /issued by a different provider|not issued by the given issuers?/, // go-oidc, Lcobucci
      /"?\biss\b.{0,60}(not satisfied|claim|value|mismatch|invalid|doesn't)|(incorrect|unexpected|invalid) (claim )?"?iss\b/,
      /\b(wrong|bad|incorrect|mismatched|unexpected|expected|untrusted|invalid|unknown) (\w+ )?issuer\b/,
    ],
  ],
  [
    "malformed",
    [
      /malformed|(not enough|too many|not enough or too many|wrong number of|invalid number of) segments|invalid (compact|jwt serialization)|illegal base64|idx141\d\d|idx127\d\d|not well formed/,
      /(cannot|could not|couldn't|failed to|unable to|error) (decode|decoding|parse|parsing).{0,20}(jwt|token)|jwt cannot be parsed|decoding firebase id token failed/,
      /jwt (is not in the form|strings? (must|does not)|header|payload|must have three)|(must have|expected to have|exactly) (three|3|2) (part|period|segment)|must have two dots/,
      /invalid (jwt|jws|payload string|header string|header padding|crypto padding|unsecured)|protected header is invalid|unrecognizable token|bad token; invalid/,
      /bad authorization header|(basic|token) header\. |two space-delimited values|token string should not contain spaces|multiple bearer tokens/,
      /defective token/, // GSSAPI
      /(invalid|bad|illegal) (base64|json|encoding|format)\b.{0,40}(token|jwt|header|payload)|not a (valid )?(jwt|json web token)\b/,
      /\b(token|jwt|header|payload)\b.{0,40}(could not be (decoded|parsed)|cannot be (decoded|parsed)|not (a )?valid json|truncated|(bad|invalid|wrong) format)|parsing (the )?(jwt|token)/,
    ],
  ],
  [
    "invalid_client",
    [
      /invalid client (id|secret|credentials?|assertion|or )|client (authentication failed|secret (is |has )?(invalid|incorrect|wrong|expired)|not found in realm)/,
      /aadsts(7000215|7000222|700016|700027|90002)|client not found(?! in kerberos)/,
      /\bclient (credentials?|secret|assertion|authentication|id)\b.{0,40}(invalid|not valid|fail|incorrect|wrong|mismatch|unknown|not found|not registered)|(unknown|unregistered) client\b|secret hash/,
    ],
  ],
  [
    "bad_password",
    [
      /bad credentials|invalid (user |login )?credentials?( for basic)?\b|(user )?credentials (were|are) incorrect|provided credentials|given credentials/,
      /(invalid|wrong|incorrect|bad) (user ?name|user ?id|user|login|e-?mail)( address)? ?(or|and|\/) ?password/,
      /(invalid|wrong|incorrect|bad) password|(password|login|user ?name|e-?mail) (is |was )?(incorrect|wrong|invalid|mismatch)|password (does not|doesn't) match|presented password is invalid/,
      /correct user ?name and password|(unknown|no such) user\b|user( "[^"]{1,80}")? (was )?not found|failed to find user|(user ?name|e-?mail) (could not be |was )?not found|login failed/,
      /username could not be found|\bdata (525|52e)\b|error code 49\b|aadsts500(34|126)\b|aadsts50126/,
      /pre-?authentication (information was invalid|failed)|not found in kerberos database|kdc err (preauth failed|c principal unknown)/,
      /(invalid|incorrect|wrong) (totp|otp|mfa code|one-time (code|password)|verification code|passcode)/,
      /attempt before your account is locked|e0000004/, // Devise, Okta
      /\b(password|passcode|passphrase|pin|otp|totp|(verification|mfa|one-time|security) code)\b.{0,50}\b(incorrect|invalid|wrong|mismatch|rejected|fail(ed)?|do(es)?(n't| not) match|not (match|valid|correct))\b/,
      /credentials (are |were |is |was )?(invalid|incorrect|wrong|not valid|rejected)|credentials (do not|don't) match/,
      /(login|sign-?in|logon) (attempt )?(failed|failure|denied|rejected)|authentication fail(ed|ure) for user/,
    ],
  ],
  [
    "invalid_api_key",
    [
      /(invalid|unknown|bad|revoked|wrong|incorrect|disabled|non-?existent) (api[ -]?|(subscription|function|access|account) )key\b|key not authori[sz]ed/,
      /\bapi[ -]?key\b.{0,40}\b(invalid|incorrect|unknown|revoked|disabled|deactivated|rejected|wrong|not (valid|found|recogni[sz]ed|authori[sz]ed|active))\b/,
    ],
  ],
  [
    "wrong_scheme",
    [
      /(unsupported|unknown|bad|wrong|invalid) (auth|authentication|authorization) (scheme|type|method)|wrong authentication scheme/,
      /format is authorization: bearer/, // express-jwt
      /\bscheme\b.{0,40}(not (supported|allowed|accepted)|unsupported|unknown|invalid)|unsupported.{0,20}\bscheme\b|expected (bearer|basic|digest|dpop|negotiate)\b.{0,40}\b(but|got|received|not)\b/,
    ],
  ],
  [
    "no_credentials",
    [
      /(must|please|need to|have to) (be )?(logged|log|signed|sign) ?in|(login|log in|sign-?in) (is )?required|not (logged|signed) in|no (active |valid )?session\b|anonymous (access|users?) (is |are )?(not|denied)/,
      /authentication object was not found|you need to sign in|no valid authentication in request|unregistered callers/,
      /^anonymous authentication token$/, // Spring Security
    ],
  ],
  ["insufficient_scope", [/insufficient scopes?|(missing|required) scopes?/]],
  ["not_auth", [/body (is )?too large/]], // Traefik's ForwardAuth answers 401 to it
  [
    "invalid_token",
    [
      /could not validate credentials|invalid authentication credentials/, // FastAPI
      /(invalid|unknown|bad|revoked|blacklisted|inactive) ("?\w+"? )?(access |auth |bearer |id |refresh |session |jwt |security )?tokens?\b/,
      /token (is |was |has been )?(not )?(invalid|revoked|rejected|inactive|active|valid|blacklisted)\b|token (isn't|is not) active|security token included in the request/,
      /failed to (validate|verify) (the |a )?(id |access )?(token|jwt)|token not found in|(token|session)-?(was |has been )?revoked/,
    ],
  ],
];
