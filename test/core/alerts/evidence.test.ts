import assert from "node:assert/strict";
import { test } from "node:test";
import { evidenceOf, growEvidence, NO_CLUES } from "../../../src/core/alerts/evidence.ts";
import type { Reading } from "../../../src/core/detection/reading.ts";
import { MINUTE_MS } from "../../../src/core/time.ts";
import { alarmingReading, at, quietReading } from "../../support/alert-builders.ts";

function sighting(reading: Reading, afterMs: number, clues = NO_CLUES) {
  return { reading, clues, windowMs: MINUTE_MS, at: at(afterMs).steady };
}

function alarm(facts: Partial<Reading>) {
  return alarmingReading(facts);
}

const begun = evidenceOf(sighting(alarm({ rate: 0.4, failuresSince: 20, since: at(-4_000).steady }), 0));

test("evidence begins with the reading that completed it", () => {
  assert.equal(begun.failures, 20);
  assert.equal(begun.peakRate, 0.4);
  assert.equal(begun.since, at(-4_000).steady);
  assert.equal(begun.requestsPerSecond, 10);
});

test("an alarm without an onset began when it was seen", () => {
  assert.equal(evidenceOf(sighting(alarm({ since: null }), 0)).since, at(0).steady);
});

test("failures and the peak grow, the rate follows the readings", () => {
  const grown = growEvidence(begun, sighting(alarm({ rate: 0.3, failuresSince: 500 }), 9_000), null);
  assert.equal(grown.failures, 500);
  assert.equal(grown.peakRate, 0.4);
  assert.equal(grown.rate, 0.3);
});

test("a better estimate of the same wave never takes failures away", () => {
  const grown = growEvidence(begun, sighting(alarm({ failuresSince: 12, since: at(-1_000).steady }), 9_000), null);
  assert.equal(grown.failures, 20);
  assert.equal(grown.since, at(-4_000).steady);
});

test("when the alarm is off only the present figures change", () => {
  const calmer = growEvidence(begun, sighting(quietReading({ rate: 0.05 }), 60_000), null);
  assert.deepEqual(calmer, { ...begun, rate: 0.05, deviation: 0 });
});

test("a second wave within the episode adds its failures to those of the first", () => {
  const calmSince = at(60_000).steady;
  const secondWave = { since: at(120_000).steady, failuresSince: 7 };
  const again = growEvidence(begun, sighting(alarm(secondWave), 121_000), calmSince);
  assert.equal(again.failures, 27);
  const later = growEvidence(again, sighting(alarm({ ...secondWave, failuresSince: 30 }), 130_000), null);
  assert.equal(later.failures, 50);
  assert.equal(later.since, at(-4_000).steady);
});

test("clues are kept within their bounds and never forgotten", () => {
  const clients = Array.from({ length: 9 }, (_, index) => ({ client: `c${index}`, failures: 9 - index }));
  const examples = Array.from({ length: 9 }, (_, index) => ({ traceId: `t${index}`, spanId: `s${index}` }));
  const causes = [{ cause: "bad_password", confidence: "high", failures: 20 }] as const;
  const clues = {
    topClients: clients,
    examples,
    successesAfterFailures: [],
    pattern: "password_spraying",
    patternConfidence: "medium" as const,
    causes,
  };
  const first = evidenceOf(sighting(alarm({}), 0, clues));
  assert.deepEqual(
    first.topClients.map(({ client }) => client),
    ["c0", "c1", "c2", "c3", "c4"],
  );
  assert.deepEqual(
    first.examples.map(({ traceId }) => traceId),
    ["t6", "t7", "t8"],
  );
  const later = growEvidence(first, sighting(alarm({}), 1_000), null);
  assert.deepEqual(later, first);
});

test("the mix of causes is that of the fullest count, and the leading one carries its share", () => {
  const causes = (expired: number, unknown: number) => [
    { cause: "expired", confidence: "high", failures: expired } as const,
    { cause: "undecided", confidence: "low", failures: unknown } as const,
  ];
  const first = evidenceOf(sighting(alarm({}), 0, { ...NO_CLUES, causes: causes(82, 18) }));
  assert.equal(first.cause, "expired (82%)");
  const restarted = growEvidence(first, sighting(alarm({}), 1_000, { ...NO_CLUES, causes: causes(1, 3) }), null);
  assert.equal(restarted.cause, "expired (82%)");
  const grown = growEvidence(first, sighting(alarm({}), 1_000, { ...NO_CLUES, causes: causes(150, 50) }), null);
  assert.equal(grown.cause, "expired (75%)");
  const calm = { ...alarm({}), isAlarming: false };
  const explained = growEvidence(grown, sighting(calm, 2_000, { ...NO_CLUES, causes: causes(200, 0) }), 1_500);
  assert.equal(explained.cause, "expired (100%)");
});
