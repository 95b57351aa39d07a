/**
 * Numbers about the process in the shape in which they are shown, whoever keeps them.
 *
 * `name` ends in its unit (`_seconds`, `_bytes`) but not in `_total`: that belongs to one format and is
 * added there.
 */
export type MetricFamily = {
  readonly name: string;
  readonly help: string;
  /** UCUM, as OpenTelemetry writes it: `s`, `By`, `{item}`. */
  readonly unit: string;
} & (
  | { readonly kind: "counter"; readonly counters: () => Iterable<MetricSample> }
  | { readonly kind: "gauge"; readonly samples: () => Iterable<MetricSample> }
  | { readonly kind: "histogram"; readonly histogram: HistogramSample }
);

export type MetricSample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** `bucketCounts` has one entry more than `upperBounds`; each counts its own bucket only. */
export type HistogramSample = {
  readonly upperBounds: readonly number[];
  readonly bucketCounts: ArrayLike<number>;
  readonly sum: number;
  readonly count: number;
};
