import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { createServer } from "node:net";
import { test } from "node:test";
import { WebServerError } from "../../src/web/listen.ts";
import { WebServer } from "../../src/web/server.ts";
import type { Views } from "../../src/web/views.ts";
import { sampleAlert, sampleDelivery, sampleRow, sampleViews } from "./view-samples.ts";

type Served = { readonly bearerTokens?: readonly string[]; readonly views?: Views; readonly failures?: unknown[] };

function serve({ bearerTokens = [], views = sampleViews(), failures = [] }: Served = {}): Promise<WebServer> {
  const onFailure = (error: unknown) => failures.push(error);
  return WebServer.start({ host: "localhost", port: 0, bearerTokens }, views, { onFailure });
}

type Asked = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

/** Not `fetch`, which sets the headers Host and Origin by itself. */
async function ask(server: WebServer, path: string, { method = "GET", headers = {} }: Asked = {}) {
  const asked = request({ host: "127.0.0.1", port: server.address.port, path, method, headers, agent: false });
  asked.end();
  const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
  let body = "";
  for await (const chunk of response.setEncoding("utf8")) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body, json: (): unknown => JSON.parse(body) };
}

test("a live server says so to everyone", async () => {
  await using server = await serve({ bearerTokens: ["a-token-of-ours"] });
  const { status, body } = await ask(server, "/livez");
  assert.deepEqual({ status, body }, { status: 200, body: "ok\n" });
});

test("localhost is served on IPv4 and IPv6 alike, on one port", async () => {
  await using server = await serve();
  for (const host of ["127.0.0.1", "[::1]"]) {
    const response = await fetch(`http://${host}:${server.address.port}/livez`).catch(() => null);
    // Containers may have no IPv6 at all; where it is, it must answer.
    assert.ok(response === null ? host === "[::1]" : response.ok, host);
  }
});

test("readiness answers 503 with the reasons until every check is ok", async () => {
  const checks = { receivers: "ok", store: "the disk is full" };
  await using server = await serve({ views: sampleViews({ ready: () => ({ isReady: false, checks }) }) });
  const brief = await ask(server, "/readyz");
  assert.deepEqual([brief.status, brief.body], [503, "[-] store: the disk is full\nnot ready\n"]);
  const verbose = await ask(server, "/readyz?verbose");
  assert.equal(verbose.body, "[+] receivers ok\n[-] store: the disk is full\nnot ready\n");
});

test("a ready server is brief unless asked", async () => {
  await using server = await serve();
  assert.deepEqual((await ask(server, "/readyz")).body, "ready\n");
  assert.equal((await ask(server, "/readyz?verbose")).body, "[+] receivers ok\n[+] store ok\nready\n");
});

test("with tokens, only probes are answered without one", async () => {
  await using server = await serve({ bearerTokens: ["first-token", "second-token"] });
  for (const path of ["/metrics", "/api/v1/alerts", "/api/v1/rules", "/nowhere"]) {
    const refused = await ask(server, path);
    assert.equal(refused.status, 401, path);
    assert.equal(refused.headers["www-authenticate"], 'Bearer realm="authspike"');
    assert.partialDeepStrictEqual(refused.json(), { error: "a token is needed: Authorization: Bearer …" });
  }
  assert.equal((await ask(server, "/metrics", { headers: { authorization: "Bearer third-token" } })).status, 401);
  assert.equal((await ask(server, "/metrics", { headers: { authorization: "Bearer second-token" } })).status, 200);
  assert.equal((await ask(server, "/-/reload", { method: "POST" })).status, 401);
});

test("without tokens, other names for this machine and pages of other origins are turned away", async () => {
  await using server = await serve();
  const { port } = server.address;
  const rebound = await ask(server, "/api/v1/alerts", { headers: { host: "evil.example.com" } });
  assert.equal(rebound.status, 403);
  const crossSite = { method: "POST", headers: { host: `localhost:${port}`, origin: "https://evil.example.com" } };
  assert.equal((await ask(server, "/-/reload", crossSite)).status, 403);
  const sameSite = { method: "POST", headers: { host: `localhost:${port}`, origin: `http://localhost:${port}` } };
  assert.equal((await ask(server, "/-/reload", sameSite)).status, 200);
});

test("metrics come in Prometheus' format", async () => {
  const counters = () => [{ labels: { signal: "traces" }, value: 3 }];
  const family = { kind: "counter", name: "authspike_items", help: "Items", unit: "{item}", counters } as const;
  await using server = await serve({ views: sampleViews({ metrics: () => [family] }) });
  const { headers, body } = await ask(server, "/metrics");
  assert.equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  assert.match(body, /^authspike_items_total\{signal="traces"\} 3$/m);
});

