/**
 * Causes as they come out of whole spans, row by row of the decision table.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AttributeValue, SpanSketch } from "../span-requests.ts";
import { ExtractionWorld, SPAN_ID } from "../span-requests.ts";

const START_MS = 1_700_000_000_000;
const CHALLENGE = "http.response.header.www-authenticate";
const AUTHORIZATION = "http.request.header.authorization";

type Attributes = Readonly<Record<string, AttributeValue>>;

let spans = 0;

/** Each in a trace of its own. */
function refused(attributes: Attributes, more: Partial<SpanSketch> = {}): SpanSketch {
  const request = { "http.request.method": "GET", "http.route": "/orders", "http.response.status_code": 401 };
  const traceId = (++spans).toString(16).padStart(32, "0");
  return { startMs: START_MS, traceId, ...more, attributes: { ...request, ...attributes } };
}

/** `expired high`, or "none"; with the outcome where a status was overruled. */
function judge(sketch: SpanSketch, world = new ExtractionWorld()): string {
  const [judged] = world.observe([sketch], ({ cause, outcome }) => {
    const words = cause === null ? "none" : `${cause.name} ${cause.confidence}`;
    return outcome === "unauthenticated" ? words : `${words}, ${outcome}`;
  });
  return judged ?? "no request";
}

function bearer(claims: object): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  return `Bearer eyJhbGciOiJSUzI1NiJ9.${payload}.c2lnbmF0dXJl`;
}

describe("what is stated", () => {
  test("a provider that cannot be reached comes before everything else", () => {
    const challenge = ['Bearer error="insufficient_user_authentication"'];
    const sketch = refused({ [CHALLENGE]: challenge }, { exceptions: [{ type: "ERR_JWKS_TIMEOUT" }] });
    assert.equal(judge(sketch), "idp_unavailable high");
    assert.equal(
      judge(refused({ response_code_details: "jwt_authn_access_denied{Jwks_remote_fetch_is_failed}" })),
      "idp_unavailable high",
    );
  });

  test("challenges name their causes, in every form in which headers are captured", () => {
    const expired = 'Bearer error="invalid_token", error_description="Jwt expired at 2026-01-01T00:00:00Z"';
    for (const key of [CHALLENGE, "http.response.header.www_authenticate", "rpc.response.metadata.www-authenticate"]) {
      assert.equal(judge(refused({ [key]: [expired] })), "expired medium", key);
      assert.equal(judge(refused({ [key]: expired })), "expired medium", key);
      assert.equal(judge(refused({ [key]: ['Basic realm="a"', expired] })), "expired medium", key);
      assert.equal(judge(refused({ [key]: `Basic realm="a", ${expired}` })), "expired medium", key);
    }
    const code = (error: string) => judge(refused({ [CHALLENGE]: [`DPoP error="${error}"`] }));
    assert.equal(code("insufficient_user_authentication"), "step_up_required high");
    assert.equal(code("use_dpop_nonce"), "dpop_nonce high");
    assert.equal(code("invalid_dpop_proof"), "dpop high");
    assert.equal(code("insufficient_scope"), "insufficient_scope high");
  });

  test("an exception's class beats its message", () => {
    const exceptions = [
      { type: "jwt.exceptions.ExpiredSignatureError", message: "Signature has expired: invalid signature" },
    ];
    assert.equal(judge(refused({}, { exceptions })), "expired high");
    const useless = [{ type: "*fmt.wrapErrors", message: "token signature is invalid" }];
    assert.equal(judge(refused({}, { exceptions: useless })), "bad_signature medium");
  });

  test("an exception that was wrapped tells more than the one around it", () => {
    const type = "org.springframework.web.server.ResponseStatusException";
    const message = '401 UNAUTHORIZED "a bad token"';
    const wrapped = "\nCaused by: com.auth0.jwt.exceptions.TokenExpiredException: over\n\t... 9 more";
    const stacktrace = `${type}: ${message}\n\tat shop.Routes.account(Routes.java:46)${wrapped}`;
    assert.equal(judge(refused({}, { exceptions: [{ type, message }] })), "invalid_token medium");
    assert.equal(judge(refused({}, { exceptions: [{ type, message, stacktrace }] })), "expired high");
  });

  test("status message, error type and a gateway's tags speak too", () => {
    assert.equal(judge(refused({}, { statusMessage: "token is not valid yet" })), "clock_skew medium");
    assert.equal(judge(refused({ "error.type": "TokenExpiredError" })), "expired high");
    assert.equal(judge(refused({ "grpc.status_code": "16", "grpc.message": "Jwt is expired" })), "expired medium");
    assert.equal(judge(refused({ exception: "BadCredentialsException" })), "bad_password high");
  });
});

