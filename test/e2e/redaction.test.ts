/**
 * Credentials in every place that telemetry has, through the whole service: none may be found in anything that
 * it forwards, stores, shows, logs or pages.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { encodeMessage } from "../../src/core/otlp/json-to-protobuf.ts";
import { EXPORT_REQUESTS } from "../../src/core/otlp/message-tables.ts";
import type { Signal } from "../../src/core/otlp/verdict.ts";
import { PagerDutyTwin } from "../../src/io/stand-ins/pagerduty-twin.ts";
import { absentBackend, EXPORTER_NAMES } from "../support/backends.ts";
import { Installation, ROUTING_KEY } from "../support/installation.ts";
import { LoginTraffic } from "../support/login-traffic.ts";
import type { RunningService } from "../support/running-service.ts";

const TRICKLE_MS = 2_000;
const BACK_TIMEOUT_MS = 60_000;
const FAILED_LOGINS = 60;

const JWT = `${base64Url({ alg: "RS256", kid: "k1" })}.${base64Url({ sub: "subject-of-anna", exp: 1_700_000_000 })}.sIgNaTuRe0fAnna`;
/** Whatever must not come out again, in the forms it goes in. */
const SECRETS = [
  "0pen-Sesame-17",
  "c00kie-0f-Anna",
  "k3y-0f-the-Kingdom",
  Buffer.from("anna:0pen-Sesame-17").toString("base64"),
  "opaque-T0ken-4711-abcdef",
  ...JWT.split("."),
] as const;
const [PASSWORD, COOKIE, API_KEY, BASIC, TOKEN] = SECRETS;

test("no credential comes out of anything: what is forwarded, queued, stored, shown, logged, paged", async () => {
  await using pagerDuty = new PagerDutyTwin({ routingKeys: [ROUTING_KEY] });
  await pagerDuty.start();
  const backend = await absentBackend();
  await using installation = new Installation({
    exporters: backend.exporters,
    pagerDuty,
    settings: { log: { level: "trace" } },
  });
  const service = await installation.start();
  await new LoginTraffic(service).trickle(TRICKLE_MS);
  for (const signal of ["traces", "metrics", "logs"] as const) await service.send(requestWithSecrets(signal), signal);
  const page = await service.whileRunning(
    pagerDuty.waitFor(({ events }) => events.length > 0).then(() => pagerDuty.events),
  );

  const stored = textOfFiles(installation.directory);
  assert.ok(
    stored.includes("[redacted:password]"),
    "what waits on disk can be read, so what is not found is not there",
  );
  assertNone(stored, "the queue and the database");
  assertNone(await shownBy(service), "the API and the metrics");
  assertNone(service.output, "the log");
  assertNone(JSON.stringify([page, pagerDuty.attempts]), "the page");

  await using sink = await backend.start();
  const wanted = EXPORTER_NAMES.length;
  await sink.waitFor(
    ({ received }) =>
      received.metrics.itemCount >= wanted &&
      received.logs.itemCount >= wanted &&
      received.traces.itemCount >= wanted * FAILED_LOGINS,
    BACK_TIMEOUT_MS,
  );
  const forwarded = JSON.stringify([sink.spans.map(({ json }) => json), sink.logRecords.map(({ json }) => json)]);
  assertNone(forwarded, "what is forwarded");
  for (const marker of ["bearer", "basic", "cookie", "password", "api_key", "token"]) {
    assert.ok(forwarded.includes(`[redacted:${marker}`), `${marker} was there`);
  }
  assert.ok(forwarded.includes("[redacted:jwt,alg=RS256,exp=1700000000]"));
  assert.ok(forwarded.includes('"authspike.cause"'), "the cause is still found");
  assertNone(textOfFiles(installation.directory), "what is left on disk");
  await service.stop();
  assertNone(service.output, "the log of the end");
});

/** In every place that has a text. */
function requestWithSecrets(signal: Signal): Uint8Array {
  const request = {
    traces: { resourceSpans: [spansWithSecrets()] },
    metrics: { resourceMetrics: [metricWithSecrets()] },
    logs: { resourceLogs: [logWithSecrets()] },
  };
  const encoded = encodeMessage(EXPORT_REQUESTS[signal], request[signal]);
  assert(encoded.kind === "ok");
  return encoded.bytes;
}

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const texts = (key: string, ...values: readonly string[]) => ({
  key,
  value: { arrayValue: { values: values.map((stringValue) => ({ stringValue })) } },
});

