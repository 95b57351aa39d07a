import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage } from "../../../src/core/otlp/json-from-protobuf.ts";
import { EXPORT_REQUESTS } from "../../../src/core/otlp/message-tables.ts";
import { countItems } from "../../../src/core/otlp/signal-count.ts";
import { splitRequest } from "../../../src/io/exporters/split-request.ts";
import { fc } from "../../support/properties.ts";
import { traceRequest } from "../../support/trace-request.ts";

function spanNames(bytes: Uint8Array): unknown[] {
  const decoded = decodeMessage(EXPORT_REQUESTS.traces, bytes);
  assert.ok(decoded.kind === "ok");
  return Array.from(
    JSON.stringify(decoded.value).matchAll(/"http\.route","value":\{"stringValue":"([^"]+)"/g),
    ([, route]) => route,
  );
}

function requestOf(start: number, count: number, service = "auth"): Uint8Array {
  const spans = Array.from({ length: count }, (_, index) => ({ route: `/${start + index}` }));
  return traceRequest(spans, { "service.name": service });
}

/** Splits until nothing can be split. */
function pieces(bytes: Uint8Array): readonly Uint8Array[] {
  const halves = splitRequest(bytes);
  return halves === null ? [bytes] : halves.flatMap(pieces);
}

test("split as far as it goes, a request is one piece per span, in order, with nothing lost or doubled", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), (counts) => {
      let start = 0;
      const requests = counts.map((count) => {
        start += count;
        return requestOf(start - count, count);
      });
      const all = pieces(Buffer.concat(requests));
      assert.deepEqual(
        all.flatMap(spanNames),
        Array.from({ length: start }, (_, index) => `/${index}`),
      );
      for (const piece of all) assert.deepEqual(countItems("traces", piece), { kind: "counted", itemCount: 1 });
    }),
    { numRuns: 30 },
  );
});

test("the halves are of about one size, and both say whose spans they are", () => {
  const halves = splitRequest(requestOf(0, 100, "checkout"));
  assert.ok(halves);
  const [first, second] = halves.map((half) => half.length);
  assert.ok(Math.abs((first ?? 0) - (second ?? 0)) < 500);
  for (const half of halves) assert.match(Buffer.from(half).toString(), /checkout/);
});

test("millions of entries of two bytes are cut in the middle", () => {
  const entries = Buffer.alloc(4 * 1024 * 1024, Buffer.of(0x0a, 0));
  const halves = splitRequest(entries);
  assert.ok(halves);
  for (const half of halves) assert.equal(half.length, entries.length / 2);
});

test("a single span cannot be split", () => {
  assert.equal(splitRequest(requestOf(0, 1)), null);
});
