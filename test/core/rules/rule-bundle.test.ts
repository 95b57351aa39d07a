// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expansion is part of the syntax under test
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fc } from "../../support/properties.ts";
import { bundleContext, codesOf, printedOf, readBundle, ruleOf, ruleSetOf } from "../../support/rule-bundles.ts";

const RULE = "{id: a, match: {}, count: {http_status: 401}, severity: info}";
const KEY = "0123456789abcdef0123456789abcdef";

test("a rule of three fields has a default for everything else", () => {
  const { match, summary, ...rest } = ruleOf("rules:\n  - id: a\n    match: {}\n    count: {http_status: 401}\n");
  assert.deepEqual(match.attributes, []);
  assert.deepEqual(
    match.endpoint.map(({ field, patterns }) => [field, patterns]),
    [["side", ["server"]]],
  );
  assert.equal(summary.parts.length, 9);
  assert.deepEqual(rest, {
    id: "a",
    count: { kind: "http_status", statuses: [401] },
    per: ["env", "service", "method", "route"],
    detector: { kind: "ewma", halfLifeMs: 21_600_000, minFailures: 7, deviation: null, season: "week" },
    when: { ratio: null, rate: null, count: null, deviation: null },
    windowMs: 60_000,
    forMs: 0,
    keepFiringForMs: 300_000,
    recover: { ratio: null, rate: null, count: null, deviation: null },
    severity: [{ level: "error", when: null }],
    singleClient: "ticket",
    description: null,
    runbook: null,
    labels: {},
    overrides: [],
    source: { file: "rules/a.yaml", line: 2 },
  });
});

test("a rule about calls groups them by whom they are for, and takes nothing from a rule about requests", () => {
  const rule = (id: string, match: string) =>
    `  - {id: ${id}, match: ${match}, count: {outcome: unauthenticated}, severity: info}\n`;
  const text = (match: string) => `rules:\n${rule("a", "{}")}${rule("b", match)}`;
  assert.deepEqual(codesOf(text("{side: client}")), []);
  assert.deepEqual(codesOf(text("{side: server}")), ["AS309"]);
  assert.deepEqual(ruleSetOf(text("{side: client}")).rules[1]?.per, ["env", "service", "peer"]);
  assert.deepEqual(ruleSetOf(text('{side: "*"}')).rules[1]?.per, ["env", "service", "method", "route"]);
  assert.match(printedOf(text("{side: cleint}")), /AS220: "cleint" never matches; did you mean "client"\?/);
});

test("a rule about takeovers stands beside one about rates, and asks for nothing about rates", () => {
  const rule = (fields: string) => `{id: b, match: {}, count: {http_status: 401}, severity: info, ${fields}}`;
  const text = (fields: string) => `rules:\n  - ${RULE}\n  - ${rule(fields)}\n`;
  const taken = "detector: {kind: takeover}";
  assert.deepEqual(codesOf(text(`${taken}, when: {count: 20}`)), []);
  assert.deepEqual(ruleSetOf(text(taken)).rules[1]?.detector, { kind: "takeover" });
  const wrong = [
    "detector: {kind: takeover, half_life: 1h}",
    `${taken}, when: {ratio: 3x}`,
    `${taken}, recover: {count: 3}`,
  ];
  for (const fields of wrong) assert.deepEqual(codesOf(text(fields)), ["AS205"], fields);
  assert.match(printedOf(text(`${taken}, when: {rate: 5%}`)), /`count` asks for failures before the success/);
});

