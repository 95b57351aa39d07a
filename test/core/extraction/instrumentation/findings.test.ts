import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FINDING_CODES } from "../../../../src/core/extraction/instrumentation/finding.ts";
import { Redactor } from "../../../../src/core/extraction/redaction/redactor.ts";
import { DEFAULT_RULES } from "../../../../src/core/extraction/redaction/secrets-in-text.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../../src/core/time.ts";
import { traceRequest } from "../span-requests.ts";
import type { Change } from "./watched-service.ts";
import { WatchedService } from "./watched-service.ts";

const without = (...keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, undefined]));
const attributes = (given: Change["attributes"]): Change => (given === undefined ? {} : { attributes: given });

test("a service that sends everything has no finding", () => {
  assert.deepEqual(new WatchedService().send().codes(), []);
});

test("a handful of requests tells nothing", () => {
  const service = new WatchedService().send(attributes(without("http.response.status_code", "client.address")), {}, 19);
  assert.deepEqual(service.codes(), []);
});

type Case = {
  readonly sends: string;
  readonly all?: Change;
  readonly refused?: Change;
  readonly found: readonly string[];
};

const CASES: readonly Case[] = [
  {
    sends: "no status",
    all: { attributes: { "http.status_text": "OK" } },
    refused: attributes(without("http.response.status_code")),
    found: ["error status_missing"],
  },
  {
    sends: "refusals without a route, of paths that the successes have shown",
    refused: { name: "GET", attributes: without("http.route") },
    found: ["info route_missing_on_failures"],
  },
  {
    sends: "refusals without a route, of paths that nobody has shown",
    refused: { name: "GET", attributes: { ...without("http.route"), "url.path": "/reports/monthly" } },
    found: ["warning route_missing_on_failures"],
  },
  {
    sends: "the mount prefix as the route of refusals",
    refused: { name: "GET /", attributes: { "http.route": "/", "url.path": "/users/8" } },
    found: ["info route_missing_on_failures"],
  },
  {
    sends: "no route at all",
    all: { name: "GET", attributes: without("http.route") },
    found: ["warning route_missing"],
  },
  {
    sends: "neither route nor path",
    all: { name: "GET", attributes: without("http.route", "url.path") },
    found: ["warning route_unknown"],
  },
  {
    sends: "a placeholder as the route",
    all: { name: "GET /*", attributes: { "http.route": "/*" } },
    found: ["warning route_placeholder"],
  },
  {
    sends: "paths as routes",
    all: { name: "GET", attributes: { "http.route": "/users/7" } },
    found: ["warning route_is_path"],
  },
  {
    sends: "routes without the prefix under which they are mounted",
    all: { name: "GET", attributes: { "url.path": "/v1/users/7" } },
    found: ["info mount_missing"],
  },
  {
    sends: "no method",
    all: { name: "request", attributes: without("http.request.method") },
    found: ["warning method_missing"],
  },
  {
    sends: "methods that do not exist",
    all: { attributes: { "http.request.method": "FROBNICATE" } },
    found: ["info method_other"],
  },
  {
    sends: "no client",
    all: attributes(without("client.address", "network.peer.address")),
    found: ["warning client_missing"],
  },
  {
    sends: "no client with refusals",
    refused: attributes(without("client.address", "network.peer.address")),
    found: ["warning client_missing"],
  },
  {
    sends: "a proxy's address as the client where traces begin",
    all: attributes(without("client.address")),
    found: ["warning client_is_proxy"],
  },
  {
    sends: "one address as the client, and the header that names others",
    all: { attributes: { "client.address": "198.51.100.1", "http.request.header.x-forwarded-for": ["203.0.113.5"] } },
    found: ["warning client_is_proxy"],
  },
  {
    sends: "traces that strangers have begun",
    all: { attributes: { "network.peer.address": "203.0.113.9" }, parentSpanId: "c".repeat(16), flags: 0x301 },
    found: ["warning strangers_decide_sampling"],
  },
  {
    sends: "nothing that tells causes",
    refused: attributes(without("http.response.header.www-authenticate")),
    found: ["warning causes_undecided"],
  },
  {
    sends: "exceptions and no challenge",
    refused: {
      attributes: without("http.response.header.www-authenticate"),
      exceptions: [{ type: "TokenExpiredError", message: "jwt expired" }],
    },
    found: ["info challenge_missing"],
  },
  {
    sends: "no name",
    all: { resource: { "service.name": "unknown_service:node" } },
    found: ["warning service_unnamed"],
  },
  {
    sends: "neither environment nor version",
    all: { resource: without("deployment.environment.name", "service.version") },
    found: ["info environment_missing", "info version_missing"],
  },
  { sends: "no user agent", all: attributes(without("user_agent.original")), found: ["info user_agent_missing"] },
  {
    sends: "a ratio in the words of another tool",
    all: { attributes: { "sampler.param": { double: 0.1 } } },
    found: ["warning sampling_elsewhere"],
  },
  {
    sends: "the parameter of a sampler that keeps everything",
    all: { attributes: { "sampler.param": 1 } },
    found: [],
  },
  {
    sends: "one request in sixteen",
    all: { traceState: "ot=th:f;rv:ffffffffffffff" },
    found: ["warning sampling_thin"],
  },
  {
    sends: "a threshold with refusals alone",
    refused: { traceState: "ot=th:8;rv:ffffffffffffff" },
    found: ["warning sampling_partly_stated"],
  },
  {
    sends: "thresholds that its own randomness has not passed",
    all: { traceState: "ot=th:c;rv:00000000000000" },
    found: ["warning sampling_contradicted"],
  },
  {
    sends: "old names",
    all: {
      attributes: {
        ...without("http.request.method", "http.response.status_code"),
        "http.method": "GET",
        "http.status_code": 200,
      },
    },
    refused: { attributes: { ...without("http.response.status_code"), "http.status_code": 401 } },
    found: ["info old_names"],
  },
  {
    sends: "old names beside new ones",
    all: { attributes: { "http.method": "GET" } },
    found: ["info old_and_new_names"],
  },
];

