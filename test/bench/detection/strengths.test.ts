import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../support/random.ts";
import { optimalThreshold } from "./strengths.ts";

/** Nats, and exact requests to a false alarm, of Bernoulli CUSUMs by their Markov chain. Its lattice costs up to half a nat. */
const EXACT = [
  { usual: 0.01, attacked: 0.2405, nats: 11.395, requests: 1_009_947 },
  { usual: 0.02, attacked: 0.0653, nats: 9.656, requests: 1_023_099 },
  { usual: 0.05, attacked: 0.5804, nats: 13.076, requests: 1_817_371 },
  { usual: 0.1, attacked: 0.6459, nats: 13.058, requests: 1_468_797 },
] as const;

for (const { nats, requests, ...ratios } of EXACT) {
  test(`the optimum's threshold for ${ratios.usual} against ${ratios.attacked} is that of the exact chain`, () => {
    const above = nats - optimalThreshold(ratios, requests, new Random(7));
    assert.ok(above > -0.1 && above < 0.5, `${above} nats`);
  });
}
