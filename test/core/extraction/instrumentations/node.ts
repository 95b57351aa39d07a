import type { TraceExample } from "./trace-example.ts";
import { client, internal, server } from "./trace-example.ts";

/** Stable conventions of `instrumentation-http`. */
const http = (method: string, path: string, status: number) => ({
  "http.request.method": method,
  "url.scheme": "https",
  "url.path": path,
  "server.address": "shop.example.com",
  "server.port": 443,
  "network.protocol.version": "1.1",
  "network.peer.address": "10.0.0.4",
  "client.address": "203.0.113.9",
  "http.response.status_code": status,
});

/** The same before version 0.200, with a target instead of a path. */
const legacyHttp = (method: string, target: string, status: number) => ({
  "http.url": `http://shop.example.com${target}`,
  "http.host": "shop.example.com",
  "net.host.name": "shop.example.com",
  "http.method": method,
  "http.scheme": "http",
  "http.client_ip": "203.0.113.9",
  "http.target": target,
  "http.flavor": "1.1",
  "net.peer.ip": "::ffff:10.0.0.4",
  "http.status_code": status,
  "http.status_text": status === 401 ? "UNAUTHORIZED" : "OK",
});

const EXPRESS = { "express.type": "middleware" };

export const NODE: readonly TraceExample[] = [
  {
    sender: "Node http alone",
    spans: [server("GET", http("GET", "/account/42", 401))],
    requests: ["GET /account/{} unauthenticated"],
    client: "203.0.113.9",
  },
  {
    sender: "Node http with legacy names",
    spans: [server("POST", legacyHttp("POST", "/login?next=%2F", 401))],
    requests: ["POST /login unauthenticated"],
    client: "203.0.113.9",
  },
  {
    sender: "Node http, old and new names together",
    spans: [server("GET", { ...legacyHttp("GET", "/me", 200), ...http("GET", "/me", 200) })],
    requests: ["GET /me ok"],
  },
  {
    sender: "Express, answered by its handler",
    spans: [
      server("GET /api/orders/:id", { ...http("GET", "/api/orders/7", 200), "http.route": "/api/orders/:id" }),
      internal("middleware - query", { ...EXPRESS, "express.name": "query", "http.route": "/" }),
      internal("router - /api", { "express.type": "router", "http.route": "/api" }, { under: 0 }),
      internal("request handler - /api/orders/:id", { "http.route": "/api/orders/:id" }, { under: 0 }),
    ],
    requests: ["GET /api/orders/{} ok"],
  },
  {
    sender: "Express, refused by a guard that is mounted on a prefix",
    spans: [
      server("GET /api", { ...http("GET", "/api/orders/7", 401), "http.route": "/api" }),
      internal("middleware - guard", { ...EXPRESS, "http.route": "/api" }),
    ],
    requests: ["GET /api/orders/{} unauthenticated"],
  },
  {
    sender: "Express, refused by a guard without a path",
    spans: [server("GET", http("GET", "/api/orders/7", 401)), internal("middleware - passport", { "http.route": "/" })],
    requests: ["GET /api/orders/{} unauthenticated"],
  },
  {
    sender: "Express, a router that is mounted elsewhere than it thinks",
    spans: [server("GET /orders/:id", { ...http("GET", "/v1/orders/7", 200), "http.route": "/orders/:id" })],
    requests: ["GET /v1/orders/{} ok"],
  },
  {
    sender: "Koa, refused before the router",
    spans: [server("POST", http("POST", "/session", 401)), internal("middleware - auth", { "koa.type": "middleware" })],
    requests: ["POST /session unauthenticated"],
  },
  {
    sender: "Koa, routed",
    spans: [
      server("GET /users/:name", { ...http("GET", "/users/ann", 200), "http.route": "/users/:name" }),
      internal("router - /users/:name", { "koa.type": "router", "http.route": "/users/:name" }),
    ],
    requests: ["GET /users/{} ok"],
  },
  {
    sender: "Fastify by @fastify/otel, beside the server's own span",
    spans: [
      server("GET", http("GET", "/users/9", 401)),
      internal(
        "request",
        {
          "http.request.method": "GET",
          "url.path": "/users/9?full=1",
          "http.route": "/users/:userId",
          "http.response.status_code": 401,
          "service.name": "@fastify/otel",
        },
        { statusCode: "ERROR" },
      ),
      internal("handler - fastify -> @fastify/otel", { "hook.name": "fastify -> @fastify/otel - route-handler" }),
    ],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "Fastify by @fastify/otel, alone",
    spans: [
      server(
        "request",
        {
          "http.request.method": "GET",
          "url.path": "/users/9?token=x",
          "http.route": "/users/:userId",
          "http.response.status_code": 401,
        },
        { statusCode: "ERROR" },
      ),
    ],
    requests: ["GET /users/{} unauthenticated"],
  },
  {
    sender: "NestJS: guards run after routing",
    spans: [
      server("GET /cats/:id", { ...http("GET", "/cats/5", 401), "http.route": "/cats/:id" }),
      internal("CatsController.findOne", {
        "nestjs.type": "request_context",
        "http.request.method": "GET",
        "http.route": "/cats/:id",
        "url.full": "/cats/5",
      }),
    ],
    requests: ["GET /cats/{} unauthenticated"],
  },
  {
    sender: "Next.js handler with a middleware before it",
    spans: [
      server("GET", {
        "next.span_name": "GET /api/hello",
        "next.span_type": "BaseServer.handleRequest",
        "http.method": "GET",
        "http.target": "/api/hello",
        "http.status_code": 200,
        "next.bubble": true,
      }),
      internal("middleware GET", { "next.span_type": "Middleware.execute", "http.method": "GET" }),
      server(
        "GET /api/hello",
        {
          "next.span_type": "BaseServer.handleRequest",
          "next.route": "/api/hello/route",
          "http.route": "/api/hello/route",
          "http.method": "GET",
          "http.target": "/api/hello",
          "http.status_code": 401,
        },
        { flags: 769, under: 0 },
      ),
      internal("executing api route (app) /api/hello/route", { "next.route": "/api/hello/route" }),
    ],
    requests: ["GET /api/hello unauthenticated"],
  },
  {
    sender: "Next.js behind the span of Node http",
    spans: [
      server("GET", http("GET", "/api/users/7", 401)),
      server(
        "GET /api/users/[id]",
        {
          "next.span_type": "BaseServer.handleRequest",
          "next.route": "/api/users/[id]",
          "http.route": "/api/users/[id]",
          "http.method": "GET",
          "http.target": "/api/users/7",
          "http.status_code": 401,
        },
        { flags: 257 },
      ),
    ],
    requests: ["GET /api/users/{} unauthenticated"],
    client: "203.0.113.9",
  },
  {
    sender: "Next.js on a host that puts the address into the name",
    spans: [
      server("GET /api/users/7?full=1", {
        "http.method": "GET",
        "http.target": "/api/users/7?full=1",
        "http.status_code": 401,
      }),
    ],
    requests: ["GET /api/users/{} unauthenticated"],
  },
  {
    sender: "Deno.serve: the status is text, and a refusal is an error",
    spans: [
      server(
        "GET",
        {
          "http.request.method": "GET",
          "url.full": "http://localhost:8000/me",
          "url.scheme": "http",
          "url.path": "/me",
          "url.query": "",
          "http.response.status_code": "401",
          "error.type": "401",
        },
        { statusCode: "ERROR" },
      ),
    ],
    requests: ["GET /me unauthenticated"],
  },
  {
    sender: "Hono, refused by a middleware for a whole prefix",
    spans: [server("GET /api/*", { ...http("GET", "/api/keys/7", 401), "http.route": "/api/*" })],
    requests: ["GET /api/{} unauthenticated"],
  },
  {
    sender: "a request during which the service asks others",
    spans: [
      server("POST /token", { ...http("POST", "/token", 200), "http.route": "/token" }),
      internal("middleware - session", { "express.type": "middleware" }),
      client("GET", {
        "http.request.method": "GET",
        "url.full": "https://idp.example.com/jwks",
        "server.address": "idp.example.com",
        "http.response.status_code": 401,
      }),
      client("pg.query:SELECT", { "db.system.name": "postgresql", "server.address": "db" }, { under: 0 }),
    ],
    requests: ["POST /token ok"],
  },
];