test("all errors of all files are told in one go, by file and line, with the word marked", () => {
  const texts = {
    "b.yaml": 'rules:\n  - id: b\n    match: {rout: "/x"}\n    count: {http_status: 401}\n    window: 60\n',
    "a.yaml":
      'rules:\n  - id: a\n    match: {}\n    count: {http_status: 401}\n    when: {devation: 3, count: 10}\n    summary: "{{rat}} of {{service}}"\n',
  };
  assert.equal(
    printedOf(texts),
    `rules/a.yaml:5:12: error AS104: unknown field "devation" under "when"; did you mean "deviation"?
   5 |     when: {devation: 3, count: 10}
     |            ^^^^^^^^
rules/a.yaml:6:17: error AS216: unknown variable "rat"; did you mean "rate"?
   6 |     summary: "{{rat}} of {{service}}"
     |                 ^^^
rules/b.yaml:3:13: error AS104: unknown field "rout"; did you mean "route"?
   3 |     match: {rout: "/x"}
     |             ^^^^
rules/b.yaml:5:13: error AS201: duration "60" needs a unit; did you mean "60s"?
   5 |     window: 60
     |             ^^`,
  );
});

test("ids are unique in the bundle, and the error names the first place", () => {
  assert.equal(
    printedOf({ "a.yaml": `rules: [${RULE}]\n`, "b.yaml": `rules: [${RULE}]\n` }),
    `rules/b.yaml:1:14: error AS210: rule "a" already exists at rules/a.yaml:1
   1 | rules: [${RULE}]
     |              ^`,
  );
});

test("names that nobody gave are errors with the name that was probably meant", () => {
  const text = `rules:\n  - ${RULE}\n  - {id: b, overrides: [aaaa], match: {}, count: {http_status: 403}, severity: info}\nnotifiers: {pager: {log: {}}}\nroutes:\n  - {notify: [pagr]}\n  - {notify: pager}\n`;
  assert.deepEqual(
    printedOf(text)
      .split("\n")
      .filter((line) => line.includes("error")),
    [
      'rules/a.yaml:3:25: error AS211: no rule has the id "aaaa"',
      'rules/a.yaml:6:15: error AS213: no notifier has the name "pagr"; did you mean "pager"?',
    ],
  );
});

test("a name that stands in a file with another fault is not called unknown", () => {
  const texts = {
    "a.yaml": "rules:\n  - {id: a, match: {}, count: {http_status: 401}, window: 60}\n",
    "b.yaml": "rules:\n  - {id: b, overrides: [a], match: {}, count: {http_status: 401}, severity: info}\n",
    "c.yaml": "notifiers: {pager: {log: {}}\n",
    "d.yaml": "routes: [{notify: [pager]}]\n",
  };
  assert.deepEqual(codesOf(texts), ["AS201", "AS101"]);
});

test("rules that override one another in a circle are told once", () => {
  const rule = (id: string, overrides: string) =>
    `  - {id: ${id}, overrides: [${overrides}], match: {}, count: {http_status: 401}, severity: info}\n`;
  const printed = printedOf(`rules:\n${rule("b", "c")}${rule("c", "a")}${rule("a", "b")}`);
  assert.match(printed, /^rules\/a\.yaml:4:25: error AS212: rules override one another in a circle: a → b → c → a\n/);
  assert.equal(printed.match(/AS212/g)?.length, 1);
});

test("each fault of a single value has its code", () => {
  const withField = (field: string) =>
    `rules:\n  - id: a\n    match: {}\n    count: {http_status: 401}\n    severity: info\n    ${field}\n`;
  const cases: readonly (readonly [string, string])[] = [
    ["summary: '{{rate'", "AS216"],
    ["per: [service, rute]", "AS104"],
    ["window: 1s", "AS203"],
    ["when: {rate: 5}", "AS201"],
    ["when: {ratio: 3}", "AS201"],
    ["runbook: example.com/x", "AS202"],
    ["labels: {severity: x}", "AS223"],
    ["overrides: a", "AS103"],
    ["detector: {kind: cusum}", "AS204"],
  ];
  for (const [field, code] of cases) assert.deepEqual(codesOf(withField(field)), [code], field);
});

