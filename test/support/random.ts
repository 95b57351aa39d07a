/**
 * Chance that repeats itself: a seeded generator (xoshiro128**, seeded by splitmix32) and the few
 * distributions that traffic is made of.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    const next = splitmix32(seed);
    this.#state.forEach((_, index, state) => {
      state[index] = next();
    });
  }

  /** At least 0 and below 1. */
  uniform(): number {
    return this.#nextUint32() / 2 ** 32;
  }

  /** A whole number, at least 0 and below `limit`. */
  integer(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** Time to the next event of a Poisson process. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Exact below a mean of 500 (Knuth's product, in portions); above, the rounded normal is close. */
  poisson(mean: number): number {
    if (mean > 500) return Math.max(0, Math.round(this.normal(mean, Math.sqrt(mean))));
    let count = 0;
    for (let portion = mean; portion > 0; portion -= 20) count += this.#poissonPortion(Math.min(portion, 20));
    return count;
  }

  #poissonPortion(mean: number): number {
    const limit = Math.exp(-mean);
    let count = -1;
    for (let product = 1; product > limit; count++) product *= this.uniform();
    return Math.max(0, count);
  }

  #nextUint32(): number {
    const state = this.#state;
    const [first = 0, second = 0, third = 0, fourth = 0] = state;
    const result = Math.imul(rotateLeft(Math.imul(second, 5), 7), 9) >>> 0;
    state[2] = third ^ first ^ (second << 9);
    state[3] = rotateLeft(fourth ^ second, 11);
    state[1] = second ^ third ^ first;
    state[0] = first ^ fourth ^ second;
    return result;
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}