const ATTRIBUTES = [
  texts("http.request.header.authorization", `Bearer ${JWT}`),
  texts("http.request.header.proxy-authorization", `Basic ${BASIC}`),
  texts("http.request.header.cookie", `sid=${COOKIE}; theme=dark`),
  texts("http.response.header.set-cookie", `sid=${COOKIE}; Path=/; HttpOnly`),
  texts("http.request.header.x-api-key", API_KEY),
  text("url.full", `https://anna:${PASSWORD}@shop.example/login?access_token=${TOKEN}&x=1`),
  text("url.query", `api_key=${API_KEY}&password=${PASSWORD}`),
  text("http.target", `/login?token=${TOKEN}`),
  text("http.url", `https://shop.example/login?client_secret=${TOKEN}`),
  text("db.query.text", `SELECT 1 FROM users WHERE password = '${PASSWORD}'`),
  text("user.password", PASSWORD),
  text("note", `sent Bearer ${TOKEN}`),
  text("http.request.body", JSON.stringify({ user: "anna", password: PASSWORD, nested: { token: TOKEN } })),
  text("process.command_line", `java -Ddb.password=${PASSWORD} --token ${TOKEN} -jar shop.jar`),
  { key: "form", value: { kvlistValue: { values: [text("password", PASSWORD), text("user", "anna")] } } },
];

const RESOURCE = {
  attributes: [
    text("service.name", "auth"),
    text("deployment.environment.name", "prod"),
    text("db.url", `postgres://app:${PASSWORD}@db/shop`),
    text("app.api_key", API_KEY),
  ],
};
const SCOPE = { name: `scope of Bearer ${TOKEN}`, attributes: [text("password", PASSWORD)] };

function spansWithSecrets(): object {
  return {
    resource: RESOURCE,
    scopeSpans: [{ scope: SCOPE, spans: Array.from({ length: FAILED_LOGINS }, failedLogin) }],
  };
}

function failedLogin(_: unknown, index: number): object {
  const nanos = String(BigInt(Date.now()) * 1_000_000n);
  return {
    traceId: (index + 1).toString(16).padStart(32, "a"),
    spanId: (index + 1).toString(16).padStart(16, "a"),
    name: `POST /login?token=${TOKEN}`,
    kind: 2,
    startTimeUnixNano: nanos,
    endTimeUnixNano: nanos,
    attributes: [
      text("http.request.method", "POST"),
      text("http.route", "/login"),
      text("client.address", `198.51.100.${index}`),
      { key: "http.response.status_code", value: { intValue: 401 } },
      ...ATTRIBUTES,
    ],
    events: [
      {
        timeUnixNano: nanos,
        name: `exception with password=${PASSWORD}`,
        attributes: [
          text("exception.type", "TokenExpiredError"),
          text("exception.message", `token ${JWT} has expired`),
          text("exception.stacktrace", `Error: Authorization: Basic ${BASIC}\n    at login (auth.js:1:1)`),
        ],
      },
    ],
    links: [{ traceId: "b".repeat(32), spanId: "b".repeat(16), attributes: [text("token", TOKEN)] }],
    status: { code: 2, message: `rejected Bearer ${JWT}` },
  };
}

function metricWithSecrets(): object {
  const exemplars = [{ asDouble: 1, filteredAttributes: ATTRIBUTES }];
  const dataPoints = [{ asDouble: 1, attributes: ATTRIBUTES, exemplars }];
  const metric = { name: "logins", description: `for password=${PASSWORD}`, gauge: { dataPoints } };
  return { resource: RESOURCE, scopeMetrics: [{ scope: SCOPE, metrics: [metric] }] };
}

function logWithSecrets(): object {
  const body = { stringValue: `login of anna with {"password": "${PASSWORD}"}, Cookie: sid=${COOKIE}` };
  return { resource: RESOURCE, scopeLogs: [{ scope: SCOPE, logRecords: [{ body, attributes: ATTRIBUTES }] }] };
}

async function shownBy(service: RunningService): Promise<string> {
  const paths = [
    "/metrics",
    "/api/v1/alerts",
    "/api/v1/endpoints",
    "/api/v1/deliveries",
    "/api/v1/pipeline",
    "/api/v1/rules",
  ];
  const answers = await Promise.all(paths.map(async (path) => (await fetch(service.apiUrl + path)).text()));
  return answers.join("\n");
}

function textOfFiles(directory: string): string {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)
    .map((path) => readFileSync(path, "latin1"))
    .join("\n");
}

function assertNone(content: string, where: string): void {
  assert.ok(content.length > 0);
  for (const secret of SECRETS) assert.ok(!content.includes(secret), `${where} has ${secret}`);
}

function base64Url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
