/**
 * How rarely chance alone reaches so much evidence.
 *
 * At the ratio that a chart takes for the highest usual one, its likelihood passes x at most once in x requests. What is
 * usual lies below: there it takes x to the power of an exponent above 1 (Lundberg's, as ruin is computed in insurance),
 * and the farther below, the more. A threshold that counted on the guard for all requests asked for three nats
 * more than the budget does.
 */

/** Of one chart. */
export type Steps = {
  /** Nats that a failure and a success add. */
  readonly failureGain: number;
  readonly successGain: number;
};

const EXPONENT_MAX = 8;
const HALVINGS = 20;
const NEWTON_STEPS = 4;

/** The exponent of each chart while so large a share of requests fails; 1 where that share is no less than its guard. */
export function chanceExponents(charts: readonly Steps[], usual: number): readonly number[] {
  return charts.map(({ failureGain, successGain }) => {
    const growth = (exponent: number) =>
      usual * Math.exp(exponent * failureGain) + (1 - usual) * Math.exp(exponent * successGain);
    let enough = EXPONENT_MAX;
    let tooLittle = 1;
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = (tooLittle + enough) / 2;
      if (growth(middle) > 1) enough = middle;
      else tooLittle = middle;
    }
    return tooLittle;
  });
}

/** Requests in which the mean of the charts reaches so many nats once. */
export function requestsByChance(exponents: readonly number[], nats: number): number {
  return 1 / alarmsPerRequest(exponents, nats + Math.log(exponents.length));
}

/** Nats that the mean of the charts reaches once in so many requests. */
export function natsByChance(exponents: readonly number[], requests: number): number {
  // One chart alone has to reach as many times the mean as there are charts.
  let nats = Math.log(requests) / Math.min(...exponents);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const alarms = alarmsPerRequest(exponents, nats);
    const slope = exponents.reduce((sum, exponent) => sum + exponent * Math.exp(-exponent * nats), 0) / alarms;
    nats += Math.log(alarms * requests) / slope;
  }
  return nats - Math.log(exponents.length);
}

function alarmsPerRequest(exponents: readonly number[], nats: number): number {
  return exponents.reduce((sum, exponent) => sum + Math.exp(-exponent * nats), 0);
}
