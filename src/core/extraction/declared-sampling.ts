/**
 * How services are sampled where their spans do not say so.
 *
 * Most samplers leave no trace of what they dropped. A rate of failures survives that as long as successes and
 * failures are dropped alike; counts and the least traffic to judge do not. Who knows the ratio can say it here.
 */

/** No sampler keeps less than one in a million; a sender that claims it would outweigh everybody else. */
export const WEIGHT_MAX = 1_000_000;

export type DeclaredSampling = {
  readonly accepts: (service: string) => boolean;
  /** The share of requests that is kept, above 0 and at most 1. */
  readonly ratio: number;
};

/** How many requests each span of the service stands for; the first that fits decides, 1 when none does. */
export function declaredWeight(declared: readonly DeclaredSampling[], service: string): number {
  const found = declared.find(({ accepts }) => accepts(service));
  return found === undefined ? 1 : Math.min(1 / found.ratio, WEIGHT_MAX);
}
