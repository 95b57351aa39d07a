/**
 * The charts of the textbooks for normal observations of variance 1: EWMA, CUSUM, Shiryaev-Roberts.
 */
import type { ContinuousChart } from "./integral-equation.ts";
import { normalDensity, normalDistribution } from "./normal.ts";

export type EwmaDesign = {
  readonly smoothing: number;
  /** Of the limit, in standard deviations of the settled average. */
  readonly deviations: number;
};

export function settledDeviation(smoothing: number): number {
  return Math.sqrt(smoothing / (2 - smoothing));
}

export function twoSidedEwma({ smoothing, deviations }: EwmaDesign, mean: number): ContinuousChart {
  const limit = deviations * settledDeviation(smoothing);
  return { low: -limit, high: limit, density: ewmaDensity(smoothing, mean), barrier: null };
}

/** The average is put up to the barrier, also in settled deviations, whenever it falls below. */
export function upperEwma(
  { smoothing, deviations, barrier }: EwmaDesign & { readonly barrier: number },
  mean: number,
): ContinuousChart {
  const deviation = settledDeviation(smoothing);
  const low = barrier * deviation;
  return {
    low,
    high: deviations * deviation,
    density: ewmaDensity(smoothing, mean),
    barrier: (from) => normalDistribution((low - (1 - smoothing) * from) / smoothing - mean),
  };
}

export function upperCusum({ reference, limit }: CusumDesign, mean: number): ContinuousChart {
  return {
    low: 0,
    high: limit,
    density: (to, from) => normalDensity(to - from + reference - mean),
    barrier: (from) => normalDistribution(reference - from - mean),
  };
}

export type CusumDesign = { readonly reference: number; readonly limit: number };

/** In the logarithm of 1 + R, which stays within a few units while R grows by likelihood ratios. */
export function shiryaevRoberts(
  design: { readonly shift: number; readonly limit: number },
  mean: number,
): ContinuousChart {
  const { shift, limit } = design;
  return {
    low: 0,
    high: Math.log1p(limit),
    density: (to, from) => {
      const grown = Math.log(Math.expm1(to));
      const slope = Math.exp(to) / Math.expm1(to);
      return (normalDensity((grown - from + (shift * shift) / 2) / shift - mean) * slope) / shift;
    },
    barrier: null,
  };
}

function ewmaDensity(smoothing: number, mean: number): ContinuousChart["density"] {
  return (to, from) => normalDensity((to - (1 - smoothing) * from) / smoothing - mean) / smoothing;
}
