import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { DAY_MS } from "../../src/core/time.ts";
import { WebServer } from "../../src/web/server.ts";
import { commandWorld, filesIn } from "../support/command-world.ts";
import { sampleRow, sampleViews } from "../web/view-samples.ts";

const RULES = `budget: {false_pages: 2, per: 14d}
rules:
  - {id: a, match: {}, count: {http_status: 401}, runbook: "https://runbooks.example.com"}
  - {id: b, match: {}, count: {http_status: 403}, detector: {min_failures: 20}, overrides: [a]}
`;

async function budget(...args: readonly string[]) {
  using files = filesIn({ "a.yaml": RULES });
  const { context, printed, complained } = commandWorld();
  const code = await runCommandLine(["rules", "budget", files.directory, ...args], {}, context);
  return { code, printed: printed(), complained: complained() };
}

type Cost = {
  readonly perMs: number;
  readonly thresholdNats: number;
  readonly onceInSeconds: number;
  readonly attacks: readonly { readonly times: number; readonly delay: { readonly seconds: number } | null }[];
};

async function costs(...args: readonly string[]): Promise<readonly Cost[]> {
  const { code, printed } = await budget("-o", "ndjson", ...args);
  assert.equal(code, 0);
  return printed
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Cost);
}

test("the cost of each budget is told in nats, by chance, in time and in attempts", async () => {
  const { code, printed } = await budget("--requests-per-second", "20", "--usual", "5%", "--endpoints", "300");
  assert.equal(code, 0);
  assert.match(
    printed,
    /^20 requests a second, of which 5% usually fail; one of 300 endpoints that share the budget\n/,
  );
  assert.match(printed, /\nFALSE PAGES +THRESHOLD +BY CHANCE HERE +1\.5x +3x +10x +50x\n/);
  assert.match(printed, /\n1 in 30d +21\.6 nats +once in 25 years +- +\S+, \d+ +\S+s, \d+ +\S+s, \d+\n/);
  assert.match(printed, /\nFrom 2 in 14d to 1 in 90d: 2\.4 nats more, which at 10x is \S+s and \S+ attempts\.\n/);
});

test("the bundle's own budget has its place among the usual ones", async () => {
  const { printed } = await budget();
  const names = [...printed.matchAll(/^\d+ in \d+d( \(yours\))?/gm)].map(([name]) => name);
  // Two in a fortnight are one a week.
  assert.deepEqual(names, ["2 in 14d (yours)", "1 in 30d", "1 in 90d"]);
});

test("a patient budget asks for more evidence and takes longer, and chance comes as rarely as it says", async () => {
  const rows = await costs("--requests-per-day", "86400");
  const nats = rows.map(({ thresholdNats }) => thresholdNats);
  assert.deepEqual(nats, nats.toSorted());
  assert.ok(Math.abs((rows[1]?.onceInSeconds ?? 0) / ((30 * DAY_MS) / 1000) - 1) < 1e-6);
  for (const times of [10, 50]) {
    const delays = rows.map(({ attacks }) => attacks.find((attack) => attack.times === times)?.delay?.seconds ?? 0);
    assert.ok(delays.every((delay) => delay > 0));
    assert.deepEqual(
      delays,
      delays.toSorted((left, right) => left - right),
    );
  }
});

test("a rule's own minimum of failures and a known band are taken into account", async () => {
  const delayOf = async (...args: readonly string[]) =>
    (await costs(...args))[0]?.attacks.find(({ times }) => times === 50)?.delay?.seconds ?? 0;
  assert.ok((await delayOf("--rule", "b")) > 2 * (await delayOf()));
  assert.ok((await delayOf("--up-to", "10%")) > (await delayOf()));
});

test("what is no number, no share or no rule is refused with the remedy", async () => {
  const wrong = await budget("--usual", "2");
  assert.equal(wrong.code, 2);
  assert.match(wrong.complained, /It is a share between 0% and 100%, such as 2%\./);
  assert.equal((await budget("--endpoints", "0")).code, 2);
  const unknown = await budget("--rule", "c");
  assert.equal(unknown.code, 5);
});

test("the endpoints of a running authspike are told with their own band and threshold", async () => {
  const known = { requestsPerSecond: 20, usual: 0.02, usualUpper: 0.034, threshold: 19.5 };
  const rows = [sampleRow("/login", known), sampleRow("/new", { isWarm: false })];
  const rules = [{ id: "http-401", file: "a.yaml", line: 1, minFailures: 7 }];
  const views = sampleViews({ rows });
  const { active, ...rest } = views.rules();
  views.rules = () => ({ ...rest, active: { ...active, rules } });
  await using server = await WebServer.start({ host: "127.0.0.1", port: 0, bearerTokens: [] }, views);
  const url = `http://127.0.0.1:${server.address.port}`;
  const { code, printed, complained } = await budget("--live", "--url", url);
  assert.equal(code, 0);
  assert.match(
    printed,
    /^budget: 1 in 30d\nENDPOINT +SERVICE .* UP TO +THRESHOLD +BY CHANCE +1\.5x +3x +10x +50x +RULE\n/,
  );
  // What the endpoint's harmless bursts add to the budget's own threshold stays.
  assert.match(printed, /\nGET \/login +auth +prod +20 +2% +3\.4% +19\.5 nats +once in .* http-401\n$/);
  assert.equal(complained, "1 more have no usual rate yet, or a rule that no budget concerns\n");
});
