import assert from "node:assert/strict";
import { test } from "node:test";
import type { SamplingFinding } from "../../src/core/extraction/service-sampling.ts";
import { SamplingReport } from "../../src/service/sampling-report.ts";

const names = { environment: "prod", namespace: "", requests: 200, share: 1 };
const ofShop: SamplingFinding = { ...names, service: "shop", sign: "failures_only" };

test("a finding is told once, for each service and sign, with what to do about it", () => {
  let findings: readonly SamplingFinding[] = [];
  const told: string[] = [];
  const report = new SamplingReport(
    () => findings,
    ({ service, sign }, remedy) => told.push(`${service} ${sign}: ${remedy}`),
  );
  report.tellNew();
  assert.equal(told.length, 0);
  findings = [ofShop];
  report.tellNew();
  findings = [];
  report.tellNew();
  findings = [ofShop, { ...ofShop, sign: "contradicted" }, { ...ofShop, service: "auth" }];
  report.tellNew();
  assert.deepEqual(
    told.map((line) => line.slice(0, line.indexOf(":"))),
    ["shop failures_only", "shop contradicted", "auth failures_only"],
  );
  assert.match(told[0] ?? "", /put authspike before it/);
});

test("what is told is bounded", () => {
  let count = 0;
  const findings = Array.from({ length: 1_500 }, (_, index) => ({ ...ofShop, service: `s${index}` }));
  new SamplingReport(
    () => findings,
    () => (count += 1),
  ).tellNew();
  assert.equal(count, 1_000);
});
