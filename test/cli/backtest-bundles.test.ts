import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, HOUR_MS } from "../../src/core/time.ts";
import { asRequest, attack, backtest, ONSET, RULES } from "./backtest-world.ts";

const STRICT = RULES.replace("id: login-401", "id: sign-in").replace(
  "severity: critical",
  "severity: critical\n    when: {count: 200}",
);
const API = RULES.replace("id: login-401", "id: api-401").replace("/login", "/orders");
const BUNDLES = { "first/auth.yaml": RULES, "second/auth.yaml": STRICT };
const BOTH = { directories: ["first", "second"] };

const RECORDING = attack()
  .map((sample) => asRequest(sample))
  .join("\n");

/** The same attack on two endpoints, a day apart. */
const TWO_DAYS = [
  ...attack().map((sample) => asRequest(sample)),
  ...attack(12).map((sample) => asRequest({ ...sample, at: sample.at + DAY_MS }, "/orders")),
].join("\n");

const objects = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("with two bundles each line names the one that alerts", async () => {
  const { code, printed, complained } = await backtest(RECORDING, BOTH, BUNDLES);
  assert.deepEqual([code, complained], [0, ""]);
  assert.deepEqual(
    objects(printed).map(({ bundle, rule }) => [bundle, rule]),
    [
      ["first", "login-401"],
      ["second", "sign-in"],
    ],
  );
});

test("a bundle says the same beside another as alone", async () => {
  const together = objects((await backtest(RECORDING, BOTH, BUNDLES)).printed);
  for (const [index, directory] of ["first", "second"].entries()) {
    const [alone] = objects((await backtest(RECORDING, { directories: [directory] }, BUNDLES)).printed);
    assert.deepEqual(together[index], { bundle: directory, ...alone });
  }
});

test("people see how often each would page, what both paged with the delay, and what one paged alone", async () => {
  const files = {
    "first/auth.yaml": RULES,
    "second/auth.yaml": STRICT,
    "second/api.yaml": API.replace(/routes.*\n/, ""),
  };
  const { printed } = await backtest(TWO_DAYS, { ...BOTH, output: "table" }, files);
  const lines = printed.split("\n");
  assert.match(lines[1] ?? "", /^first +1 +6\.7 +0$/);
  assert.match(lines[2] ?? "", /^second +2 +13 +0$/);
  assert.equal(lines[4], "1 page by both");
  assert.match(
    lines[6] ?? "",
    /^2026-03-02 10:00:01 UTC +POST \/login +auth \(prod\) +login-401 +sign-in +\d+s later$/,
  );
  assert.equal(lines[8], "0 pages by first alone");
  assert.equal(lines[10], "1 page by second alone");
  assert.match(lines[12] ?? "", /^2026-03-03 10:00:0\d UTC +api-401 +POST \/orders +auth \(prod\) +critical, page /);
  assert.match(lines.at(-2) ?? "", /^18,000 requests to 2 endpoints in 1d1h, /);
});

test("json holds both bundles and how they differ", async () => {
  const { printed } = await backtest(RECORDING, { ...BOTH, output: "json" }, BUNDLES);
  const report = JSON.parse(printed) as { readonly both: readonly { readonly delay_ms: number }[] };
  assert.partialDeepStrictEqual(report, {
    bundles: [
      { bundle: "first", summary: { pages: 1 }, alerts: [{ rule: "login-401" }] },
      { bundle: "second", summary: { pages: 1 }, alerts: [{ rule: "sign-in" }] },
    ],
    both: [{ endpoint: { route: "/login" }, rules: ["login-401", "sign-in"] }],
    first_only: [],
    second_only: [],
  });
  assert.ok((report.both[0]?.delay_ms ?? 0) > 5000);
});

test("all that is wrong with either bundle is told, and nothing is played", async () => {
  const files = { "first/auth.yaml": "rules: 1\n", "second/auth.yaml": "rules: 2\n" };
  const { code, complained, printed } = await backtest(RECORDING, BOTH, files);
  assert.deepEqual([code, printed], [1, ""]);
  assert.match(complained, /first\/auth\.yaml[\s\S]*second\/auth\.yaml/);
});

test("three bundles, or one twice, are refused", async () => {
  for (const directories of [
    ["first", "first"],
    ["first", "second", "third"],
  ]) {
    const { code, complained } = await backtest(RECORDING, { directories }, BUNDLES);
    assert.equal(code, 2);
    assert.match(complained, /^error: --rules takes one directory/);
  }
});

test("alerts that are one incident are one page, and each shows under its endpoint", async () => {
  const rules = RULES.replace("match: {route: /login}", "match: {}");
  const lines = attack().flatMap((sample) => [asRequest(sample), asRequest(sample, "/token")]);
  const { printed } = await backtest(lines.join("\n"), { output: "json" }, { "rules/auth.yaml": rules });
  const { series, summary } = JSON.parse(printed) as {
    readonly series: readonly { readonly endpoint: { readonly route: string }; readonly pages: number }[];
    readonly summary: Record<string, unknown>;
  };
  assert.partialDeepStrictEqual(summary, { pages: 1, tickets: 0 });
  assert.deepEqual(
    series.map(({ endpoint, pages }) => [endpoint.route, pages]),
    [
      ["/login", 1],
      ["/token", 1],
    ],
  );
});

const CONFIG = `rules: {directory: proposal}
outcomes:
  - match: {service: auth, route: /login}
    http_status: {419: unauthenticated}
`;

test("with the service's configuration a backtest takes answers as the service does, and its rules", async () => {
  const expired = attack().map((sample) => asRequest({ ...sample, status: sample.status === 401 ? 419 : 200 }));
  const files = { "authspike.yaml": CONFIG, "proposal/auth.yaml": RULES };
  const told = await backtest(expired.join("\n"), { directories: [], config: ["authspike.yaml"] }, files);
  assert.deepEqual([told.code, told.complained], [0, ""]);
  const [alert] = objects(told.printed);
  assert.ok(Number(alert?.["fired_at"]) >= ONSET && Number(alert?.["fired_at"]) < ONSET + HOUR_MS);
  const untold = await backtest(expired.join("\n"), { directories: ["proposal"] }, files);
  assert.equal(untold.printed, "");
});

test("a configuration that only a variable names is taken as well, and told", async () => {
  const files = { "authspike.yaml": CONFIG, "proposal/auth.yaml": RULES };
  const { code, printed, complained } = await backtest(
    RECORDING,
    { directories: [], configVariable: "authspike.yaml" },
    files,
  );
  assert.deepEqual([code, complained], [0, "configuration: authspike.yaml\n"]);
  assert.equal(objects(printed).length, 1);
});

test("a configuration that cannot work is shown, and nothing is played", async () => {
  const { code, complained } = await backtest(
    RECORDING,
    { config: ["authspike.yaml"] },
    { "authspike.yaml": "outcome: []\n" },
  );
  assert.equal(code, 78);
  assert.match(complained, /authspike\.yaml:1:1: error .*did you mean "outcomes"/);
});
