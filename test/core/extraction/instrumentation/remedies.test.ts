import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CHECKS } from "../../../../src/core/extraction/instrumentation/checks.ts";
import { FINDING_CODES } from "../../../../src/core/extraction/instrumentation/finding.ts";
import {
  instrumentationOfLanguage,
  instrumentationOfScope,
  outerFramework,
  UNKNOWN_INSTRUMENTATION,
} from "../../../../src/core/extraction/instrumentation/known-instrumentations.ts";
import { remedyFor } from "../../../../src/core/extraction/instrumentation/remedies.ts";

const DOCUMENT = readFileSync(new URL("../../../../docs/doctor.md", import.meta.url), "utf8");

test("every finding has its row in the document, with its severity", () => {
  const rows = Array.from(DOCUMENT.matchAll(/^\| `([a-z_]+)` \| ([a-z, ]+) \|/gm), ([, code = "", severity = ""]) => ({
    code,
    severity,
  }));
  assert.deepEqual(rows.map(({ code }) => code).toSorted(), FINDING_CODES.toSorted());
  for (const { code, severity } of CHECKS) {
    assert.ok(
      rows
        .find((row) => row.code === code)
        ?.severity.split(", ")
        .includes(severity),
      code,
    );
  }
});

const RESPONSE_HEADER_SETTINGS = {
  "io.opentelemetry.tomcat-10.0": "OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS",
  "io.opentelemetry.spring-webflux-5.3": "OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS",
  "org.springframework.boot": "DefaultServerRequestObservationConvention",
  "opentelemetry.instrumentation.flask": "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE",
  "opentelemetry.instrumentation.django": "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE",
  "@opentelemetry/instrumentation-http": "headersToSpanAttributes",
  "@opentelemetry/instrumentation-koa": "headersToSpanAttributes",
  "@fastify/otel": "headersToSpanAttributes",
  "next.js": "getActiveSpan",
  "Microsoft.AspNetCore": "OTEL_DOTNET_AUTO_TRACES_ASPNETCORE_INSTRUMENTATION_CAPTURE_RESPONSE_HEADERS",
  "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp": "trace.SpanFromContext",
  "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc": "status.Error",
  "io.opentelemetry.contrib.php.laravel": "Span::getCurrent()",
  "OpenTelemetry::Instrumentation::Rack": "allowed_response_headers",
  nginx: "$sent_http_www_authenticate",
  "github.com/traefik/traefik": "capturedResponseHeaders",
  "kong-internal": "captures no response headers",
  "opentelemetry.instrumentation.aws_lambda": "authorizer",
};

test("each instrumentation is told its own setting for the challenge", () => {
  for (const [scope, setting] of Object.entries(RESPONSE_HEADER_SETTINGS)) {
    const remedy = remedyFor("challenge_missing", instrumentationOfScope(scope) ?? UNKNOWN_INSTRUMENTATION);
    assert.ok(remedy.includes(setting), `${scope}: ${remedy}`);
    assert.ok(DOCUMENT.includes(setting) || !setting.startsWith("OTEL_"), setting);
  }
});

test("an unknown scope is told by the language of its SDK, an unknown language what helps everybody", () => {
  assert.equal(instrumentationOfScope("com.example.shop"), null);
  const python = instrumentationOfLanguage("python");
  assert.match(remedyFor("challenge_missing", python), /OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE/);
  assert.equal(instrumentationOfLanguage("cobol"), UNKNOWN_INSTRUMENTATION);
  assert.match(
    remedyFor("challenge_missing", UNKNOWN_INSTRUMENTATION),
    /^capture the response header WWW-Authenticate/,
  );
});

test("a proxy's address for the client asks for a setting of ours as well", () => {
  assert.match(
    remedyFor("client_is_proxy", instrumentationOfLanguage("java")),
    /^list your proxies under `clients\.trusted_proxies`.*CAPTURE_REQUEST_HEADERS/,
  );
});

test("of two frameworks the one that is built on the other is the one that people know", () => {
  const nest = instrumentationOfScope("@opentelemetry/instrumentation-nestjs-core");
  const express = instrumentationOfScope("@opentelemetry/instrumentation-express");
  assert.equal(outerFramework(express, nest)?.name, "NestJS");
  assert.equal(outerFramework(nest, express)?.name, "NestJS");
  assert.equal(outerFramework(null, express)?.name, "Express");
  assert.equal(outerFramework(express, null)?.name, "Express");
});
