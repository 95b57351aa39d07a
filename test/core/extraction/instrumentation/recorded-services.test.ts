/** What is found of services that really ran: see `test/fixtures/instrumentations`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Redactor } from "../../../../src/core/extraction/redaction/redactor.ts";
import { DEFAULT_RULES } from "../../../../src/core/extraction/redaction/secrets-in-text.ts";
import { jsonToProtobuf } from "../../../../src/core/otlp/json-to-protobuf.ts";
import { repeatedRecording } from "../../../support/recorded-traces.ts";
import { WatchedService } from "./watched-service.ts";

// They ran on one machine, at another time, all of them without a version.
const OF_THE_LABORATORY = ["client_is_proxy", "version_missing", "clock_ahead", "spans_late"];

const FOUND: Readonly<Record<string, readonly [instrumentation: string, ...codes: readonly string[]]>> = {
  "go/otelhttp-in-mux.jsonl": ["Go otelhttp", "challenge_missing"],
  "go/otelhttp-around-mux.jsonl": ["Go otelhttp", "route_missing", "causes_undecided"],
  "go/otelgin.jsonl": ["Go otelgin", "causes_undecided"],
  "go/otelmux.jsonl": ["Go otelmux", "challenge_missing", "old_names"],
  "node/http.jsonl": ["Node http", "route_missing", "causes_undecided"],
  "node/http-headers.jsonl": ["Node http", "route_missing", "secrets_sent"],
  "node/connect.jsonl": ["connect", "route_placeholder", "causes_undecided"],
  "node/express4-both-names.jsonl": ["Express", "route_missing_on_failures", "challenge_missing", "old_and_new_names"],
  "node/koa3-headers.jsonl": ["Koa", "route_missing_on_failures", "secrets_sent"],
  "node/nest-express.jsonl": ["NestJS", "challenge_missing"],
  "python/aiohttp-server.jsonl": ["aiohttp", "client_missing", "challenge_missing", "old_names"],
  "python/django-wsgi.jsonl": ["Django", "causes_undecided", "old_names"],
  "python/falcon-headers.jsonl": ["Falcon", "secrets_sent"],
  "gateways/envoy.jsonl": [
    "Envoy",
    ...["route_missing", "causes_undecided", "environment_missing", "old_names", "status_is_text"],
  ],
  "gateways/traefik.jsonl": ["Traefik", "route_missing", "causes_undecided", "environment_missing"],
  "java/micrometer-spring-mvc.jsonl": ["Spring Boot", "client_missing", "challenge_missing", "user_agent_missing"],
  "collector/zipkin-express.jsonl": [
    "not recognised",
    ...["route_missing_on_failures", "client_missing", "causes_undecided", "environment_missing"],
    ...["user_agent_missing", "status_is_text"],
  ],
  "rust/axum.jsonl": ["Rust", "client_missing", "causes_undecided"],
  "rust/actix-web.jsonl": ["actix-web", "causes_undecided"],
  "node/hono.jsonl": ["Hono", "client_missing", "secrets_sent", "user_agent_missing"],
};

describe("what is found of", () => {
  for (const [recording, [instrumentation, ...codes]] of Object.entries(FOUND)) {
    test(recording, () => {
      const { findings, services } = reportOn(recording);
      assert.equal(services[0]?.instrumentation.split(" (")[0], instrumentation);
      const found = findings.map(({ code }) => code).filter((code) => !OF_THE_LABORATORY.includes(code));
      assert.deepEqual(found, codes);
    });
  }
});

function reportOn(recording: string) {
  const { world } = new WatchedService();
  const redactor = new Redactor(DEFAULT_RULES);
  for (const line of repeatedRecording(recording, 10).split("\n")) {
    const read = jsonToProtobuf("traces", line);
    assert.equal(read.kind, "ok");
    world.sendBytes(redactor.redact("traces", read.bytes));
  }
  world.pass(6000);
  return world.engine.senders.instrumentationReport();
}
