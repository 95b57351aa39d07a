/** Logs on their way through the intake: read for what they say of refusals, and passed on as they came. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { causesOf } from "../../src/core/alerts/cause-tally.ts";
import { Engine } from "../../src/core/engine.ts";
import type { IntakeParts, TelemetryIngest } from "../../src/service/intake.ts";
import { createIntake } from "../../src/service/intake.ts";
import { MetricRegistry } from "../../src/service/metrics.ts";
import { PipelineCounters } from "../../src/service/pipeline-counters.ts";
import { logsRequest } from "../core/extraction/log-requests.ts";
import { traceRequest } from "../core/extraction/span-requests.ts";
import { ruleSetOf } from "../support/rule-bundles.ts";

const RULES = ruleSetOf(`
rules:
  - {id: http-401, match: {service: "*"}, count: {outcome: unauthenticated}, severity: error}
routes: [{notify: [log]}]
`);
const REFUSED = traceRequest([{ startMs: 1000, endMs: 1100, attributes: { "http.response.status_code": 401 } }]);
const LOGS = logsRequest([{ atMs: 1050, body: { stringValue: "jwt expired" } }]);

function intakeTo(engine: TelemetryIngest, parts: Partial<IntakeParts> = {}) {
  const queued: Uint8Array[] = [];
  const intake = createIntake({
    engine,
    queue: {
      hasRoomFor: () => true,
      isTaken: () => true,
      append: async ({ bytes }) => void queued.push(bytes.slice()),
    },
    redact: null,
    counters: new PipelineCounters(new MetricRegistry()),
    now: () => ({ steady: 2000, wall: 2000 }),
    onUrgent: () => {},
    onAnalysisFailure: assert.ifError,
    onRedactionFailure: assert.ifError,
    ...parts,
  });
  return { intake, queued };
}

test("a log record explains a request that was counted before, and goes on byte for byte", async () => {
  const engine = new Engine({ clientKey: [1, 2, 3, 4], endpointsPerServiceMax: 100, endpointsMax: 1000 }, RULES);
  const { intake, queued } = intakeTo(engine);
  await intake({ signal: "traces", bytes: REFUSED.slice() });
  const causes = () => [...engine.series()].flatMap((series) => causesOf(series.causes).map(({ cause }) => cause));
  assert.deepEqual(causes(), ["undecided"]);
  assert.deepEqual(await intake({ signal: "logs", bytes: LOGS.slice() }), { kind: "accepted" });
  assert.deepEqual(causes(), ["expired"]);
  assert.deepEqual(queued[1], LOGS);
});

test("a mistake of ours in reading logs costs the sender nothing", async () => {
  const failures: unknown[] = [];
  const broken: TelemetryIngest = {
    ingest: () => assert.fail("there are no traces"),
    hearLogs: () => {
      throw new Error("a mistake of ours");
    },
  };
  const { intake, queued } = intakeTo(broken, { onAnalysisFailure: (error) => failures.push(error) });
  assert.deepEqual(await intake({ signal: "logs", bytes: LOGS.slice() }), { kind: "accepted" });
  assert.deepEqual([failures.length, queued.length], [1, 1]);
});
