import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { CheckResult, Result } from "./check.ts";
import { carryOut } from "./check.ts";
import { ALL_CHECKS } from "./checks.ts";
import type { Report } from "./report.ts";
import { reportMarkdown } from "./report.ts";
import { startSelf } from "./self.ts";
import { RECOMMENDED_MAX_REQUEST_BYTES } from "./target.ts";

/** Half a gigabyte at once is too much to ask of every test run. */
function expectedResult(id: string): Result {
  return id.startsWith("R15.") ? { kind: "not_applicable", reason: "needs --saturate" } : { kind: "pass" };
}

test("authspike does all that OTLP asks of a receiver", async () => {
  await using self = await startSelf(0);
  for (const check of ALL_CHECKS) {
    const { id, result } = await carryOut(check, self.target);
    assert.deepEqual(result, expectedResult(id), id);
  }
});

test("a receiver that says yes to everything is found out", async () => {
  const server = createServer((request, response) => request.resume().on("end", () => response.end("ok")));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const target = {
    grpc: null,
    http: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bearerToken: "t",
    corsOrigin: null,
    maxRequestBytes: RECOMMENDED_MAX_REQUEST_BYTES,
    saturateBytes: 0,
    sink: null,
  };
  const strict = ALL_CHECKS.filter(({ id }) => /^(R5|R6|R10|R12|R13|R14|R17|R21)\./.test(id));
  const passed: string[] = [];
  for (const check of strict) {
    const { id, result } = await carryOut(check, target);
    if (result.kind === "pass") passed.push(id);
  }
  server.close();
  assert.deepEqual(passed, []);
});

test("each check has an id of its own", () => {
  const ids = ALL_CHECKS.map(({ id }) => id);
  assert.deepEqual([...new Set(ids)], ids);
});

test("the matrix in the documentation is that of these checks", () => {
  const results = ALL_CHECKS.map(
    ({ id, level, sentence }): CheckResult => ({ id, level, sentence, result: expectedResult(id) }),
  );
  const collectorFile = new URL("./reports/opentelemetry-collector.json", import.meta.url);
  const collector = JSON.parse(readFileSync(collectorFile, "utf8")) as Report;
  const page = readFileSync(new URL("../../docs/conformance.md", import.meta.url), "utf8");
  assert.ok(
    page.endsWith(reportMarkdown([{ name: "authspike", results }, collector])),
    "regenerate docs/conformance.md",
  );
});
