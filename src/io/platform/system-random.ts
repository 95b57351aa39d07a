/**
 * Chance, as parts that need it take it: a function that gives a number from 0 up to but not 1.
 *
 * It spreads retries; keys and tokens come from `node:crypto` where they are made.
 */
export function systemRandom(): number {
  return Math.random();
}
