/** Single spans off the beaten track. What instrumentations usually send is in `instrumentations.test.ts`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SpanSketch } from "./span-requests.ts";
import { judge } from "./span-requests.ts";

type Example = readonly [what: string, sketch: SpanSketch, expected: string | null];

const EXAMPLES: readonly Example[] = [
  [
    "a URL without a path",
    { attributes: { "http.method": "GET", "http.url": "http://localhost:8000", "http.status_code": 200 } },
    "GET / ok",
  ],
  [
    "a handler's span alone, whose URL is a bare path",
    {
      attributes: { "http.request.method": "GET", "url.full": "/cats/abc123def456", "http.response.status_code": 401 },
    },
    "GET /cats/{} unauthenticated",
  ],
  [
    "a catch-all of Next.js",
    {
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
    "an invented method",
    { attributes: { "http.request.method": "FROBNICATE", "url.path": "/dav", "http.response.status_code": 405 } },
    "_OTHER /dav client_error",
  ],
  [
    "a method that only the name tells",
    { name: "HTTP post /login", attributes: { "http.target": "/login", "http.status_code": 401 } },
    "POST /login unauthenticated",
  ],
  [
    "a name that begins with some word",
    { name: "render /users/{id}", attributes: { "http.method": "GET", "http.target": "/", "http.status_code": 200 } },
    "GET / ok",
  ],
  [
    "nothing that says which endpoint",
    { name: "GET", attributes: { "http.method": "GET", "http.status_code": 401 } },
    "GET (unknown route) unauthenticated",
  ],
  [
    "the outer span of Next.js, which knows no status",
    { attributes: { "http.method": "GET", "http.target": "/", "http.status_code": 200, "next.bubble": true } },
    null,
  ],
  [
    "the span of an answer being sent",
    { name: "POST /token http send", kind: "INTERNAL", attributes: { "http.status_code": 401 } },
    null,
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

for (const [what, sketch, expected] of EXAMPLES) {
  test(`${what}: ${expected ?? "no request"}`, () => assert.equal(judge(sketch), expected));
}
