/**
 * Numbers that authspike keeps about itself.
 *
 * A counter is a plain field that the hot path adds to; whoever shows the numbers (the /metrics page,
 * the OpenTelemetry SDK) reads them at its own pace. Every family is declared once, with all its
 * label values known or bounded, so that no sender can grow it.
 */
export type Labels = Readonly<Record<string, string>>;

export class Counter {
  /** Only ever grows. */
  value = 0;
  readonly labels: Labels;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  add(amount: number): void {
    this.value += amount;
  }
}

/** Cumulative counts per upper bound, as Prometheus and OTLP understand them. */
export class Histogram {
  readonly upperBounds: readonly number[];
  readonly bucketCounts: Float64Array;
  sum = 0;
  count = 0;

  constructor(upperBounds: readonly number[]) {
    this.upperBounds = upperBounds;
    this.bucketCounts = new Float64Array(upperBounds.length + 1);
  }

  observe(value: number): void {
    const found = this.upperBounds.findIndex((bound) => value <= bound);
    const bucket = found === -1 ? this.upperBounds.length : found;
    this.bucketCounts[bucket] = (this.bucketCounts[bucket] ?? 0) + 1;
    this.sum += value;
    this.count += 1;
  }
}

type FamilyFacts = { readonly name: string; readonly help: string; readonly unit: string };
export type GaugeSample = { readonly labels: Labels; readonly value: number };

export type MetricFamily = FamilyFacts &
  (
    | { readonly kind: "counter"; readonly counters: () => Iterable<Counter> }
    | { readonly kind: "gauge"; readonly samples: () => Iterable<GaugeSample> }
    | { readonly kind: "histogram"; readonly histogram: Histogram }
  );

/** A family of counters that is told apart by labels, at most `SERIES_MAX` of them. */
export class CounterFamily {
  readonly #counters = new Map<string, Counter>();

  /** The same labels always give the same counter: keep it and add to it. */
  with(labels: Labels): Counter {
    const key = Object.values(labels).join("\u0000");
    const known = this.#counters.get(key);
    if (known !== undefined) return known;
    if (this.#counters.size >= SERIES_MAX) return this.#overflow;
    const counter = new Counter(labels);
    this.#counters.set(key, counter);
    return counter;
  }

  /** `collect` adds what was counted elsewhere, before anybody looks. */
  collectFrom(collect: () => void): void {
    this.#collect = collect;
  }

  *[Symbol.iterator](): Iterator<Counter> {
    this.#collect();
    yield* this.#counters.values();
    if (this.#overflow.value > 0) yield this.#overflow;
  }

  readonly #overflow = new Counter({ overflow: "true" });
  #collect = () => {};
}

/** More label combinations than any family of ours has; beyond it the count goes to one overflow series. */
const SERIES_MAX = 1_000;

export class MetricRegistry {
  readonly #families = new Map<string, MetricFamily>();

  counters(facts: FamilyFacts): CounterFamily {
    const family = new CounterFamily();
    this.#register({ ...facts, kind: "counter", counters: () => family });
    return family;
  }

  /** `samples` is called when somebody looks. */
  gauge(facts: FamilyFacts, samples: () => Iterable<GaugeSample>): void {
    this.#register({ ...facts, kind: "gauge", samples });
  }

  histogram(facts: FamilyFacts, upperBounds: readonly number[]): Histogram {
    const histogram = new Histogram(upperBounds);
    this.#register({ ...facts, kind: "histogram", histogram });
    return histogram;
  }

  families(): Iterable<MetricFamily> {
    return this.#families.values();
  }

  #register(family: MetricFamily): void {
    if (this.#families.has(family.name)) throw new Error(`metric ${family.name} is declared twice`);
    this.#families.set(family.name, family);
  }
}
