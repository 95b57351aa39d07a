/** What is to come, earliest first: a binary heap. Of two items at one moment either may come first. */
import type { UnixMillis } from "../../../src/core/time.ts";

type Entry<Item> = { readonly at: UnixMillis; readonly item: Item };

export class TimeQueue<Item> {
  readonly #heap: Entry<Item>[] = [];

  /** Infinitely far away when nothing is to come. */
  get nextAt(): UnixMillis {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  push(at: UnixMillis, item: Item): void {
    const heap = this.#heap;
    const entry = { at, item };
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= at) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  pop(): Item | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (this.#heap.length > 0) this.#sink(last);
    return first.item;
  }

  #sink(entry: Entry<Item>): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const child = this.#earlierChild(place);
      const below = heap[child];
      if (below === undefined || below.at >= entry.at) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = entry;
  }

  #earlierChild(place: number): number {
    const left = 2 * place + 1;
    const leftAt = this.#heap[left]?.at ?? Number.POSITIVE_INFINITY;
    const rightAt = this.#heap[left + 1]?.at ?? Number.POSITIVE_INFINITY;
    return rightAt < leftAt ? left + 1 : left;
  }
}
