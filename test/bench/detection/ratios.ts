/** How likely a request is to fail, over time. Asked in order of time. */
import type { UnixMillis } from "../../../src/core/time.ts";
import type { Random } from "../../support/random.ts";

export type Ratio = (time: UnixMillis) => number;

export type Wander = {
  /** Standard deviation on the log-odds scale. */
  readonly deviation: number;
  readonly memoryMs: number;
};

/** A wandering ratio takes a step this often within its memory: finer steps cost and show nothing. */
const STEPS_PER_MEMORY = 20;

/** An Ornstein-Uhlenbeck process on the log-odds, around `ratio`. */
export function wandering(random: Random, ratio: number, { deviation, memoryMs }: Wander): Ratio {
  const stepMs = memoryMs / STEPS_PER_MEMORY;
  let offset = random.normal(0, deviation);
  let steppedAt = Number.NEGATIVE_INFINITY;
  return (time) => {
    if (time - steppedAt >= stepMs) {
      const kept = Math.exp(-(time - steppedAt) / memoryMs);
      offset = kept * offset + random.normal(0, deviation * Math.sqrt(1 - kept * kept));
      steppedAt = time;
    }
    return timesOdds(ratio, Math.exp(offset));
  };
}

/** The ratio whose odds are so many times higher. */
export function timesOdds(ratio: number, factor: number): number {
  const odds = (ratio / (1 - ratio)) * factor;
  return odds / (1 + odds);
}