test("a count is exactly one of its kinds", () => {
  const counts = ["{}", "{http_status: 401, outcome: forbidden}", "{grpc_status: UNAUTHORIZED}", "{http_status: 99}"];
  const codes = counts.map((count) => codesOf(`rules: [{id: a, match: {}, count: ${count}, severity: info}]`));
  assert.deepEqual(codes, [["AS205"], ["AS205"], ["AS204"], ["AS203"]]);
});

test("patterns that can never match are refused with what was meant", () => {
  const printed = (match: string) =>
    printedOf(`rules:\n  - {id: a, match: ${match}, count: {http_status: 401}, severity: info}\n`).split("\n")[0];
  assert.match(printed("{method: post}") ?? "", /AS220: methods are in capitals; did you mean "POST"\?$/);
  assert.match(printed("{protocol: rpc}") ?? "", /AS220: "rpc" never matches; did you mean "grpc"\?/);
  assert.match(printed('{route: "/{a,b}/x"}') ?? "", /AS220: alternatives in braces/);
  assert.match(printed("{service: '!!a'}") ?? "", /AS220: one "!" negates/);
  assert.match(printed("{route: login}") ?? "", /warning AS311: .*did you mean "\/login"\?$/);
  assert.equal(printed("{http.response.status_code: 401}"), "");
});

test("severity ladders rise, and each level above the first has a condition", () => {
  const codes = (severity: string) =>
    codesOf(
      `rules:\n  - {id: a, match: {}, count: {http_status: 401}, runbook: "https://x.y", severity: ${severity}}\n`,
    );
  assert.deepEqual(codes("[warning, {level: error, when: {count: 20}}]"), []);
  assert.deepEqual(codes("[error, {level: warning, when: {count: 20}}]"), ["AS215"]);
  assert.deepEqual(codes("[warning, error]"), ["AS215"]);
  assert.deepEqual(codes("[{level: warning, when: {count: 1}}]"), ["AS215"]);
  assert.deepEqual(codes("[info, {level: warning, when: {count: 20}}, {level: error, when: {count: 20}}]"), ["AS310"]);
});

test("recovery asks for less than the alarm did", () => {
  const printed = printedOf(
    "rules:\n  - {id: a, match: {}, count: {http_status: 401}, severity: info, when: {ratio: 3x}, recover: {ratio: 3x}}\n",
  );
  assert.match(
    printed,
    /^rules\/a\.yaml:2:\d+: error AS217: `recover` must ask for less than `when` does for "ratio"\n/,
  );
});

test("the last route takes everything, and without routes pagers get pages and the log the rest", () => {
  assert.deepEqual(codesOf(`rules: [${RULE}]\nroutes: [{match: {severity: error}, notify: log}]\n`), ["AS214"]);
  const { routes } = ruleSetOf(`rules: [${RULE}]\nnotifiers: {p: {pagerduty: {routing_key: "\${env:KEY}"}}}\n`, {
    KEY,
  });
  assert.deepEqual(
    routes.map(({ match, notify }) => [match.map(({ field, patterns }) => [field, patterns]), notify]),
    [
      [[["severity", ["error", "critical"]]], ["p"]],
      [[], ["log"]],
    ],
  );
});

test("routes and budget belong in one file", () => {
  const texts = {
    "a.yaml": `rules: [${RULE}]\nroutes: [{notify: log}]\nbudget: {false_pages: 2}\n`,
    "b.yaml": "routes: [{notify: log}]\nbudget: {per: 7d}\n",
  };
  assert.deepEqual(codesOf(texts), ["AS222", "AS222"]);
  assert.deepEqual(ruleSetOf({ "a.yaml": texts["a.yaml"] }).budget, { falsePages: 2, perMs: 30 * 86_400_000 });
});

