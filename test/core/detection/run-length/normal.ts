/** The standard normal distribution, to about twelve digits. */

export function normalDensity(value: number): number {
  return Math.exp(-0.5 * value * value) / Math.sqrt(2 * Math.PI);
}

export function normalDistribution(value: number): number {
  const tail = Math.abs(value) < 3 ? 0.5 - areaFromZero(Math.abs(value)) : tailBeyond(Math.abs(value));
  return value < 0 ? tail : 1 - tail;
}

/** The series in odd powers, for small values. */
function areaFromZero(value: number): number {
  let term = value;
  let sum = value;
  for (let power = 3; Math.abs(term) > 1e-17; power += 2) {
    term *= (value * value) / power;
    sum += term;
  }
  return sum * normalDensity(value);
}

/** Laplace's continued fraction, for large ones. */
function tailBeyond(value: number): number {
  let fraction = value;
  for (let depth = 80; depth > 0; depth--) fraction = value + depth / fraction;
  return normalDensity(value) / fraction;
}
