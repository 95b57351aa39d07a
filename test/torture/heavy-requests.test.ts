/**
 * Time is judged here, and nowhere else in the fast tests: what used to take minutes takes
 * milliseconds, and the limit lies far from both.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Engine } from "../../src/core/engine.ts";
import { protobufToJson } from "../../src/core/otlp/json-from-protobuf.ts";
import { jsonToProtobuf } from "../../src/core/otlp/json-to-protobuf.ts";
import type { Signal } from "../../src/core/otlp/verdict.ts";
import { splitRequest } from "../../src/io/exporters/split-request.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";
import { VIRTUAL_START } from "../support/virtual-scheduler.ts";
import { HEAVY_REQUESTS } from "./fuzz/heavy-requests.ts";

const REQUEST_BYTES = 3 * 1024 * 1024;
const MAX_MS = 4_000;
const NOW = { steady: VIRTUAL_START, wall: VIRTUAL_START };
/** Reads attributes of every request besides those of the endpoint. */
const RULES = `version: 1
rules:
  - {id: by-client, match: {route: "**"}, count: {outcome: unauthenticated}, per: [service.version, client.address]}
`;

describe("a request that is made to be expensive is read as fast as any other", () => {
  for (const { encoding, make, name, signal } of HEAVY_REQUESTS) {
    test(`${encoding}: ${name}`, () => {
      const bytes = make(REQUEST_BYTES);
      const startedAt = performance.now();
      if (encoding === "protobuf") readAndForward(signal, bytes);
      else readJson(signal, bytes);
      const tookMs = performance.now() - startedAt;
      assert.ok(tookMs < MAX_MS, `it took ${Math.round(tookMs)} ms`);
    });
  }
});

function readJson(signal: Signal, text: Uint8Array): void {
  const result = jsonToProtobuf(signal, text);
  if (result.kind === "ok") readAndForward(signal, result.bytes);
}

function readAndForward(signal: Signal, bytes: Uint8Array): void {
  const engine = new Engine(
    { clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 1_000, endpointsMax: 10_000 },
    ruleSetOf(RULES),
  );
  const result = engine.ingest(bytes, NOW);
  if (result.kind === "malformed") return;
  engine.tick(NOW);
  protobufToJson(signal, result.bytes);
  splitRequest(result.bytes);
}