describe("what is found of a service that sends", () => {
  for (const { sends, all = {}, refused = {}, found } of CASES) {
    test(sends, () => assert.deepEqual(new WatchedService().send(all, refused).codes(), found));
  }
});

test("statuses in texts are read and told", () => {
  const service = new WatchedService();
  const ok = { attributes: { "http.response.status_code": "200" } };
  assert.deepEqual(service.send(ok, { attributes: { "http.response.status_code": "401" } }).codes(), [
    "info status_is_text",
  ]);
});

test("clocks that are ahead and spans that come late are told", () => {
  const ahead = new WatchedService();
  ahead.send({ endMs: ahead.world.now + MINUTE_MS });
  assert.deepEqual(ahead.codes(), ["warning clock_ahead"]);
  const late = new WatchedService();
  late.send({ endMs: late.world.now - 2 * MINUTE_MS, startMs: late.world.now - 3 * MINUTE_MS });
  assert.deepEqual(late.codes(), ["warning spans_late"]);
});

test("credentials are told by the attributes that held them, and never shown", () => {
  const service = new WatchedService();
  const redactor = new Redactor(DEFAULT_RULES);
  for (let index = 0; index < 60; index++) {
    const sketch = service.sketch({
      attributes: { "url.query": "access_token=dGhpcyBpcyBhIHNlY3JldA", "app.note": "[x] [y]" },
    });
    service.world.sendBytes(redactor.redact("traces", traceRequest([sketch])));
  }
  const [finding] = service.findings();
  assert.equal(finding?.code, "secrets_sent");
  assert.equal(finding.seen, "credentials, which were redacted here: in url.query");
  assert.doesNotMatch(JSON.stringify(finding), /dGhpcyBp/);
});

test("parts of requests that come seconds after the rest are told, and those that wait for each other are not", () => {
  for (const [apartMs, found] of [
    [3 * SECOND_MS, ["info spans_torn"]],
    [SECOND_MS, ["info nested_spans"]],
  ] as const) {
    const service = new WatchedService().send();
    for (let index = 0; index < 60; index++) {
      const outer = service.sketch({ flags: 0x301 });
      const inner = service.sketch({ flags: 0x101 });
      const within = { ...inner, traceId: outer.traceId ?? "", parentSpanId: outer.spanId ?? "" };
      service.world.sendBytes(traceRequest([outer]));
      service.world.pass(apartMs);
      service.world.sendBytes(traceRequest([within]));
    }
    assert.deepEqual(service.codes(), found, `${apartMs} ms apart`);
  }
});

test("requests for endpoints beyond the bound are told, with the setting that raises it", () => {
  const service = new WatchedService();
  for (let index = 0; index < 1100; index++) {
    const route = `/${index.toString(26).replaceAll(/\d/g, (digit) => "qrstuvwxyz"[Number(digit)] ?? "")}`;
    service.sendOne({ name: `GET ${route}`, attributes: { "http.route": route, "url.path": route } }, null);
    if (index % 100 === 0) service.world.pass(MINUTE_MS);
  }
  assert.deepEqual(service.codes(), ["warning endpoints_overflow"]);
  const [finding] = service.findings();
  assert.match(finding?.remedy ?? "", /limits\.endpoints_per_service/);
  assert.ok(finding?.example !== null, "an example");
});