test("a PagerDuty notifier takes its key from the environment and its address from the region", () => {
  const text = (pagerduty: string) =>
    `rules: [${RULE}]\nnotifiers: {p: {pagerduty: ${pagerduty}}}\nroutes: [{notify: p}]\n`;
  const [, pager] = ruleSetOf(text('{routing_key: "${env:KEY}", region: eu}'), { KEY }).notifiers;
  const { targetId, ...rest } = pager ?? { targetId: "" };
  assert.deepEqual(rest, {
    name: "p",
    kind: "pagerduty",
    routingKey: KEY,
    url: "https://events.eu.pagerduty.com/v2/enqueue",
  });
  assert.match(targetId, /^[0-9a-f]{24}$/);
});

test("an empty key turns the pager into the log and says so, an unset one is an error where it is used", () => {
  const text = (reference: string, route = "p") =>
    `rules: [${RULE}]\nnotifiers:\n  p:\n    pagerduty:\n      routing_key: "${reference}"\nroutes: [{notify: ${route}}]\n`;
  const outcome = readBundle({ "a.yaml": text("${env:NONE:-}") }, bundleContext());
  assert.ok(outcome.kind === "ok");
  assert.deepEqual(
    outcome.ruleSet.notifiers.map(({ kind }) => kind),
    ["log", "log"],
  );
  assert.deepEqual(outcome.notices, [
    'rules/a.yaml:3: notifier "p" has an empty routing key, so what it would page goes to the log',
  ]);
  assert.match(
    printedOf(text("${env:NONE}")),
    /^rules\/a\.yaml:5:21: error AS206: the environment variable NONE is not set/,
  );
  assert.deepEqual(codesOf(text("${env:NONE}", "log")), ["AS302"]);
});

test("a key in clear text is warned of and shown nowhere", () => {
  const text = `rules: [${RULE}]\nnotifiers:\n  p: {pagerduty: {routing_key: ${KEY}x}}\n`;
  const printed = printedOf(text);
  assert.deepEqual(codesOf(text), ["AS301", "AS308"]);
  assert.ok(!printed.includes(KEY));
  assert.ok(printed.includes(`routing_key: ${"*".repeat(33)}`));
});

test("the user and password of an address are never printed", () => {
  const printed = printedOf(
    `rules: [${RULE}]\nnotifiers:\n  p: {pagerduty: {url: "https://user:s3cret@proxy", routing_kee: x}}\n`,
  );
  assert.match(printed, /"https:\/\/\*{11}@proxy"/);
  assert.doesNotMatch(printed, /s3cret/);
});

test("mutes have an end, an owner and a reason, in a zone that exists", () => {
  const mute = (fields: string) =>
    `rules: [${RULE}]\nmutes:\n  - {id: m, match: {service: auth}, owner: me, reason: why, ${fields}}\n`;
  assert.deepEqual(codesOf(mute("until: 2026-12-31")), []);
  assert.deepEqual(codesOf(mute("from: 2026-12-31")), ["AS219"]);
  assert.deepEqual(codesOf(mute("from: 2026-12-31, until: 2026-12-30")), ["AS219"]);
  assert.deepEqual(codesOf(mute("until: 2026-02-30")), ["AS202"]);
  assert.deepEqual(codesOf(mute("until: 2026-01-01")), ["AS304"]);
  assert.deepEqual(codesOf(mute('weekly: {days: [tue], from: "22:00", to: "02:00", tz: Europe/Berln}')), ["AS218"]);
  assert.deepEqual(
    codesOf(`rules: [${RULE}]\nmutes: [{id: m, match: {}, until: 2026-12-31, owner: me, reason: why}]\n`),
    ["AS219"],
  );
  assert.deepEqual(codesOf(`rules: [${RULE}]\nmutes: [{id: m, match: {service: a}, until: 2026-12-31}]\n`), [
    "AS105",
    "AS105",
  ]);
});

test("a bundle without rules is refused, and so is a version from the future", () => {
  assert.deepEqual(codesOf({}), ["AS224"]);
  assert.deepEqual(codesOf("# nothing\n"), ["AS224"]);
  assert.deepEqual(codesOf(`version: 2\nrules: [${RULE}]\n`), ["AS221"]);
});

