import assert from "node:assert/strict";
import { test } from "node:test";
import { NAME_MAX_LENGTH } from "../../../src/core/extraction/clean-text.ts";
import {
  canonicalMethod,
  canonicalPath,
  canonicalRoute,
  canonicalRpcName,
} from "../../../src/core/extraction/endpoint-naming.ts";
import { fc } from "../../support/properties.ts";

test("every framework's parameters become one token", () => {
  const templates: ReadonlyArray<readonly [template: string, route: string]> = [
    ["/users/:id", "/users/{}"],
    ["/users/:id?", "/users/{}"],
    ["/users/:id(\\d+)", "/users/{}"],
    ["/users{/:id}", "/users/{}"],
    ["/users/{id}", "/users/{}"],
    ["/users/{id:int}/", "/users/{}"],
    ["/users/{id:regex(^\\d{{3}}$)}", "/users/{}"],
    ["/users/<id>", "/users/{}"],
    ["/users/<int:id>", "/users/{}"],
    ["/users/[id]", "/users/{}"],
    ["/users/$userId", "/users/{}"],
    ["/users/(?P<id>\\d+)/orders", "/users/{}/orders"],
    ["^users/(?P<pk>[^/.]+)/$", "/users/{}"],
    ["^api\\/v1\\/me\\/?$", "/api/v1/me"],
    ["/files/*", "/files/{}"],
    ["/files/*path", "/files/{}"],
    ["/files/{path:.*}", "/files/{}"],
    ["/files/[...slug]", "/files/{}"],
    ["/docs/{file}.{format}", "/docs/{}"],
    ["/:from-:to", "/{}"],
    ["/posts/:id(.:format)", "/posts/{}"],
    ["/v1/users/{id}:resetPassword", "/v1/users/{}:resetPassword"],
    ["/(auth)/login", "/login"],
    ["GET /users/{id}", "/users/{}"],
    ["users//list/", "/users/list"],
    ["/search?q=1", "/search"],
    ["/(authenticate default)/users/{id}/(method:GET)", "/users/{}"],
    ["/posts/{$}", "/posts"],
    ["/{$}", "/"],
    ["~/users/(?<id>\\d+)$", "/users/{}"],
    ["/users/$id<[^/]+>", "/users/{}"],
    ["/", "/"],
  ];
  for (const [template, route] of templates) assert.equal(canonicalRoute(template, "plain")?.route, route, template);
});

test("what is no route is turned away", () => {
  const texts = [
    "$default",
    "/{proxy+}",
    "api/{controller}/{id}",
    "_api_/users/{id}_get",
    "1",
    "0f8fad5b-d9cb-469f",
    "",
    "*",
    "/*",
    "/**",
    "default",
    "UNKNOWN",
    "root",
    "PathPrefix(`/api`)",
    "[...slug]",
    "/(.*)",
  ];
  for (const text of [...texts, "{controller=Home}/{action=Index}/{id?}", "https://a.b/c"]) {
    assert.equal(canonicalRoute(text, "plain"), null, text);
  }
});

test("the file that ends a route of Next.js is dropped", () => {
  assert.equal(canonicalRoute("/api/hello/route", "next")?.route, "/api/hello");
  assert.equal(canonicalRoute("/page", "next")?.route, "/");
  assert.equal(canonicalRoute("/api/hello/route", "plain")?.route, "/api/hello/route");
});

test("segments that name one thing become a token", () => {
  const identifiers = [
    "7",
    "12345678901234567890",
    "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    "507f1f77bcf86cd799439011",
    "a1b2c3d",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "cus_9s6XKzkNRiz8i3",
    "dQw4w9WgXcQ",
    "order-12345",
    "2024-01-31",
    "ann@example.com",
    "ann%40example.com",
    "@ann",
    "eyJhbGciOiJIUzI.eyJzdWIi.c2lnbmF0dXJl",
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "x".repeat(65),
    "{id}",
    "Users(5)",
    "[redacted:token]",
    "[redacted:jwt,exp=1700003600]",
  ];
  for (const segment of identifiers) assert.equal(canonicalPath(`/a/${segment}/b`), "/a/{}/b", segment);
});

