import assert from "node:assert/strict";
import { test } from "node:test";
import { PEERS_PER_SERVICE_MAX } from "../../../src/core/extraction/service-table.ts";
import type { SpanSketch } from "./span-requests.ts";
import { ExtractionWorld, traceRequest } from "./span-requests.ts";

/** `POST idp.example.com/token unauthenticated`, or null for a span that is no call. */
function judgeCall(sketch: SpanSketch, world = new ExtractionWorld()): string | null {
  let judged: string | null = null;
  world.scanner.scan(traceRequest([sketch]), {
    span: (view) => {
      const call = world.extractor.extractCall(view);
      if (call === null) return;
      assert.equal(call.client, 0);
      judged = `${call.endpoint.name} ${call.outcome}`;
    },
    invalidSpan: () => assert.fail(),
  });
  return judged;
}

type Example = readonly [sender: string, attributes: NonNullable<SpanSketch["attributes"]>, expected: string | null];

const HTTP = { "http.request.method": "POST", "http.response.status_code": 401 };

const EXAMPLES: readonly Example[] = [
  [
    "Node fetch",
    { ...HTTP, "server.address": "idp.example.com", "server.port": 443 },
    "POST idp.example.com unauthenticated",
  ],
  ["a port of its own", { ...HTTP, "server.address": "idp", "server.port": 8443 }, "POST idp:8443 unauthenticated"],
  [
    "a template of the client",
    { ...HTTP, "server.address": "api.example.com", "url.template": "/users/{id}/keys" },
    "POST api.example.com/users/{}/keys unauthenticated",
  ],
  [
    "the name that somebody gave comes before addresses",
    { ...HTTP, "peer.service": "payments", "server.address": "10.0.0.7" },
    "POST payments unauthenticated",
  ],
  [
    "today's name for it",
    { ...HTTP, "service.peer.name": "payments", "peer.service": "old", "server.address": "10.0.0.7" },
    "POST payments unauthenticated",
  ],
  [
    "legacy names",
    { "http.method": "get", "net.peer.name": "idp", "net.peer.port": 80, "http.status_code": 403 },
    "GET idp forbidden",
  ],
  [
    "nothing but a URL",
    { "http.method": "GET", "http.url": "https://user:secret@idp.example.com:443/jwks?x=1", "http.status_code": 401 },
    "GET idp.example.com unauthenticated",
  ],
  [
    "gRPC",
    {
      "rpc.system": "grpc",
      "rpc.service": "shop.Cart",
      "rpc.method": "Add",
      "server.address": "cart",
      "server.port": 50051,
      "rpc.grpc.status_code": 16,
    },
    "cart:50051 shop.Cart/Add unauthenticated",
  ],
  [
    "an AWS SDK, which names the service and no address",
    { "rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": "GetObject", "http.status_code": 403 },
    "S3 S3/GetObject forbidden",
  ],
  ["a call to nobody in particular", HTTP, null],
  ["a database", { "db.system": "postgresql", "server.address": "db" }, null],
];

for (const [sender, attributes, expected] of EXAMPLES) {
  test(`${sender}: ${expected ?? "no call"}`, () => {
    const world = new ExtractionWorld();
    // The second one is found by the bytes of the first.
    for (let time = 0; time < 2; time++) assert.equal(judgeCall({ kind: "CLIENT", attributes }, world), expected);
  });
}

test("calls that differ in nothing but the port are for different peers", () => {
  const world = new ExtractionWorld();
  for (const port of [8443, 443, 9443, 8443]) {
    const attributes = { ...HTTP, "server.address": "idp", "server.port": port };
    const peer = port === 443 ? "idp" : `idp:${port}`;
    assert.equal(judgeCall({ kind: "CLIENT", attributes }, world), `POST ${peer} unauthenticated`);
  }
});

test("spans of other kinds are no calls, nor is the only span of a gateway", () => {
  const attributes = { ...HTTP, "server.address": "idp" };
  for (const kind of ["SERVER", "INTERNAL", "PRODUCER", "CONSUMER"] as const) {
    assert.equal(judgeCall({ kind, attributes }), null);
  }
  const gateway = { kind: "CLIENT" as const, attributes: { ...attributes, component: "proxy" } };
  assert.equal(judgeCall(gateway), null);
  const sidecar = { ...gateway, attributes: { ...gateway.attributes, node_id: "sidecar~10.1.2.3~shop-1~prod" } };
  assert.equal(judgeCall(sidecar), "POST idp unauthenticated");
});

test("a service that calls whatever it is asked to keeps its dependencies and fills no memory", () => {
  const world = new ExtractionWorld();
  const to = (host: string): SpanSketch => ({ kind: "CLIENT", attributes: { ...HTTP, "server.address": host } });
  assert.equal(judgeCall(to("idp"), world), "POST idp unauthenticated");
  for (let index = 0; index < 10 * PEERS_PER_SERVICE_MAX; index++) judgeCall(to(`h${index}.example.com`), world);
  assert.equal(judgeCall(to("one.more"), world), "POST (other peers) unauthenticated");
  assert.equal(judgeCall(to("idp"), world), "POST idp unauthenticated");
  assert.equal(world.endpoints.services.peerCount, PEERS_PER_SERVICE_MAX + 1);
  assert.ok(world.endpoints.services.peersOverflowedCount > 400);
  assert.equal(world.endpoints.services.size, 1);
});