describe("what is inferred", () => {
  test("a token's own times, against the start of the span", () => {
    const now = START_MS / 1000;
    assert.equal(judge(refused({ [AUTHORIZATION]: [bearer({ exp: now - 5, sub: "a" })] })), "expired medium");
    assert.equal(judge(refused({ [AUTHORIZATION]: bearer({ exp: now + 5, nbf: now + 3 }) })), "clock_skew medium");
    assert.equal(judge(refused({ [AUTHORIZATION]: [bearer({ exp: now + 5, iat: now - 3 })] })), "none");
    const redacted = `Bearer [redacted:jwt,alg=RS256,iat=${now - 900},exp=${now - 5}]`;
    assert.equal(judge(refused({ [AUTHORIZATION]: [redacted] })), "expired medium");
  });

  test("negotiation is a handshake, unless another scheme was sent", () => {
    assert.equal(judge(refused({ [CHALLENGE]: ["Negotiate", "NTLM"] })), "handshake medium");
    assert.equal(judge(refused({ [CHALLENGE]: ['Digest realm="a", stale=true'] })), "handshake medium");
    assert.equal(judge(refused({ [CHALLENGE]: ["Negotiate"], [AUTHORIZATION]: ["Basic YTpi"] })), "wrong_scheme high");
  });

  test("a refused preflight", () => {
    assert.equal(judge(refused({ "http.request.method": "OPTIONS" })), "preflight low");
    const exceptions = [{ type: "UnauthorizedError", message: "jwt must be provided" }];
    assert.equal(judge(refused({ "http.request.method": "OPTIONS" }, { exceptions })), "preflight low");
  });

  test("a scheme that nobody asked for", () => {
    const basic = { [AUTHORIZATION]: ["Basic YTpi"] };
    assert.equal(judge(refused({ ...basic, [CHALLENGE]: ['Bearer realm="a"'] })), "wrong_scheme high");
    const exceptions = [{ type: "NotAuthenticated", message: "Authentication credentials were not provided." }];
    const unheard = refused({ ...basic, [CHALLENGE]: ['Bearer realm="a"'] }, { exceptions });
    assert.equal(judge(unheard), "wrong_scheme high");
    const redacted = { [AUTHORIZATION]: ["[REDACTED]"], [CHALLENGE]: ['Bearer realm="a"'] };
    assert.equal(judge(refused(redacted)), "none");
  });

  test("a password in Basic where Basic is asked for", () => {
    const asked = { [CHALLENGE]: ['Basic realm="a"'] };
    assert.equal(judge(refused({ ...asked, [AUTHORIZATION]: ["Basic YTpi"] })), "bad_password medium");
    assert.equal(judge(refused({ ...asked, [AUTHORIZATION]: ["[REDACTED]"] })), "none");
    assert.equal(judge(refused(asked)), "none");
  });

  test("absent credentials mean something once the service has been seen to capture them", () => {
    const world = new ExtractionWorld();
    assert.equal(judge(refused({}), world), "none");
    world.observe([refused({ [AUTHORIZATION]: ["[REDACTED]"], "http.response.status_code": 200 })], () => null);
    assert.equal(judge(refused({}), world), "no_credentials medium");
    assert.equal(judge(refused({ "http.request.header.x-api-key": ["k"] }), world), "none");
    assert.equal(judge(refused({ "http.request.header.cookie": ["[REDACTED]"] }), world), "none");
    const other = { resource: { "service.name": "billing" } };
    assert.equal(judge(refused({}, other), world), "none");
  });

  test("a bare Bearer challenge answers a request without a token, from services that name bad tokens", () => {
    const world = new ExtractionWorld();
    const bare = refused({ [CHALLENGE]: ['Bearer realm="a"'] });
    assert.equal(judge(bare, world), "none");
    judge(refused({ [CHALLENGE]: ['Bearer error="insufficient_scope"'] }), world);
    assert.equal(judge(bare, world), "none");
    judge(refused({ [CHALLENGE]: ['Bearer error="invalid_token"'] }), world);
    assert.equal(judge(bare, world), "no_credentials low");
    assert.equal(judge({ ...bare, resource: { "service.name": "billing" } }, world), "none");
  });

  test("error codes without a telling description", () => {
    const code = (error: string) => judge(refused({ [CHALLENGE]: [`Bearer error="${error}"`] }));
    assert.equal(code("invalid_token"), "invalid_token medium");
    assert.equal(code("invalid_client"), "invalid_client high");
    assert.equal(code("invalid_grant"), "invalid_grant high");
  });

  test("a login that fails without a word is a wrong password, with little confidence", () => {
    const login = { "http.request.method": "POST", "http.route": "/login" };
    assert.equal(judge(refused(login)), "bad_password low");
    const world = new ExtractionWorld();
    world.observe([refused({ [AUTHORIZATION]: ["Bearer x"] })], () => null);
    assert.equal(judge(refused(login), world), "bad_password low");
    assert.equal(judge(refused({ ...login, "http.request.method": "GET" })), "none");
  });

  test("an API key that was asked for and sent", () => {
    const key = { [CHALLENGE]: ['Key realm="kong"'], "http.request.header.apikey": ["[REDACTED]"] };
    assert.equal(judge(refused(key)), "invalid_api_key low");
  });
});

