/**
 * The charts of the textbooks for counts: Bernoulli, binomial and Poisson observations.
 */
import { chainRunLengths } from "./markov-chain.ts";

/** Probability of each count, from 0 on. */
export type CountProbabilities = readonly number[];

export function bernoulli(probability: number): CountProbabilities {
  return [1 - probability, probability];
}

export function binomial(trials: number, probability: number): CountProbabilities {
  let share = (1 - probability) ** trials;
  return Array.from({ length: trials + 1 }, (_, count) => {
    const now = share;
    share *= ((trials - count) / (count + 1)) * (probability / (1 - probability));
    return now;
  });
}

export function poisson(mean: number): CountProbabilities {
  let share = Math.exp(-mean);
  return Array.from({ length: Math.ceil(mean + 12 * Math.sqrt(mean) + 12) }, (_, count) => {
    const now = share;
    share *= mean / (count + 1);
    return now;
  });
}

export type CountCusum = {
  /** What a count adds is `gain` times itself less `loss`, all in units of the lattice; at `limit` it alarms. */
  readonly gain: number;
  readonly loss: number;
  readonly limit: number;
};

/** From each value that the statistic can have, 0 first. */
export function countCusumRunLengths(
  { gain, loss, limit }: CountCusum,
  probabilities: CountProbabilities,
): Float64Array {
  return chainRunLengths(limit, (from, to) =>
    probabilities.reduce((sum, share, count) => sum + (Math.max(0, from + gain * count - loss) === to ? share : 0), 0),
  );
}

export type CountEwma = {
  readonly smoothing: number;
  /** A lower value of the average is put up to it. */
  readonly barrier: number;
  readonly limit: number;
};

const CELLS = 4000;
const SILENCE_MIN = 1e-9;
/** So late the chance of an alarm at the next observation has settled, and the rest is a geometric series. */
const OBSERVATIONS_MAX = 1500;

/**
 * The average may be any number: it is kept on a fine lattice, a value between two points being at each with
 * the probability that leaves its mean where it was.
 */
export function countEwmaRunLength(chart: CountEwma, probabilities: CountProbabilities, start: number): number {
  const step = transition(chart, probabilities);
  let places = new Float64Array(CELLS + 1);
  put(places, cellOf(chart, start), 1);
  let length = 1;
  let silence = 1;
  for (let observation = 1; ; observation++) {
    places = step(places);
    const before = silence;
    silence = places.reduce((sum, probability) => sum + probability, 0);
    if (silence < SILENCE_MIN) return length;
    if (observation === OBSERVATIONS_MAX) return length + (silence * before) / (before - silence);
    length += silence;
  }
}

function transition(chart: CountEwma, probabilities: CountProbabilities) {
  const { smoothing, barrier, limit } = chart;
  const moves = probabilities.map((share, count) => {
    const targets = Float64Array.from({ length: CELLS + 1 }, (_, cell) => {
      const from = barrier + ((limit - barrier) * cell) / CELLS;
      const to = Math.max(barrier, from + smoothing * (count - from));
      return to > limit ? -1 : cellOf(chart, to);
    });
    return { share, targets };
  });
  return (places: Float64Array) => {
    const next = new Float64Array(CELLS + 1);
    for (const { share, targets } of moves) {
      for (let cell = 0; cell <= CELLS; cell++) {
        const target = targets[cell] ?? -1;
        if (target >= 0) put(next, target, share * (places[cell] ?? 0));
      }
    }
    return next;
  };
}

function cellOf({ barrier, limit }: CountEwma, value: number): number {
  return ((value - barrier) / (limit - barrier)) * CELLS;
}

function put(places: Float64Array, cell: number, probability: number): void {
  const lower = Math.floor(cell);
  const upperShare = cell - lower;
  places[lower] = (places[lower] ?? 0) + (1 - upperShare) * probability;
  if (upperShare > 0) places[lower + 1] = (places[lower + 1] ?? 0) + upperShare * probability;
}

/** With as many states as the published table had: refining them changes the third digit. */
export function poissonEwmaRunLength(
  design: { readonly smoothing: number; readonly deviations: number; readonly usualMean: number },
  probabilities: CountProbabilities,
  stateCount: number,
): number {
  const { smoothing, deviations, usualMean } = design;
  const half = deviations * Math.sqrt((smoothing * usualMean) / (2 - smoothing));
  const width = (2 * half) / stateCount;
  const middleOf = (state: number) => usualMean - half + width * (state + 0.5);
  const stateOf = (average: number) => Math.floor((average - usualMean + half) / width);
  const lengths = chainRunLengths(stateCount, (from, to) =>
    probabilities.reduce((sum, share, count) => {
      const average = (1 - smoothing) * middleOf(from) + smoothing * count;
      return sum + (stateOf(average) === to ? share : 0);
    }, 0),
  );
  return lengths[(stateCount - 1) / 2] ?? 0;
}
