import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runCommandLine } from "../../src/cli/command-line.ts";
import type { Finding } from "../../src/core/extraction/instrumentation/finding.ts";
import { WebServer } from "../../src/web/server.ts";
import type { Views } from "../../src/web/views.ts";
import { commandWorld, filesIn } from "../support/command-world.ts";
import { repeatedRecording } from "../support/recorded-traces.ts";
import { sampleDelivery, sampleFinding, sampleViews } from "../web/view-samples.ts";

async function ask(words: readonly string[], views: Views = sampleViews()) {
  await using server = await WebServer.start({ host: "127.0.0.1", port: 0, bearerTokens: [] }, views);
  return await run([...words, "--url", `http://127.0.0.1:${server.address.port}`]);
}

async function run(words: readonly string[]) {
  const { context, printed, complained } = commandWorld();
  const code = await runCommandLine(["doctor", ...words], {}, context);
  return { code, printed: printed(), complained: complained() };
}

const SERVICE = {
  environment: "prod",
  namespace: "",
  service: "auth",
  instrumentation: "Node http (@opentelemetry/instrumentation-http 0.203.0)",
  requests: 4321,
};

const finding = (given: Partial<Finding> = {}) =>
  sampleViews({ instrumentation: () => ({ services: [SERVICE], findings: [sampleFinding(given)] }) });

test("a finding is told with what is seen, what it costs and what to set", async () => {
  const { code, printed } = await ask(["--instrumentation"], finding());
  assert.equal(code, 0);
  assert.equal(
    printed,
    `SERVICE       LATELY          INSTRUMENTATION
auth in prod  4,321 requests  Node http (@opentelemetry/instrumentation-http 0.203.0)

warning client_missing: auth in prod
  Node http (@opentelemetry/instrumentation-http 0.203.0)
  seen     90% of 200 spans: no client address
  costs    an attack from many addresses cannot be told from one client
  set      record client.address
  example  trace 0af7651916cd43dd8448eb211c80319c, span "POST /login"

0 errors, 1 warning, 0 notes in 1 service; docs/doctor.md tells more
`,
  );
});

test("errors exit with 1, warnings with 3 when asked to be strict", async () => {
  assert.equal((await ask(["--instrumentation"], finding({ severity: "error" }))).code, 1);
  assert.equal((await ask(["--instrumentation", "--strict"], finding())).code, 3);
  assert.equal((await ask(["--instrumentation", "--strict"], finding({ severity: "info" }))).code, 0);
  assert.equal((await ask(["--instrumentation", "--strict", "--service", "auth"], finding())).code, 3);
});

test("a service that nothing was seen of is not found", async () => {
  const { code, complained } = await ask(["--service", "shop"], finding());
  assert.deepEqual([code, complained], [5, "no spans of shop have been seen\n"]);
});

test("what is well is told as that, and what is not known yet as well", async () => {
  const asked = async (...requests: readonly number[]) => {
    const services = requests.map((count) => ({ ...SERVICE, requests: count }));
    const { printed } = await ask(
      ["--instrumentation"],
      sampleViews({ instrumentation: () => ({ services, findings: [] }) }),
    );
    return printed.split("\n").slice(services.length === 0 ? 0 : services.length + 2, -1);
  };
  assert.deepEqual(await asked(), ["no spans have come yet"]);
  assert.deepEqual(await asked(12), ["1 service: too few requests yet to tell anything"]);
  const isWell = "nothing is missing or misleading in what was sent lately";
  assert.deepEqual(await asked(500), [isWell]);
  assert.deepEqual(await asked(500, 12, 0), [isWell, "2 services: too few requests yet to tell anything"]);
});

test("alone it looks at the running service as well", async () => {
  const rule = { id: "a", file: "a.yaml", line: 1, minFailures: 7 };
  const views = sampleViews();
  const account = { name: "backend", resumed: 0, sent: 100, queued: 3, dropped: 0 };
  const signals = [{ signal: "traces" as const, accepted: 100, refused: 0, exporters: [account] }];
  const { code, printed } = await ask([], {
    ...views,
    rules: () => ({ ...views.rules(), active: { ...views.rules().active, rules: [rule] } }),
    pipeline: () => ({ ...views.pipeline(), signals }),
  });
  assert.equal(code, 0);
  assert.equal(
    printed,
    `CHECK             STATE  DETAIL
receivers         ok     able to work
store             ok     able to work
spans             ok     100 spans taken in since the start
exporter backend  ok     100 items delivered, 3 items waiting
rule files        ok     1 rule in force
notifiers         ok     0 pages waiting

no spans have come yet
`,
  );
});

