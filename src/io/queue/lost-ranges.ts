/**
 * Stretches ahead of a reader that are gone and already counted, so that passing them does not count
 * them again. They grow at one end and are passed at the other; there are never more than a few.
 */
import type { OffsetRange } from "./signal-log.ts";

export class LostRanges {
  #ranges: OffsetRange[] = [];

  /** Returns how many items of the range were not lost before. */
  add(range: OffsetRange): number {
    const newItems = Math.max(0, range.end - range.start - this.#itemsWithin(range));
    const last = this.#ranges.at(-1);
    if (last?.end === range.start) this.#ranges[this.#ranges.length - 1] = { start: last.start, end: range.end };
    else if (newItems > 0) this.#ranges.push(range);
    return newItems;
  }

  itemsFrom(offset: number): number {
    return this.#itemsWithin({ start: offset, end: Number.POSITIVE_INFINITY });
  }

  /** Returns how many items were lost before the offset since the last call. */
  removeBefore(offset: number): number {
    const removed = this.#itemsWithin({ start: 0, end: offset });
    this.#ranges = this.#ranges
      .filter(({ end }) => end > offset)
      .map(({ start, end }) => ({ start: Math.max(start, offset), end }));
    return removed;
  }

  #itemsWithin(range: OffsetRange): number {
    let items = 0;
    for (const { start, end } of this.#ranges) {
      items += Math.max(0, Math.min(end, range.end) - Math.max(start, range.start));
    }
    return items;
  }
}