test("endpoints come in pages that join without gap or repeat", async () => {
  const rows = Array.from({ length: 25 }, (_, index) => sampleRow(`/r${index}`, { deviation: index % 4 }));
  await using server = await serve({ views: sampleViews({ rows }) });
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { json } = await ask(server, `/api/v1/endpoints?limit=10${query}`);
    const page = json() as { endpoints: { endpoint: { name: string } }[]; total: number; nextCursor: string | null };
    assert.equal(page.total, 25);
    seen.push(...page.endpoints.map(({ endpoint }) => endpoint.name));
    cursor = page.nextCursor;
  }
  assert.equal(new Set(seen).size, 25);
  assert.equal(seen.length, 25);
  assert.equal(seen[0], "GET /r11");
});

test("what cannot be read in a query is refused with the remedy", async () => {
  await using server = await serve();
  const refusals = {
    "/api/v1/endpoints?sort=size": '"sort" is one of deviation, rate, requests, name',
    "/api/v1/endpoints?limit=0": '"limit" is a whole number from 1 to 1000',
    "/api/v1/endpoints?cursor=abc": '"cursor" is a nextCursor from an earlier answer',
    "/api/v1/alerts?stat=firing": 'unknown parameter "stat" (known: state, limit); did you mean "state"?',
    "/api/v1/explain?service=auth": '"endpoint" is missing, as in "POST /login"',
    "/api/v1/explain?endpoint=/login&at=noon": '"at" is in milliseconds since 1970',
    "/api/v1/deliveries?state=lost": '"state" is one of pending, delivered, dead, superseded',
  };
  for (const [path, error] of Object.entries(refusals)) {
    const { status, json } = await ask(server, path);
    assert.deepEqual([status, json()], [400, { error }], path);
  }
});

test("alerts are filtered by the view, and one is found by its id", async () => {
  const asked: unknown[] = [];
  const views = sampleViews({
    alerts: (query) => {
      asked.push(query);
      return [sampleAlert()];
    },
    alert: (id) => (id === "a/b" ? sampleAlert({ id }) : null),
    deliveries: () => [sampleDelivery()],
  });
  await using server = await serve({ views });
  assert.partialDeepStrictEqual((await ask(server, "/api/v1/alerts?state=firing&limit=5")).json(), {
    alerts: [{ endpoint: "POST /login" }],
  });
  assert.deepEqual(asked, [{ state: "firing", limit: 5 }]);
  assert.partialDeepStrictEqual((await ask(server, "/api/v1/alerts/a%2Fb")).json(), { id: "a/b" });
  assert.equal((await ask(server, "/api/v1/alerts/none")).status, 404);
  assert.partialDeepStrictEqual((await ask(server, "/api/v1/deliveries")).json(), { deliveries: [{ id: 1 }] });
});

test("a reload tells what became of it, a refusal with 422 and the places", async () => {
  const text = "rules/a.yaml:1:1: error AS104: unknown field";
  await using refusing = await serve({ views: sampleViews({ reloadRules: () => ({ kind: "refused", text }) }) });
  const refused = await ask(refusing, "/-/reload", { method: "POST" });
  assert.deepEqual([refused.status, refused.body], [422, `${text}\n`]);
  assert.equal((await ask(refusing, "/-/reload")).status, 404);
});

test("a view that throws costs one answer, and its message stays inside", async () => {
  const failures: unknown[] = [];
  const broken = new Error("/var/lib/secret is locked");
  const views = sampleViews({
    rules: () => {
      throw broken;
    },
  });
  await using server = await serve({ views, failures });
  const { status, body } = await ask(server, "/api/v1/rules");
  assert.equal(status, 500);
  assert.doesNotMatch(body, /secret/);
  assert.deepEqual(failures, [broken]);
  assert.equal((await ask(server, "/livez")).status, 200);
});

test("requests that are none cost their sender an answer", async () => {
  await using server = await serve();
  assert.equal((await ask(server, "/livez", { headers: { host: "a b" } })).status, 400);
  assert.equal((await ask(server, "/livez", { method: "TRACE" })).status, 400);
  assert.equal((await ask(server, "/livez", { method: "HEAD" })).body, "");
});

test("answers carry the headers that keep browsers careful", async () => {
  await using server = await serve();
  const { headers } = await ask(server, "/api/v1/rules");
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
});

test("a port that is taken is one clear error that names the setting", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const bound = other.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  await assert.rejects(WebServer.start({ host: "127.0.0.1", port, bearerTokens: [] }, sampleViews()), (error) => {
    assert.ok(error instanceof WebServerError);
    assert.equal(error.message, `cannot listen on 127.0.0.1:${port} (api.endpoint): another process has the port`);
    return true;
  });
  other.close();
});
