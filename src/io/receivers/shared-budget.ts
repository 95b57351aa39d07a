/**
 * Units (bytes, turns) of which all receiver threads together may hold only so many.
 *
 * What each thread holds is noted beside what is left, so that the part of a thread that has died is not
 * lost. A thread alone uses the same: between threads that do not meet, an atomic step costs nothing.
 */
const LEFT = 0;

/** At most 2³¹−1 units. `holders` is how many threads may hold some. */
export function createBudgetMemory(units: number, holders: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer((1 + holders) * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(memory)[LEFT] = units;
  return memory;
}

export class SharedBudget {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #heldCell: number;

  /** Holders are counted from 0. */
  constructor(memory: SharedArrayBuffer, holder: number) {
    this.#cells = new Int32Array(memory);
    this.#heldCell = 1 + holder;
  }

  /** A budget of one thread's own. */
  static of(units: number): SharedBudget {
    return new SharedBudget(createBudgetMemory(units, 1), 0);
  }

  tryTake(units: number): boolean {
    for (;;) {
      const left = Atomics.load(this.#cells, LEFT);
      if (units > left) return false;
      if (Atomics.compareExchange(this.#cells, LEFT, left, left - units) === left) break;
    }
    Atomics.add(this.#cells, this.#heldCell, units);
    return true;
  }

  /** Resolves when the units are taken, however long that is. Who came first mostly goes first. */
  async take(units: number): Promise<void> {
    for (;;) {
      const left = Atomics.load(this.#cells, LEFT);
      if (this.tryTake(units)) return;
      await Atomics.waitAsync(this.#cells, LEFT, left).value;
    }
  }

  giveBack(units: number): void {
    Atomics.sub(this.#cells, this.#heldCell, units);
    Atomics.add(this.#cells, LEFT, units);
    Atomics.notify(this.#cells, LEFT);
  }

  /** For a holder that is no more: gives back all that it held. */
  giveBackAll(): void {
    this.giveBack(Atomics.load(this.#cells, this.#heldCell));
  }
}