test("what is wrong with the service is told by each of its parts", async () => {
  const attempts = [{ at: 1, outcome: "rejected", status: 400, reason: "Invalid routing key", latencyMs: 5 } as const];
  const overflowed = () => [{ labels: {}, value: 7 }];
  const views = sampleViews({
    ready: () => ({ isReady: true, checks: { store: "does not take writes" } }),
    deliveries: () => [sampleDelivery({ state: "dead", attempts })],
    metrics: () => [
      { kind: "gauge", name: "authspike_endpoints_overflowed", help: "Help", unit: "1", samples: overflowed },
    ],
  });
  const exporters = [{ name: "none", resumed: 0, sent: 0, queued: 0, dropped: 0 }];
  const lost = [{ name: "backend", resumed: 0, sent: 0, queued: 1, dropped: 2 }];
  const signals = [
    { signal: "traces" as const, accepted: 0, refused: 5, exporters },
    { signal: "logs" as const, accepted: 5, refused: 0, exporters: lost },
  ];
  const { code, printed } = await ask(["-o", "json"], { ...views, pipeline: () => ({ ...views.pipeline(), signals }) });
  assert.equal(code, 1);
  const { health } = JSON.parse(printed) as { health: { check: string; state: string; detail: string }[] };
  assert.deepEqual(
    health.map(({ check, state }) => `${state} ${check}`),
    [
      "warning store",
      "warning spans",
      "warning refused",
      "info exporter none",
      "warning exporter backend",
      "error rule files",
      "error notifiers",
      "warning authspike_endpoints_overflowed",
    ],
  );
  assert.match(health[6]?.detail ?? "", /^1 page given up, the last for: Invalid routing key /);
});

test("findings come a line each for programs", async () => {
  const { printed } = await ask(["-o", "ndjson"], finding());
  const lines = printed
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind: string });
  assert.deepEqual([...new Set(lines.map(({ kind }) => kind))], ["health", "service", "finding"]);
  assert.partialDeepStrictEqual(lines.at(-1), { kind: "finding", code: "client_missing", count: 180 });
});

test("a server that is not there exits with 4, a recording that is not there with 5", async () => {
  assert.equal((await run(["--url", "http://127.0.0.1:1"])).code, 4);
  assert.equal((await run(["/nowhere/traces.jsonl"])).code, 5);
});

async function examine(recording: string, words: readonly string[] = []) {
  using files = filesIn({ "traces.jsonl": repeatedRecording(recording, 10) });
  return await run([join(files.directory, "traces.jsonl"), ...words]);
}

test("a recording is looked at without a server", async () => {
  const { code, complained, printed } = await examine("go/otelhttp-around-mux.jsonl", ["-o", "json"]);
  assert.equal(code, 0);
  assert.match(complained, /^looked through 280 spans\n$/);
  const { findings, health } = JSON.parse(printed) as { findings: Finding[]; health: unknown };
  assert.equal(health, null);
  assert.deepEqual(
    findings.map(({ code: name }) => name),
    ["route_missing", "client_is_proxy", "causes_undecided", "version_missing"],
  );
  const [route] = findings;
  assert.match(route?.instrumentation ?? "", /^Go otelhttp \(go\.opentelemetry\.io/);
  assert.match(route?.remedy ?? "", /wrap the handlers within the mux/);
});

test("a configuration decides how recordings are read", async () => {
  using files = filesIn({ "authspike.yaml": "sampling: [{service: shop-*, ratio: 1%}]" });
  const { printed } = await examine("go/otelmux.jsonl", [
    "-c",
    join(files.directory, "authspike.yaml"),
    "-o",
    "ndjson",
  ]);
  assert.match(printed, /"code":"sampling_thin"/);
});

test("requests without spans tell nothing, and are said to", async () => {
  using files = filesIn({
    "requests.jsonl": '{"time":1,"service":"s","method":"GET","route":"/","status":401}\n{"time"',
  });
  const { code, complained, printed } = await run([join(files.directory, "requests.jsonl")]);
  assert.equal(code, 0);
  assert.match(complained, /1 bad line skipped\n1 request without spans: nothing can be told of those\n/);
  assert.equal(printed, "no spans have come yet\n");
});
