/**
 * What a person types, from the shell's point of view: exit codes, what is printed where, and that no
 * secret ever is.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OtlpSink } from "../../src/io/stand-ins/otlp-sink.ts";
import { PagerDutyTwin } from "../../src/io/stand-ins/pagerduty-twin.ts";
import { exportersTo, startedSink } from "../support/backends.ts";
import { Installation, LOGIN_RULES, NOTIFY_RULES, ROUTING_KEY } from "../support/installation.ts";
import { LoginTraffic } from "../support/login-traffic.ts";
import type { RunningService } from "../support/running-service.ts";
import { traceRequest } from "../support/trace-request.ts";

const CONFIG = ["-c", "authspike.yaml"];

type DoctorReport = {
  readonly health: readonly { readonly check: string; readonly state: string }[];
  readonly services: readonly unknown[];
  readonly findings: readonly { readonly code: string }[];
};

describe("a command", { concurrency: true }, () => {
  test("validate tells every mistake of the configuration and exits with 78", async () => {
    await using installation = new Installation();
    installation.writeConfig({
      receivers: { grpc: { endpoint: "4317" } },
      exporter: { backend: { endpoint: "http://localhost:5317" } },
      queue: { max_bytes: "1G" },
      drain_timeout: 8,
    });
    const { exitCode, stderr } = await installation.command(["validate", ...CONFIG]);
    assert.equal(exitCode, 78);
    for (const mistake of [
      /authspike\.yaml:\d+:\d+: error AS202: the host is missing/,
      /error AS104: unknown field "exporter"; did you mean "exporters"\?/,
      /error AS202: expected a size such as 64MiB, not "1G"/,
      /error AS201: duration "8" needs a unit; did you mean "8s"\?\n +\d+ \| +"drain_timeout": 8\n +\| +\^/,
    ]) {
      assert.match(stderr, mistake);
    }
    const run = await installation.command(["run", ...CONFIG]);
    assert.deepEqual([run.exitCode, run.stderr], [78, stderr], "run refuses for the same reasons");
  });

  test("validate and rules check tell every mistake of every rule file and exit with 1", async () => {
    await using installation = new Installation();
    installation.writeRules("login.yaml", LOGIN_RULES.replace("1s", "1").replace("unauthenticated", "unauthenticatd"));
    installation.writeRules("more.yaml", "rules: [{id: other, match: {}, count: {http_statu: 401}}]\n");
    for (const command of [
      ["validate", ...CONFIG],
      ["rules", "check"],
    ]) {
      const { exitCode, stdout } = await installation.command(command);
      assert.equal(exitCode, 1);
      assert.match(stdout, /login\.yaml:5:22: error AS204: .*did you mean "unauthenticated"\?/);
      assert.match(stdout, /login\.yaml:6:22: error AS201: duration "1" needs a unit/);
      assert.match(stdout, /more\.yaml:1:40: error AS104: unknown field "http_statu".*did you mean "http_status"\?/);
      assert.match(stdout, /3 files: \d errors, \d warnings; the bundle would be refused as a whole\n$/);
    }
  });

  test("validate of a good installation exits with 0", async () => {
    await using installation = new Installation();
    const { exitCode, stdout } = await installation.command(["validate", ...CONFIG]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^configuration is valid: authspike\.yaml\n/);
  });

  test("print-config shows settings with their origin and covers secrets", async () => {
    const secrets = ["s3cr3t-token", "s3cr3t-header", "s3cr3t-password"];
    await using installation = new Installation();
    installation.writeConfig({
      receivers: { http: { endpoint: "localhost:4318", auth: { bearer_tokens: ["s3cr3t-token"] } } },
      exporters: {
        backend: {
          endpoint: "http://localhost:5317",
          headers: { authorization: "s3cr3t-header" },
        },
      },
      telemetry: { endpoint: "http://user:s3cr3t-password@localhost:5318" },
    });
    for (const format of ["yaml", "json"]) {
      const { exitCode, stdout, stderr } = await installation.command(["print-config", ...CONFIG, "--format", format]);
      assert.equal(exitCode, 0);
      assert.match(stdout, /localhost:4318.*/);
      assert.match(stdout, /\*{8}/);
      for (const secret of secrets) assert.ok(!(stdout + stderr).includes(secret), `${secret} is shown`);
    }
  });

  test("healthcheck exits with 0 while authspike is ready and with 4 when it is not there", async () => {
    await using installation = new Installation();
    const service = await installation.start();
    const up = await installation.command(["healthcheck", "--url", service.apiUrl]);
    assert.deepEqual([up.exitCode, up.stdout.endsWith("\nready\n")], [0, true]);
    await service.stop();
    const down = await installation.command(["healthcheck", "--url", service.apiUrl]);
    assert.equal(down.exitCode, 4);
    assert.match(down.stderr, /^cannot reach authspike at http:\S+: connect ECONNREFUSED/);
  });

  test("doctor tells what a running authspike has seen of services, and how it is itself", async () => {
    await using installation = new Installation();
    const service = await installation.start();
    await service.send(
      traceRequest(Array.from({ length: 60 }, () => ({ route: "/login", status: 200, client: "", endMs: 1 }))),
    );
    const { exitCode, stdout } = await installation.command(["doctor", "--url", service.apiUrl, "-o", "json"]);
    assert.equal(exitCode, 0, stdout);
    const { findings, health, services } = JSON.parse(stdout) as DoctorReport;
    assert.ok(health.some(({ check, state }) => check === "spans" && state === "ok"));
    assert.deepEqual(services, [
      { environment: "prod", namespace: "", service: "auth", requests: 60, instrumentation: "not recognised (test)" },
    ]);
    assert.deepEqual(
      findings.map(({ code }) => code),
      ["client_missing", "spans_late", "version_missing", "user_agent_missing"],
    );
    const strict = await installation.command(["doctor", "--instrumentation", "--strict", "--url", service.apiUrl]);
    assert.equal(strict.exitCode, 3);
    assert.match(strict.stdout, /warning client_missing: auth in prod\n/);
  });

  test("notify test sends a page, takes it back, and tells what became of both", async () => {
    await using pagerDuty = new PagerDutyTwin({ routingKeys: [ROUTING_KEY] });
    await pagerDuty.start();
    await using installation = new Installation({ pagerDuty });
    const good = await installation.command(["notify", "test", "pager", ...CONFIG]);
    assert.equal(good.exitCode, 0, good.stderr);
    assert.match(good.stdout, /^trigger delivered \(status 202, \d+ ms\)\nresolve delivered \(status 202, \d+ ms\)\n$/);
    assert.deepEqual(
      pagerDuty.incidents.map(({ state }) => state),
      ["resolved"],
    );

    pagerDuty.failNext({ kind: "status", status: 400 });
    const refused = await installation.command(["notify", "test", "pager", ...CONFIG]);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stdout, /^trigger refused \(status 400, \d+ ms\)/);
    const unknown = await installation.command(["notify", "test", "pagr", ...CONFIG]);
    assert.equal(unknown.exitCode, 5);
    assert.match(unknown.stderr, /no notifier is called "pagr"; did you mean "pager"\?/);
    for (const { stdout, stderr } of [good, refused, unknown]) assert.ok(!(stdout + stderr).includes(ROUTING_KEY));
  });

  test("lists what a running authspike watches, alerts of and has sent", async () => {
    await using pagerDuty = new PagerDutyTwin();
    await pagerDuty.start();
    await using installation = new Installation({ pagerDuty });
    const service = await installation.start();
    await new LoginTraffic(service).burst(60);
    await pagerDuty.waitFor(({ incidents }) => incidents.length === 1);
    const url = ["--url", service.apiUrl];

    const alerts = await installation.command(["alerts", "list", ...url]);
    assert.equal(alerts.exitCode, 0);
    assert.match(alerts.stdout, /^STATE +SEVERITY .*\nfiring +critical .*POST \/login +auth .*login-401/);
    const json = await installation.command(["alerts", "list", ...url, "--state", "firing", "-o", "json"]);
    const [alert] = JSON.parse(json.stdout) as readonly { readonly dedupKey: string }[];
    assert.equal(alert?.dedupKey, pagerDuty.incidents[0]?.dedupKey);
    const resolved = await installation.command(["alerts", "list", ...url, "--state", "resolved", "-o", "ndjson"]);
    assert.deepEqual([resolved.exitCode, resolved.stdout], [0, ""]);

    const endpoints = await installation.command(["endpoints", "list", ...url]);
    assert.match(endpoints.stdout, /POST \/login +auth/);
    const deliveries = await installation.command(["deliveries", "list", ...url]);
    assert.match(deliveries.stdout, /trigger .*delivered|delivered .*trigger/);
    const rules = await installation.command(["rules", "status", ...url]);
    assert.match(rules.stdout, /^1 rules? in force: bundle [0-9a-f]{12}/);
    await service.stop();
  });
});

