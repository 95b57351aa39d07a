/**
 * What a bench is: a file that exports a name, a sentence, how long it takes, and `run`, which hands
 * out tables as they are finished.
 *
 * Nothing is ever judged by an absolute time: machines differ and this one may be busy. A table names
 * the row that the others are compared with, measured in the same run.
 */
export type Bench = {
  readonly name: string;
  readonly description: string;
  /** `quick` ones run when none is named. */
  readonly pace: "quick" | "long";
  run(extent: Extent): Iterable<Table> | AsyncIterable<Table>;
};

/** What `--full` asks for; most benches have one extent only. */
export type Extent = "short" | "full";

export type Table = {
  readonly title: string;
  /** Heading of each figure, with its unit. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly comparison?: Comparison;
  /** What a reader has to know to read the figures right. */
  readonly notes?: readonly string[];
};

/** `figures` in the order of the columns; null where there is none. */
export type Row = { readonly name: string; readonly figures: readonly (number | null)[] };

/** Adds a column: each row's figure over that of the baseline. */
export type Comparison = { readonly heading: string; readonly column: string; readonly baseline: string };
