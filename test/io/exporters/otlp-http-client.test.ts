import assert from "node:assert/strict";
import { test } from "node:test";
import { MESSAGES_MAX } from "../../../src/core/otlp/json-from-protobuf.ts";
import { OtlpHttpClient } from "../../../src/io/exporters/otlp-http-client.ts";
import { exporterConfig } from "./exporter-world.ts";

test("what holds too many messages for one JSON text is asked for in pieces", async () => {
  const settings = { ...exporterConfig({ protocol: "http/json" }), userAgent: "test", concurrency: 1 };
  const client = await OtlpHttpClient.create(settings, () => 0);
  const request = Buffer.alloc(2 * (MESSAGES_MAX + 1), Buffer.of(0x0a, 0));
  const verdict = await client.send("traces", request, new AbortController().signal);
  assert.ok(verdict.kind === "rejected");
  assert.equal(verdict.because, "size");
  await client.close();
});
