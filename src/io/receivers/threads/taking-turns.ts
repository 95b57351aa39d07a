/**
 * Takes what the receiver threads hand over, in short turns between which everything else has its own.
 *
 * Messages come to the main thread in one go, however many there are. To take them as they come would
 * keep pages, exports and health checks waiting whenever senders are faster than the engine.
 */

/** Some requests of the usual size; an export needs a few turns of everything else. */
const TURN_MS = 4;

export class TakingTurns<Item> {
  readonly #take: (item: Item) => void;
  #waiting: Item[] = [];
  /** What comes before it has been taken. */
  #next = 0;
  #isTurnComing = false;

  constructor(take: (item: Item) => void) {
    this.#take = take;
  }

  /** They are taken in order, after this has returned. */
  add(items: readonly Item[]): void {
    for (const item of items) this.#waiting.push(item);
    this.#beginTurn();
  }

  /** Nobody is left to whom it matters. */
  clear(): void {
    this.#waiting = [];
    this.#next = 0;
  }

  #beginTurn(): void {
    if (this.#isTurnComing || this.#waiting.length === 0) return;
    this.#isTurnComing = true;
    setImmediate(() => {
      this.#isTurnComing = false;
      this.#takeForAWhile();
      this.#beginTurn();
    });
  }

  #takeForAWhile(): void {
    const endsAt = performance.now() + TURN_MS;
    while (this.#next < this.#waiting.length) {
      const item = this.#waiting[this.#next++];
      if (item !== undefined) this.#take(item);
      if (performance.now() >= endsAt) return;
    }
    this.clear();
  }
}