test("sign-ins that are sampled thinly are told, unless everything is", () => {
  const thin = { traceState: "ot=th:f;rv:ffffffffffffff" };
  const signIn = { name: "POST /login", attributes: { "http.route": "/login", "url.path": "/login" } };
  const rest = new WatchedService().send({ traceState: "ot=th:0;rv:ffffffffffffff" });
  rest.world.pass(MINUTE_MS);
  assert.deepEqual(rest.send({ ...signIn, ...thin }, {}, 60).codes(), ["warning sampling_thin_sign_in"]);
  assert.match(rest.findings()[0]?.remedy ?? "", /tail_sampling/);
  assert.deepEqual(new WatchedService().send({ ...signIn, ...thin }).codes(), ["warning sampling_thin"]);
  const whole = new WatchedService().send(thin);
  assert.deepEqual(whole.send({ ...signIn, traceState: "ot=th:0;rv:ffffffffffffff" }).codes(), [
    "warning sampling_thin",
  ]);
});

test("spans that come again are told", () => {
  const service = new WatchedService().send();
  const sketch = service.sketch({});
  for (let index = 0; index < 5; index++) service.world.sendBytes(traceRequest([sketch]));
  assert.deepEqual(service.codes(), ["info spans_repeated"]);
});

test("several server spans of a request are no fault", () => {
  const service = new WatchedService();
  for (let index = 0; index < 60; index++) {
    const outer = service.sketch({ flags: 0x301 });
    const inner = service.sketch({ flags: 0x101 });
    const within = { ...inner, traceId: outer.traceId ?? "", parentSpanId: outer.spanId ?? "" };
    service.world.sendBytes(traceRequest([outer, within]));
  }
  assert.deepEqual(service.codes(), ["info nested_spans"]);
});

test("a service whose requests are INTERNAL spans has no requests", () => {
  assert.deepEqual(new WatchedService().send({ kind: "INTERNAL" }).codes(), ["error no_server_spans"]);
});

test("a Next.js middleware hides what it answers", () => {
  const service = new WatchedService().send();
  service.send({ attributes: { "next.bubble": true } });
  assert.deepEqual(service.codes(), ["warning middleware_hidden"]);
});

test("a gateway that sends CLIENT spans alone is told as one", () => {
  const service = new WatchedService().send({ kind: "CLIENT", attributes: { component: "proxy" } });
  const [finding] = service.findings();
  assert.deepEqual([finding?.code, finding?.instrumentation.startsWith("Envoy (")], ["gateway_roots", true]);
});

test("what samplers do is among the findings", () => {
  const service = new WatchedService();
  for (let minute = 0; minute < 70; minute++) {
    for (let index = 0; index < 20; index++) service.sendOne({}, {});
    service.world.pass(MINUTE_MS);
  }
  assert.deepEqual(service.codes(), ["warning sampling_failures_only"]);
  assert.match(service.findings()[0]?.instrumentation ?? "", /^Node http/);
});

test("a finding names the share, an example, the instrumentation and its own remedy", () => {
  const service = new WatchedService().send({}, attributes(without("http.response.header.www-authenticate")));
  const [finding] = service.findings();
  assert.partialDeepStrictEqual(finding, {
    service: "shop",
    environment: "prod",
    share: 1,
    instrumentation: "Node http (@opentelemetry/instrumentation-http 0.203.0, opentelemetry nodejs 2.0.1)",
    example: { spanName: "GET /users/{id}", traceId: "1".padStart(32, "a") },
  });
  assert.match(finding?.remedy ?? "", /headersToSpanAttributes: \{server: \{responseHeaders: \["www-authenticate"\]/);
});

test("a framework is recognised by its spans within the server's", () => {
  const service = new WatchedService();
  service.send({
    kind: "INTERNAL",
    scope: { name: "@opentelemetry/instrumentation-express" },
    attributes: without("http.route"),
  });
  service.send({}, { name: "GET", attributes: { ...without("http.route"), "url.path": "/reports/monthly" } });
  const [finding] = service.findings();
  assert.match(finding?.instrumentation ?? "", /^Express \(@opentelemetry\/instrumentation-http/);
  assert.match(finding?.remedy ?? "", /router\.get\(path, guard, handler\)/);
});

test("what was mended is forgotten after a while", () => {
  const service = new WatchedService().send(attributes(without("user_agent.original")));
  assert.deepEqual(service.codes(), ["info user_agent_missing"]);
  for (let portion = 0; portion < 2; portion++) {
    service.passPortion();
    service.send();
  }
  service.passPortion();
  service.send();
  assert.deepEqual(service.codes(), []);
});

test("a quiet service is judged by what it has sent, however long ago", () => {
  const service = new WatchedService().send(attributes(without("user_agent.original")), {}, 60);
  service.world.pass(2 * HOUR_MS);
  assert.deepEqual(service.codes(), ["info user_agent_missing"]);
});

test("the gravest comes first, and codes are told apart", () => {
  const service = new WatchedService().send(
    { attributes: without("client.address", "network.peer.address"), resource: without("service.version") },
    attributes(without("http.response.status_code")),
  );
  assert.deepEqual(service.codes(), ["error status_missing", "warning client_missing", "info version_missing"]);
  assert.equal(new Set(FINDING_CODES).size, FINDING_CODES.length);
});
