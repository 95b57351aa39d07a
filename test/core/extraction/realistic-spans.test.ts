/**
 * Spans as the instrumentations of the field send them, with what a person would say they are.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SpanSketch } from "./span-requests.ts";
import { judge } from "./span-requests.ts";

type Example = readonly [sender: string, sketch: SpanSketch, expected: string | null];

const PARENT = "00f067aa0ba902b7";

const EXAMPLES: readonly Example[] = [
  [
    "Node http alone: no route, only a path",
    {
      name: "GET",
      attributes: { "http.request.method": "GET", "url.path": "/account/42", "http.response.status_code": 401 },
    },
    "GET /account/{} unauthenticated",
  ],
  [
    "Express, matched",
    {
      name: "GET /api/orders/:id",
      attributes: {
        "http.method": "GET",
        "http.target": "/api/orders/7?full=1",
        "http.route": "/api/orders/:id",
        "http.status_code": 200,
      },
    },
    "GET /api/orders/{} ok",
  ],
  [
    "Express, refused by a mounted guard: the route is the mount prefix",
    {
      name: "GET /api",
      attributes: {
        "http.method": "GET",
        "http.target": "/api/orders/7",
        "http.route": "/api",
        "http.status_code": 401,
      },
    },
    "GET /api/orders/{} unauthenticated",
  ],
  [
    "Koa, refused before the router",
    { name: "POST", attributes: { "http.method": "POST", "http.target": "/login", "http.status_code": 401 } },
    "POST /login unauthenticated",
  ],
  [
    "Fastify: a query in url.path",
    {
      name: "request",
      attributes: {
        "http.request.method": "GET",
        "url.path": "/users/9?token=x",
        "http.route": "/users/:userId",
        "http.response.status_code": 403,
      },
      statusCode: "ERROR",
    },
    "GET /users/{} forbidden",
  ],
  [
    "Fastify's inner span",
    {
      kind: "INTERNAL",
      attributes: { "http.request.method": "GET", "http.route": "/users/:userId", "http.response.status_code": 401 },
    },
    null,
  ],
  [
    "NestJS: url.full is a bare path",
    {
      name: "GET",
      attributes: { "http.request.method": "GET", "url.full": "/cats/abc123def456", "http.response.status_code": 401 },
    },
    "GET /cats/{} unauthenticated",
  ],
  [
    "Next.js handler",
    {
      name: "GET /api/hello/route",
      attributes: {
        "next.span_type": "BaseServer.handleRequest",
        "next.route": "/api/hello/route",
        "http.route": "/api/hello/route",
        "http.method": "GET",
        "http.target": "/api/hello",
        "http.status_code": 401,
      },
      parentSpanId: PARENT,
    },
    "GET /api/hello unauthenticated",
  ],
  [
    "Next.js outer span of a request with middleware",
    {
      name: "GET",
      attributes: { "http.method": "GET", "http.target": "/api/hello", "http.status_code": 200, "next.bubble": true },
    },
    null,
  ],
  [
    "Next.js page with a catch-all",
    {
      name: "GET /api/auth/[...nextauth]/route",
      attributes: {
        "next.route": "/api/auth/[...nextauth]/route",
        "http.route": "/api/auth/[...nextauth]/route",
        "http.method": "GET",
        "http.target": "/api/auth/callback/github?code=1",
        "http.status_code": 302,
      },
    },
    "GET /api/auth/{} ok",
  ],
  [
    "Deno.serve: status as text",
    {
      name: "GET",
      attributes: {
        "http.request.method": "GET",
        "url.full": "http://localhost:8000/me",
        "http.response.status_code": "401",
      },
      statusCode: "ERROR",
    },
    "GET /me unauthenticated",
  ],
  [
    "Flask",
    {
      name: "GET /users/<int:user_id>",
      attributes: {
        "http.method": "GET",
        "http.route": "/users/<int:user_id>",
        "http.target": "/users/12",
        "http.status_code": 401,
        "net.peer.ip": "203.0.113.9",
      },
    },
    "GET /users/{} unauthenticated",
  ],
  [
    "FastAPI",
    {
      name: "POST /token",
      attributes: {
        "http.method": "POST",
        "http.route": "/token",
        "http.url": "http://api/token",
        "http.status_code": 401,
      },
    },
    "POST /token unauthenticated",
  ],
  [
    "ASGI send span",
    { name: "POST /token http send", kind: "INTERNAL", attributes: { "http.status_code": 401 } },
    null,
  ],
  [
    "Django: no leading slash, a trailing one",
    {
      name: "GET api/users/<int:pk>/",
      attributes: {
        "http.method": "GET",
        "http.route": "api/users/<int:pk>/",
        "http.url": "http://x/api/users/5/",
        "http.status_code": 200,
      },
    },
    "GET /api/users/{} ok",
  ],
  [
    "Django REST framework: a regular expression, and only in the name",
    {
      name: "GET ^users/(?P<pk>[^/.]+)/$",
      attributes: { "http.method": "GET", "http.url": "http://x/users/ann/", "http.status_code": 401 },
    },
    "GET /users/{} unauthenticated",
  ],
  [
    "Spring MVC by the Java agent",
    {
      name: "GET /shop/orders/{id}",
      attributes: {
        "http.request.method": "GET",
        "url.path": "/shop/orders/3",
        "http.route": "/shop/orders/{id}",
        "http.response.status_code": 401,
      },
    },
    "GET /shop/orders/{} unauthenticated",
  ],
  [
    "Java servlet: a catch-all is no route",
    {
      name: "GET /*",
      attributes: {
        "http.request.method": "GET",
        "url.path": "/admin",
        "http.route": "/*",
        "http.response.status_code": 403,
      },
    },
    "GET /admin forbidden",
  ],
  [
    "WebFlux: no route at all",
    {
      name: "GET",
      attributes: { "http.request.method": "GET", "url.path": "/v2/me", "http.response.status_code": 401 },
    },
    "GET /v2/me unauthenticated",
  ],
  [
    "Spring Boot through Micrometer",
    {
      name: "http get /owners/{id}",
      attributes: {
        method: "GET",
        status: "401",
        uri: "/owners/{id}",
        outcome: "CLIENT_ERROR",
        exception: "none",
        "http.url": "/owners/6",
      },
    },
    "GET /owners/{} unauthenticated",
  ],
  [
    "Spring Boot through Micrometer, not matched",
    { name: "http get", attributes: { method: "GET", status: "401", uri: "UNKNOWN", "http.url": "/owners/6" } },
    "GET /owners/{} unauthenticated",
  ],
  [
    "ASP.NET Core: no leading slash",
    {
      name: "GET api/users/{id:int}",
      attributes: {
        "http.request.method": "GET",
        "url.path": "/api/users/8",
        "http.route": "api/users/{id:int}",
        "http.response.status_code": 401,
      },
    },
    "GET /api/users/{} unauthenticated",
  ],
  [
    "ASP.NET MVC: one template for all",
    {
      name: "GET {controller=Home}/{action=Index}/{id?}",
      attributes: {
        "http.request.method": "GET",
        "url.path": "/Account/Login",
        "http.route": "{controller=Home}/{action=Index}/{id?}",
        "http.response.status_code": 401,
      },
    },
    "GET /Account/Login unauthenticated",
  ],
  [
    "old .NET: status as a word",
    {
      name: "/login",
      attributes: { "http.method": "POST", "http.path": "/login", "http.status_code": "Unauthorized" },
    },
    "POST /login unauthenticated",
  ],
  [
    "Go otelhttp around a mux",
    {
      name: "GET /users/{id}",
      attributes: { "http.request.method": "GET", "url.path": "/users/77", "http.response.status_code": 401 },
    },
    "GET /users/{} unauthenticated",
  ],
  [
    "Go otelhttp with an operation name",
    { name: "server", attributes: { "http.method": "GET", "http.target": "/healthz", "http.status_code": 200 } },
    "GET /healthz ok",
  ],
  [
    "gin, unmatched: an empty route",
    {
      name: "GET",
      attributes: {
        "http.request.method": "GET",
        "http.route": "",
        "url.path": "/nothing",
        "http.response.status_code": 404,
      },
    },
    "GET /nothing client_error",
  ],
  [
    "Laravel: a route of one word",
    {
      name: "POST /login",
      attributes: {
        "http.request.method": "POST",
        "http.route": "login",
        "url.path": "/login",
        "http.response.status_code": 419,
      },
    },
    "POST /login client_error",
  ],
  [
    "Symfony: the name of a route",
    {
      name: "GET app_profile",
      attributes: {
        "http.request.method": "GET",
        "http.route": "app_profile",
        "url.path": "/profile",
        "http.response.status_code": 401,
      },
    },
    "GET /profile unauthenticated",
  ],
  [
    "Rails",
    {
      name: "GET /posts/:id",
      attributes: {
        "http.method": "GET",
        "http.route": "/posts/:id(.:format)",
        "http.target": "/posts/3",
        "http.status_code": 401,
      },
    },
    "GET /posts/{} unauthenticated",
  ],
  [
    "actix-web, unmatched",
    {
      name: "GET default",
      attributes: { "http.method": "GET", "http.route": "default", "http.target": "/x", "http.status_code": 404 },
    },
    "GET /x client_error",
  ],
  [
    "Envoy ingress: all text",
    {
      name: "ingress",
      attributes: {
        component: "proxy",
        "http.method": "POST",
        "http.url": "https://shop.example.com/oauth/token?x=1",
        "http.status_code": "401",
        "peer.address": "198.51.100.7",
      },
    },
    "POST /oauth/token unauthenticated",
  ],
  [
    "Envoy as a gateway: only the call upstream",
    {
      name: "egress shop.example.com",
      kind: "CLIENT",
      attributes: {
        component: "proxy",
        "http.method": "GET",
        "http.url": "http://shop/cart",
        "http.status_code": "401",
      },
    },
    "GET /cart unauthenticated",
  ],
  [
    "Envoy's call upstream behind its own ingress span",
    {
      name: "egress shop.example.com",
      kind: "CLIENT",
      parentSpanId: PARENT,
      attributes: {
        component: "proxy",
        "http.method": "GET",
        "http.url": "http://shop/cart",
        "http.status_code": "401",
      },
    },
    null,
  ],
  [
    "Envoy with gRPC: 200 and UNAUTHENTICATED",
    {
      name: "ingress",
      attributes: {
        component: "proxy",
        "http.method": "POST",
        "http.url": "http://x/shop.v1.Cart/AddItem",
        "http.status_code": "200",
        "grpc.status_code": "16",
      },
    },
    "shop.v1.Cart/AddItem unauthenticated",
  ],
  [
    "nginx: the prefix of a location",
    {
      name: "/api/",
      attributes: {
        "http.method": "GET",
        "http.target": "/api/v1/keys",
        "http.route": "/api/",
        "http.status_code": 401,
      },
    },
    "GET /api/v1/keys unauthenticated",
  ],
  [
    "Kong: status as a double",
    {
      name: "kong",
      attributes: {
        "http.method": "GET",
        "http.url": "http://gateway/billing/invoices?apikey=1",
        "http.route": "/billing",
        "http.status_code": { double: 401 },
        "http.client_ip": "192.0.2.1",
      },
    },
    "GET /billing/invoices unauthenticated",
  ],
  [
    "Traefik: the text of a rule",
    {
      name: "Router",
      attributes: {
        "http.request.method": "GET",
        "http.route": "Host(`a.b`) && PathPrefix(`/api`)",
        "url.path": "/api/me",
        "http.response.status_code": 401,
      },
    },
    "GET /api/me unauthenticated",
  ],
  [
    "gRPC Go, stable conventions",
    {
      name: "shop.v1.Cart/AddItem",
      attributes: {
        "rpc.system.name": "grpc",
        "rpc.method": "shop.v1.Cart/AddItem",
        "rpc.response.status_code": "UNAUTHENTICATED",
      },
    },
    "shop.v1.Cart/AddItem unauthenticated",
  ],
  [
    "gRPC Go, in its years of PascalCase",
    {
      name: "shop.v1.Cart/AddItem",
      attributes: {
        "rpc.system": "grpc",
        "rpc.method": "/shop.v1.Cart/AddItem",
        "rpc.response.status_code": "PermissionDenied",
      },
    },
    "shop.v1.Cart/AddItem forbidden",
  ],
  [
    "gRPC Java: service and method apart, status as a number",
    {
      name: "shop.v1.Cart/AddItem",
      attributes: {
        "rpc.system": "grpc",
        "rpc.service": "shop.v1.Cart",
        "rpc.method": "AddItem",
        "rpc.grpc.status_code": 16,
      },
    },
    "shop.v1.Cart/AddItem unauthenticated",
  ],
  [
    "gRPC Python: OK is written at the start and stays",
    {
      name: "/shop.v1.Cart/AddItem",
      attributes: {
        "rpc.system": "grpc",
        "rpc.service": "shop.v1.Cart",
        "rpc.method": "AddItem",
        "rpc.grpc.status_code": 0,
      },
      statusCode: "ERROR",
    },
    "shop.v1.Cart/AddItem server_error",
  ],
  [
    "gRPC on ASP.NET Core",
    {
      name: "POST /shop.v1.Cart/AddItem",
      attributes: {
        "http.request.method": "POST",
        "http.route": "/shop.v1.Cart/AddItem",
        "url.path": "/shop.v1.Cart/AddItem",
        "grpc.method": "/shop.v1.Cart/AddItem",
        "grpc.status_code": "8",
        "http.response.status_code": 200,
      },
    },
    "shop.v1.Cart/AddItem throttled",
  ],
  [
    "Connect",
    {
      name: "shop.v1.Cart/AddItem",
      attributes: {
        "rpc.system": "connect_rpc",
        "rpc.service": "shop.v1.Cart",
        "rpc.method": "AddItem",
        "rpc.connect_rpc.error_code": "unauthenticated",
      },
    },
    "shop.v1.Cart/AddItem unauthenticated",
  ],
  [
    "AWS Lambda behind an HTTP API: the raw path poses as the route",
    {
      name: "GET /orders/1b4e28ba-2fa1-41d2-883f-0016d3cca427",
      attributes: {
        "http.request.method": "GET",
        "http.route": "/orders/1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "url.path": "/orders/1b4e28ba-2fa1-41d2-883f-0016d3cca427",
        "http.response.status_code": 401,
      },
    },
    "GET /orders/{} unauthenticated",
  ],
  [
    "IIS: the session has timed out",
    { attributes: { "http.method": "GET", "http.target": "/portal", "http.status_code": 440 } },
    "GET /portal unauthenticated",
  ],
  [
    "a server that died before it answered",
    { statusCode: "ERROR", attributes: { "http.method": "GET", "http.target": "/x" } },
    "GET /x server_error",
  ],
  [
    "a WebDAV method",
    {
      attributes: {
        "http.request.method": "_OTHER",
        "http.request.method_original": "PROPFIND",
        "url.path": "/dav",
        "http.response.status_code": 401,
      },
    },
    "PROPFIND /dav unauthenticated",
  ],
  [
    "an invented method",
    { attributes: { "http.request.method": "FROBNICATE", "url.path": "/dav", "http.response.status_code": 405 } },
    "_OTHER /dav client_error",
  ],
  [
    "a call to another service",
    {
      kind: "CLIENT",
      attributes: { "http.request.method": "GET", "url.full": "http://idp/jwks", "http.response.status_code": 401 },
    },
    null,
  ],
  ["a message from a queue", { kind: "CONSUMER", attributes: { "messaging.system": "kafka" } }, null],
  ["a server span of neither protocol", { name: "dns", attributes: { "net.transport": "udp" } }, null],
  ["words that mean something else", { name: "job", attributes: { method: "nightly", status: "401" } }, null],
];

for (const [sender, sketch, expected] of EXAMPLES) {
  test(`${sender}: ${expected ?? "no request"}`, () => assert.equal(judge(sketch), expected));
}
