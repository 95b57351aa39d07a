/**
 * Average run lengths where the limits or the mean change with every observation, from the probability
 * that there has been no alarm yet.
 */
import type { ContinuousChart } from "./integral-equation.ts";
import { gaussLegendre } from "./quadrature.ts";

const NODES = 60;
const SILENCE_MIN = 1e-9;
/** So late the chance of an alarm at the next observation has settled, and the rest is a geometric series. */
const OBSERVATIONS_MAX = 400;

/** `chartAt(n)` is the chart of the n-th observation, counted from 1. */
export function changingRunLength(chartAt: (observation: number) => ContinuousChart, start: number): number {
  let places: readonly Place[] = [{ at: start, probability: 1 }];
  let length = 1;
  let silence = 1;
  for (let observation = 1; ; observation++) {
    places = silentPlaces(chartAt(observation), places);
    const before = silence;
    silence = places.reduce((sum, { probability }) => sum + probability, 0);
    if (silence < SILENCE_MIN) return length;
    if (observation === OBSERVATIONS_MAX) return length + (silence * before) / (before - silence);
    length += silence;
  }
}

type Place = { readonly at: number; readonly probability: number };

function silentPlaces(chart: ContinuousChart, places: readonly Place[]): readonly Place[] {
  const { low, high, density, barrier } = chart;
  const totalOf = (share: (from: number) => number) =>
    places.reduce((sum, { at, probability }) => sum + probability * share(at), 0);
  const between = gaussLegendre(NODES, low, high).map(({ at, weight }) => ({
    at,
    probability: weight * totalOf((from) => density(at, from)),
  }));
  return barrier === null ? between : [{ at: low, probability: totalOf(barrier) }, ...between];
}
