import assert from "node:assert/strict";
import { test } from "node:test";
import type { MetricFamily } from "../../src/web/metric-family.ts";
import { prometheusText } from "../../src/web/prometheus-text.ts";
import { fc } from "../support/properties.ts";

const facts = { name: "authspike_items", help: "Items", unit: "{item}" };

test("counters end in _total", () => {
  const family: MetricFamily = { ...facts, kind: "counter", counters: () => [{ labels: {}, value: 5 }] };
  assert.equal(
    prometheusText([family]),
    "# HELP authspike_items_total Items\n# TYPE authspike_items_total counter\nauthspike_items_total 5\n",
  );
});

test("buckets become cumulative and end in +Inf", () => {
  const histogram = { upperBounds: [0.1, 1], bucketCounts: [2, 3, 1], sum: 4.5, count: 6 };
  assert.equal(
    prometheusText([{ ...facts, name: "authspike_latency_seconds", kind: "histogram", histogram }]),
    `# HELP authspike_latency_seconds Items
# TYPE authspike_latency_seconds histogram
authspike_latency_seconds_bucket{le="0.1"} 2
authspike_latency_seconds_bucket{le="1"} 5
authspike_latency_seconds_bucket{le="+Inf"} 6
authspike_latency_seconds_sum 4.5
authspike_latency_seconds_count 6
`,
  );
});

test("help and labels are escaped, and dots in label names become underscores", () => {
  const samples = () => [{ labels: { "http.route": 'a"b\\c\nd' }, value: Number.POSITIVE_INFINITY }];
  const text = prometheusText([{ ...facts, help: "one\\two\nthree", kind: "gauge", samples }]);
  assert.match(text, /^# HELP authspike_items one\\\\two\\nthree$/m);
  assert.match(text, /^authspike_items\{http_route="a\\"b\\\\c\\nd"\} \+Inf$/m);
});

test("whatever a label holds, a sample stays one line and reads back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.double(), (label, value) => {
      const family: MetricFamily = { ...facts, kind: "gauge", samples: () => [{ labels: { label }, value }] };
      const lines = prometheusText([family]).split("\n");
      assert.equal(lines.length, 4);
      const [, quoted = "", number = ""] =
        /^authspike_items\{label="((?:[^"\\]|\\.)*)"\} (\S+)$/s.exec(lines[2] ?? "") ?? [];
      const unescaped = quoted.replace(/\\(.)/g, (_escape, character: string) =>
        character === "n" ? "\n" : character,
      );
      assert.equal(unescaped, label);
      assert.equal(Number(number.replace("Inf", "Infinity")), Object.is(value, -0) ? 0 : value);
    }),
  );
});
