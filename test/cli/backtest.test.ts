import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { framed } from "../io/recordings/recordings.ts";
import { filesIn } from "../support/command-world.ts";
import { traceRequest } from "../support/trace-request.ts";
import { ATTACK_MS, asRequest, attack, backtest, ONSET, START } from "./backtest-world.ts";

const RECORDING = attack()
  .map((sample) => asRequest(sample))
  .join("\n");

const parse = (text: string) => JSON.parse(text) as Record<string, unknown>;

test("an attack in a recording is one alert with the published fields, and nothing else is printed", async () => {
  const { code, printed, complained } = await backtest(RECORDING);
  assert.deepEqual([code, complained], [0, ""]);
  const alert = parse(printed);
  const { group, fired_at: firedAt, resolved_at: resolvedAt, since, failures, rate, usual, ...words } = alert;
  assert.deepEqual(words, {
    rule: "login-401",
    endpoint: { service: "auth", env: "prod", method: "POST", route: "/login" },
    page: true,
    severity: "critical",
    pattern: null,
    cause: "bad_password (100%)",
  });
  assert.match(String(group), /^login-401-[0-9a-f]{16}-[0-9a-z]+$/);
  assert.ok(Number(firedAt) >= ONSET && Number(firedAt) - ONSET < 5000, `fired ${Number(firedAt) - ONSET} ms late`);
  assert.ok(Number(resolvedAt) > ONSET + ATTACK_MS);
  assert.ok(Math.abs(Number(since) - ONSET) < 5000);
  assert.ok(Number(failures) > 400);
  assert.ok(Number(rate) > 0.5 && Number(usual) > 0.03 && Number(usual) < 0.08, `${String(rate)} ${String(usual)}`);
});

test("the same traffic alerts alike from every format", async () => {
  const samples = attack();
  const spans = samples.map(({ at, status, client }) =>
    traceRequest([{ method: "POST", route: "/login", status, client, endMs: at }]),
  );
  const log = samples.map(({ at, status, client }) => {
    const time = new Date(at).toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) (.*) GMT$/, "$1/$2/$3:$4 +0000");
    return `${client} - - [${time}] "POST /login HTTP/1.1" ${status} 12 "-" "-"`;
  });
  const alerts = [RECORDING, framed(...spans), gzipSync(log.join("\n"))].map(async (content) => {
    const { group, severity } = parse((await backtest(content)).printed);
    // The end of its name is the moment it began, which an access log knows to the second.
    return { series: String(group).replace(/-[^-]+$/, ""), severity };
  });
  const [first, ...others] = await Promise.all(alerts);
  for (const other of others) assert.deepEqual(other, first);
});

test("several inputs are read in order, as one recording", async () => {
  const lines = RECORDING.split("\n");
  using files = filesIn({ "1.jsonl": lines.slice(0, 9000).join("\n"), "2.jsonl": lines.slice(9000).join("\n") });
  const inputs = ["1.jsonl", "2.jsonl"].map((name) => join(files.directory, name));
  assert.equal((await backtest("", { inputs })).printed, (await backtest(RECORDING)).printed);
});

test("time goes on after the last line until the alert is over", async () => {
  const untilBurst = RECORDING.split("\n").slice(0, 7400).join("\n");
  const { resolved_at: resolvedAt, fired_at: firedAt } = parse((await backtest(untilBurst)).printed);
  assert.ok(Number(resolvedAt) > Number(firedAt));
});

test("what arrives late is taken at the present moment", async () => {
  const lines = RECORDING.split("\n");
  const late = lines.toSpliced(7000, 0, asRequest({ at: START, status: 200, client: "203.0.113.1" }));
  const { printed, complained } = await backtest(late.join("\n"));
  assert.equal(parse(printed)["fired_at"], parse((await backtest(RECORDING)).printed)["fired_at"]);
  assert.equal(complained, "1 line over 5m behind an earlier one, taken as if just arrived\n");
});

test("people get a table and the account of what was read", async () => {
  const { printed } = await backtest(RECORDING, { output: "table" });
  assert.match(
    printed,
    /^FIRED +RULE +ENDPOINT +SERVICE +SEVERITY +RATE +USUAL +FAILURES +RESOLVED\n2026-03-02 10:00:0\d UTC +login-401 +POST \/login +auth \(prod\) +critical, page +\d\d% +\d(\.\d)?% +\d+ +after \d+m\d*s?\n\nRULE +ENDPOINT +SERVICE +PAGES +A WEEK +TICKETS\nlogin-401 +POST \/login +auth \(prod\) +1 +- +0\n\n9,000 requests to 1 endpoint in 1h11m, 2026-03-02 09:00:00 UTC to 2026-03-02 10:10:59 UTC\n1 page; 0 tickets\n$/,
  );
});

test("a quiet recording says so", async () => {
  const quiet = RECORDING.split("\n").slice(0, 5000).join("\n");
  assert.match((await backtest(quiet, { output: "table" })).printed, /\n0 pages; 0 tickets\n$/);
  assert.equal((await backtest("", { output: "table" })).printed, "no requests\n");
});

test("json holds the alerts and the summary", async () => {
  assert.partialDeepStrictEqual(parse((await backtest(RECORDING, { output: "json" })).printed), {
    alerts: [{ rule: "login-401" }],
    summary: { requests: 9000, spans: 0, endpoints: 1, pages: 1, tickets: 0, pages_per_week: null, bad_lines: 0 },
  });
});

test("a bad line is shown and skipped, and fails a strict backtest", async () => {
  const content = `${RECORDING}\n{"time": "soon"}`;
  const lenient = await backtest(content);
  assert.equal(lenient.code, 0);
  assert.match(
    lenient.complained,
    /^<stdin>:9001:10: error AR103: "time" must be milliseconds since 1970, not "soon"\n9001 \| \{"time": "soon"\}\n {5}\| {10}\^{6}\n/,
  );
  assert.match(lenient.complained, /\n1 bad line skipped\n$/);
  assert.equal((await backtest(content, { strictness: "strict" })).code, 1);
});

test("of very many bad lines the first are shown and all are counted", async () => {
  const { complained } = await backtest("{}\n".repeat(100));
  assert.match(complained, /\n… and 80 more\n100 bad lines skipped\n$/);
});

test("a recording that is not there exits with 5, and bad rules with 1", async () => {
  const missing = await backtest("", { inputs: ["/none/such"] });
  assert.deepEqual([missing.code, missing.complained], [5, "cannot read /none/such: no such file or directory\n"]);
  assert.equal((await backtest("", { directories: ["none/such"] })).code, 1);
});
