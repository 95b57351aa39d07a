import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointQuery } from "../../src/web/endpoint-page.ts";
import { selectEndpoints } from "../../src/web/endpoint-page.ts";
import { fc } from "../support/properties.ts";
import { sampleRow } from "./view-samples.ts";

const QUERY: EndpointQuery = { sort: "deviation", limit: 100, service: null, rule: null, after: null };

test("the most surprising endpoints come first", async () => {
  const rows = [sampleRow("/a", { deviation: 1 }), sampleRow("/b", { deviation: 9 }), sampleRow("/c")];
  const { rows: shown } = await selectEndpoints(rows, QUERY);
  assert.deepEqual(
    shown.map(({ endpoint }) => endpoint.route),
    ["/b", "/a", "/c"],
  );
});

test("filters leave what they name, and the total counts it", async () => {
  const rows = [sampleRow("/a", { service: "web" }), sampleRow("/b", { rule: "login-401" }), sampleRow("/c")];
  assert.equal((await selectEndpoints(rows, { ...QUERY, service: "web" })).total, 1);
  const ofRule = await selectEndpoints(rows, { ...QUERY, rule: "login-401", limit: 1 });
  assert.deepEqual([ofRule.total, ofRule.next], [1, null]);
});

test("pages of any size add up to the whole list in order", async () => {
  const arbitraryRows = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(arbitraryRows, fc.integer({ min: 1, max: 20 }), async (numbers, limit) => {
      const rows = numbers.map((number) => sampleRow(`/r${number}`, { deviation: number % 7 }));
      const whole = (await selectEndpoints(rows, QUERY)).rows;
      const joined = [];
      for (let after: EndpointQuery["after"] = null; ; ) {
        const page = await selectEndpoints(rows, { ...QUERY, limit, after });
        joined.push(...page.rows);
        if (page.next === null) break;
        after = page.next;
      }
      assert.deepEqual(joined, whole);
    }),
    { numRuns: 50 },
  );
});
