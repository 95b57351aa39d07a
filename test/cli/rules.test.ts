import assert from "node:assert/strict";
import { test } from "node:test";
import { runRulesCheck } from "../../src/cli/rules-check.ts";
import { runRulesList } from "../../src/cli/rules-list.ts";
import { runRulesSchema } from "../../src/cli/rules-schema.ts";
import { runRulesShow } from "../../src/cli/rules-show.ts";
import { commandWorld, filesIn } from "../support/command-world.ts";

const GOOD = `rules:
  - {id: a, match: {service: [x, y]}, count: {http_status: 401}, severity: info, when: {ratio: 3x}}
  - {id: b, match: {}, count: {http_status: 403}, severity: [warning, {level: error, when: {count: 50}}], runbook: "https://x.y"}
`;
const WARNED = "rules:\n  - {id: a, match: {}, count: {http_status: 401}}\n";
const BAD = "rules:\n  - {id: a, match: {}, count: {http_status: 401}, window: 60}\n";

test("check of a good bundle says so and exits with 0", async () => {
  using files = filesIn({ "a.yaml": GOOD });
  const { context, printed } = commandWorld();
  assert.equal(await runRulesCheck({ directory: files.directory, strictness: "strict", format: "text" }, context), 0);
  assert.equal(printed(), "1 file, 2 rules: 0 errors, 0 warnings\n");
});

test("check of a bad bundle shows line and caret and exits with 1", async () => {
  using files = filesIn({ "a.yaml": BAD });
  const { context, printed } = commandWorld();
  assert.equal(await runRulesCheck({ directory: files.directory, strictness: "lenient", format: "text" }, context), 1);
  assert.equal(
    printed().replaceAll(files.directory, "rules"),
    `rules/a.yaml:2:59: error AS201: duration "60" needs a unit; did you mean "60s"?
   2 |   - {id: a, match: {}, count: {http_status: 401}, window: 60}
     |                                                           ^^
1 file: 1 error, 0 warnings; the bundle would be refused as a whole
`,
  );
});

test("warnings fail the check only when it is strict", async () => {
  using files = filesIn({ "a.yaml": WARNED });
  const check = (strictness: "strict" | "lenient") =>
    runRulesCheck({ directory: files.directory, strictness, format: "text" }, commandWorld().context);
  assert.deepEqual([await check("lenient"), await check("strict")], [0, 3]);
});

test("colour is for terminals, and for people who have not declined it", async () => {
  using files = filesIn({ "a.yaml": BAD });
  const output = async (world: ReturnType<typeof commandWorld>) => {
    await runRulesCheck({ directory: files.directory, strictness: "lenient", format: "text" }, world.context);
    return world.printed();
  };
  assert.ok((await output(commandWorld({ isTty: true }))).includes("\u001b[31merror AS201\u001b[39m"));
  assert.ok(!(await output(commandWorld({ isTty: true, environment: { NO_COLOR: "1" } }))).includes("\u001b"));
  assert.ok(!(await output(commandWorld())).includes("\u001b"));
});

test("check speaks JSON, GitHub and SARIF", async () => {
  using files = filesIn({ "a.yaml": BAD });
  const output = async (format: "json" | "github" | "sarif") => {
    const { context, printed } = commandWorld();
    assert.equal(await runRulesCheck({ directory: files.directory, strictness: "lenient", format }, context), 1);
    return printed().replaceAll(files.directory, "rules");
  };
  assert.partialDeepStrictEqual(JSON.parse(await output("json")), {
    valid: false,
    files: ["rules/a.yaml"],
    diagnostics: [{ code: "AS201", file: "rules/a.yaml", line: 2, column: 59 }],
  });
  assert.match(
    await output("github"),
    /^::error file=rules\/a\.yaml,line=2,endLine=2,col=\d+,endColumn=\d+,title=AS201::duration "60" needs a unit; did you mean "60s"\?\n$/,
  );
  assert.partialDeepStrictEqual(JSON.parse(await output("sarif")), {
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { rules: [{ id: "AS201", shortDescription: { text: "a quantity lacks its unit" } }] } },
        results: [{ ruleId: "AS201", level: "error" }],
      },
    ],
  });
});

test("a directory that is not there is one clear line", async () => {
  const { context, complained } = commandWorld();
  assert.equal(await runRulesCheck({ directory: "/none/such", strictness: "lenient", format: "text" }, context), 1);
  assert.equal(complained(), "cannot read the rules directory /none/such: no such file or directory\n");
});

test("list shows each rule with its levels, its match and where it goes", async () => {
  using files = filesIn({ "a.yaml": GOOD });
  const { context, printed } = commandWorld();
  assert.equal(await runRulesList({ directory: files.directory, output: "table" }, context), 0);
  assert.equal(
    printed(),
    `ID  SEVERITY       MATCH        COUNT            WHEN      NOTIFY
a   info           service=x,y  http_status=401  ratio=3x  log
b   warning error               http_status=403  -         log
`,
  );
});

test("list gives one JSON object a line to scripts", async () => {
  using files = filesIn({ "a.yaml": GOOD });
  const { context, printed } = commandWorld();
  await runRulesList({ directory: files.directory, output: "ndjson" }, context);
  const entries = printed()
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  assert.equal(entries.length, 2);
  assert.partialDeepStrictEqual(entries, [
    { id: "a", severity: ["info"] },
    { id: "b", severity: ["warning", "error"] },
  ]);
});

test("show prints one rule as it stands, with its place and its defaults", async () => {
  using files = filesIn({ "a.yaml": GOOD });
  const { context, printed } = commandWorld();
  assert.equal(await runRulesShow({ directory: files.directory, id: "a", output: "yaml" }, context), 0);
  const text = printed().replaceAll(files.directory, "rules");
  assert.match(text, /^# rules\/a\.yaml:2, with defaults filled in\n# info goes to log\n- id: a\n/);
  assert.match(text, /\n {2}keep_firing_for: 5m\n/);
});

test("show of a rule that is not there suggests one that is, and exits with 5", async () => {
  using files = filesIn({ "a.yaml": GOOD.replaceAll("id: a,", "id: login-401,") });
  const { context, complained } = commandWorld();
  assert.equal(await runRulesShow({ directory: files.directory, id: "login-410", output: "yaml" }, context), 5);
  assert.equal(complained(), 'no rule has the id "login-410"; did you mean "login-401"?\n');
});

test("list and show of a bad bundle tell what is wrong with it", async () => {
  using files = filesIn({ "a.yaml": BAD });
  const { context, complained } = commandWorld();
  assert.equal(await runRulesList({ directory: files.directory, output: "table" }, context), 1);
  assert.match(complained(), /error AS201/);
});

test("schema prints JSON for editors and Markdown for people", async () => {
  const json = commandWorld();
  await runRulesSchema({ format: "json" }, json.context);
  assert.partialDeepStrictEqual(JSON.parse(json.printed()), { title: "authspike rules" });
  const markdown = commandWorld();
  await runRulesSchema({ format: "markdown" }, markdown.context);
  assert.match(markdown.printed(), /^### Fields of `budget`\n/);
});
