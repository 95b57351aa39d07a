import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RULES } from "../../src/core/extraction/redaction/secrets-in-text.ts";
import type { Signal } from "../../src/core/otlp/verdict.ts";
import type { IntakeParts } from "../../src/service/intake.ts";
import { createIntake } from "../../src/service/intake.ts";
import { MetricRegistry } from "../../src/service/metrics.ts";
import { PipelineCounters } from "../../src/service/pipeline-counters.ts";
import { createRedaction } from "../../src/service/redaction.ts";
import { prometheusText } from "../../src/web/prometheus-text.ts";
import { encode, LOGS_REQUEST } from "../support/otlp-protobuf.ts";

/** A new one each time: who takes it in may give its memory back. */
function request(): Uint8Array {
  const logRecords = [{ body: { stringValue: "password=hunter2" } }];
  return encode(LOGS_REQUEST, { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
}

test("what is queued is redacted, and counted by kind where people look", async () => {
  const registry = new MetricRegistry();
  const { intake, queued } = intakeWith(createRedaction(DEFAULT_RULES, registry));
  assert.deepEqual(await intake({ signal: "logs", bytes: request() }), { kind: "accepted" });
  assert.ok(!queued.join().includes("hunter2"));
  assert.match(prometheusText(registry.families()), /authspike_redacted_secrets_total\{kind="password"\} 1\n/);
  assert.match(prometheusText(registry.families()), /authspike_redacted_secrets_total\{kind="password"\} 1\n/);
});

test("without redaction requests go on as they came", async () => {
  const { intake, queued } = intakeWith(createRedaction(null, new MetricRegistry()));
  await intake({ signal: "logs", bytes: request() });
  assert.ok(queued.join().includes("hunter2"));
});

test("a request that cannot be looked through is refused for good, counted, and not forwarded", async () => {
  const failures: unknown[] = [];
  const counters = new PipelineCounters(new MetricRegistry());
  const broken = () => {
    throw new Error("a mistake of ours");
  };
  const { intake, queued } = intakeWith(broken, { counters, onRedactionFailure: (error) => failures.push(error) });
  const verdict = await intake({ signal: "logs", bytes: request() });
  assert.equal(verdict.kind === "refused" && verdict.reason, "redaction_failed");
  assert.equal(counters.refused("logs", "redaction_failed").value, 1);
  assert.deepEqual([failures.length, queued.length], [1, 0]);
});

function intakeWith(redact: IntakeParts["redact"], parts: Partial<IntakeParts> = {}) {
  const queued: string[] = [];
  const append = async ({ bytes }: { readonly signal: Signal; readonly bytes: Uint8Array }) => {
    queued.push(Buffer.from(bytes).toString("latin1"));
  };
  const intake = createIntake({
    engine: { ingest: () => assert.fail("there are no traces"), hearLogs: () => undefined },
    queue: { hasRoomFor: () => true, isTaken: () => true, append },
    redact,
    counters: new PipelineCounters(new MetricRegistry()),
    now: () => ({ steady: 0, wall: 0 }),
    onUrgent: () => {},
    onAnalysisFailure: assert.ifError,
    onRedactionFailure: assert.ifError,
    ...parts,
  });
  return { intake, queued };
}
