/** The `outcomes` of the configuration: what services mean by their answers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CAUSES } from "../../src/core/extraction/causes/cause.ts";
import type { EndpointNames } from "../../src/core/extraction/endpoint.ts";
import type { Answer } from "../../src/core/extraction/outcome-override.ts";
import { OutcomeOverrides } from "../../src/core/extraction/outcome-override.ts";
import { ConfigWorld } from "./config-world.ts";

const ENDPOINT: EndpointNames = {
  environment: "production",
  namespace: "",
  service: "legacy-shop",
  method: "GET",
  route: "/orders",
  protocol: "http",
};

type Given = { readonly status?: number; readonly grpc?: number; readonly attributes?: Record<string, string> } & {
  readonly service?: string;
};

/** What the first setting that has something to say makes of an answer. */
function outcomeUnder(outcomes: string, { status = 200, grpc = -1, attributes = {}, service }: Given) {
  using world = new ConfigWorld();
  const config = world.config({ files: { "authspike.yaml": `outcomes:\n${outcomes}` } });
  const answer: Answer = {
    endpoint: { ...ENDPOINT, service: service ?? ENDPOINT.service },
    httpStatus: status,
    grpcStatus: grpc,
    textsOf: (key) => (attributes[key] === undefined ? [] : [attributes[key]]),
  };
  return new OutcomeOverrides(config.outcomes).outcomeOf(answer);
}

function problems(outcomes: string): readonly string[] {
  using world = new ConfigWorld();
  return world
    .texts({ files: { "authspike.yaml": `outcomes:\n${outcomes}` } })
    .map((text) => text.split("\n")[0] ?? "");
}

test("a service says what it means by a status", () => {
  const legacy = '  - {match: {service: "legacy-*"}, http_status: {419: unauthenticated, 403: unauthenticated}}';
  assert.equal(outcomeUnder(legacy, { status: 419 }), "unauthenticated");
  assert.equal(outcomeUnder(legacy, { status: 403 }), "unauthenticated");
  assert.equal(outcomeUnder(legacy, { status: 404 }), null);
  assert.equal(outcomeUnder(legacy, { status: 419, service: "shop" }), null);
});

test("a gRPC status is written by name or number", () => {
  const grpc = "  - grpc_status: {PERMISSION_DENIED: unauthenticated, 9: throttled}";
  assert.equal(outcomeUnder(grpc, { grpc: 7 }), "unauthenticated");
  assert.equal(outcomeUnder(grpc, { grpc: 9 }), "throttled");
});

test("an attribute tells of failures that hide behind a good status", () => {
  const graphql =
    "  - attribute: {key: graphql.error.code, values: {UNAUTHENTICATED: unauthenticated, FORBIDDEN: forbidden}}";
  const code = (value: string) => outcomeUnder(graphql, { attributes: { "graphql.error.code": value } });
  assert.equal(code("UNAUTHENTICATED"), "unauthenticated");
  assert.equal(code("FORBIDDEN"), "forbidden");
  assert.equal(code("BAD_USER_INPUT"), null);
  const login =
    '  - attribute: {key: http.response.header.location, values: {"*/login*": unauthenticated}}\n    http_status: {302: ok}';
  const redirect = (location: string) =>
    outcomeUnder(login, { status: 302, attributes: { "http.response.header.location": location } });
  assert.equal(redirect("https://shop.example/login?next=/orders"), "unauthenticated");
  assert.equal(redirect("/orders/7"), "ok");
});

test("the first setting that has something to say decides", () => {
  const both =
    '  - {match: {route: "/orders"}, http_status: {403: forbidden}}\n  - http_status: {403: unauthenticated}';
  assert.equal(outcomeUnder(both, { status: 403 }), "forbidden");
});

test("mistakes are told with their place and what was meant", () => {
  assert.deepEqual(problems("  - {match: {servce: shop}, http_status: {419: unauthenticated}}"), [
    'authspike.yaml:2:14: error AS104: unknown field "servce"; did you mean "service"?',
  ]);
  assert.deepEqual(problems("  - {htp_status: {419: unauthenticated}}"), [
    'authspike.yaml:2:6: error AS104: unknown field "htp_status" under "outcomes"; did you mean "http_status"?',
  ]);
  assert.match(problems("  - http_status: {419: unauthenticted}")[0] ?? "", /did you mean "unauthenticated"/);
  assert.match(problems("  - http_status: {4190: unauthenticated}")[0] ?? "", /above the maximum of 599/);
  assert.match(problems("  - grpc_status: {DENIED: unauthenticated}")[0] ?? "", /is no gRPC status/);
  assert.match(problems("  - {match: {service: shop}}")[0] ?? "", /give at least one of/);
  assert.match(
    problems("  - {match: {user.id: ada}, http_status: {419: ok}}")[0] ?? "",
    /authspike.yaml:2:14: error AS104: "user.id" is no field of an endpoint/,
  );
});

test("nothing but a file can hold them, since they do not fit into one word", () => {
  using world = new ConfigWorld();
  assert.deepEqual(world.config({ environment: { AUTHSPIKE_OUTCOMES: "x" } }).outcomes, []);
});

test("the example in the manual reads as it stands, and every cause has its line there", () => {
  const manual = readFileSync("docs/causes.md", "utf8");
  const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(manual) ?? [];
  using world = new ConfigWorld();
  assert.equal(world.config({ files: { "authspike.yaml": example } }).outcomes.length, 4);
  const lines = manual.split("\n").filter((line) => line.startsWith("| `"));
  for (const cause of CAUSES)
    assert.ok(
      lines.some((line) => line.includes(`\`${cause}\``)),
      cause,
    );
});
