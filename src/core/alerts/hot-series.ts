/** The series in doubt, which are judged at every tick: those with an open alert are always among them. */
import type { Alert } from "./alert.ts";
import type { WatchedSeries } from "./watched-series.ts";

export class HotSeries implements Iterable<WatchedSeries> {
  readonly #series = new Set<WatchedSeries>();

  get size(): number {
    return this.#series.size;
  }

  [Symbol.iterator](): Iterator<WatchedSeries> {
    return this.#series.values();
  }

  add(series: WatchedSeries): void {
    if (series.isHot) return;
    series.isHot = true;
    this.#series.add(series);
  }

  remove(series: WatchedSeries): void {
    series.isHot = false;
    this.#series.delete(series);
  }

  openAlerts(): readonly Alert[] {
    return [...this.#series].flatMap(({ alert }) => (alert === null ? [] : [alert]));
  }
}
