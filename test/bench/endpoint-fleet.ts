/** Requests to very many endpoints, and the engine that is to take them. */
import { openSync, writeSync } from "node:fs";
import type { EngineSettings } from "../../src/core/engine.ts";
import type { RuleSet } from "../../src/core/rules/rule.ts";
import { Random } from "../support/random.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import { shippedRuleFiles } from "./shipped-rules.ts";
import { encodeTraces, routeOf, shortServerSpan } from "./trace-batches.ts";

export type Fleet = {
  readonly endpointCount: number;
  /** At least as many as endpoints: they take turns. */
  readonly spanCount: number;
  readonly failureShare: number;
};

export const ENDPOINT_SETTINGS: EngineSettings = {
  clientKey: [1, 2, 3, 4],
  endpointsPerServiceMax: 1_000_000,
  endpointsMax: 1_000_000,
};

const ONE_RULE =
  'rules: [{id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}}]\nroutes: [{notify: [log]}]\n';
const SPANS_PER_BATCH = 512;
const SERVICES = 200;

export function rulesNamed(name: string): RuleSet {
  return ruleSetOf(name === "shipped" ? shippedRuleFiles() : ONE_RULE);
}

/** Export requests, each of neighbouring endpoints of one service. */
export function* fleetRequests(fleet: Fleet, seed: number): Generator<Uint8Array> {
  const random = new Random(seed);
  for (let sent = 0; sent < fleet.spanCount; sent += fleet.endpointCount) {
    for (let first = 0; first < fleet.endpointCount; first += SPANS_PER_BATCH) {
      const count = Math.min(SPANS_PER_BATCH, fleet.endpointCount - first);
      const spans = Array.from({ length: count }, (_, index) =>
        shortServerSpan(routeOf(first + index), random.chance(fleet.failureShare), random),
      );
      yield encodeTraces(`service-${(first / SPANS_PER_BATCH) % SERVICES}`, spans);
    }
  }
}

/** One after another, each after its length. */
export function writeRequests(path: string, requests: Iterable<Uint8Array>): void {
  const descriptor = openSync(path, "w");
  const length = Buffer.alloc(4);
  for (const request of requests) {
    length.writeUInt32LE(request.length);
    writeSync(descriptor, length);
    writeSync(descriptor, request);
  }
}
