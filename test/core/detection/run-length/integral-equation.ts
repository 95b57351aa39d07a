/**
 * Average run lengths of charts whose statistic moves on a line: the integral equation of Crowder (1987),
 * solved by Nyström's method.
 *
 * L(z) = 1 + P(barrier) L(barrier) + the integral of L(x) f(x|z): the mean number of observations until the
 * statistic, which stands at z now, leaves the interval.
 */
import { gaussLegendre, solveLinear } from "./quadrature.ts";

export type ContinuousChart = {
  /** The statistic is silent between the two. */
  readonly low: number;
  readonly high: number;
  /** Of the next value `to`, when the statistic stands at `from`. */
  readonly density: (to: number, from: number) => number;
  /** Probability that the next value is put up to `low`; null where there is no barrier and leaving below alarms too. */
  readonly barrier: ((from: number) => number) | null;
};

const NODES = 80;

export function averageRunLength(chart: ContinuousChart, start: number, nodeCount = NODES): number {
  return runLengths(chart, nodeCount)(start);
}

/** Seen from a statistic that has been running for long without an alarm. */
export function steadyStateRunLength(
  chart: ContinuousChart,
  charts: { readonly before: ContinuousChart },
  nodeCount = NODES,
): number {
  const nodes = gaussLegendre(nodeCount, chart.low, chart.high);
  const lengthAt = runLengths(chart, nodeCount);
  let shares = nodes.map(() => 1 / nodeCount);
  for (let step = 0; step < 2000; step++) shares = quietStep(charts.before, nodes, shares);
  return nodes.reduce((sum, { at }, index) => sum + (shares[index] ?? 0) * lengthAt(at), 0);
}

function runLengths({ low, high, density, barrier }: ContinuousChart, nodeCount: number): (from: number) => number {
  const nodes = gaussLegendre(nodeCount, low, high);
  const states = barrier === null ? nodes : [{ at: low, weight: 0 }, ...nodes];
  const moves = (from: number) =>
    states.map(({ at, weight }) => (weight === 0 && barrier !== null ? barrier(from) : weight * density(at, from)));
  const matrix = states.map(({ at }, row) =>
    Float64Array.from(moves(at), (move, column) => (row === column ? 1 : 0) - move),
  );
  const lengths = solveLinear(matrix, new Float64Array(states.length).fill(1));
  return (from) => moves(from).reduce((sum, move, index) => sum + move * (lengths[index] ?? 0), 1);
}

type Node = ReturnType<typeof gaussLegendre>[number];

/** Where the statistic is after one more observation, given that it raised no alarm. */
function quietStep({ density }: ContinuousChart, nodes: readonly Node[], shares: readonly number[]): number[] {
  const next = nodes.map(({ at, weight }) =>
    nodes.reduce((sum, from, index) => sum + (shares[index] ?? 0) * weight * density(at, from.at), 0),
  );
  const total = next.reduce((sum, share) => sum + share, 0);
  return next.map((share) => share / total);
}
