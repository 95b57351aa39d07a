/**
 * What is seen of traffic that was sampled on its way, through the whole of the core; and of its clients.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineSettings } from "../../src/core/engine.ts";
import { Engine } from "../../src/core/engine.ts";
import { encodeMessage } from "../../src/core/otlp/json-to-protobuf.ts";
import { EXPORT_REQUESTS } from "../../src/core/otlp/message-tables.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/core/time.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";

const SETTINGS = { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 100, endpointsMax: 1_000 } as const;
const RULES = "version: 1\nrules: [{id: login, match: {route: /login}, count: {outcome: unauthenticated}}]\n";
const START = Date.UTC(2026, 0, 5);

/** 2 % of a thousand requests a minute fail. */
const FAILURES = 20;
const SUCCESSES = 980;

test("a sampler that keeps failures and says so leaves the rate as it is", () => {
  const all = usualRate({ failures: FAILURES, successes: SUCCESSES, traceStateOfSuccess: "" });
  const sampled = usualRate({ failures: FAILURES, successes: SUCCESSES / 4, traceStateOfSuccess: "ot=th:c" });
  const silent = usualRate({ failures: FAILURES, successes: SUCCESSES / 4, traceStateOfSuccess: "" });
  assert.ok(Math.abs(all - 0.02) < 0.006, String(all));
  assert.ok(Math.abs(sampled - 0.02) < 0.006, String(sampled));
  assert.ok(silent > 0.06, "without a threshold nobody can know");
});

test("a declared ratio makes the rate of requests right", () => {
  const minute = { failures: 2, successes: 98, traceStateOfSuccess: "" };
  const declared = [{ accepts: (service: string) => service === "auth", ratio: 0.1 }];
  const plain = seriesAfter(minute, SETTINGS).requestRate;
  assert.ok(Math.abs(seriesAfter(minute, { ...SETTINGS, sampling: declared }).requestRate / plain - 10) < 0.5);
});

test("an alert shows clients as the configuration says", () => {
  assert.deepEqual(clientsShown("full"), ["203.0.113.7"]);
  assert.deepEqual(clientsShown("truncated"), ["203.0.113.0/24"]);
  assert.deepEqual(clientsShown("none"), []);
  assert.match(clientsShown("hashed").join(), /^c-[0-9a-f]{12}$/);
});

type Minute = { readonly failures: number; readonly successes: number; readonly traceStateOfSuccess: string };

function usualRate(minute: Minute): number {
  return seriesAfter(minute, SETTINGS).usual;
}

/** What the detector knows of the endpoint after an hour of such minutes. */
function seriesAfter(minute: Minute, settings: EngineSettings) {
  const engine = new Engine(settings, ruleSetOf(RULES));
  for (let index = 0; index < 60; index++) playMinute(engine, START + index * MINUTE_MS, minute);
  const now = START + 60 * MINUTE_MS;
  const [series] = engine.series();
  assert.ok(series !== undefined);
  return series.active.detector.reading(series.state, now);
}

function playMinute(engine: Engine, from: number, { failures, successes, traceStateOfSuccess }: Minute): void {
  const spans = successes + failures;
  const failEvery = Math.floor(spans / failures);
  for (let second = 0; second < 60; second++) {
    const now = from + second * SECOND_MS;
    const ids = Array.from({ length: spans }, (_, index) => index).filter((index) => index % 60 === second);
    const requests = ids.map((index) => {
      const isFailed = index % failEvery === 0 && index / failEvery < failures;
      return span({
        isFailed,
        client: `203.0.113.${index % 250}`,
        traceState: isFailed ? "" : traceStateOfSuccess,
        now,
      });
    });
    engine.ingest(requestOf(requests), { steady: now, wall: now });
    engine.tick({ steady: now, wall: now });
  }
}

function clientsShown(shown: "hashed" | "truncated" | "full" | "none"): readonly string[] {
  const engine = new Engine({ ...SETTINGS, clients: { shown, trustedProxies: [] } }, ruleSetOf(RULES));
  for (let index = 0; index < 20; index++) {
    playMinute(engine, START + index * MINUTE_MS, { failures: 1, successes: 99, traceStateOfSuccess: "" });
  }
  for (let second = 0; second < 30; second++) {
    const now = START + 20 * MINUTE_MS + second * SECOND_MS;
    const burst = Array.from({ length: 20 }, () =>
      span({ isFailed: true, client: "203.0.113.7", traceState: "", now }),
    );
    engine.ingest(requestOf(burst), { steady: now, wall: now });
    engine.tick({ steady: now, wall: now });
  }
  const alerts = Array.from(engine.series()).flatMap(({ alert }) => (alert === null ? [] : [alert]));
  assert.equal(alerts.length, 1);
  return alerts.flatMap(({ evidence }) => evidence.topClients.map(({ client }) => client)).slice(0, 1);
}

type Sketch = {
  readonly isFailed: boolean;
  readonly client: string;
  readonly traceState: string;
  readonly now: number;
};

let spanCount = 0;

/** The last half of the trace id is such that every threshold lets it through. */
function span({ client, isFailed, now, traceState }: Sketch): object {
  spanCount += 1;
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const nanos = String(BigInt(now) * 1_000_000n);
  return {
    traceId: spanCount.toString(16).padStart(16, "0") + "f".repeat(16),
    spanId: spanCount.toString(16).padStart(16, "0"),
    traceState,
    name: "POST /login",
    kind: 2,
    startTimeUnixNano: nanos,
    endTimeUnixNano: nanos,
    attributes: [
      text("http.request.method", "POST"),
      text("http.route", "/login"),
      text("client.address", client),
      { key: "http.response.status_code", value: { intValue: isFailed ? 401 : 200 } },
    ],
  };
}

function requestOf(spans: readonly object[]): Uint8Array {
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "auth" } }] };
  const request = { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] };
  const encoded = encodeMessage(EXPORT_REQUESTS.traces, request);
  assert(encoded.kind === "ok");
  return encoded.bytes;
}