test("words stay words, however long and whatever digits they end in", () => {
  const words = [
    "refresh-access-token",
    "reset-password-request",
    "client-credentials",
    "v2",
    "v1beta1",
    "1.1",
    "oauth2",
    "oauth2-redirect",
    "getUserByEmailAddressAndTenant",
    "sha256",
    "k8s",
    "x509v3",
    "2fa",
    "well-known",
    ".well-known",
    "openid-configuration",
    "jwks.json",
    "deadbeef",
    "facade",
    "accounts:signInWithPassword",
    "shop.v1.Cart",
    "en-US",
  ];
  for (const word of words) assert.equal(canonicalPath(`/a/${word}`), `/a/${word}`, word);
});

test("query, fragment, host, matrix parameters and doubled slashes are no part of a path", () => {
  assert.equal(canonicalPath("https://user@shop.example.com:8443//login;jsessionid=AB12/?next=/home#top"), "/login");
  assert.equal(canonicalPath("http://shop.example.com"), "/");
  assert.equal(canonicalPath(""), "/");
  assert.equal(canonicalPath("users/7"), "/users/{}");
});

test("a long path is cut at a segment and says so", () => {
  const path = canonicalPath("/segment".repeat(100));
  assert.ok(path.length <= NAME_MAX_LENGTH);
  assert.match(path, /^(\/segment)+\/…$/);
});

test("control characters and characters that turn the direction of text do not survive", () => {
  assert.equal(canonicalPath("/a\u001b[31m/b\r\nc"), "/a_[31m/b__c");
  assert.equal(canonicalPath("/a\u202eb"), "/a_b");
  assert.equal(canonicalRoute("/a\u202eb/\u0007:id", "plain")?.route, "/ab/{}");
  assert.equal(canonicalRpcName("a\u0000.B", "C d"), "a.B/Cd");
});

test("a call is named the same whether it comes in one piece or in two", () => {
  assert.equal(canonicalRpcName("shop.Cart", "Add"), "shop.Cart/Add");
  assert.equal(canonicalRpcName("", "/shop.Cart/Add"), "shop.Cart/Add");
  assert.equal(canonicalRpcName("shop.Cart", "shop.Cart/Add"), "shop.Cart/Add");
});

test("only methods that exist name an endpoint", () => {
  assert.equal(canonicalMethod("get"), "GET");
  assert.equal(canonicalMethod("PROPFIND"), "PROPFIND");
  assert.equal(canonicalMethod("X".repeat(1000)), "_OTHER");
  assert.equal(canonicalMethod(""), "_OTHER");
});

const PIECES = ["/", "a", "users", "7", "123", "{}", "{id}", ":id", "*", "(", ")", "[", "]", "<", ">", "{", "}", "?"];
const MORE_PIECES = [
  "$",
  "^",
  "\\",
  "/…",
  "é",
  "\u202e",
  " ",
  "%40",
  "@",
  ".",
  "-",
  ":",
  ";",
  "#",
  "://",
  "route",
  "_",
];
const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.array(fc.constantFrom(...PIECES, ...MORE_PIECES), { maxLength: 120 }).map((pieces) => pieces.join("")),
);

test("naming its own results changes nothing, and no name is too long or unprintable", () => {
  fc.assert(
    fc.property(hostileText, hostileText, (text, other) => {
      const path = canonicalPath(text);
      assert.equal(canonicalPath(path), path);
      const route = canonicalRoute(text, "plain")?.route;
      if (route !== undefined) assert.equal(canonicalRoute(route, "plain")?.route ?? route, route);
      const call = canonicalRpcName(text, other);
      assert.equal(canonicalRpcName("", call), call);
      for (const name of [path, route ?? "", call]) {
        assert.ok(name.length <= NAME_MAX_LENGTH);
        assert.doesNotMatch(name, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }
    }),
    { numRuns: 3000 },
  );
});
