import assert from "node:assert/strict";
import { test } from "node:test";
import { createBaseline } from "../../../src/core/detection/baseline.ts";
import type { Memory } from "../../../src/core/detection/memory.ts";
import { pack, unpack } from "../../../src/core/detection/memory.ts";
import { NO_SEASON } from "../../../src/core/detection/season.ts";
import { fc } from "../../support/properties.ts";

function numbers<Name extends string>(...names: readonly Name[]): fc.Arbitrary<Record<Name, number>> {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  return fc
    .array(number, { minLength: names.length, maxLength: names.length })
    .map((values) => Object.fromEntries(names.map((name, index) => [name, values[index]])) as Record<Name, number>);
}

const spread = numbers(
  "clusterFactor",
  "clusterTrials",
  "clusterFailures",
  "clusterTrialsBefore",
  "clusterFailuresBefore",
  "wander",
  "wanderKnowledge",
  "wanderMs",
  "wanderTrials",
  "wanderFailures",
  "crowdedFailures",
  "crowdedSquares",
);
const level = numbers(
  "successes",
  "failures",
  "discountedFailures",
  "level",
  "levelCeiling",
  "observedMs",
  "hourRate",
  "memoryRate",
  "steadyRate",
);
const own = numbers("failurePerSuccess", "lastFailureAt", "unlearnedFailures", "unlearnedDiscounted");
const successVotes = numbers("client", "votes", "cast");
const memory: fc.Arbitrary<Memory> = fc
  .record({
    own,
    level,
    spread,
    successVotes,
    excursions: numbers("count", "excess", "fadedAt"),
    isMature: fc.boolean(),
    returns: numbers("endedAt", "holdMs", "pagedOdds"),
  })
  .filter(({ excursions, returns }) => excursions.count !== 0 && returns.endedAt !== 0)
  .map(({ own, level, spread, successVotes, excursions, isMature, returns }) => ({
    ...own,
    successVotes,
    returns,
    excursions: { ...excursions, peak: 0 },
    baseline: { ...level, isMature, season: NO_SEASON, spread },
  }));

test("what is packed is unpacked again, number by number", () => {
  fc.assert(fc.property(memory, (original) => assert.deepEqual(unpack(pack(original)), original)));
});

test("a memory that has only learned a ratio is packed without what it has not learned", () => {
  const original: Memory = {
    baseline: createBaseline({ successes: 1000, requestsPerSecond: 0.5, observedMs: 2_000_000 }),
    excursions: { peak: 0, count: 0, excess: 0, fadedAt: 0 },
    failurePerSuccess: 1,
    lastFailureAt: 1_700_000_000_000,
    unlearnedFailures: 1,
    unlearnedDiscounted: 1,
    successVotes: { client: 0, votes: 0, cast: 0 },
    returns: null,
  };
  assert.equal(pack(original).length, 19);
  assert.deepEqual(unpack(pack(original)), original);
});
