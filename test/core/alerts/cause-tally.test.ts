import assert from "node:assert/strict";
import { test } from "node:test";
import { causeAdvice } from "../../../src/core/alerts/cause-advice.ts";
import type { CauseTally } from "../../../src/core/alerts/cause-tally.ts";
import {
  CAUSES_SHOWN_MAX,
  causeMix,
  causesOf,
  countCause,
  failuresIn,
  leadingCause,
  moveCause,
  OWN_CAUSES_MAX,
} from "../../../src/core/alerts/cause-tally.ts";
import type { Confidence } from "../../../src/core/extraction/causes/cause.ts";
import { CAUSES } from "../../../src/core/extraction/causes/cause.ts";

function tallyOf(counts: Readonly<Record<string, number>>, confidence: Confidence = "high"): CauseTally {
  const tally: CauseTally = [];
  for (const [name, count] of Object.entries(counts)) {
    countCause(tally, name === "undecided" ? null : { name, confidence }, count);
  }
  return tally;
}

test("the commonest known cause leads, with failures that show none in the count", () => {
  const causes = causesOf(tallyOf({ undecided: 60, expired: 30, bad_signature: 10 }));
  assert.equal(leadingCause(causes)?.cause, "expired");
  assert.deepEqual(causeMix(causes), ["undecided 60%", "expired 30%", "bad_signature 10%"]);
});

test("a cause of a few failures leads nothing", () => {
  assert.equal(leadingCause(causesOf(tallyOf({ undecided: 90, expired: 10 }))), null);
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
  assert.ok(tally.length <= OWN_CAUSES_MAX + 1);
  assert.equal(failuresIn(causesOf(tally)), 1000);
});

test("every cause has advice for both people", () => {
  for (const name of CAUSES) assert.ok(causeAdvice(name) !== null, name);
  assert.equal(causeAdvice("constructor"), null);
});

test("however many of our own causes there are, each keeps its count and a page names the commonest", () => {
  const tally: CauseTally = [];
  for (const [index, name] of CAUSES.entries()) countCause(tally, { name, confidence: "high" }, index + 1);
  assert.equal(causesOf(tally).length, CAUSES.length);
  const mix = causeMix(causesOf(tally));
  assert.equal(mix.length, CAUSES_SHOWN_MAX + 1);
  assert.match(mix.at(-1) ?? "", /^others /);
});

test("a failure is moved to the cause that it turns out to have", () => {
  const tally = tallyOf({ undecided: 3, expired: 1 });
  moveCause(tally, { from: null, to: { name: "expired", confidence: "high" }, weight: 1 });
  assert.deepEqual(causeMix(causesOf(tally)), ["undecided 50%", "expired 50%"]);
  for (let index = 0; index < 2; index++)
    moveCause(tally, { from: null, to: { name: "expired", confidence: "high" }, weight: 1 });
  assert.deepEqual(causeMix(causesOf(tally)), ["expired 100%"]);
});