describe("what others say", () => {
  const END_MS = START_MS + 100;
  const request = (more: Partial<SpanSketch> = {}) => refused({}, { endMs: END_MS, ...more });
  const within = ({ traceId = "" }: SpanSketch, more: Partial<SpanSketch>): SpanSketch => ({
    ...{ kind: "INTERNAL", traceId, spanId: "00000000000000c1", startMs: START_MS + 10, endMs: START_MS + 20 },
    ...more,
  });
  const judgeLast = (sketches: readonly SpanSketch[]) => {
    const judged = new ExtractionWorld().observe(sketches, ({ cause, outcome }) => [
      cause?.name,
      cause?.source,
      outcome,
    ]);
    return judged.at(-1);
  };

  test("an exception of the middleware, on a child that ended before", () => {
    const span = request();
    const exceptions = [{ type: "TokenExpiredError", message: "jwt expired" }];
    const child = within(span, { name: "middleware - authenticate", parentSpanId: SPAN_ID, exceptions });
    assert.deepEqual(judgeLast([child, span]), ["expired", "exception.type of an inner span", "unauthenticated"]);
  });

  test("an exception further in, which the request is known to enclose in time alone", () => {
    const span = request();
    const deep = { parentSpanId: "00000000000000c2", exceptions: [{ message: "token has invalid issuer" }] };
    assert.equal(judgeLast([within(span, deep), span])?.[0], "wrong_issuer");
    const later = { ...deep, startMs: END_MS + 50, endMs: END_MS + 60 };
    assert.equal(judgeLast([within(span, later), span])?.[0], undefined);
    const elsewhere = { ...deep, resource: { "service.name": "billing" } };
    assert.equal(judgeLast([within(span, elsewhere), span])?.[0], undefined);
  });

  test("the status message of a child, if it failed", () => {
    const span = request();
    const child = within(span, { name: "authenticate", statusMessage: "Bad credentials" });
    assert.equal(judgeLast([child, span])?.[0], "bad_password");
    assert.equal(judgeLast([{ ...child, statusCode: "OK" }, span])?.[0], undefined);
  });

  test("a call for keys or introspection that failed", () => {
    const call = (attributes: Attributes, statusCode: SpanSketch["statusCode"] = "ERROR") => {
      const span = request();
      const client = within(span, { kind: "CLIENT", name: "GET", parentSpanId: SPAN_ID, statusCode, attributes });
      return judgeLast([client, span])?.[0];
    };
    const jwks = { "url.full": "https://login.example.com/.well-known/jwks.json" };
    assert.equal(call({ ...jwks, "http.response.status_code": 503 }), "idp_unavailable");
    assert.equal(call(jwks), "idp_unavailable");
    assert.equal(
      call({ "http.url": "http://idp/realms/shop/protocol/openid-connect/token/introspect" }),
      "idp_unavailable",
    );
    assert.equal(call({ ...jwks, "http.response.status_code": 401 }), undefined);
    assert.equal(call({ ...jwks, "http.response.status_code": 200 }, "OK"), undefined);
    assert.equal(call({ "url.full": "http://billing/invoices", "http.response.status_code": 503 }), undefined);
  });

  test("what a child states promotes a 403 and, on a token route, a 400", () => {
    const forbidden = request({ attributes: { "http.request.method": "GET", "http.response.status_code": 403 } });
    const child = within(forbidden, { exceptions: [{ type: "ERR_JWT_EXPIRED" }] });
    assert.deepEqual(judgeLast([child, forbidden])?.[2], "unauthenticated");
    const attributes = {
      "http.request.method": "POST",
      "http.route": "/oauth/token",
      "http.response.status_code": 400,
    };
    const token = { ...request(), attributes };
    const grant = within(token, { exceptions: [{ type: "InvalidGrantError", message: "invalid_grant" }] });
    assert.deepEqual(judgeLast([grant, token])?.slice(0, 3), [
      "invalid_grant",
      "exception.type of an inner span",
      "unauthenticated",
    ]);
    assert.equal(judgeLast([token])?.[2], "client_error");
  });

  test("GraphQL refuses inside a 200", () => {
    const span = { ...request(), attributes: { "http.request.method": "POST", "http.response.status_code": 200 } };
    const resolver = within(span, { name: "graphql.resolve", exceptions: [{ type: "UNAUTHENTICATED" }] });
    assert.equal(judgeLast([resolver, span])?.[2], "unauthenticated");
    assert.equal(judgeLast([{ ...resolver, exceptions: [{ type: "FORBIDDEN" }] }, span])?.[2], "forbidden");
    assert.equal(judgeLast([span])?.[2], "ok");
  });
});

