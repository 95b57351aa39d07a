import assert from "node:assert/strict";
import { test } from "node:test";
import { RefusalTally } from "../../../../src/io/receivers/threads/refusal-tally.ts";

test("whoever adds, each refusal is taken once, under its signal and reason", () => {
  const memory = RefusalTally.createMemory();
  const [one, other] = [new RefusalTally(memory), new RefusalTally(memory)];
  one.add("traces", "malformed");
  other.add("traces", "malformed");
  other.add(null, "redaction_failed");
  one.add("logs", "overloaded");
  assert.deepEqual(
    [...one.takeAll()],
    [
      { signal: "traces", reason: "malformed", count: 2 },
      { signal: "logs", reason: "overloaded", count: 1 },
      { signal: null, reason: "redaction_failed", count: 1 },
    ],
  );
  assert.deepEqual([...other.takeAll()], []);
});
