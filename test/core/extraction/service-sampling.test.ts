import assert from "node:assert/strict";
import { test } from "node:test";
import { declaredWeight, WEIGHT_MAX } from "../../../src/core/extraction/declared-sampling.ts";
import { EndpointTable } from "../../../src/core/extraction/endpoint-table.ts";
import { SAMPLED_SERVICES_MAX, ServiceSampling } from "../../../src/core/extraction/service-sampling.ts";
import type { ServiceScope } from "../../../src/core/extraction/service-table.ts";
import { SpanView } from "../../../src/core/otlp/span-view.ts";
import { HOUR_MS, MINUTE_MS } from "../../../src/core/time.ts";

const START = Date.UTC(2026, 0, 5);
const endpoints = new EndpointTable({ endpointsPerServiceMax: 10, endpointsMax: 100 });
const shop = scope("shop");

test("a span counts for as many requests as its threshold says, else as was declared, else for one", () => {
  const sampling = new ServiceSampling([
    { accepts: (service) => service === "shop", ratio: 0.1 },
    { accepts: () => true, ratio: 0.5 },
  ]);
  assert.equal(sampling.weightOf(spanWith("ot=th:c"), shop), 4);
  assert.equal(sampling.weightOf(spanWith(""), shop), 10);
  assert.equal(sampling.weightOf(spanWith(""), scope("other")), 2);
  assert.equal(
    sampling.weightOf(spanWith("ot=th:c;rv:00000000000000"), shop),
    10,
    "a threshold that cannot hold is none",
  );
  assert.equal(new ServiceSampling().weightOf(spanWith(""), shop), 1);
  assert.equal(declaredWeight([{ accepts: () => true, ratio: 1e-9 }], "shop"), WEIGHT_MAX);
});

test("an hour almost without a success is told, and taken back with the first portion that has some", () => {
  const sampling = new ServiceSampling();
  play(sampling, { minutes: 59, successShare: 0.1 });
  assert.deepEqual(signs(sampling), []);
  play(sampling, { minutes: 5, from: START + 59 * MINUTE_MS, successShare: 0.1 });
  assert.deepEqual(signs(sampling), ["failures_only"]);
  play(sampling, { minutes: 5, from: START + HOUR_MS, successShare: 0.9 });
  assert.deepEqual(signs(sampling), []);
});

test("a burst of failures is no sign of sampling", () => {
  const sampling = new ServiceSampling();
  for (let hour = 0; hour < 5; hour++) {
    play(sampling, { minutes: 30, from: START + hour * HOUR_MS, successShare: 0.9 });
    play(sampling, { minutes: 30, from: START + (hour + 0.5) * HOUR_MS, successShare: 0 });
  }
  assert.deepEqual(signs(sampling), []);
});

test("thresholds on part of the spans are told, unless the ratio of the others was declared", () => {
  const traceState = (index: number) => (index % 2 === 0 ? "ot=th:8" : "");
  const undeclared = new ServiceSampling();
  play(undeclared, { minutes: 2, successShare: 0.9, traceState });
  assert.deepEqual(
    [...undeclared.findings()],
    [{ environment: "", namespace: "", service: "shop", sign: "partly_stated", requests: 200, share: 0.5 }],
  );
  const declared = new ServiceSampling([{ accepts: () => true, ratio: 0.5 }]);
  play(declared, { minutes: 2, successShare: 0.9, traceState });
  assert.deepEqual(signs(declared), []);
  const all = new ServiceSampling();
  play(all, { minutes: 2, successShare: 0.9, traceState: () => "ot=th:8" });
  assert.deepEqual(signs(all), []);
});

test("thresholds that the spans' own randomness contradicts are told", () => {
  const sampling = new ServiceSampling();
  play(sampling, { minutes: 2, successShare: 0.9, traceState: () => "ot=th:c;rv:00000000000000" });
  assert.deepEqual(signs(sampling), ["contradicted"]);
});

test("services are watched for signs up to a bound, and weighted beyond it", () => {
  const sampling = new ServiceSampling([{ accepts: () => true, ratio: 0.5 }]);
  const many = new EndpointTable({ endpointsPerServiceMax: 10, endpointsMax: 1_000_000 });
  for (let index = 0; index <= SAMPLED_SERVICES_MAX; index++) {
    const service = many.services.intern({ environment: "", namespace: "", service: `s${index}` });
    assert.equal(sampling.weightOf(spanWith(""), service), 2);
  }
});

type Play = {
  readonly minutes: number;
  readonly from?: number;
  readonly successShare: number;
  readonly traceState?: (index: number) => string;
};

/** A hundred requests a minute. */
function play(sampling: ServiceSampling, { from = START, minutes, successShare, traceState = () => "" }: Play): void {
  for (let index = 0; index < minutes * 100; index++) {
    sampling.weightOf(spanWith(traceState(index)), shop);
    const isSuccess = index % 10 < successShare * 10;
    sampling.note(isSuccess ? "success" : "other", from + (index * MINUTE_MS) / 100);
  }
}

function signs(sampling: ServiceSampling): readonly string[] {
  return Array.from(sampling.findings(), ({ sign }) => sign);
}

/** With a trace id that any threshold lets through. */
function spanWith(traceState: string): SpanView {
  const view = new SpanView({ span: [], resource: [] });
  const text = new TextEncoder().encode(traceState);
  view.bytes = Uint8Array.from([...new Uint8Array(16).fill(0xff), ...text]);
  view.traceIdStart = 0;
  view.traceStateStart = text.length === 0 ? -1 : 16;
  view.traceStateEnd = 16 + text.length;
  return view;
}

function scope(service: string): ServiceScope {
  return endpoints.services.intern({ environment: "", namespace: "", service });
}
