/**
 * Average run lengths of charts with finitely many states: the Markov chain of Brook and Evans (1972).
 */
import { solveLinear } from "./quadrature.ts";

/** Probability of going from one state to another; what is missing in a row's sum is the alarm. */
export type Moves = (from: number, to: number) => number;

export function chainRunLengths(stateCount: number, moves: Moves): Float64Array {
  const states = Array.from({ length: stateCount }, (_, state) => state);
  const matrix = states.map((from) => Float64Array.from(states, (to) => (from === to ? 1 : 0) - moves(from, to)));
  return solveLinear(matrix, new Float64Array(stateCount).fill(1));
}
