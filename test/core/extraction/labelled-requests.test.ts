/** How often requests of many kinds of senders are read as what they are: see `test/fixtures/labelled/`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PARTS, readLabelledRequests } from "../../support/labelled-requests.ts";
import type { Answer, Arrange, Field, Verdict } from "./labelled-world.ts";
import { countedOfEach, verdictsOn } from "./labelled-world.ts";

/** The least share that has to be right. Of causes those count that the spans tell. */
const GOALS: Readonly<Record<Field, number>> = {
  counted: 0.98,
  endpoint: 0.98,
  outcome: 0.98,
  method: 0.95,
  client: 0.95,
  cause: 0.8,
};

/** How the spans of a request may come, the outermost of which is the first. */
const ARRIVALS: Readonly<Record<string, Arrange>> = {
  "the last first": (spans) => [spans.toReversed()],
  "every span twice": (spans) => [[...spans, ...spans]],
  "the batch twice": (spans) => [spans, spans],
  "one span at a time, the innermost first": (spans) => spans.toReversed().map((span) => [span]),
};

/** All orders of four spans, which is as many as a request has here. */
const ORDERS_MAX = 24;

for (const part of PARTS) {
  const requests = readLabelledRequests(part);
  const inOneBatch = countedOfEach(requests, (spans) => [spans]);

  describe(`the ${part} part of the labelled requests`, () => {
    test("is read rightly often enough", () => {
      const verdicts = requests.flatMap((request, index) => verdictsOn(request, inOneBatch[index] ?? []));
      for (const [field, all] of Map.groupBy(verdicts, (verdict) => verdict.field)) assertGoal(field, all);
    });

    for (const [arrival, arrange] of Object.entries(ARRIVALS)) {
      test(`is read in the same way with ${arrival}`, () => {
        assert.deepEqual(countedOfEach(requests, arrange), inOneBatch);
      });
    }

    test("is read in the same way in every order within a batch", () => {
      for (let turn = 0; turn < ORDERS_MAX; turn += 1) {
        const inOrder = countedOfEach(requests, (spans) => [permuted(spans, turn)]);
        assert.deepEqual(inOrder, inOneBatch);
      }
    });

    test("keeps its endpoints, methods and clients when outer spans come in earlier batches than inner ones", () => {
      const torn = countedOfEach(requests, (spans) => spans.map((span) => [span]));
      // What inner spans say of the answer comes too late for the outcome there, by design.
      assert.deepEqual(torn.map(withoutAnswers), inOneBatch.map(withoutAnswers));
    });
  });
}

function assertGoal(field: Field, verdicts: readonly Verdict[]): void {
  const wrong = verdicts.filter(({ found, expected }) => found !== expected);
  const share = 1 - wrong.length / verdicts.length;
  assert(share >= GOALS[field], `${field}: ${share} of ${verdicts.length} right; ${JSON.stringify(wrong)}`);
}

function withoutAnswers(counted: readonly Answer[]): readonly object[] {
  return counted.map(({ client, endpoint }) => ({ client, endpoint }));
}

/** Another order for every turn, until all have been. */
function permuted<Item>(items: readonly Item[], turn: number): readonly Item[] {
  if (items.length <= 1) return items;
  const [first, ...others] = items;
  if (first === undefined) return items;
  return permuted(others, Math.floor(turn / items.length)).toSpliced(turn % items.length, 0, first);
}