test("a routing key reaches PagerDuty, and no output, log, answer or backend", async () => {
  await using pagerDuty = new PagerDutyTwin({ routingKeys: [ROUTING_KEY] });
  await pagerDuty.start();
  await using sink = await startedSink();
  await using installation = new Installation({
    pagerDuty,
    exporters: exportersTo(sink),
    settings: { log: { level: "trace" } },
  });
  // As somebody writes it who does not know better, with a mistake in the same line.
  const clearText = NOTIFY_RULES.replace(/\$\{env:PAGERDUTY_ROUTING_KEY\}/, ROUTING_KEY);
  const service = await installation.start();
  pagerDuty.failNext({ kind: "reset" });
  pagerDuty.failNext({ kind: "status", status: 500 });
  await new LoginTraffic(service).burst(60);
  await pagerDuty.waitFor(({ incidents }) => incidents.length === 1);
  installation.writeRules("notify.yaml", clearText);
  await service.waitForLog(({ msg, origin }) => msg === "rules in force" && origin === "change");
  installation.writeRules("notify.yaml", clearText.replace("url:", "ulr:"));
  await service.waitForLog(({ msg }) => msg.startsWith("rule files have errors"));
  await sink.waitFor(({ received }) => received.logs.itemCount > 0);

  const commands = [
    ["rules", "check"],
    ["validate", ...CONFIG],
    ["run", ...CONFIG],
    ["print-config", ...CONFIG],
  ];
  const printed = await Promise.all(commands.map((command) => installation.command(command)));
  const texts = [...printed.map(({ stdout, stderr }) => stdout + stderr), ...(await answersOf(service))];
  await service.stop();
  for (const text of [...texts, service.output, textOf(sink)]) {
    assert.ok(text !== "" && !text.includes(ROUTING_KEY), `the routing key is in: ${text}`);
  }
  assert.ok(
    pagerDuty.attempts.every(({ body }) => body.includes(ROUTING_KEY)),
    "the test knows the key",
  );
});

/** Everything that the API can be asked for. */
async function answersOf(service: RunningService): Promise<readonly string[]> {
  const { alerts } = await service.ask<{ readonly alerts: readonly { readonly id: string }[] }>("/api/v1/alerts");
  const paths = ["endpoints", "alerts", ...alerts.map(({ id }) => `alerts/${id}`), "rules", "pipeline", "deliveries"];
  const addresses = ["/readyz?verbose", "/metrics", ...paths.map((path) => `/api/v1/${path}`)];
  const answers = await Promise.all(addresses.map(async (path) => (await fetch(service.apiUrl + path)).text()));
  const reload = await fetch(`${service.apiUrl}/-/reload`, { method: "POST" });
  return [...answers, await reload.text()];
}

function textOf(sink: OtlpSink): string {
  return sink.requests
    .map(({ bytes, headers }) => Buffer.from(bytes).toString("latin1") + JSON.stringify(headers))
    .join();
}