describe("statuses that a cause overrules", () => {
  test("403 with an explicit statement about credentials", () => {
    const forbidden = { "http.response.status_code": 403 };
    assert.equal(judge(refused(forbidden)), "none, forbidden");
    const audience = { ...forbidden, response_code_details: "rbac: Audiences in Jwt are not allowed" };
    assert.equal(judge(refused(audience)), "wrong_audience medium");
    const scope = { ...forbidden, [CHALLENGE]: ['Bearer error="insufficient_scope"'] };
    assert.equal(judge(refused(scope)), "insufficient_scope high, forbidden");
    assert.equal(judge(refused(forbidden, { statusMessage: "Invalid CSRF Token" })), "csrf medium, forbidden");
    const step = { ...forbidden, [CHALLENGE]: ['Bearer error="insufficient_user_authentication"'] };
    assert.equal(judge(refused(step)), "step_up_required high");
    const likely = { ...forbidden, [CHALLENGE]: ['Bearer realm="a"'] };
    assert.equal(judge(refused(likely)), "none, forbidden");
  });

  test("gRPC PERMISSION_DENIED likewise", () => {
    const call = { "rpc.system": "grpc", "rpc.service": "shop.Cart", "rpc.method": "Add", "rpc.grpc.status_code": 7 };
    assert.equal(judge({ attributes: call, statusMessage: "token is expired" }), "expired medium");
    assert.equal(judge({ attributes: call, statusMessage: "not your cart" }), "none, forbidden");
  });

  test("400 on a token route with a visible invalid_grant or invalid_client", () => {
    const token = { "http.request.method": "POST", "http.route": "/oauth/token", "http.response.status_code": 400 };
    assert.equal(judge(refused(token)), "none, client_error");
    assert.equal(judge(refused(token, { statusMessage: "invalid_grant" })), "invalid_grant high");
    assert.equal(judge(refused(token, { statusMessage: "invalid_grant: Bad credentials" })), "bad_password medium");
    const body = { ...token, "http.response.body": '{"error":"invalid_client"}' };
    assert.equal(judge(refused(body)), "invalid_client high");
    assert.equal(judge(refused({ ...body, "http.route": "/orders" })), "none, client_error");
  });

  test("419 is a form that went stale", () => {
    assert.equal(judge(refused({ "http.response.status_code": 419 })), "csrf high, client_error");
  });
});