test("lints ask what a careful colleague would ask", () => {
  const rule = (fields: string) => `  - {count: {http_status: 401}, ${fields}}\n`;
  assert.deepEqual(codesOf(`rules:\n${rule("id: a, match: {}")}`), ["AS306"]);
  assert.deepEqual(codesOf(`rules:\n${rule("id: a, match: {}, severity: info, detector: {min_failures: 2}")}`), [
    "AS305",
  ]);
  assert.deepEqual(codesOf(`rules:\n${rule("id: a, match: {}, severity: info, detector: {deviation: 4}")}`), ["AS305"]);
  assert.deepEqual(
    codesOf(`rules:\n${rule("id: a, match: {}, severity: info")}${rule("id: b, match: {route: /x}, severity: info")}`),
    ["AS309"],
  );
  assert.deepEqual(
    codesOf(
      `rules:\n${rule("id: a, match: {}, severity: info")}${rule("id: b, match: {route: /x}, severity: info, overrides: [a]")}`,
    ),
    [],
  );
  assert.deepEqual(codesOf(`rules: [${RULE}]\nroutes: [{notify: log}, {notify: log}]\n`), ["AS303"]);
  assert.deepEqual(codesOf(`rules: [${RULE}]\nroutes: [{match: {owner: x}, notify: log}, {notify: log}]\n`), ["AS307"]);
  assert.deepEqual(codesOf(`rules: [${RULE}]\nroutes: [{match: {rule: z}, notify: log}, {notify: log}]\n`), ["AS307"]);
  assert.deepEqual(codesOf(`rules: [${RULE}]\nroutes: [{match: {severty: error}, notify: log}, {notify: log}]\n`), [
    "AS104",
  ]);
});

test("the hash follows names and texts, not the directory or the order of files", () => {
  const one = ruleSetOf({ "a.yaml": `rules: [${RULE}]\n`, "b.yaml": "version: 1\n" }).hash;
  const other = ruleSetOf({ "b.yaml": "version: 1\n", "a.yaml": `rules: [${RULE}]\n` }).hash;
  const changed = ruleSetOf({ "a.yaml": `rules: [${RULE}]\n# note\n`, "b.yaml": "version: 1\n" }).hash;
  assert.equal(one, other);
  assert.notEqual(one, changed);
  assert.match(one, /^[0-9a-f]{64}$/);
});

const SHIPPED = ["http-401.yaml", "login.yaml", "notify.yaml"].map((name) =>
  readFileSync(new URL(`../../../rules/${name}`, import.meta.url), "utf8"),
);

test("whatever is done to a bundle, reading it never throws and every place lies inside its file", () => {
  const cut = fc.record({
    file: fc.nat(2),
    at: fc.nat(),
    length: fc.nat(40),
    insert: fc.oneof(fc.string(), fc.constantFrom("{{", "[", "&a ", "*a", ": ", "\n  - ", "${env:", "!", "x: 1\n")),
  });
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 6 }), (cuts) => {
      const texts = [...SHIPPED];
      for (const { file, at, length, insert } of cuts) {
        const text = texts[file] ?? "";
        const start = at % (text.length + 1);
        texts[file] = text.slice(0, start) + insert + text.slice(start + length);
      }
      const files = Object.fromEntries(texts.map((text, index) => [`${index}.yaml`, text]));
      const outcome = readBundle(files);
      for (const { file, line, column } of outcome.kind === "ok" ? outcome.warnings : outcome.diagnostics) {
        const lines = (files[file.replace("rules/", "")] ?? "").split("\n");
        assert.ok(line >= 1 && line <= lines.length, `${file}:${line} of ${lines.length}`);
        assert.ok(column >= 1 && column <= (lines[line - 1] ?? "").length + 1, `${file}:${line}:${column}`);
      }
    }),
    { numRuns: 200 },
  );
});
