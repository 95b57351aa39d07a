import assert from "node:assert/strict";
import { test } from "node:test";
import type { FailureFigures } from "../../../src/core/alerts/request-counter.ts";
import type { MarkedRequest } from "../../../src/core/enrichment/enrich.ts";
import { Enricher } from "../../../src/core/enrichment/enrich.ts";
import { EndpointTable } from "../../../src/core/extraction/endpoint-table.ts";
import type { Outcome } from "../../../src/core/extraction/observation.ts";
import { SpanEdits } from "../../../src/core/otlp/span-edits.ts";
import { decode, TRACE_REQUEST } from "../../support/otlp-protobuf.ts";
import { ExtractionWorld, traceRequest } from "../extraction/span-requests.ts";

const LIMITS = { endpointsPerServiceMax: 100_000, endpointsMax: 100_000 };
const LOGIN = {
  environment: "",
  namespace: "",
  service: "auth",
  method: "POST",
  route: "/login",
  protocol: "http",
} as const;
const FAILURE: FailureFigures = { rate: 0.5, baseline: 0.02, deviation: 6.5, alertId: null };

function marks(outcome: Outcome, failure: FailureFigures | null, more: Partial<MarkedRequest>) {
  const endpoint = new EndpointTable(LIMITS).intern(LOGIN, "declared");
  return new Enricher().attributesFor(
    { endpoint, outcome, cause: null, isCounted: true, isMarked: false, ...more },
    failure,
  );
}

/** The attributes as an independent decoder reads them after they were spliced into a span. */
function spliced(outcome: Outcome, failure: FailureFigures | null, more: Partial<MarkedRequest> = {}): unknown {
  const world = new ExtractionWorld();
  const request = traceRequest([{ attributes: {} }]);
  const edits = new SpanEdits();
  edits.reset(request);
  world.scanner.scan(request, {
    span: (view) => void edits.append(view, marks(outcome, failure, more)),
    invalidSpan: () => assert.fail(),
  });
  const message = decode(TRACE_REQUEST, edits.apply()) as {
    resourceSpans: [{ scopeSpans: [{ spans: [{ attributes?: { key: string; value: object }[] }] }] }];
  };
  const { attributes = [] } = message.resourceSpans[0].scopeSpans[0].spans[0];
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

const ALWAYS = { "authspike.endpoint": "POST /login", "authspike.counted": true };

test("every request gains its endpoint, its outcome and that it was counted", () => {
  assert.deepEqual(spliced("ok", null), { ...ALWAYS, "authspike.outcome": "ok" });
});

test("a failure gains the figures, and the alert's id while it fires", () => {
  const figures = { "authspike.rate": 0.5, "authspike.baseline": 0.02, "authspike.deviation": 6.5 };
  const failed = { ...ALWAYS, "authspike.outcome": "unauthenticated", ...figures };
  assert.deepEqual(spliced("unauthenticated", FAILURE), failed);
  assert.deepEqual(spliced("unauthenticated", { ...FAILURE, alertId: "login-401-1" }), {
    ...failed,
    "authspike.alert.id": "login-401-1",
  });
});

test("a refusal gains its cause, whether or not a rule counts it", () => {
  const expired = { cause: { name: "expired", confidence: "high", source: "exception.type" } } as const;
  const refused = {
    ...ALWAYS,
    "authspike.outcome": "unauthenticated",
    "authspike.cause": "expired",
    "authspike.cause.confidence": "high",
    "authspike.cause.source": "exception.type",
  };
  assert.deepEqual(spliced("unauthenticated", null, expired), refused);
  assert.deepEqual(spliced("unauthenticated", FAILURE, expired), {
    ...refused,
    "authspike.rate": 0.5,
    "authspike.baseline": 0.02,
    "authspike.deviation": 6.5,
  });
});

test("a span that another one stands for says so", () => {
  const passedOver = { ...ALWAYS, "authspike.counted": false };
  assert.deepEqual(spliced("ok", null, { isCounted: false }), { ...passedOver, "authspike.outcome": "ok" });
});

test("a span that is marked already gains nothing", () => {
  assert.deepEqual(spliced("unauthenticated", FAILURE, { isMarked: true }), {});
});

test("the bytes of an endpoint and outcome are made once, and never mixed up with another's", () => {
  const table = new EndpointTable(LIMITS);
  const enricher = new Enricher();
  const login = table.intern(LOGIN, "declared");
  const request = { endpoint: login, outcome: "ok", cause: null, isCounted: true, isMarked: false } as const;
  assert.equal(enricher.attributesFor(request, null), enricher.attributesFor(request, null));
  for (let index = 0; index < 40_000; index++) {
    const endpoint = table.intern({ ...LOGIN, route: `/r${index}` }, "declared");
    const written = enricher.attributesFor({ ...request, endpoint }, null);
    const bytes = written instanceof Uint8Array ? written : written.bytes.subarray(0, written.length);
    const text = Buffer.from(bytes).toString("latin1");
    assert.ok(
      text.includes(`POST ${endpoint.route}\u0012`) || text.includes(`POST ${endpoint.route}J`),
      endpoint.route,
    );
  }
});
