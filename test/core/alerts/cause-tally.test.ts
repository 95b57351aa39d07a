import assert from "node:assert/strict";
import { test } from "node:test";
import { causeAdvice } from "../../../src/core/alerts/cause-advice.ts";
import type { CauseTally } from "../../../src/core/alerts/cause-tally.ts";
import {
  CAUSES_MAX,
  causeMix,
  causesOf,
  countCause,
  failuresIn,
  leadingCause,
} from "../../../src/core/alerts/cause-tally.ts";
import type { Confidence } from "../../../src/core/extraction/causes/cause.ts";
import { CAUSES } from "../../../src/core/extraction/causes/cause.ts";

function tallyOf(counts: Readonly<Record<string, number>>, confidence: Confidence = "high"): CauseTally {
  const tally: CauseTally = [];
  for (const [name, count] of Object.entries(counts)) {
    countCause(tally, name === "unknown" ? null : { name, confidence }, count);
  }
  return tally;
}

test("the commonest known cause leads, with failures that show none in the count", () => {
  const causes = causesOf(tallyOf({ unknown: 60, expired: 30, bad_signature: 10 }));
  assert.equal(leadingCause(causes)?.cause, "expired");
  assert.deepEqual(causeMix(causes), ["unknown 60%", "expired 30%", "bad_signature 10%"]);
});

test("a cause of a few failures leads nothing", () => {
  assert.equal(leadingCause(causesOf(tallyOf({ unknown: 90, expired: 10 }))), null);
  assert.equal(leadingCause([]), null);
});

test("one sure case does not speak for many guesses", () => {
  const tally = tallyOf({ bad_password: 99 }, "low");
  countCause(tally, { name: "bad_password", confidence: "high" }, 1);
  assert.deepEqual(causeMix(causesOf(tally)), ["bad_password 100% (low confidence)"]);
});

test("however many causes are named, few are kept and every failure is counted", () => {
  const tally: CauseTally = [];
  for (let index = 0; index < 1000; index++) countCause(tally, { name: `cause ${index}`, confidence: "high" }, 1);
  assert.ok(tally.length <= CAUSES_MAX + 1);
  assert.equal(failuresIn(causesOf(tally)), 1000);
});

test("every cause has advice for both people", () => {
  for (const name of CAUSES) assert.ok(causeAdvice(name) !== null, name);
  assert.equal(causeAdvice("constructor"), null);
});
