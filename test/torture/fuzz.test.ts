import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { corpusEntries } from "./fuzz/corpus.ts";
import { FuzzedIntake } from "./fuzz/fuzzed-intake.ts";
import { runFuzz } from "./fuzz/run-fuzz.ts";
import { fuzzTargets } from "./fuzz/targets.ts";

describe("what once failed, or is rare, holds", () => {
  const targets = fuzzTargets(new FuzzedIntake());
  for (const { file, target: name, bytes } of corpusEntries()) {
    test(file, async () => {
      const target = targets.find((candidate) => candidate.name === name);
      assert.ok(target, `no target is called ${name}`);
      await target.check(bytes);
    });
  }
});

test("spoilt messages throw nothing, count nothing when refused, and are readable downstream when taken", async () => {
  const { failure } = await runFuzz({ seed: 20_260_302, first: 0, messageCount: 3_000 });
  assert.equal(failure, null);
});
