/**
 * A service whose spans an engine has seen, and what the doctor says of it.
 *
 * `HEALTHY` is a request as a well instrumented service sends it. A test changes what it is about, for all
 * requests or for those that are refused, one in four.
 */
import assert from "node:assert/strict";
import type { Finding } from "../../../../src/core/extraction/instrumentation/finding.ts";
import { MINUTE_MS, SECOND_MS } from "../../../../src/core/time.ts";
import { EngineWorld } from "../../../support/engine-world.ts";
import { ruleSetOf } from "../../../support/rule-bundles.ts";
import type { AttributeValue, SpanSketch } from "../span-requests.ts";
import { traceRequest } from "../span-requests.ts";

const RULES = {
  "a.yaml": "version: 1\nrules: [{id: http-401, match: {service: '*'}, count: {outcome: unauthenticated}}]",
};
const REFUSED_EVERY = 4;
const REQUESTS = 200;
const ALL_REASONS_HEARD_MS = 6 * SECOND_MS;

export type Change = Omit<SpanSketch, "attributes" | "resource"> & {
  /** Merged with those of a healthy request; undefined takes one out. */
  readonly attributes?: Readonly<Record<string, AttributeValue | undefined>>;
  readonly resource?: Readonly<Record<string, AttributeValue | undefined>>;
};

const HEALTHY = {
  name: "GET /users/{id}",
  kind: "SERVER",
  scope: { name: "@opentelemetry/instrumentation-http", version: "0.203.0" },
  attributes: {
    "http.request.method": "GET",
    "http.route": "/users/{id}",
    "url.path": "/users/7",
    "network.peer.address": "10.0.0.4",
    "user_agent.original": "curl/8",
  },
  resource: {
    "service.name": "shop",
    "service.version": "1.4.0",
    "deployment.environment.name": "prod",
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.version": "2.0.1",
  },
} as const;

const REFUSED = {
  "http.response.status_code": 401,
  "http.response.header.www-authenticate": ['Bearer error="invalid_token", error_description="jwt expired"'],
} as const;

export class WatchedService {
  readonly world = new EngineWorld(ruleSetOf(RULES));
  #sentCount = 0;

  /** Healthy requests, changed as told; what is said of the refused comes on top. */
  send(change: Change = {}, refused: Change = {}, count = REQUESTS): this {
    for (let index = 0; index < count; index++) this.sendOne(change, index % REFUSED_EVERY === 0 ? refused : null);
    this.world.pass(ALL_REASONS_HEARD_MS);
    return this;
  }

  /** `refused` is null for a success. */
  sendOne(change: Change, refused: Change | null): void {
    this.world.sendBytes(traceRequest([this.sketch(change, refused)]));
  }

  sketch(change: Change, refused: Change | null = null): SpanSketch {
    const number = ++this.#sentCount;
    const own = { "client.address": `203.0.113.${number % 200}` };
    const answer = refused === null ? { "http.response.status_code": 200 } : REFUSED;
    return {
      ...HEALTHY,
      traceId: number.toString(16).padStart(32, "a"),
      spanId: number.toString(16).padStart(16, "b"),
      endMs: this.world.now,
      startMs: this.world.now - 5,
      ...change,
      ...refused,
      attributes: merged(HEALTHY.attributes, own, answer, change.attributes, refused?.attributes),
      resource: merged(HEALTHY.resource, change.resource, refused?.resource),
    };
  }

  /** Lets so much time go by that what was seen before is forgotten after the next requests. */
  passPortion(): void {
    this.world.pass(16 * MINUTE_MS);
  }

  findings(): readonly Finding[] {
    return this.world.engine.senders.instrumentationReport().findings;
  }

  codes(): readonly string[] {
    const findings = this.findings();
    for (const [severity, count] of Object.entries(this.world.engine.senders.findingCounts())) {
      assert.equal(count, findings.filter((finding) => finding.severity === severity).length, `${severity} as counted`);
    }
    return findings.map(({ code, severity }) => `${severity} ${code}`);
  }
}

type Values = Readonly<Record<string, AttributeValue | undefined>>;

function merged(...parts: readonly (Values | undefined)[]): Readonly<Record<string, AttributeValue>> {
  const all = Object.entries(Object.assign({}, ...parts) as Values);
  return Object.fromEntries(all.filter((entry): entry is [string, AttributeValue] => entry[1] !== undefined));
}
