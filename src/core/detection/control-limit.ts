/**
 * The classical EWMA control chart (Roberts 1959), for those who ask for it with `deviation: L`.
 *
 * It is the upper chart of the textbooks: the average of single outcomes is reflected at the usual ratio,
 * so that a quiet hour is no credit for an attack (Waldmann), and the limit stands L standard deviations
 * of the settled average above it (Lucas & Saccucci). A limit that is narrower at first would be crossed
 * by any first failure: with rare failures a single one is many deviations from nothing.
 *
 * It takes each received request as one outcome, as the classical chart does: under tail sampling only
 * the sequential evidence is exact.
 */

/** A memory of about fifty requests: shifts of three to ten times the usual ratio are seen soonest. */
export const CONTROL_SMOOTHING = 0.04;

/** The average of a chart to which only successes have come, whatever is usual. */
export const CONTROL_AT_REST = 0;

/** The average after one more outcome. */
export function nextControlAverage(average: number, outcome: 0 | 1, usualRatio: number): number {
  const reflected = Math.max(average, usualRatio);
  return Math.max(reflected + CONTROL_SMOOTHING * (outcome - reflected), usualRatio);
}

/** Distance of the average from the usual ratio, in standard deviations of the settled average. */
export function controlDeviation(average: number, usualRatio: number): number {
  const variance = (usualRatio * (1 - usualRatio) * CONTROL_SMOOTHING) / (2 - CONTROL_SMOOTHING);
  return variance > 0 ? Math.max(0, average - usualRatio) / Math.sqrt(variance) : 0;
}
