import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { WebServer } from "../../src/web/server.ts";
import type { Views } from "../../src/web/views.ts";
import { commandWorld } from "../support/command-world.ts";
import { sampleAlert, sampleDelivery, sampleRow, sampleViews } from "../web/view-samples.ts";

const TOKEN = "a-token-of-ours";

async function ask(line: string, views: Views = sampleViews(), token = TOKEN) {
  await using server = await WebServer.start({ host: "127.0.0.1", port: 0, bearerTokens: [TOKEN] }, views);
  const { context, printed, complained } = commandWorld();
  const environment = { AUTHSPIKE_URL: `http://127.0.0.1:${server.address.port}`, AUTHSPIKE_API_TOKEN: token };
  const code = await runCommandLine(line.split(" "), environment, context);
  return { code, printed: printed(), complained: complained() };
}

test("a ready server is healthy, one that is not fails with its reasons", async () => {
  const ready = await ask("healthcheck");
  assert.deepEqual([ready.code, ready.printed], [0, "[+] receivers ok\n[+] store ok\nready\n"]);
  const checks = { store: "the disk is full" };
  const unready = await ask("healthcheck", sampleViews({ ready: () => ({ isReady: false, checks }) }));
  assert.deepEqual([unready.code, unready.printed], [1, "[-] store: the disk is full\nnot ready\n"]);
});

test("a server that is not there exits with 4 and says where it was looked for", async () => {
  const { context, complained } = commandWorld();
  const server = await WebServer.start({ host: "127.0.0.1", port: 0, bearerTokens: [] }, sampleViews());
  const url = `http://127.0.0.1:${server.address.port}`;
  await server[Symbol.asyncDispose]();
  assert.equal(await runCommandLine(["healthcheck", "--url", url], {}, context), 4);
  assert.equal(
    complained(),
    `cannot reach authspike at ${url}: connect ECONNREFUSED 127.0.0.1:${server.address.port}\n`,
  );
});

test("alerts are listed for people", async () => {
  const views = sampleViews({ alerts: () => [sampleAlert({ since: Date.UTC(2026, 2, 2, 10, 0, 7) })] });
  const { code, printed } = await ask("alerts list --state firing", views);
  assert.equal(code, 0);
  assert.equal(
    printed,
    `STATE   SEVERITY  SINCE                 ENDPOINT     SERVICE  RATE  USUAL  FAILURES  BUSIEST  BY CHANCE          RULE      ID
firing  error     2026-03-02T10:00:07Z  POST /login  auth     38%   2.1%   120       10%      once in 5.2 years  http-401  http-401-0123-abc
`,
  );
});

test("one alert is shown with what speaks for it and what became of it", async () => {
  const since = Date.UTC(2026, 2, 2, 10, 0, 7);
  const topClients = [{ client: "c-1a2b", failures: 12 }];
  const alert = sampleAlert({ since, topClients, deliveries: [sampleDelivery()] });
  const { code, printed } = await ask("alerts show http-401-0123-abc", sampleViews({ alert: () => alert }));
  assert.equal(code, 0);
  for (const line of [
    /^POST \/login of auth \(prod\): firing, error, a page$/m,
    /^estimated onset +2026-03-02T10:00:07Z$/m,
    /^failures since then +120 of 316 requests$/m,
    /^rate +38% now, usually 2\.1%, 40% at its height$/m,
    /^by chance +once in 5\.2 years of such traffic \(evidence 21\.2, threshold 17\.1\)$/m,
    /^busiest client +10% of the failures$/m,
    /^gates +evidence: 17\.4 nats, needed more than 17\.1$/m,
    /^clients +c-1a2b: 12 failures$/m,
    /^deliveries +trigger delivered: 202$/m,
  ]) {
    assert.match(printed, line);
  }
});

test("an alert that nobody knows is not found", async () => {
  const { code, complained } = await ask("alerts show http-401-none");
  assert.deepEqual([code, complained], [5, "no alert has this id\n"]);
});

test("lists come as JSON, whole or a line each", async () => {
  const views = sampleViews({ deliveries: () => [sampleDelivery(), sampleDelivery({ id: 2 })] });
  const json = await ask("deliveries list -o json", views);
  assert.partialDeepStrictEqual(JSON.parse(json.printed), [{ id: 1 }, { id: 2 }]);
  const lines = (await ask("deliveries list -o ndjson", views)).printed.trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { id: number }).id),
    [1, 2],
  );
});

test("deliveries show the last answer", async () => {
  const attempts = [{ at: 1, outcome: "retry", status: null, reason: "no answer in time", latencyMs: 5000 } as const];
  const { printed } = await ask("deliveries list", sampleViews({ deliveries: () => [sampleDelivery({ attempts })] }));
  assert.match(printed, / 1 +none no answer in time +http-401-0123-abc\n$/);
});

test("endpoints are listed by surprise, and what was left out is counted", async () => {
  const rows = [sampleRow("/a", { deviation: 1 }), sampleRow("/b", { deviation: 5, isWarm: false }), sampleRow("/c")];
  const { printed, complained } = await ask("endpoints list --limit 2", sampleViews({ rows }));
  assert.match(printed, /\nGET \/b .* learning .*\nGET \/a .* usual .*\n$/);
  assert.equal(complained, "2 of 3\n");
});

test("rules that are refused fail the status, with what is wrong", async () => {
  const views = sampleViews();
  const refusal = { since: 0, text: "rules/a.yaml:1:1: error AS104: unknown field", diagnostics: [] };
  const { code, printed } = await ask("rules status", { ...views, rules: () => ({ ...views.rules(), refusal }) });
  assert.equal(code, 1);
  assert.match(printed, /^0 rules in force: bundle abc, since 1970-01-01T00:00:00Z \(start\)\n/);
  assert.match(printed, /refused since 1970-01-01T00:00:00Z:\nrules\/a\.yaml:1:1: error AS104/);
});

test("a wrong token is named by its variable, never by its value", async () => {
  const { code, complained } = await ask("alerts list", sampleViews(), "another-token");
  assert.equal(code, 1);
  assert.match(complained, /wants a token, or another one: put it into AUTHSPIKE_API_TOKEN\n$/);
  assert.doesNotMatch(complained, /another-token/);
});
