import assert from "node:assert/strict";
import { test } from "node:test";
import { EPISODES } from "./episodes.ts";
import { nameEpisode } from "./name-episode.ts";

/** One seed, chosen by nothing but its number: `npm run bench -- patterns` has the figures. */
const SEED = 1;

test("episodes of every kind are called what they are, and look-alikes nothing", () => {
  const wrong = Object.keys(EPISODES).flatMap((kind) => {
    const { truth, named } = nameEpisode(kind, SEED);
    const isRight = named === truth || (truth === "nothing" && named === "silent");
    return isRight ? [] : [`${kind}: ${named}`];
  });
  assert.deepEqual(wrong, []);
});
