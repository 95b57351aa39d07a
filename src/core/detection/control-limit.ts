/**
 * The classical EWMA control chart (Roberts 1959), for those who ask for it with `deviation: L`.
 *
 * One-sided: the average of single outcomes never falls below the usual ratio, so that a quiet hour
 * is not credit for an attack (Waldmann's reflecting barrier). The limit uses the exact variance,
 * which grows from the first outcome on, not its asymptote. It takes each received request as one
 * outcome, as the classical chart does: under tail sampling only the sequential evidence is exact.
 */
import type { SmoothedRatio } from "./ewma.ts";
import { smooth } from "./ewma.ts";

/** A memory of about fifty requests: shifts of three to ten times the usual ratio are seen soonest. */
const SMOOTHING = 0.04;

export function createControlChart(usualRatio: number): SmoothedRatio {
  return { mean: usualRatio, varianceFactor: 0 };
}

export function addToControlChart(chart: SmoothedRatio, outcome: 0 | 1, usualRatio: number): void {
  smooth(chart, outcome, SMOOTHING);
  if (chart.mean < usualRatio) chart.mean = usualRatio;
}

/** Distance of the chart from the usual ratio, in its own standard deviations. */
export function controlDeviation(chart: SmoothedRatio, usualRatio: number): number {
  const variance = usualRatio * (1 - usualRatio) * chart.varianceFactor;
  return variance > 0 ? (chart.mean - usualRatio) / Math.sqrt(variance) : 0;
}
