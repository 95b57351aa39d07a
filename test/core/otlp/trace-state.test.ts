import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SpanView } from "../../../src/core/otlp/span-view.ts";
import { adjustedCount } from "../../../src/core/otlp/trace-state.ts";
import { fc } from "../../support/properties.ts";

const ALWAYS_KEPT = "f".repeat(32);
const NEVER_KEPT = `${"f".repeat(18)}00000000000000`;

describe("the adjusted count of a span", () => {
  test("follows from the threshold", () => {
    assert.equal(countOf("ot=th:0"), 1);
    assert.equal(countOf("ot=th:8"), 2);
    assert.equal(countOf("ot=th:c"), 4);
    assert.equal(countOf("ot=th:ffffffffffffff"), 2 ** 56);
    assert.ok(Math.abs(countOf("ot=th:fd70a") - 100) < 0.01);
  });

  test("is exact to the precision of a double", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 56n - 1n), (threshold) => {
        const exact = Number(2n ** 120n / (2n ** 56n - threshold)) / 2 ** 64;
        const counted = countOf(`ot=th:${threshold.toString(16).padStart(14, "0")}`);
        assert.ok(Math.abs(counted / exact - 1) < 1e-15);
      }),
    );
  });

  test("is found among other members and sub-keys", () => {
    assert.equal(countOf("vendor=th:c, ot=rv:ffffffffffffff;th:8 ,other=1"), 2);
    assert.equal(countOf("congo=t61,ot=p:8;th:c;x:y"), 4);
  });

  const undefinedStates = ["", "ot=", "ot", "vendor=th:8", "not=th:8", "ot=xth:8", "ot=th:", "ot=th:8x", "ot=th:C"];
  for (const state of [...undefinedStates, "ot=th:000000000000000", "ot=p:1"]) {
    test(`is undefined for the tracestate "${state}"`, () => {
      assert.equal(countOf(state), Number.NaN);
    });
  }

  test("is undefined without a tracestate", () => {
    assert.equal(adjustedCount(new SpanView({ span: [], resource: [] })), Number.NaN);
  });

  test("is undefined when the span's own randomness would not have kept it", () => {
    assert.equal(countOf("ot=th:8", NEVER_KEPT), Number.NaN);
    assert.equal(countOf("ot=th:0", NEVER_KEPT), 1);
    assert.equal(countOf("ot=th:8;rv:80000000000000", NEVER_KEPT), 2);
    assert.equal(countOf("ot=th:8;rv:7fffffffffffff", ALWAYS_KEPT), Number.NaN);
    assert.equal(countOf("ot=th:8;rv:8", ALWAYS_KEPT), Number.NaN);
  });

  test("keeps exactly the trace ids whose last 7 bytes reach the threshold", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 56n - 1n), fc.bigInt(1n, 2n ** 56n - 1n), (randomness, threshold) => {
        const traceId = "ab".repeat(9) + randomness.toString(16).padStart(14, "0");
        const isDefined = !Number.isNaN(countOf(`ot=th:${threshold.toString(16).padStart(14, "0")}`, traceId));
        assert.equal(isDefined, randomness >= threshold);
      }),
    );
  });

  test("never throws, whatever the tracestate", () => {
    const text = fc.string({ unit: fc.constantFrom(..."ot=h:;, 8fr\t") });
    fc.assert(
      fc.property(text, (state) => {
        const count = countOf(state);
        assert.ok(Number.isNaN(count) || count >= 1);
      }),
    );
  });
});

function countOf(traceState: string, traceId = ALWAYS_KEPT): number {
  const view = new SpanView({ span: [], resource: [] });
  // What follows the tracestate in the request could be mistaken for its end.
  view.bytes = Buffer.concat([Buffer.from(traceId, "hex"), Buffer.from(traceState), Buffer.from("=th:c")]);
  view.traceIdStart = 0;
  view.traceStateStart = 16;
  view.traceStateEnd = 16 + traceState.length;
  return adjustedCount(view);
}
