/** The values of one scenario, drawn from their ranges: the same seed and name give the same values. */
import { Random } from "../../support/random.ts";

const SEED_MAX = 2 ** 32;

export class Draw {
  readonly #random: Random;

  constructor(seed: number, scenario: string) {
    let mixed = seed;
    for (const character of scenario) mixed = (Math.imul(mixed, 31) + character.charCodeAt(0)) | 0;
    this.#random = new Random(mixed);
  }

  /** Evenly on a logarithmic scale, as rates and counts spread in the world. */
  between(low: number, high: number): number {
    return low * (high / low) ** this.#random.uniform();
  }

  evenly(low: number, high: number): number {
    return low + (high - low) * this.#random.uniform();
  }

  /** A whole number, both ends included. */
  whole(low: number, high: number): number {
    return Math.round(this.between(low, high));
  }

  /** For a source of its own chance. */
  seed(): number {
    return this.#random.integer(SEED_MAX);
  }
}
