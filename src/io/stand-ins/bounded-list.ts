/** What a stand-in remembers: the newest of a kind, oldest first, and how many older ones were forgotten. */
export class BoundedList<Item> {
  readonly #countMax: number;
  readonly #items: Item[] = [];
  #forgottenCount = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** The same array each time; it changes as more arrives. */
  get items(): readonly Item[] {
    return this.#items;
  }

  get forgottenCount(): number {
    return this.#forgottenCount;
  }

  add(item: Item): void {
    this.#items.push(item);
    // Forgotten a tenth at a time, as moving a long array up for every item would cost more than the item.
    if (this.#items.length > this.#countMax) this.#forget(Math.max(1, Math.floor(this.#countMax / 10)));
  }

  #forget(count: number): void {
    this.#items.splice(0, count);
    this.#forgottenCount += count;
  }
}
