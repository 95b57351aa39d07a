import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandContext } from "../../src/cli/command-context.ts";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { PagerDutyTwin } from "../../src/io/stand-ins/pagerduty-twin.ts";
import { commandWorld, filesIn } from "../support/command-world.ts";

async function typed(line: string, environment: CommandContext["environment"] = {}) {
  const { context, printed, complained } = commandWorld();
  const { stdin, stdout, stderr } = context;
  const argv = line.split(" ").filter((word) => word !== "");
  const code = await runCommandLine(argv, environment, { stdin, stdout, stderr });
  return { code, printed: printed(), complained: complained() };
}

const RULES = `rules:
  - {id: a, match: {}, count: {http_status: 401}, severity: error, runbook: "https://runbooks.example.com/a"}
notifiers:
  oncall: {pagerduty: {routing_key: "\${env:KEY}", url: "\${env:URL}"}}
routes:
  - {notify: [oncall]}
`;

test("help is asked for with 0 and given unasked with 2", async () => {
  const asked = await typed("--help");
  assert.equal(asked.code, 0);
  assert.match(asked.printed, /^Usage: authspike \[options\] \[command\]\n/);
  const unasked = await typed("");
  assert.equal(unasked.code, 2);
  assert.equal(unasked.printed, "");
  assert.equal(unasked.complained, asked.printed);
});

test("a word that is nearly a command gets a suggestion and exits with 2", async () => {
  const { code, complained } = await typed("rules chekc");
  assert.equal(code, 2);
  assert.equal(complained, "error: unknown command 'chekc'\n(Did you mean check?)\n(--help tells more)\n");
});

test("a flag that is none exits with 2", async () => {
  const { code, complained } = await typed("run --receivers-grpc-endpiont localhost:1");
  assert.equal(code, 2);
  assert.match(complained, /Did you mean --receivers-grpc-endpoint\?/);
});

test("the version is told for people and for programs", async () => {
  assert.match((await typed("version")).printed, /^authspike \d+\.\d+\.\d+ \(Node 2\d\.\d+\.\d+, \w+-\w+\)\n$/);
  assert.partialDeepStrictEqual(JSON.parse((await typed("version -o json")).printed), { node: process.versions.node });
  assert.match((await typed("--version")).printed, /^\d+\.\d+\.\d+\n$/);
});

test("rule commands take the directory as an argument or from its variable", async () => {
  using files = filesIn({ "a.yaml": RULES });
  const environment = { KEY: "0123456789abcdef0123456789abcdef", URL: "http://localhost/v2/enqueue" };
  const byArgument = await typed(`rules list ${files.directory} -o ndjson`, environment);
  const byVariable = await typed("rules list -o ndjson", {
    ...environment,
    AUTHSPIKE_RULES_DIRECTORY: files.directory,
  });
  assert.deepEqual(byArgument, byVariable);
  assert.partialDeepStrictEqual(JSON.parse(byArgument.printed), { id: "a", notify: ["oncall"] });
});

test("validate of a bad configuration tells all of it and exits with 78", async () => {
  using files = filesIn({ "authspike.yaml": "api: {endpoint: 8401}\nlog: {level: loud}\n" });
  const { code, complained } = await typed(`validate -c ${files.directory}/authspike.yaml`);
  assert.equal(code, 78);
  assert.deepEqual(complained.match(/error A[CS]\d+/g), ["error AS202", "error AS204"]);
});

test("validate checks the rules too, and exits with 1 when they are bad", async () => {
  using files = filesIn({ "rules/a.yaml": "rules: [{id: a}]\n" });
  const { code, printed } = await typed(`validate --rules-directory ${files.directory}/rules`);
  assert.equal(code, 1);
  assert.match(printed, /^configuration is valid \(defaults, no file\)\n.*a\.yaml:1:\d+: error AS105/);
});

test("warnings of the configuration fail a strict validation only", async () => {
  using files = filesIn({ "rules/a.yaml": RULES });
  const environment = {
    KEY: "0123456789abcdef0123456789abcdef",
    URL: "http://localhost/v2/enqueue",
    AUTHSPIKE_RULES_DIRECTORY: `${files.directory}/rules`,
    AUTHSPIKE_LOG_LEVLE: "debug",
  };
  assert.equal((await typed("validate", environment)).code, 0);
  assert.equal((await typed("validate --strict", environment)).code, 3);
});

test("print-config names the origin of each value and covers secrets", async () => {
  const environment = { AUTHSPIKE_API_AUTH_BEARER_TOKENS: "a-token-of-ours" };
  const { code, printed } = await typed("print-config --log-level debug", environment);
  assert.equal(code, 0);
  assert.match(printed, /^ {2}level: debug # --log-level$/m);
  assert.match(printed, /^ {4}bearer_tokens: \["\*{8}"\] # AUTHSPIKE_API_AUTH_BEARER_TOKENS$/m);
  assert.doesNotMatch(printed, /a-token-of-ours/);
});

test("a notifier is tried out with a page that takes itself back", async () => {
  await using twin = new PagerDutyTwin();
  await twin.start();
  using files = filesIn({ "a.yaml": RULES });
  const environment = { KEY: "0123456789abcdef0123456789abcdef", URL: twin.url };
  const { code, printed } = await typed(`notify test oncall --rules-directory ${files.directory}`, environment);
  assert.equal(code, 0);
  assert.match(printed, /^trigger delivered \(status 202, \d+ ms\)\nresolve delivered \(status 202, \d+ ms\)\n$/);
  assert.deepEqual(
    twin.incidents.map(({ state }) => state),
    ["resolved"],
  );
});

test("a notifier that refuses is told with its reason, and nothing is resolved", async () => {
  await using twin = new PagerDutyTwin({ routingKeys: ["another"] });
  await twin.start();
  using files = filesIn({ "a.yaml": RULES });
  const environment = { KEY: "0123456789abcdef0123456789abcdef", URL: twin.url };
  const { code, printed } = await typed(`notify test oncall --rules-directory ${files.directory}`, environment);
  assert.equal(code, 1);
  assert.match(printed, /^trigger refused \(status 400, \d+ ms\): PagerDuty answered 400: /);
  assert.equal(twin.attempts.length, 1);
});

test("a notifier that is not there exits with 5", async () => {
  using files = filesIn({ "a.yaml": RULES });
  const environment = { KEY: "0123456789abcdef0123456789abcdef", URL: "http://localhost/v2/enqueue" };
  const { code, complained } = await typed(`notify test onclal --rules-directory ${files.directory}`, environment);
  assert.equal(code, 5);
  assert.equal(complained, 'no notifier is called "onclal"; did you mean "oncall"?\n');
});
